/**
 * Where the time of a step goes on tfjs, operation by operation, and how a whole step compares with its matrix
 * products alone: as they are made here, and by tfjs's own kernels on operands that need not be transposed.
 *
 *   node dist/bench/tensors/profile.js image [wasm [repeats]]
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../src/engines/engine.ts';
import { type Backend, loadBackend } from '../../src/engines/tfjs/backend.ts';
import { engineOn, type TfjsEvaluator } from '../../src/engines/tfjs/evaluator.ts';
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

/** Rows, columns and summed elements of each product. */
type Product = readonly [m: number, n: number, k: number];

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[x.length >> 1];

/** One step with every operation timed; the products of its graphs, and the time they took. */
async function profiled(): Promise<{ readonly ms: number; readonly products: readonly Product[] }> {
  const products: Product[] = [];
  let ms = 0;
  const engine: Engine = {
    ...plain,
    compile: (program, constants) => {
      const evaluator = plain.compile(program, constants) as TfjsEvaluator;
      let seen = false;
      return {
        run: (inputs) => {
          if (seen) return evaluator.run(inputs);
          seen = true;
          const steps = evaluator.profile(inputs, repeats);
          show(steps);
          for (const s of steps) {
            if (s.op !== 'matMul') continue;
            const [m, n] = s.shape.slice(-2);
            products.push([m, n, size(s.operands[0]) / m]);
            ms += s.ms;
          }
          return evaluator.run(inputs);
        },
        dispose: () => evaluator.dispose(),
      };
    },
  };
  await (await c!.open(engine))(0.01);
  return { ms, products };
}

function show(steps: Profiled): void {
  const total = steps.reduce((sum, s) => sum + s.ms, 0);
  console.log(`\n${total.toFixed(1)} ms in ${steps.length} operations`);
  for (const s of [...steps].sort((x, y) => y.ms - x.ms).slice(0, 25))
    console.log(
      `${s.ms.toFixed(2).padStart(9)}  %${s.result} = ${s.op}(${s.inputs.map((r) => `%${r}`)}) [${s.shape}]`,
    );
}

/** Milliseconds of the products by tfjs's kernels. */
function byTfjs(products: readonly Product[]): number {
  const pairs = products.map(([m, n, k]) => [tf.randomNormal([m, k]), tf.randomNormal([k, n])] as const);
  const all = (): void => {
    for (const [a, b] of pairs) tf.matMul(a, b).dispose();
  };
  all();
  const times = Array.from({ length: repeats }, () => {
    const began = performance.now();
    all();
    return performance.now() - began;
  });
  for (const pair of pairs) for (const t of pair) t.dispose();
  return median(times);
}

const { ms: own, products } = await profiled();
const steps = await c.open(plain);
const whole: number[] = [];
const stock: number[] = [];
for (let round = 0; round < 3; round++) {
  whole.push(median(await steps(1.5)));
  stock.push(byTfjs(products));
}
const ratios = (of: readonly number[]): string =>
  `${median(of).toFixed(2)} [${Math.min(...of).toFixed(2)}–${Math.max(...of).toFixed(2)}]`;
console.log(`
a whole step             ${median(whole).toFixed(1)} ms
its ${products.length} matrix products    ${own.toFixed(1)} ms: a step is ${ratios(whole.map((w) => w / own))} times those alone
the same by tfjs         ${median(stock).toFixed(1)} ms: a step is ${ratios(whole.map((w, i) => w / stock[i]))} times those alone`);
