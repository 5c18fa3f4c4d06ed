/** The kernels engine's public face. */
export { kernelsEngine } from './arrays/engine.ts';
