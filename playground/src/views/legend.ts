/** Keys of a picture: its colours in words. */
import type { LegendItem } from '../../../src/plot/frame.ts';
import { inkOf } from '../../../src/plot/theme.ts';
import { h } from '../dom.ts';

/** Inks are the page's own colours: `var(--ec-c0)` is `--c0`. */
const pageColour = (colour: string): string => {
  const name = inkOf(colour);
  const own: Readonly<Record<string, string>> = {
    fg: '--ink',
    bg: '--card',
    neutral: '--faint',
    faint: '--line',
  };
  return name === undefined ? colour : `var(${own[name] ?? `--${name}`})`;
};

export const legendView = (items: readonly LegendItem[]): HTMLElement =>
  h(
    'ul',
    { class: 'legend' },
    ...items.map((item) =>
      h(
        'li',
        {},
        h('span', {
          class: 'legend-key',
          style: `--key: ${pageColour(item.color)}; --strength: ${Math.round(100 * (item.opacity ?? 1))}%`,
          'aria-hidden': 'true',
        }),
        item.label,
      ),
    ),
  );
