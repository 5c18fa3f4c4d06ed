/** Points on a circle with a group and a colour (Schröder et al. 2024, section 6.2, "rings"). */
import type { Stream } from '../../../src/random/stream.ts';

export const RADIUS = 1.5;
export const GROUPS = 4;
export const COLOURS = 16;

export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly group: Float64Array;
  readonly colour: Float64Array;
}

/** θ uniform, radius 1.5 ± 0.015, group uniform, colour = (⌊8θ/2π⌋ + 4·group) mod 16. */
export function rings(count: number, stream: Stream): Points {
  const [x, y, group, colour] = Array.from({ length: 4 }, () => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    const turn = stream.uniform();
    const radius = RADIUS + 0.015 * stream.normal();
    x[i] = radius * Math.cos(2 * Math.PI * turn);
    y[i] = radius * Math.sin(2 * Math.PI * turn);
    group[i] = stream.int(GROUPS);
    colour[i] = (Math.floor(8 * turn) + 4 * group[i]) % COLOURS;
  }
  return { x, y, group, colour };
}

export function asCsv(p: Points): string {
  const lines = ['x,y,group,colour'];
  p.x.forEach((x, i) => {
    lines.push(`${x},${p.y[i]},${p.group[i]},${p.colour[i]}`);
  });
  return `${lines.join('\n')}\n`;
}

/** x, y and both labels one-hot, for distances; labels count 1/√2, so that two of them are at distance 1. */
export function asRows(p: Points): { readonly values: Float64Array; readonly width: number } {
  const width = 2 + GROUPS + COLOURS;
  const values = new Float64Array(p.x.length * width);
  p.x.forEach((x, i) => {
    values[i * width] = x;
    values[i * width + 1] = p.y[i];
    values[i * width + 2 + p.group[i]] = Math.SQRT1_2;
    values[i * width + 2 + GROUPS + p.colour[i]] = Math.SQRT1_2;
  });
  return { values, width };
}
