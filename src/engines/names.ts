/** The engines that can be asked for by name. */

/** `auto`: kernels, ONNX Runtime where it is installed, or the best of the tfjs backends, whichever is quicker. */
export const engineNames = ['auto', 'kernels', 'onnx', 'tensorflow', 'wasm', 'cpu', 'reference'] as const;

/** The tfjs backends among them, which `--backend` forces. */
export const backendNames = ['tensorflow', 'wasm', 'cpu'] as const;

/** The tfjs backend that only browsers have. */
export type BrowserBackend = 'webgl';

export type EngineName = (typeof engineNames)[number];

export const isEngineName = (name: string): name is EngineName =>
  (engineNames as readonly string[]).includes(name);
