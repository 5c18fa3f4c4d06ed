/** Files that a run writes, read by pyarrow, NumPy, ArviZ and safetensors: what they find is what we wrote. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sizeOfShape } from '../../src/arrays.ts';
import { loadHdf5 } from '../../src/io/hdf5.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { type DrawsFormat, writeRun } from '../../src/io/run-folder.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { namedDraws } from './example-draws.ts';
import { askPython, pythonHas } from './python.ts';

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
const meansOf = ({ quantities }: Draws): Readonly<Record<string, readonly number[]>> =>
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

const hdf5 = await loadHdf5('draws.nc').then(
  () => true,
  () => false,
);

describe('Python reads', () => {
  it.runIf(pythonHas('pyarrow'))('Parquet by pyarrow', async () => {
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
  });

  it.runIf(pythonHas('numpy'))('NPZ by NumPy', async () => {
    const script = `
import sys, json, numpy as np
f = np.load(sys.argv[1])
print(json.dumps({n: f[n].mean(axis=(0, 1)).ravel().tolist() for n in f.files}))`;
    expectMeans(askPython(script, join(await written('npz'), 'draws.npz')), means);
  });

  it.runIf(pythonHas('arviz'))('CmdStan CSV by ArviZ', async () => {
    const folder = await written('csv');
    const script = `
import sys, json, arviz as az
d = az.from_cmdstan(posterior=sys.argv[1:])
assert d.posterior.sizes["chain"] == ${draws.chains} and d.posterior.sizes["draw"] == ${draws.draws}
out = {str(n): v.values.mean(axis=(0, 1)).ravel().tolist() for n, v in d.posterior.items()}
print(json.dumps({"means": out, "lp": float(d.sample_stats["lp"].mean())}))`;
    const files = Array.from({ length: draws.chains }, (_, i) => join(folder, `draws-${i + 1}.csv`));
    const found = askPython(script, ...files) as { readonly means: unknown; readonly lp: number };
    expectMeans(
      found.means,
      Object.fromEntries(Object.entries(means).map(([n, m]) => [n.replaceAll('.', '_'), m])),
    );
    expect(found.lp).toBeCloseTo(-means.energy[0], 12);
  });

  it.runIf(hdf5 && pythonHas('arviz', 'h5netcdf'))('netCDF by ArviZ', async () => {
    const script = `
import sys, json, arviz as az
d = az.from_netcdf(sys.argv[1])
p, s = d.posterior, d.sample_stats
means = {str(n): v.values.mean(axis=(0, 1)).ravel().tolist() for g in (p, s) for n, v in g.items()}
print(json.dumps({
  "means": means, "groups": d.groups(), "dims": {str(n): list(v.dims) for n, v in p.items()},
  "school": p.coords["School"].values.tolist(), "labels": list(p["k"].attrs["labels"]),
  "picked": float(p["theta"].sel(School="west", theta_dim_1=1).mean()),
  "library": p.attrs["inference_library"], "rhat": float(az.rhat(d)["mu"])}))`;
    const found = askPython(script, join(await written('nc'), 'draws.nc')) as Readonly<
      Record<string, unknown>
    >;
    const { energy, ...others } = means;
    expectMeans(found.means, { ...others, lp: energy.map((e) => -e) });
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

  it.runIf(hdf5 && pythonHas('netCDF4'))('netCDF by the netCDF library', async () => {
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

  it.runIf(pythonHas('safetensors', 'numpy'))('parameters by safetensors', async () => {
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
