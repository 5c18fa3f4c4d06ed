/** Data and draws side by side: each group a ring of its own, radius × (group + 1), colours as hues. */
import { encodePng } from '../../../src/plot/png.ts';
import { COLOURS, GROUPS, type Points, RADIUS } from './rings.ts';

const SIDE = 360;
const REACH = RADIUS * (GROUPS + 0.6);

export function picture(panels: readonly Points[]): Uint8Array {
  const width = SIDE * panels.length;
  const pixels = new Uint8Array(4 * width * SIDE).fill(255);
  panels.forEach((p, panel) => {
    p.x.forEach((x, i) => {
      const scale = p.group[i] + 1;
      const column = Math.floor(((x * scale) / REACH + 1) * 0.5 * SIDE);
      const row = Math.floor((1 - (p.y[i] * scale) / REACH) * 0.5 * SIDE);
      const colour = hue(p.colour[i] / COLOURS);
      for (let a = 0; a < 2; a++)
        for (let b = 0; b < 2; b++) {
          if (column + a < 0 || column + a >= SIDE || row + b < 0 || row + b >= SIDE) continue;
          pixels.set(colour, 4 * ((row + b) * width + panel * SIDE + column + a));
        }
    });
  });
  return encodePng(width, SIDE, { kind: 'rgba', data: pixels });
}

/** A colour of the wheel at 0 … 1 turns. */
function hue(turn: number): readonly number[] {
  const part = (shift: number): number =>
    Math.round(255 * Math.min(Math.max(Math.abs(((turn * 6 + shift) % 6) - 3) - 1, 0), 1) * 0.85);
  return [part(0), part(4), part(2)];
}
