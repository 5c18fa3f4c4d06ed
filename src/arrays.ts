/** A dense array on the host, row-major. The currency between data, engines, samplers and files. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Int32Array | Uint8Array;
}

export const sizeOfShape = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const zeros = (shape: readonly number[]): HostArray & { readonly data: Float64Array } => ({
  shape,
  data: new Float64Array(sizeOfShape(shape)),
});

/** The indices of flat position `i`, e.g. `[0, 3]`. */
export function unravel(i: number, shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    out[d] = i % shape[d];
    i = Math.floor(i / shape[d]);
  }
  return out;
}
