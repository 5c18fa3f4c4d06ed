/** The formats that energies are compiled to. */

export const compileTargets = ['tfjs', 'savedmodel', 'onnx'] as const;
export type CompileTarget = (typeof compileTargets)[number];

/** In words. */
export const formats: Readonly<Record<CompileTarget, string>> = {
  tfjs: 'a GraphModel of tfjs',
  savedmodel: 'a SavedModel of TensorFlow',
  onnx: 'an ONNX model',
};
