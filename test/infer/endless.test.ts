/** Chains that go on: what they draw is exp(−E) of the energy as it is now, wherever they come from. */
import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../src/compile.ts';
import { openEngine } from '../../src/engines/open.ts';
import { type Endless, openEndless } from '../../src/infer/endless.ts';
import { enumerateStates } from '../../src/infer/enumerate.ts';
import { type Model, makeModel, noClamp } from '../../src/infer/model.ts';
import { reweighting, type Weights } from '../../src/infer/reweight.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import { Stream } from '../../src/random/stream.ts';
import { openSession } from '../../src/run/session.ts';
import { libraryOf } from '../../src/stdlib.ts';

const reader = moduleReader(memoryHost(), libraryOf(new Map()));

async function weighed(text: string): Promise<(w: Weights) => Model> {
  const { program, ok, diagnostics } = await compileProgram(text, 'test.energy', reader);
  if (!ok) throw new Error(diagnostics.map((d) => d.message).join());
  const { bound, params, engine } = await openSession(program, memoryHost(), await openEngine('auto'));
  const [checked] = program.energies.values();
  const weigh = reweighting(program.builder, checked.energy);
  return (w) => {
    const { energy, values } = weigh(w);
    return makeModel(bound, energy, new Map([...params, ...values]), engine);
  };
}

const open = (model: Model, change: number, from?: Endless): Endless =>
  openEndless(model, noClamp(model), {
    chains: 8,
    root: new Stream(7, change),
    warmup: 300,
    from: from?.states(),
    standards: from?.standards,
  });

const numberOf = (bits: ArrayLike<number>): number =>
  Array.from(bits).reduce((code, x) => 2 * code + (x > 0 ? 1 : 0), 0);

const PAIRS = `index i = 4
energy E(s : spin[i]) {
  term bond = -0.5 * sum(s[k] * s[k + 1] for k in i where k < 3)
  term field = -0.4 * sum(s)
  require sum(s) > -4
}`;

describe('chains without an end', () => {
  it.each([
    ['in kernels', PAIRS],
    [
      'by programs of the engine',
      PAIRS.replace('spin[i]', 'spin[i], x : bit').replace(
        'term field',
        'term odd = 0.3 * x * s[0] * s[1] * s[2] * s[3]\n  term field',
      ),
    ],
  ])('draw from the weighted energy after each change, %s', async (_, text) => {
    const modelFor = await weighed(text);
    let chains: Endless | undefined;
    const terms = text.includes('odd') ? 3 : 2;
    const settings: readonly Weights[] = [
      { terms: Array(terms).fill(1), temperature: 1 },
      { terms: [-1, ...Array(terms - 1).fill(1)], temperature: 1 },
      { terms: [2, ...Array(terms - 1).fill(0.5)], temperature: 2.5 },
      { terms: [1, ...Array(terms - 1).fill(0)], temperature: 0.5 },
    ];
    for (const [n, weights] of settings.entries()) {
      const model = modelFor(weights);
      const count = model.unknowns.length === 1 ? 16 : 32;
      const code = (of: (u: Model['unknowns'][number]) => ArrayLike<number>): number =>
        model.unknowns.reduce((all, u) => all * 2 ** u.size + numberOf(of(u)), 0);
      const expected = new Float64Array(count);
      const { logZ } = enumerateStates(model, noClamp(model), (states, energy, k) => {
        for (let r = 0; r < k; r++)
          expected[code((u) => states.get(u.slot)!.subarray(r * u.size, (r + 1) * u.size))] += Math.exp(
            -energy[r],
          );
      });
      const next: Endless = open(model, n, chains);
      chains?.dispose();
      chains = next;
      chains.step(50);
      const found = new Float64Array(count);
      const steps = 6000;
      for (let i = 0; i < steps; i++) {
        chains.step(2);
        const states = chains.states();
        for (let c = 0; c < 8; c++)
          found[code((u) => states.get(u.slot)!.subarray(c * u.size, (c + 1) * u.size))]++;
      }
      const total = 8 * steps;
      for (let k = 0; k < count; k++) {
        const p = expected[k] / Math.exp(logZ);
        // Neighbouring draws are alike: room for a fiftieth of them to be independent.
        const error = Math.sqrt((p * (1 - p)) / (total / 50));
        expect(Math.abs(found[k] / total - p)).toBeLessThan(4.5 * error + 1e-3);
        if (p === 0) expect(found[k]).toBe(0);
      }
    }
    chains?.dispose();
  });

  it('move reals to the new temperature and weights, and keep the states at first', async () => {
    const modelFor = await weighed(`energy E(x : real, y : real) {
  term wide = x ^ 2 / 8
  term narrow = (y - x) ^ 2
}`);
    let chains = open(modelFor({ terms: [1, 1], temperature: 1 }), 0);
    chains.step(400);
    for (const [n, w] of [
      { terms: [1, 1], temperature: 4 },
      { terms: [4, 0.25], temperature: 1 },
    ].entries()) {
      const before = [...chains.states().values()].map((x) => [...x]);
      const model = modelFor(w);
      const next = open(model, n + 1, chains);
      expect([...next.states().values()].map((x) => [...x])).toEqual(before);
      chains.dispose();
      chains = next;
      expect(chains.warming).toBe(true);
      chains.step(300);
      expect(chains.warming).toBe(false);
      let [sx, sd, count] = [0, 0, 0];
      for (let i = 0; i < 3000; i++) {
        chains.step(1);
        const [x, y] = chains.states().values();
        for (let c = 0; c < 8; c++) {
          sx += x[c] ** 2;
          sd += (y[c] - x[c]) ** 2;
          count++;
        }
      }
      // exp(−(w₁ x²/8 + w₂ (y − x)²)/T): independent normals of variance 4T/w₁ and T/2w₂.
      const [vx, vd] = [(4 * w.temperature) / w.terms[0], w.temperature / (2 * w.terms[1])];
      expect(sx / count / vx).toBeCloseTo(1, 1);
      expect(sd / count / vd).toBeCloseTo(1, 1);
    }
    chains.dispose();
  });
});
