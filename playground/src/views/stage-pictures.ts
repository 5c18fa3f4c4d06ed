/** Lattices in motion as pixels, and lines of discrete values as rows of pixels that scroll: space across, time down. */
import { h } from '../dom.ts';
import type { Shown } from '../staged.ts';
import { pixelGrid } from './pixels.ts';
import { type StagePart, valueIn } from './stage-part.ts';

const ROWS = 160;

const figure = (shown: Shown, about: string, inner: HTMLElement): HTMLElement =>
  h(
    'figure',
    { class: 'stage-picture', 'data-stage': shown.name },
    h('figcaption', {}, h('strong', {}, shown.name), ` ${about}`),
    inner,
  );

const chainsText = (n: number): string => (n === 1 ? '' : ` · ${n} chains`);

export function picturePart(shown: Shown): StagePart {
  const pixels = pixelGrid(shown, valueIn(shown));
  let latest: ArrayLike<number> | null = null;
  const about = `${shown.shape.join(' × ')}${chainsText(shown.chains)}`;
  return {
    element: figure(shown, about, pixels.element),
    add(values) {
      latest = values;
    },
    changed() {},
    draw() {
      if (latest) pixels.draw(latest);
    },
  };
}

export function rowsPart(shown: Shown): StagePart {
  const { size, chains } = shown;
  const rows = Math.max(24, Math.min(ROWS, Math.round(size * 1.2)));
  const read = valueIn(shown);
  const pixels = pixelGrid({ ...shown, shape: [rows, size] });
  const history = new Float32Array(chains * rows * size).fill(Number.NaN);
  const about = `${size} sites across, time downwards${chainsText(chains)}`;
  return {
    element: figure(shown, about, pixels.element),
    add(values) {
      for (let c = 0; c < chains; c++) {
        const from = c * rows * size;
        history.copyWithin(from, from + size, from + rows * size);
        const last = from + (rows - 1) * size;
        for (let i = 0; i < size; i++) history[last + i] = read(values[c * size + i]);
      }
    },
    changed() {},
    draw: () => pixels.draw(history),
  };
}
