/** Whether an engine computes what the float64 reference does, for generated programs and their gradients. */
import type { HostArray } from '../../src/arrays.ts';
import type { Arrays, Engine, Output } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { gradient } from '../../src/ir/derive.ts';
import type { Slot } from '../../src/ir/types.ts';
import type { Program } from '../ir/arbitrary.ts';

const float32 = (arrays: Arrays, noise = 0): Map<Slot, HostArray> => {
  let k = 0;
  return new Map(
    [...arrays].map(([slot, a]) => {
      if (slot.domain.kind !== 'real') return [slot, a];
      const data = Float64Array.from(a.data, (x) => Math.fround(x) * (1 + (k++ % 2 ? noise : -noise)));
      return [slot, { shape: a.shape, data }];
    }),
  );
};

const outputsOf = (p: Program): Output[] => [
  { name: 'energy', axes: [], node: p.root },
  ...[...gradient(p.builder, p.root, p.real)].map(([s, f]) => ({ name: s.name, axes: f.axes, node: f.body })),
];

export interface Slack {
  /** What is allowed beside what is relative; of saturated functions differences are left. */
  readonly absolute: number;
  /** Of the largest number of a result. */
  readonly relative?: number;
  /** In units of what a few units in the last place of the inputs change. */
  readonly moved?: number;
}

/**
 * Compares with float64, beyond what float32 explains: the change of the result under perturbations of the inputs
 * of a few units in the last place, and the rounding of the result itself.
 * @param constants which slots are known when the program is compiled
 * @throws Error where they differ by more
 */
export function agreeOn(
  engine: Engine,
  p: Program,
  constants: (s: Slot) => boolean,
  { absolute, relative = 1e-4, moved: factor = 30 }: Slack,
): void {
  const arrays = float32(p.arrays);
  const outputs = outputsOf(p);
  const program = { outputs, sizeOf: p.sizeOf };
  const reference = referenceEngine();
  const exact = reference.compile(program, new Map()).run(arrays);
  const moved = [1e-6, -1e-6].map((e) => reference.compile(program, new Map()).run(float32(p.arrays, e)));
  const evaluator = engine.compile(program, new Map([...arrays].filter(([s]) => constants(s))));
  const found = evaluator.run(new Map([...arrays].filter(([s]) => !constants(s))));
  evaluator.dispose();
  for (const o of outputs) {
    const { shape, data: want } = exact.get(o.name)!;
    const got = found.get(o.name)!;
    if (String(got.shape) !== String(shape))
      throw new Error(`${o.name}: shape [${got.shape}], expected [${shape}]`);
    const scale = Array.from(want).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    for (let i = 0; i < want.length; i++) {
      const slack = Math.max(...moved.map((m) => Math.abs(m.get(o.name)!.data[i] - want[i])));
      const error = Math.abs(got.data[i] - want[i]);
      if (!(error <= relative * scale + factor * slack + absolute))
        throw new Error(`${o.name}[${i}]: ${got.data[i]}, expected ${want[i]} (float32 explains ${slack})`);
    }
  }
}
