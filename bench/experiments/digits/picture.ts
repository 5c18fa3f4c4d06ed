/** Rows of the data beside draws, as a picture. */
import { encodePng } from '../../../src/plot/png.ts';

/** Pixels of a bit, and bits along an edge. */
const SCALE = 4;
const SIDE = 8;
const ACROSS = 20;

/**
 * Pictures of 8 × 8 bits in rows of twenty, ones black; between two parts a wider gap.
 * @param parts pictures, bits by row
 */
export function picture(parts: readonly (readonly ArrayLike<number>[])[]): Uint8Array {
  const cell = SIDE * SCALE + SCALE;
  const lines = parts.map((p) => Math.ceil(p.length / ACROSS));
  const width = ACROSS * cell + SCALE;
  const height = lines.reduce((a, n) => a + n * cell, 0) + (2 * parts.length - 1) * SCALE;
  const data = new Uint8Array(width * height).fill(255);
  let top = SCALE;
  parts.forEach((part, k) => {
    part.forEach((bits, i) => {
      const [x0, y0] = [SCALE + (i % ACROSS) * cell, top + Math.floor(i / ACROSS) * cell];
      for (let y = 0; y < SIDE * SCALE; y++)
        for (let x = 0; x < SIDE * SCALE; x++)
          data[(y0 + y) * width + x0 + x] =
            bits[Math.floor(y / SCALE) * SIDE + Math.floor(x / SCALE)] === 1 ? 30 : 225;
    });
    top += lines[k] * cell + 2 * SCALE;
  });
  return encodePng(width, height, { kind: 'grey', data });
}
