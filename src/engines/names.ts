/** The engines that can be asked for by name. */

/** `auto`: kernels or the best of the tfjs backends, whichever is quicker for what is computed. */
export const engineNames = ['auto', 'kernels', 'tensorflow', 'wasm', 'cpu', 'reference'] as const;

export type EngineName = (typeof engineNames)[number];

export const isEngineName = (name: string): name is EngineName =>
  (engineNames as readonly string[]).includes(name);
