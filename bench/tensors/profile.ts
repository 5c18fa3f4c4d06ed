/** Where the time of a step goes on tfjs, operation by operation: `node dist/bench/tensors/profile.js image [wasm [repeats]]`. */

import type { Engine } from '../../src/engines/engine.ts';
import { loadBackend } from '../../src/engines/tfjs/backend.ts';
import { engineOn, type TfjsEvaluator } from '../../src/engines/tfjs/evaluator.ts';
import { cases } from './cases.ts';

const [name = 'image', backend = 'wasm', ...more] = process.argv.slice(2);
const repeats = Number(more[0] ?? 9);
const c = cases.find((x) => x.name === name);
if (!c) throw new Error(`cases are ${cases.map((x) => x.name).join(', ')}`);
if (backend !== 'wasm' && backend !== 'tensorflow' && backend !== 'cpu')
  throw new Error('wasm, tensorflow or cpu');
const plain = engineOn(await loadBackend(backend));
const engine: Engine = {
  ...plain,
  compile: (program, constants) => {
    const evaluator = plain.compile(program, constants) as TfjsEvaluator;
    return {
      run: (inputs) => {
        const steps = evaluator.profile(inputs, repeats).map((s, i) => ({ ...s, i }));
        const total = steps.reduce((sum, s) => sum + s.ms, 0);
        const products = steps.filter((s) => s.op === 'matMul').reduce((sum, s) => sum + s.ms, 0);
        console.log(
          `\n${total.toFixed(1)} ms in ${steps.length} operations; ` +
            `${products.toFixed(1)} in matrix products: ${(total / products).toFixed(2)} times those alone`,
        );
        for (const s of [...steps].sort((x, y) => y.ms - x.ms).slice(0, 25))
          console.log(
            `${s.ms.toFixed(2).padStart(9)}  %${s.result} = ${s.op}(${s.inputs.map((r) => `%${r}`)}) [${s.shape}]`,
          );
        return evaluator.run(inputs);
      },
      dispose: () => evaluator.dispose(),
    };
  },
};
await (await c.open(engine))(0.01);
