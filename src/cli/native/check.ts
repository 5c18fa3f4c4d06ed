/** Run in a process of its own: loads the native backend as the engine does, computes, prints versions. */

import { loadBackend } from '../../engines/tfjs/backend.ts';
import { nativeVersions } from '../../engines/tfjs/native.ts';

const tf = await import('@tensorflow/tfjs-core');
await loadBackend('tensorflow');
const product = await tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])).array();
if (JSON.stringify(product) !== '[[19,22],[43,50]]')
  throw new Error(`a product of two matrices came out as ${JSON.stringify(product)}`);
process.stdout.write(`${JSON.stringify(nativeVersions())}\n`);
