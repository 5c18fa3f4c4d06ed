/**
 * Where the time of a step goes on tfjs, operation by operation, and how a whole step compares with its matrix
 * products alone: as they are made here, and by tfjs's own kernels on operands that need not be transposed.
 *
 *   node dist/bench/tensors/profile.js image [wasm [repeats]]
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/engines/engine.ts';
import { activate, type Backend, loadBackend } from '../../src/engines/tfjs/backend.ts';
import { engineOn, type TfjsEvaluator } from '../../src/engines/tfjs/evaluator.ts';
import { ownProduct } from '../../src/engines/tfjs/product-op.ts';
import { type ProductShape, worthwhile } from '../../src/engines/tfjs/products.ts';
import { cases } from './cases.ts';

const [name = 'image', wanted = 'wasm', ...more] = process.argv.slice(2);
const repeats = Number(more[0] ?? 9);
const c = cases.find((x) => x.name === name);
if (!c) throw new Error(`cases are ${cases.map((x) => x.name).join(', ')}`);
if (wanted !== 'wasm' && wanted !== 'tensorflow' && wanted !== 'cpu')
  throw new Error('wasm, tensorflow or cpu');
const backend: Backend = await loadBackend(wanted);
const plain = engineOn(backend);

type Profiled = ReturnType<TfjsEvaluator['profile']>;

const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[x.length >> 1];

/** One step with every operation timed: the matrix products of its graphs. */
async function profiled(): Promise<readonly ProductShape[]> {
  const products: ProductShape[] = [];
  const engine: Engine = {
    ...plain,
    compile: (program, constants) => {
      const evaluator = plain.compile(program, constants) as TfjsEvaluator;
      let seen = false;
      return {
        run: (inputs) => {
          if (!seen) {
            const steps = evaluator.profile(inputs, repeats);
            show(steps);
            products.push(...steps.flatMap(productOf));
          }
          seen = true;
          return evaluator.run(inputs);
        },
        dispose: () => evaluator.dispose(),
      };
    },
  };
  await (await c!.open(engine))(0.01);
  return products;
}

function productOf({ op, shape: [m, n], operands }: Profiled[number]): readonly ProductShape[] {
  if (op !== 'matMul') return [];
  const [a, b] = operands;
  const k = (a[0] * a[1]) / m;
  return [{ m, n, k, transposeA: a[0] !== m, transposeB: b[0] !== k }];
}

function show(steps: Profiled): void {
  const total = steps.reduce((sum, s) => sum + s.ms, 0);
  console.log(`\n${total.toFixed(1)} ms in ${steps.length} operations`);
  for (const s of [...steps].sort((x, y) => y.ms - x.ms).slice(0, 25))
    console.log(
      `${s.ms.toFixed(2).padStart(9)}  %${s.result} = ${s.op}(${s.inputs.map((r) => `%${r}`)}) [${s.shape}]`,
    );
}

/** Milliseconds of all products, one after another. */
function timeOf(products: readonly ProductShape[], own: boolean): number {
  activate(backend);
  const runs = products.map((p) => {
    const ours = own && worthwhile(p);
    const a = tf.randomNormal(ours && p.transposeA ? [p.k, p.m] : [p.m, p.k]);
    const b = tf.randomNormal(ours && p.transposeB ? [p.n, p.k] : [p.k, p.n]);
    return { a, b, run: (): tf.Tensor => (ours ? ownProduct(a, b, p) : tf.matMul(a, b)) };
  });
  const times = Array.from({ length: repeats + 2 }, () => {
    const began = performance.now();
    for (const { run } of runs) run().dispose();
    return performance.now() - began;
  });
  for (const { a, b } of runs) for (const t of [a, b]) t.dispose();
  return median(times.slice(2));
}

const products = await profiled();
const steps = await c.open(plain);
const rounds = Array.from({ length: 5 }, () => ({ whole: 0, own: 0, stock: 0 }));
for (const r of rounds) {
  r.own = timeOf(products, backend.ownProducts);
  r.whole = median(await steps(1));
  r.stock = timeOf(products, false);
}
const row = (name: string, ms: readonly number[], ratios: readonly number[]): string =>
  `${name.padEnd(40)} ${median(ms).toFixed(1).padStart(7)} ms: a step is ${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}] times as long`;
console.log(`
${'a whole step'.padEnd(40)} ${median(rounds.map((r) => r.whole))
  .toFixed(1)
  .padStart(7)} ms
${row(
  `its ${products.length} matrix products alone`,
  rounds.map((r) => r.own),
  rounds.map((r) => r.whole / r.own),
)}
${row(
  "the same by tfjs's kernels",
  rounds.map((r) => r.stock),
  rounds.map((r) => r.whole / r.stock),
)}`);
