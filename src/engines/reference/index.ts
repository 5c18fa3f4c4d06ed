/** The reference engine's public face. */
export { dualGradient } from './dual.ts';
export { evaluateScalar, referenceEngine } from './engine.ts';
export { OutOfRange } from './evaluate.ts';
