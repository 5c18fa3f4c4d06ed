/** The density of a model over the decoded plane beside that of its set, as a picture. */
import { colourOf } from '../../../src/plot/colour-maps.ts';
import { encodePng } from '../../../src/plot/png.ts';
import type { Stream } from '../../../src/random/stream.ts';
import type { PlaneCode } from './codes.ts';
import type { Energies } from './referee.ts';
import type { PlaneSet } from './sets.ts';

/** Pixels along each axis of one of the two, words for each pixel, and half the width of what is shown. */
const SIDE = 240;
const EACH = 8;
const REACH = 4.6;

/** Left the set, right the model: square roots of the densities, on the scale of the set's. */
export function picture(
  energies: Energies,
  logZ: number,
  set: PlaneSet,
  code: PlaneCode,
  stream: Stream,
): Uint8Array {
  const step = (2 * REACH) / SIDE;
  const rows = new Uint8Array(SIDE * SIDE * EACH * code.length);
  const place = (i: number, offset: number): number => -REACH + (i + offset) * step;
  const truth = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [column, line] = [i % SIDE, SIDE - 1 - Math.floor(i / SIDE)];
    truth[i] = set.density(place(column, 0.5), place(line, 0.5));
    for (let k = 0; k < EACH; k++)
      code.encode(
        [place(column, stream.uniform()), place(line, stream.uniform())],
        set.scale,
        rows,
        (i * EACH + k) * code.length,
      );
  }
  const u = energies(rows, SIDE * SIDE * EACH);
  const logCells = code.logCells(set.scale);
  const learned = truth.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < EACH; k++) sum += Math.exp(logCells - u[i * EACH + k] - logZ) / EACH;
    return sum;
  });
  const top = Math.sqrt(truth.reduce((a, b) => Math.max(a, b), 0));
  const gap = 6;
  const width = 2 * SIDE + gap;
  const data = new Uint8Array(width * SIDE * 4).fill(255);
  [truth, learned].forEach((field, f) => {
    field.forEach((p, i) => {
      const at = Math.floor(i / SIDE) * width + f * (SIDE + gap) + (i % SIDE);
      data.set(colourOf('sequential', Math.sqrt(p), 0, top), at * 4);
    });
  });
  return encodePng(width, SIDE, { kind: 'rgba', data });
}
