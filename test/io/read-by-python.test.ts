/** Files that a run writes, read by pyarrow, NumPy, ArviZ and safetensors: what they find is what we wrote. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sizeOfShape } from '../../src/arrays.ts';
import { loadHdf5 } from '../../src/io/hdf5.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { type DrawsFormat, readDraws, readRun, writeRun } from '../../src/io/run-folder.ts';
import { type Draws, samplerStats } from '../../src/stats/draws.ts';
import { folder } from '../cli/kit.ts';
import { testFolder } from '../run/kit.ts';
import { namedDraws } from './example-draws.ts';
import { askPython, lacking } from './python.ts';

const dir = mkdtempSync(join(tmpdir(), 'energy-python-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const draws = namedDraws();
const params = new Map([
  ['J', { shape: [2, 2], data: Float64Array.of(0.5, -0.25, 3, 1e-3) }],
  ['bias', { shape: [3], data: Float32Array.of(1, 2, -4) }],
]);

async function written(format: DrawsFormat): Promise<string> {
  const folder = join(dir, format);
  await writeRun(nodeHost({ root: dir }), folder, { draws, params, run: {}, events: [], format });
  return folder;
}

/** The mean of each element over chains and draws. */
const meansOf = ({ quantities }: Pick<Draws, 'quantities'>): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    quantities.map(({ name, role, shape, values }) => {
      const size = sizeOfShape(shape);
      const sums = new Array<number>(size).fill(0);
      values.forEach((v, i) => {
        sums[i % size] += v;
      });
      return [role === 'term' ? `term.${name}` : name, sums.map((s) => (s * size) / values.length)];
    }),
  );
const means = meansOf(draws);
const moves = meansOf({
  quantities: (draws.sampler ?? []).map((s) => ({ ...s, role: 'report', shape: [], kind: 'real' })),
});
/** `prefix` before each name. */
const under = (prefix: string, of: typeof means) =>
  Object.fromEntries(Object.entries(of).map(([n, m]) => [prefix + n, m]));

function expectMeans(found: unknown, expected: Readonly<Record<string, readonly number[]>>): void {
  const there = found as Readonly<Record<string, readonly number[]>>;
  expect(Object.keys(there).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, list] of Object.entries(expected)) {
    expect(there[name], name).toHaveLength(list.length);
    list.forEach((m, i) => {
      expect(there[name][i]).toBeCloseTo(m, 12);
    });
  }
}

const noHdf5 = await loadHdf5('draws.nc').then(
  () => '',
  () => ' (left out: h5wasm is not installed)',
);

/** A test that says in its title why it is left out, if it is. */
const reads = (title: string, why: string, run: () => Promise<void>): void =>
  it.skipIf(why !== '')(`${title}${why}`, run, 60_000);

describe('Python reads', () => {
  reads('Parquet by pyarrow', lacking('pyarrow'), async () => {
    const script = `
import sys, json, pyarrow.parquet as pq
t = pq.read_table(sys.argv[1])
print(json.dumps({"rows": t.num_rows, "means": {n: sum(t[n].to_pylist()) / t.num_rows for n in t.column_names}}))`;
    const found = askPython(script, join(await written('parquet'), 'draws.parquet')) as {
      readonly rows: number;
      readonly means: Readonly<Record<string, number>>;
    };
    expect(found.rows).toBe(draws.chains * draws.draws);
    expect(found.means.chain).toBe((draws.chains - 1) / 2);
    means.theta.forEach((m, i) => {
      expect(found.means[`theta[${i >> 1},${i & 1}]`]).toBeCloseTo(m, 12);
    });
    expect(found.means['term.prior']).toBeCloseTo(means['term.prior'][0], 12);
    expect(found.means.energy).toBeCloseTo(means.energy[0], 12);
    expect(found.means['sampler.diverging']).toBeCloseTo(moves.diverging[0], 12);
  });

  reads('NPZ by NumPy', lacking('numpy'), async () => {
    const script = `
import sys, json, numpy as np
f = np.load(sys.argv[1], allow_pickle=False)
print(json.dumps({n: f[n].mean(axis=(0, 1)).ravel().tolist() for n in f.files}))`;
    expectMeans(askPython(script, join(await written('npz'), 'draws.npz')), {
      ...means,
      ...under('sampler.', moves),
    });
  });

  reads('CmdStan CSV by ArviZ', lacking('arviz'), async () => {
    const folder = await written('csv');
    const script = `
import sys, json, arviz as az
d = az.from_cmdstan(posterior=sys.argv[1:])
assert d.posterior.sizes["chain"] == ${draws.chains} and d.posterior.sizes["draw"] == ${draws.draws}
out = {str(n): v.values.mean(axis=(0, 1)).ravel().tolist() for n, v in d.posterior.items()}
stats = {str(n): [float(v.mean())] for n, v in d.sample_stats.items()}
print(json.dumps({"means": out, "stats": stats, "diverging": str(d.sample_stats["diverging"].dtype)}))`;
    const files = Array.from({ length: draws.chains }, (_, i) => join(folder, `draws-${i + 1}.csv`));
    const found = askPython(script, ...files) as Readonly<Record<string, unknown>>;
    expectMeans(
      found.means,
      Object.fromEntries(Object.entries(means).map(([n, m]) => [n.replaceAll('.', '_'), m])),
    );
    expectMeans(found.stats, { ...moves, lp: means.energy.map((e) => -e) });
    expect(found.diverging).toBe('bool');
  });

  reads('netCDF by ArviZ', lacking('arviz', 'h5netcdf') || noHdf5, async () => {
    const script = `
import sys, json, arviz as az
d = az.from_netcdf(sys.argv[1])
p, s = d.posterior, d.sample_stats
means = {str(n): v.values.mean(axis=(0, 1)).ravel().tolist() for g in (p, s) for n, v in g.items()}
az.summary(d), az.bfmi(d)
print(json.dumps({
  "means": means, "groups": d.groups(), "dims": {str(n): list(v.dims) for n, v in p.items()},
  "school": p.coords["School"].values.tolist(), "labels": list(p["k"].attrs["labels"]),
  "picked": float(p["theta"].sel(School="west", theta_dim_1=1).mean()),
  "library": p.attrs["inference_library"], "rhat": float(az.rhat(d)["mu"])}))`;
    const found = askPython(script, join(await written('nc'), 'draws.nc')) as Readonly<
      Record<string, unknown>
    >;
    const { energy, ...others } = means;
    expectMeans(found.means, { ...others, ...moves, lp: energy.map((e) => -e) });
    expect(found).toMatchObject({
      groups: ['posterior', 'sample_stats'],
      dims: {
        theta: ['chain', 'draw', 'School', 'theta_dim_1'],
        k: ['chain', 'draw', 'School'],
        J: ['chain', 'draw', 'School', 'School_2'],
        mu: ['chain', 'draw'],
      },
      school: ['north', 'west'],
      labels: ['low', 'high'],
      library: 'energy',
    });
    expect(found.picked).toBeCloseTo(means.theta[3], 12);
    expect(found.rhat).toBeGreaterThan(0.9);
  });

  reads('netCDF by the netCDF library', lacking('netCDF4') || noHdf5, async () => {
    const script = `
import sys, json, netCDF4
p = netCDF4.Dataset(sys.argv[1])["posterior"]
print(json.dumps({"names": list(p["School"][:]), "dims": p["theta"].dimensions, "mean": float(p["mu"][:].mean())}))`;
    const found = askPython(script, join(await written('nc'), 'draws.nc')) as Readonly<
      Record<string, unknown>
    >;
    expect(found).toMatchObject({
      names: ['north', 'west'],
      dims: ['chain', 'draw', 'School', 'theta_dim_1'],
    });
    expect(found.mean).toBeCloseTo(means.mu[0], 12);
  });

  reads('parameters by safetensors', lacking('safetensors', 'numpy'), async () => {
    const script = `
import sys, json
from safetensors.numpy import load_file
print(json.dumps({n: {"shape": list(a.shape), "type": str(a.dtype), "data": a.ravel().tolist()} for n, a in load_file(sys.argv[1]).items()}))`;
    expect(askPython(script, join(await written('parquet'), 'params.safetensors'))).toEqual({
      J: { shape: [2, 2], type: 'float64', data: [0.5, -0.25, 3, 1e-3] },
      bias: { shape: [3], type: 'float32', data: [1, 2, -4] },
    });
  });
});

/** Every kind of unknown, reports, data of both kinds, an unknown that is given. */
const kinds = folder({
  'y.json': '[1.5, 2.5, 9]',
  'c.json': '[1, 2, 3]',
  'kinds.energy': `enum School = { north, west, east }
index site = grid(2, 4)
index item = 3
type Row = { age : real, school : School, owns : bit }
data y : real[School] from "y.json"
data count : int(0, 20)[item] from "c.json"
param bias : real[School] = 0.5

energy Kinds(theta : real[School], tau : real(0, inf), s : spin[site], b : bit[item], k : School, n : int(2, 9),
             a : angle, w : simplex(4), p : permutation(item), c : cyclic(5), o : ordinal(4), r : Row,
             u : subset(item, 2), g : real) {
  tau ~ normal(0, 5)
  theta ~ normal(0, tau)
  y ~ normal(theta, 10)
  term ising = -0.3 * sum(s[p] * s[q] for (p, q) in neighbours(site))
  term angle = -cos(a) + sum(log(w))
  term first = 0.5 * r.age ^ 2 + (if r.school == School.west then 1 else 0) - 0.5 * r.owns + 0.5 * g ^ 2
  term rest = 0.1 * n - 0.2 * sum(b * count) + 0.1 * c + 0.01 * o + 0.1 * (p[0] + u[1]) + bias[k]
  report magnet = mean(s)
  report twice = 2 * b
}
run draws = sample(Kinds, given = { g = 1.5 }, chains = 3, draws = 40, warmup = 60, thin = 2, seed = 3)
`,
});

describe('a run of every kind of unknown', () => {
  const host = nodeHost({ root: kinds.dir });
  const formats: readonly DrawsFormat[] = ['parquet', 'csv', 'npz', ...(noHdf5 ? [] : ['nc' as const])];
  /** The first of them as the command line writes it, and netCDF, which holds more than draws. */
  const byRun: readonly DrawsFormat[] = noHdf5 ? ['parquet'] : ['parquet', 'nc'];

  beforeAll(async () => {
    for (const format of byRun) {
      const { code, err } = await kinds.energy('run', 'kinds.energy', '--format', format, '-o', format);
      if (code !== 0) throw new Error(err);
    }
    const { run } = await readRun(host, 'parquet/draws');
    const draws = await readDraws(host, 'parquet/draws');
    for (const format of formats)
      if (!byRun.includes(format))
        await writeRun(host, `${format}/draws`, { draws, run, events: [], format });
  }, 60_000);

  it('gives the same draws in every format, and the same summary', async () => {
    const draws = await readDraws(host, 'parquet/draws');
    const summary = await kinds.energy('summary', 'parquet/draws', '--all');
    expect(draws.sampler?.map((s) => s.name)).toEqual(samplerStats);
    expect(summary.out).toContain('magnet');
    for (const format of formats) {
      expect(await readDraws(host, `${format}/draws`), format).toEqual(draws);
      expect((await kinds.energy('summary', `${format}/draws`, '--all')).out).toBe(summary.out);
    }
  });

  reads('as InferenceData, with data and attributes', lacking('arviz', 'h5netcdf') || noHdf5, async () => {
    const script = `
import sys, json, arviz as az
d = az.from_netcdf(sys.argv[1])
group = lambda g: {str(n): {"dims": list(v.dims), "values": v.values.tolist()} for n, v in g.items()}
print(json.dumps({
  "observed": group(d.observed_data), "constant": group(d.constant_data), "attrs": {k: v if isinstance(v, str) else int(v) for k, v in d.posterior.attrs.items()},
  "shapes": {str(n): list(v.shape) for n, v in d.posterior.items()}, "school": d.posterior["School"].values.tolist(),
  "types": {n: str(d.posterior[n].dtype) for n in ("s", "k", "w")}, "stats": sorted(map(str, d.sample_stats)),
  "labels": d.posterior["r.school"].attrs["flag_meanings"]}))`;
    const found = askPython(script, join(kinds.dir, 'nc/draws/draws.nc')) as Readonly<
      Record<string, unknown>
    >;
    expect(found).toMatchObject({
      observed: {
        g: { dims: [], values: 1.5 },
        y: { dims: ['School'], values: [1.5, 2.5, 9] },
      },
      constant: { count: { dims: ['item'], values: [1, 2, 3] } },
      attrs: { energy_name: 'Kinds', program_file: 'kinds.energy', seed: 3, thin: 2, tuning_steps: 60 },
      school: ['north', 'west', 'east'],
      types: { s: 'int32', k: 'int32', w: 'float64' },
      labels: 'north west east',
    });
    const shapes = await readDraws(host, 'nc/draws').then(({ quantities }) =>
      Object.fromEntries(
        quantities.flatMap(({ name, role, shape }) =>
          role === 'unknown' || role === 'report' ? [[name, [3, 40, ...shape]]] : [],
        ),
      ),
    );
    expect(found.shapes).toEqual(shapes);
    expect(found.stats).toEqual(expect.arrayContaining([...samplerStats, 'lp', 'term.ising', 'term.y']));
    expect((found.attrs as Readonly<Record<string, unknown>>).program_sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  reads('as a tree of xarray', lacking('xarray', 'h5netcdf') || noHdf5, async () => {
    const script = `
import sys, json, xarray as xr
t = xr.open_datatree(sys.argv[1])
print(json.dumps({"groups": sorted(t.children), "dims": t["posterior"]["s"].dims, "diverging": str(t["sample_stats"]["diverging"].dtype)}))`;
    expect(askPython(script, join(kinds.dir, 'nc/draws/draws.nc'))).toEqual({
      groups: ['constant_data', 'observed_data', 'posterior', 'sample_stats'],
      dims: ['chain', 'draw', 'site_row', 'site_col'],
      diverging: 'bool',
    });
  });

  reads('as Parquet, chain by chain', lacking('pyarrow'), async () => {
    const script = `
import sys, json, pyarrow.parquet as pq
t = pq.read_table(sys.argv[1]).to_pydict()
print(json.dumps({n: t[n] for n in ("chain", "draw", "s[1,3]", "r.school", "w[2]")}))`;
    const found = askPython(script, join(kinds.dir, 'parquet/draws/draws.parquet')) as Readonly<
      Record<string, readonly number[]>
    >;
    const { quantities } = await readDraws(host, 'parquet/draws');
    const column = (name: string, element: number): number[] => {
      const { values, shape } = quantities.find((q) => q.name === name)!;
      const size = sizeOfShape(shape);
      return Array.from({ length: 120 }, (_, r) => values[r * size + element]);
    };
    expect(found).toEqual({
      chain: Array.from({ length: 120 }, (_, r) => Math.floor(r / 40)),
      draw: Array.from({ length: 120 }, (_, r) => r % 40),
      's[1,3]': column('s', 7),
      'r.school': column('r.school', 0),
      'w[2]': column('w', 2),
    });
  });

  const examples = [
    ...readFileSync(join(testFolder, '../docs/files.md'), 'utf8').matchAll(/```python\n([^`]*)```/g),
  ];
  /** Where the file lies that an example reads. */
  const folderOf = (example: string): DrawsFormat => {
    const format = /"draws(?:-\*)?\.(\w+)"/.exec(example)?.[1];
    return (['parquet', 'csv', 'npz', 'nc'] as const).find((f) => f === format) ?? 'parquet';
  };

  it('has examples of every format in the documents', () => {
    expect(new Set(examples.map(([, code]) => folderOf(code)))).toEqual(
      new Set(['parquet', 'csv', 'npz', 'nc']),
    );
    expect(examples.some(([, code]) => code.includes('params.safetensors'))).toBe(true);
  });

  examples.forEach(([, code], i) => {
    const modules = [...code.matchAll(/^(?:import|from) (.*?)(?: import .*)?$/gm)].flatMap(([, names]) =>
      names.split(', ').map((n) => n.split(/[ .]/)[0]),
    );
    const format = folderOf(code);
    const wanted = format === 'nc' ? [...modules, 'h5netcdf'] : modules;
    const why = lacking(...wanted.filter((m) => m !== 'glob')) || (format === 'nc' ? noHdf5 : '');
    reads(`example ${i + 1} of docs/files.md`, why, async () => {
      const script = `import os, sys\nos.chdir(sys.argv[1])\n${code}print("true")`;
      expect(askPython(script, join(kinds.dir, format, 'draws'))).toBe(true);
    });
  });
});
