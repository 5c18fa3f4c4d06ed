/** Where the losses of conditionals have their minimum: at the density of the data. */
import { describe, expect, it } from 'vitest';
import { kernelsEngine } from '../../../src/engines/kernels/index.ts';
import type { Slot } from '../../../src/ir/types.ts';
import type { ChangeOptions } from '../../../src/learn/losses/changes.ts';
import { makeMasked } from '../../../src/learn/losses/masked.ts';
import { makeNeighbourhood } from '../../../src/learn/losses/neighbourhood.ts';
import { makePseudoLikelihood } from '../../../src/learn/losses/pseudo-likelihood.ts';
import { makeRatioMatching } from '../../../src/learn/losses/ratio-matching.ts';
import type { LossMaker } from '../../../src/learn/losses/registry.ts';
import { makeAdam } from '../../../src/learn/optimizers/adam.ts';
import { Stream } from '../../../src/random/stream.ts';
import { energyOf, flat, type Subject, subject, type Trial, trial, unflat } from './trial.ts';

type Form = NonNullable<ChangeOptions['form']>;
const discrepancy = { kind: 'discrepancy', t: 0.7, draws: 24, stabilise: 0 } as const;

/** An energy for each of 24 states; a state is as frequent as its weight says. */
const table = {
  text: `
param u : real[2, 2, 2, 3] = [0 for i in 2, j in 2, k in 2, l in 3]
energy E(b : bit[3], c : category(3)) { term all = u[b[0], b[1], b[2], c] }`,
  states: Array.from({ length: 24 }, (_, i) => ({
    b: [Math.floor(i / 12), Math.floor(i / 6) % 2, Math.floor(i / 3) % 2],
    c: [i % 3],
  })),
  allowed: Array.from({ length: 24 }, () => true),
};
/** Half of them, connected by single changes. */
const restricted = {
  ...table,
  text: table.text.replace('{ term', '{\n  require b[0] + b[1] >= b[2]\n  term'),
  allowed: table.states.map(({ b }) => b[0] + b[1] >= b[2]),
};

const counts = (allowed: readonly boolean[]): number[] => {
  const stream = new Stream(4);
  return allowed.map((a) => (a ? 1 + stream.int(12) : 0));
};

async function rowsOf(text: string, states: typeof table.states, each: readonly number[]): Promise<Subject> {
  const list = states.flatMap((s, i) => Array.from({ length: each[i] }, () => s));
  return subject(text, { b: list.flatMap((s) => s.b), c: list.flatMap((s) => s.c) });
}

/** KL of the data's density from that of the energy, over the states that occur. */
function divergence(s: Subject, t: Trial, x: readonly number[], each: readonly number[]): number {
  const energy = energyOf(s, unflat(t.start, x));
  const [b, c] = s.energy.unknowns;
  const logs = table.states.map(
    (q) =>
      -energy(
        new Map<Slot, number[]>([
          [b, q.b],
          [c, q.c],
        ]),
      ),
  );
  const total = each.reduce((x, y) => x + y, 0);
  const logZ = Math.log(logs.reduce((sum, l, i) => sum + (each[i] > 0 ? Math.exp(l) : 0), 0));
  return each.reduce(
    (sum, k, i) => (k === 0 ? sum : sum + (k / total) * (Math.log(k / total) - logs[i] + logZ)),
    0,
  );
}

function learned(t: Trial, steps: number, first: number): number[] {
  const x = [Float64Array.from(flat(t.start))];
  const adam = makeAdam({ beta1: 0.9, beta2: 0.99 }, [x[0].length]);
  for (let k = 0; k < steps; k++)
    adam.step(
      x,
      [Float64Array.from(t.at(unflat(t.start, Array.from(x[0])), k).gradient)],
      first * (1 - k / steps),
    );
  return Array.from(x[0]);
}

const makers: readonly (readonly [string, LossMaker])[] = [
  ...(['local', 'listed'] as const).flatMap((form: Form) => [
    [`pseudo-likelihood, ${form}`, ((spec, o) => makePseudoLikelihood(spec, o, form)) as LossMaker] as const,
    [`ratio matching, ${form}`, ((spec, o) => makeRatioMatching(spec, o, form)) as LossMaker] as const,
    [`neighbourhoods, ${form}`, ((spec, o) => makeNeighbourhood(spec, o, form)) as LossMaker] as const,
  ]),
];

describe.each([
  ['all states', table],
  ['states that requirements allow', restricted],
] as const)('%s', (_, { text, states, allowed }) => {
  const each = counts(allowed);

  it.each(makers)('%s learns the density of the data', async (_name, make) => {
    const s = await rowsOf(text, states, each);
    const t = trial(s, { ...discrepancy, sites: 100 }, kernelsEngine(), make);
    expect(divergence(s, t, flat(t.start), each)).toBeGreaterThan(0.1);
    expect(divergence(s, t, learned(t, 600, 0.2), each)).toBeLessThan(1e-6);
  });

  it('masks learn it, up to the noise of masks', async () => {
    const s = await rowsOf(text, states, each);
    const t = trial(s, discrepancy, kernelsEngine(), makeMasked);
    expect(divergence(s, t, learned(t, 600, 0.1), each)).toBeLessThan(2e-3);
  });
});
