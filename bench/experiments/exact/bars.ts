/**
 * A restricted Boltzmann machine on bars and stripes (MacKay, *Information Theory, Inference, and Learning Algorithms*
 * (2003), ch. 43; A. Fischer, C. Igel, "An introduction to restricted Boltzmann machines" (2012)): all 30 pictures of
 * 4 × 4 bits whose rows, or whose columns, are of one colour. ln Z is known exactly, and so is what a loss is after.
 */
import { fit as learn } from '../../../src/learn/fit.ts';
import { load, objectiveOf } from './program.ts';

/** The entropy of the 30 pictures. */
export const floor = Math.log(30);

export function pictures(side = 4): readonly (readonly number[])[] {
  const all = new Map<string, number[]>();
  for (let k = 0; k < 2 ** side; k++)
    for (const across of [true, false]) {
      const bits = Array.from(
        { length: side ** 2 },
        (_, i) => (k >> (across ? Math.floor(i / side) : i % side)) & 1,
      );
      all.set(bits.join(''), bits);
    }
  return [...all.values()];
}

/** `Machine` is trained, its hidden bits summed out; `Free` is the same energy of the visible bits alone. */
const text = (fit: string): string => `
use RestrictedMachine, RestrictedFree from "std/boltzmann"
index seen   = grid(4, 4)
index hidden = 16
data picture : bit[row, seen] from "bars.csv"
param W : real[seen, hidden] = [0.1 * sin(37 * (16 * i + j) ^ 2) for i in 16, j in 16]
param a : real[seen]
param b : real[hidden]
energy Machine(v : bit[seen], h : bit[hidden]) {
  term all = RestrictedMachine(v, h, W, a, b)
}
energy Free(v : bit[seen]) {
  term all = RestrictedFree(v, W, a, b)
}
run learn = ${fit}
`;

export interface BarsRun {
  readonly name: string;
  readonly epochs: readonly number[];
  /** Exact mean −ln p at these epochs, nats. */
  readonly nll: readonly number[];
  readonly seconds: number;
}

/** Every step takes all pictures: a step is an epoch. */
export const contenders: readonly (readonly [string, string])[] = [
  ['CD-1', 'contrastive(sweeps = 1)'],
  ['CD-10', 'contrastive(sweeps = 10)'],
  ['PCD-1', 'contrastive(sweeps = 1, persistent = true)'],
  ['discrepancy', 'discrepancy(t = 1, scales = 4, draws = 32)'],
  ['pseudo-likelihood', 'pseudo_likelihood'],
  ['likelihood', 'likelihood'],
];

export async function bars({ epochs }: { readonly epochs: number }): Promise<readonly BarsRun[]> {
  const files = {
    'bars.csv': `${pictures()
      .map((p) => p.join(','))
      .join('\n')}\n`,
  };
  const out: BarsRun[] = [];
  const judge = objectiveOf(await load(text('fit(Free, picture, loss = likelihood)'), files));
  for (const [name, loss] of contenders) {
    const fit = `fit(Machine, { v = picture }, loss = ${loss}, optimizer = adam(rate = 0.02), steps = ${epochs}, batch = 30)`;
    const loaded = await load(text(fit), files);
    const seen: number[] = [0];
    const nll: number[] = [judge.value(judge.start)];
    const began = performance.now();
    let judging = 0;
    await learn({
      ...loaded,
      rows: loaded.data,
      onCheckpoint: ({ tensors, metadata }) => {
        const mark = performance.now();
        const at = judge.names.flatMap((n) => [...tensors.get(`param.${n}`)!.data]);
        seen.push(Number(metadata.get('step')));
        nll.push(judge.value(at));
        judging += performance.now() - mark;
      },
    });
    out.push({ name, epochs: seen, nll, seconds: (performance.now() - began - judging) / 1000 });
  }
  judge.dispose();
  return out;
}
