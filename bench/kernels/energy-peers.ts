/** Peers in the language: a program's sweeps and gradients on generated code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { siteBlocks } from '../../src/analyse/blocks.ts';
import { factorsOf } from '../../src/analyse/factors.ts';
import { siteTables } from '../../src/analyse/site-tables.ts';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import { compileText } from '../../src/compile.ts';
import type { Engine, Evaluator } from '../../src/engines/engine.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { makeSweeper } from '../../src/engines/kernels/sweeps/sweep.ts';
import { Heap } from '../../src/engines/kernels/wasm/heap.ts';
import { continuousPart } from '../../src/infer/continuous.ts';
import { type Clamp, type Model, makeModel, noClamp } from '../../src/infer/model.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { Stream } from '../../src/random/stream.ts';
import { sources } from './c-peers.ts';
import type { Links } from './data.ts';
import type { Peer, Preparation } from './peer.ts';

const SLICES = 40;

/** Processor time of this process, compiling and collecting in the background included. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e-6;
}

/** A program of programs/ with its data, which lie in `folder`. */
export async function modelOf(program: string, folder: string, engine: Engine): Promise<Model> {
  const file = `${program}.energy`;
  const text = readFileSync(join(sources, 'programs', file), 'utf8');
  const compiled = compileText(text, file);
  const fault = compiled.diagnostics.find((d) => d.severity === 'error');
  if (fault) throw new Error(`${file}: ${fault.message}`);
  const bound = await bind(compiled.program, nodeHost({ root: folder }));
  const [checked] = compiled.program.energies.values();
  return makeModel(bound, checked.energy, initialParams(bound, 1), engine);
}

/** What a sampler's states are judged by, for one chain. */
export type Statistic = (code: (unknown: string, element: number) => number) => number;

/** `scale` × Σ weight × (±1 as both ends are equal or not), over links of the first unknown. */
export function productStatistic({ a, b, weight }: Links, scale: number, unknown: string): Statistic {
  return (code) => {
    let sum = 0;
    for (let e = 0; e < a.length; e++) {
      const same = code(unknown, a[e]) === code(unknown, b[e]) ? 1 : -1;
      sum += weight ? weight[e] * same : same;
    }
    return scale * sum;
  };
}

/** The share of links whose ends are equal. */
export function alikeStatistic({ a, b }: Links, unknown: string): Statistic {
  return (code) => {
    let n = 0;
    for (let e = 0; e < a.length; e++) if (code(unknown, a[e]) === code(unknown, b[e])) n++;
    return n / a.length;
  };
}

export interface SweepOptions {
  readonly program: string;
  readonly folder: string;
  readonly chains: number;
  readonly statistic: Statistic;
  /** Sweeps before the first round. */
  readonly warmup: number;
  /** Only this form of kernel. */
  readonly only?: string;
  /** Values that are given, by unknown: numbers only. */
  readonly given?: Readonly<Record<string, number>>;
  /** States that are looked at between two slices, a sweep apart, off the clock; default 1. */
  readonly looks?: number;
}

function clampedTo(model: Model, given: Readonly<Record<string, number>>): Clamp {
  const clamp = noClamp(model);
  for (const { slot } of model.unknowns) {
    const value = given[slot.name];
    if (value === undefined) continue;
    clamp.fixed.get(slot)!.fill(1);
    clamp.values.get(slot)!.fill(value);
  }
  return clamp;
}

/** Sweeps by generated code; null, with a note, where they cannot be had. */
export async function sweepPeer(options: SweepOptions, note: (text: string) => void): Promise<Peer | null> {
  const { chains, only } = options;
  const name = only === undefined ? 'Energy' : `Energy, ${only}`;
  const engine = kernelsEngine();
  const model = await modelOf(options.program, options.folder, engine);
  const clamp = clampedTo(model, options.given ?? {});
  const factors = factorsOf(model.builder, model.energy);
  const blocks = model.unknowns.map((u) => siteBlocks(model.builder, u.slot, factors, model, engine));
  const used = processorSeconds();
  const start = performance.now();
  const { tables, left } = siteTables(model.builder, model.energy, blocks, clamp.fixed, model, engine);
  const tabulated = performance.now();
  for (const [slot, why] of left) {
    note(`${name}: left out, ${slot.name} has no tables because ${why}`);
    return null;
  }
  let sweeper: ReturnType<typeof makeSweeper>;
  try {
    sweeper = makeSweeper(new Heap(), tables, chains, only === undefined ? {} : { only });
  } catch (e) {
    note(`${name}: left out, ${e instanceof Error ? e.message : String(e)}`);
    return null;
  }
  const streams = Array.from({ length: chains }, (_, c) => new Stream(1, 'chain', c));
  const made = performance.now();
  const processor = 1000 * (processorSeconds() - used);
  const codes = new Uint8Array(tables.size);
  const random = new Stream(1, 'start');
  for (let c = 0; c < chains; c++) {
    for (const { slot, states, positionOf } of tables.slots) {
      const fixed = clamp.fixed.get(slot)!;
      const values = clamp.values.get(slot)!;
      positionOf.forEach((p, i) => {
        codes[p] = fixed[i] === 1 ? values[i] : random.int(states);
      });
    }
    sweeper.load(c, codes);
  }
  const loaded = performance.now();
  sweeper.sweep(streams, 1);
  const swept = performance.now();
  const preparation: Preparation = {
    form: [...new Set(sweeper.forms.map((f) => f.form))].join('; '),
    analysis: tabulated - start,
    code: made - tabulated,
    first: swept - loaded,
    processor,
  };
  const sites = tables.groups.reduce((n, g) => n + g.count, 0);
  const at = new Map(tables.slots.map((s) => [s.slot.name, s.positionOf]));
  const look = (): number => {
    let sum = 0;
    for (let c = 0; c < chains; c++) {
      sweeper.store(c, codes);
      sum += options.statistic((unknown, element) => codes[at.get(unknown)![element]]) / chains;
    }
    return sum;
  };
  const round = slices((count) => sweeper.sweep(streams, 1, count), look, {
    ...options,
    updates: sites * chains,
  });
  return { name, ours: true, preparation, round, dispose: () => sweeper.dispose() };
}

/** Rounds of sweeps, with looks at the states between slices of them, as the peers in C measure themselves. */
function slices(
  sweep: (count: number) => void,
  look: () => number,
  { warmup, updates, looks = 1 }: Pick<SweepOptions, 'warmup' | 'looks'> & { readonly updates: number },
): Peer['round'] {
  let warm = false;
  return async (_seed, seconds) => {
    if (!warm) sweep(warmup);
    warm = true;
    const from = processorSeconds();
    sweep(1);
    let once = Math.max(1e-7, processorSeconds() - from);
    const seen: number[] = [];
    let spent = 0;
    let sweeps = 0;
    for (let k = 0; k < SLICES; k++) {
      if (k > 0) once = spent / sweeps;
      const todo = Math.max(1, Math.floor(seconds / SLICES / once));
      const before = processorSeconds();
      sweep(todo);
      spent += processorSeconds() - before;
      sweeps += todo;
      let mean = look() / looks;
      for (let i = 1; i < looks; i++) {
        sweep(1);
        mean += look() / looks;
      }
      seen.push(mean);
    }
    return { rate: (sweeps * updates) / spent, ...batchMeans(seen) };
  };
}

/** Mean and its standard error from ten batches. */
function batchMeans(seen: readonly number[]): { readonly mean: number; readonly error: number } {
  const batches = new Float64Array(10);
  seen.forEach((x, k) => {
    batches[Math.floor((k * 10) / seen.length)] += (10 * x) / seen.length;
  });
  const mean = batches.reduce((a, x) => a + x, 0) / 10;
  const variance = batches.reduce((a, x) => a + (x - mean) ** 2, 0) / 9;
  return { mean, error: Math.sqrt(variance / 10) };
}

/**
 * Energy and gradient in unconstrained coordinates, one chain: as samplers ask for them, and the engine's evaluator
 * by itself, with its inputs at hand.
 */
export async function gradientPeers(program: string, folder: string, point: Float64Array): Promise<Peer[]> {
  const engine = kernelsEngine();
  let compiling = 0;
  let alone: (() => void) | undefined;
  const watched: Engine = {
    ...engine,
    compile(p, constants) {
      const before = performance.now();
      const evaluator = engine.compile(p, constants);
      compiling += performance.now() - before;
      const seen =
        (run: Evaluator['run']): Evaluator['run'] =>
        (inputs) => {
          alone ??= () => run(inputs);
          return run(inputs);
        };
      const { borrow } = evaluator;
      return {
        run: seen((inputs) => evaluator.run(inputs)),
        ...(borrow ? { borrow: seen(borrow) } : {}),
        dispose: () => evaluator.dispose(),
      };
    },
  };
  const model = await modelOf(program, folder, watched);
  const used = processorSeconds();
  const start = performance.now();
  const states = new Map(model.unknowns.map((u) => [u.slot, new Float64Array(u.size).fill(1)]));
  const part = continuousPart(model, noClamp(model), 1, states);
  if (!part) throw new Error(`${program} has no real unknown`);
  const made = performance.now();
  const processor = 1000 * (processorSeconds() - used);
  part.evaluate(point);
  const preparation: Preparation = {
    form: 'energy and gradient',
    analysis: made - start - compiling,
    code: compiling,
    first: performance.now() - made,
    processor,
  };
  const moved = point.slice();
  const values = (): readonly number[] => {
    const { energy, gradient } = part.evaluate(point);
    return [energy[0], ...gradient];
  };
  return [
    {
      name: 'Energy',
      ours: true,
      preparation,
      round: evaluations((i) => {
        moved[0] = point[0] + 1e-9 * (i & 255);
        part.evaluate(moved);
      }, values),
      dispose: () => part.dispose(),
    },
    { name: 'Energy, engine alone', ours: true, round: evaluations(() => alone?.(), values) },
  ];
}

/** Rounds of one evaluation after another; the first is preceded by some that are not counted. */
function evaluations(evaluate: (i: number) => void, values: () => readonly number[]): Peer['round'] {
  let warm = false;
  return async (_seed, seconds) => {
    for (const end = performance.now() + 300; performance.now() < end && !warm; ) evaluate(0);
    warm = true;
    const from = processorSeconds();
    let done = 0;
    let spent = 0;
    while (spent < seconds) {
      const todo = Math.floor(done * 0.1) + 1;
      for (let i = 0; i < todo; i++) evaluate(i);
      done += todo;
      spent = processorSeconds() - from;
    }
    return { rate: done / spent, values: values() };
  };
}
