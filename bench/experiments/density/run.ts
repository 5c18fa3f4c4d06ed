/**
 * Seven distributions of the plane, as bits and as digits, learned without samplers and judged against their entropy.
 *
 *   npm run experiments:density -- [--sets pinwheel,moons] [--configs grid] [--steps 5000] [--seeds 1,2,3]
 *                                  [--sites 8] [--rate 0.01] [--width 128] [--rows 1000000] [--gibbs 4] [--out folder]
 *
 * Results are added to results.json and results.csv of the folder; pictures are written beside them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../../../src/engines/open.ts';
import { Stream } from '../../../src/random/stream.ts';
import { bits, digits, type PlaneCode } from './codes.ts';
import { entropyFloor } from './floor.ts';
import { fitWords } from './model.ts';
import { picture } from './picture.ts';
import {
  discrepancyOf,
  type Judgement,
  judge,
  meanAndError,
  partition,
  resample,
  wordsOf,
} from './referee.ts';
import { setNamed, sets } from './sets.ts';

interface Config {
  readonly program: string;
  readonly code: PlaneCode;
  readonly width: number;
  readonly options: (steps: number) => string;
}

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: sets.map((s) => s.name).join() },
    configs: { type: 'string', default: 'grid' },
    steps: { type: 'string', default: '5000' },
    seeds: { type: 'string', default: '1' },
    sites: { type: 'string', default: '8' },
    draws: { type: 'string', default: '8' },
    rate: { type: 'string' },
    width: { type: 'string' },
    rows: { type: 'string', default: '1000000' },
    gibbs: { type: 'string', default: '0' },
    engine: { type: 'string', default: 'wasm' },
    out: { type: 'string', default: 'bench/experiments/density/results' },
  },
});

const falling = (rate: string): string =>
  `optimizer = adam(rate = ${values.rate ?? rate}, schedule = cosine, warmup = 200), average = 0`;

const configs: Readonly<Record<string, Config>> = {
  /** Exact neighbourhoods of some elements of each row: what the table is made with. */
  grid: {
    program: 'bits.energy',
    code: bits,
    width: 128,
    options: () => `loss = discrepancy(kernel = grid, sites = ${values.sites}), ${falling('0.01')}`,
  },
  /** Flips with probability 0.1 and few negatives. */
  heat: {
    program: 'bits.energy',
    code: bits,
    width: 128,
    options: () =>
      `loss = discrepancy(t = 0.11157, draws = ${values.draws}, stabilise = 1), ${falling('0.01')}`,
  },
  /** What the literature does: ε = 0.1 is t = −ln(1 − 2ε)/2. */
  published: {
    program: 'published.energy',
    code: bits,
    width: 256,
    options: () =>
      `loss = discrepancy(t = 0.11157, draws = 32, stabilise = 1), optimizer = adam(rate = ${values.rate ?? '0.002'}), average = 0.999`,
  },
  digits: {
    program: 'digits.energy',
    code: digits,
    width: 128,
    options: () => `loss = discrepancy(kernel = grid, sites = ${values.sites}), ${falling('0.01')}`,
  },
};

interface Row extends Judgement {
  readonly config: string;
  readonly set: string;
  readonly seed: number;
  readonly steps: number;
  readonly fit: string;
  readonly width: number;
  readonly rows: number;
  readonly engine: string;
  /** Of the fit, all of it: compiling, perturbing, gradients, updates. */
  readonly cpuSeconds: number;
  readonly floor: number;
  /** ×10⁴, of independent draws of the model: mean over repetitions and its standard error; null where none were made. */
  readonly mmd: number | null;
  readonly mmdError: number | null;
  /** ×10⁴ of chains of Gibbs sweeps; null where none were run. */
  readonly mmdGibbs: number | null;
}

const POINTS = 4000;
const REPEATS = 10;

const engine = await openEngine(values.engine as Parameters<typeof openEngine>[0]);
const out = resolve(process.cwd(), values.out);
mkdirSync(out, { recursive: true });

for (const name of values.sets.split(','))
  for (const seed of values.seeds.split(',').map(Number))
    for (const config of values.configs.split(',')) keep(await one(config, name, seed));

async function one(configName: string, setName: string, seed: number): Promise<Row> {
  const config = configs[configName];
  if (!config) throw new Error(`there is no configuration ${configName}`);
  const set = setNamed(setName);
  const { code, program } = config;
  const steps = Number(values.steps);
  const width = Number(values.width ?? config.width);
  const stream = new Stream(seed, 'density', setName);
  const words = wordsOf(set, code, Number(values.rows), stream.fork('rows'));
  const fit = config.options(steps);
  let last = 0;
  const fitted = await fitWords(words, code, engine, {
    program,
    width,
    seed,
    options: `${fit}, batch = 128, steps = ${steps}`,
    onStep: (done, total, loss) => {
      if (done - last < total / 10) return;
      last = done;
      console.error(
        `  ${setName} ${configName} seed ${seed}: step ${done} of ${total}, loss ${loss.toFixed(4)}`,
      );
    },
  });
  const z = partition(fitted.energies, code, set.scale, stream.fork('partition'));
  const judged = judge(fitted.energies, set, code, z, stream.fork('points'), POINTS);
  const data = (k: number, what: string) => wordsOf(set, code, POINTS, stream.fork(what, k));
  const repeat = (f: (k: number) => number) => meanAndError(Array.from({ length: REPEATS }, (_, k) => f(k)));
  const mmd = repeat((k) =>
    discrepancyOf(resample(z, code, POINTS, stream.fork('draws', k)), data(k, 'data'), code),
  );
  const chains = Number(values.gibbs);
  const recorded =
    chains > 0 ? await fitted.gibbs({ chains: POINTS, warmup: 30, draws: chains, thin: 5, seed }) : [];
  const mmdGibbs =
    recorded.length > 0
      ? meanAndError(recorded.map((w, k) => discrepancyOf(w, data(k, 'data'), code))).mean
      : null;
  const floor = entropyFloor(set, code);
  const image = picture(fitted.energies, z.logZ, set, code, stream.fork('picture'));
  writeFileSync(join(out, `${setName}-${configName}.png`), image);
  const row: Row = {
    config: configName,
    set: setName,
    seed,
    steps,
    fit,
    width,
    rows: Number(values.rows),
    engine: engine.name,
    cpuSeconds: fitted.cpuSeconds,
    floor,
    ...judged,
    mmd: mmd.mean,
    mmdError: mmd.error,
    mmdGibbs,
  };
  const n = (x: number, digits = 4): string => x.toFixed(digits);
  console.log(
    `${setName} ${configName} seed ${seed}, ${steps} steps: NLL ${n(row.nll)} ± ${n(row.nllError)}, ` +
      `excess ${n(row.excess)} ± ${n(row.excessError)}, floor ${n(floor)}, ln Z ± ${n(row.logZError)}; ` +
      `MMD ${n(mmd.mean, 3)} ± ${n(mmd.error, 3)}${mmdGibbs === null ? '' : `, of Gibbs sweeps ${n(mmdGibbs, 3)}`}; ${n(fitted.cpuSeconds, 0)} s of the processor`,
  );
  return row;
}

/** Adds a row to the files, in place of an earlier one of the same run. */
function keep(row: Row): void {
  const path = join(out, 'results.json');
  const before: Row[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  const key = (r: Row): string => [r.config, r.set, r.seed, r.steps, r.fit, r.width].join('|');
  const all = [...before.filter((r) => key(r) !== key(row)), row];
  all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
  const columns = Object.keys(row) as (keyof Row)[];
  const cell = (v: Row[keyof Row]): string =>
    typeof v === 'string' ? `"${v.replaceAll('"', '""')}"` : String(v ?? '');
  const lines = all.map((r) => columns.map((c) => cell(r[c])).join());
  writeFileSync(join(out, 'results.csv'), `${[columns.join(), ...lines].join('\n')}\n`);
}
