/** Lattices at work: a picture of each of a few chains, one pixel a site, redrawn with every frame. */
import { h } from '../dom.ts';
import type { Picture } from '../protocol.ts';
import { type Pixels, pixelGrid } from './pixels.ts';

export interface PicturesView {
  readonly element: HTMLElement;
  show(pictures: readonly Picture[]): void;
}

/** @param cyclic whether an unknown's values are on a circle */
export function picturesView(cyclic: (name: string) => boolean): PicturesView {
  const element = h('div', { class: 'pictures' });
  const grids = new Map<string, Pixels>();
  let latest: readonly Picture[] = [];
  let asked = false;
  const draw = (): void => {
    asked = false;
    for (const p of latest) grids.get(p.name)?.draw(p.values);
  };
  return {
    element,
    show(pictures) {
      latest = pictures;
      for (const { name, rows, cols, shown, ...p } of pictures) {
        if (grids.has(name)) continue;
        const grid = pixelGrid({ ...p, name, cyclic: cyclic(name), shape: [rows, cols], chains: shown });
        grids.set(name, grid);
        element.append(
          h(
            'figure',
            { class: 'stage-picture', 'data-unknown': name },
            h(
              'figcaption',
              {},
              h('strong', {}, name),
              ` ${rows} × ${cols} · ${shown === 1 ? 'one chain' : `${shown} chains`}`,
            ),
            grid.element,
          ),
        );
      }
      if (asked) return;
      asked = true;
      requestAnimationFrame(draw);
    },
  };
}
