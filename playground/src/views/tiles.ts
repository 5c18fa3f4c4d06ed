/** Results in a few large figures, and small tables. */
import { h } from '../dom.ts';

export interface Tile {
  readonly label: string;
  readonly value: string;
  /** A quieter remark: a unit, an error. */
  readonly note?: string;
}

export const tiles = (list: readonly Tile[]): HTMLElement =>
  h(
    'dl',
    { class: 'tiles' },
    ...list.map((t) =>
      h(
        'div',
        { class: 'tile' },
        h('dt', {}, t.label),
        h('dd', {}, t.value, t.note !== undefined && h('small', {}, ` ${t.note}`)),
      ),
    ),
  );

export interface Cell {
  readonly text: string;
  /** A number that is not to be trusted, or a right answer. */
  readonly mood?: 'bad' | 'good' | 'quiet';
}

/** A table: the first column names its rows, the others hold numbers. */
export function numberTable(
  caption: string,
  columns: readonly string[],
  rows: readonly { readonly name: string; readonly quiet?: boolean; readonly cells: readonly Cell[] }[],
): HTMLElement {
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'visually-hidden' }, caption),
      h('thead', {}, h('tr', {}, ...columns.map((c) => h('th', { scope: 'col' }, c)))),
      h(
        'tbody',
        {},
        ...rows.map((r) =>
          h(
            'tr',
            { class: r.quiet ? 'quiet' : null },
            h('th', { scope: 'row' }, r.name),
            ...r.cells.map((c) => h('td', { 'data-mood': c.mood }, c.text)),
          ),
        ),
      ),
    ),
  );
}
