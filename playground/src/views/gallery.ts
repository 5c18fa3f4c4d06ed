/** The examples with a picture each, in a dialog: grouped by field, searched as one types, walked with the arrow keys. */

import { h } from '../dom.ts';
import type { Example } from '../examples.ts';

const found = import.meta.glob<string>('../../gallery/*/*.svg', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Where the picture of an example is: `physics/ising` → its address. */
const pictures: ReadonlyMap<string, string> = new Map(
  Object.entries(found).map(([path, url]) => [
    path
      .split('/')
      .slice(-2)
      .join('/')
      .replace(/\.svg$/, ''),
    url,
  ]),
);

export interface GalleryOptions {
  readonly examples: readonly Example[];
  readonly onPick: (example: Example) => void;
}

/** Fields in this order; others behind them. */
const FIELDS = ['physics', 'statistics', 'learning', 'biology', 'puzzles'];

/** Opens the dialog; it closes when an example is picked, with Escape, or by a press beside it. */
export function openGallery({ examples, onPick }: GalleryOptions): void {
  document.querySelector('dialog.gallery')?.remove();
  const search = h('input', {
    type: 'search',
    class: 'gallery-search',
    placeholder: 'Search examples',
    'aria-label': 'Search examples',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const close = h('button', { type: 'button', class: 'gallery-close', 'aria-label': 'Close' }, '×');
  const count = h('p', { class: 'gallery-count', role: 'status' });
  const body = h('div', { class: 'gallery-body' });
  const dialog = h(
    'dialog',
    { class: 'gallery', 'aria-labelledby': 'gallery-title' },
    h('header', {}, h('h2', { id: 'gallery-title' }, 'Examples'), search, count, close),
    body,
  );
  const cards = examples.map((example) => ({ example, card: cardOf(example) }));
  for (const { example, card } of cards)
    card.addEventListener('click', () => {
      dialog.close();
      onPick(example);
    });
  const fields = [...new Set([...FIELDS, ...examples.map((e) => e.field)])];
  const sections = fields.flatMap((field) => {
    const own = cards.filter((c) => c.example.field === field);
    if (own.length === 0) return [];
    const grid = h('div', { class: 'gallery-grid' }, ...own.map((c) => c.card));
    return [{ own, element: h('section', { 'aria-label': field }, h('h3', {}, field), grid) }];
  });
  body.append(...sections.map((s) => s.element));

  const filter = (): void => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { own, element } of sections) {
      let any = false;
      for (const { example, card } of own) {
        const text = textOf(example);
        const fits = words.every((w) => text.includes(w));
        card.hidden = !fits;
        any ||= fits;
        if (fits) shown++;
      }
      element.hidden = !any;
    }
    count.textContent =
      shown === 0 ? 'nothing like that' : words.length === 0 ? '' : `${shown} of ${examples.length}`;
  };
  search.addEventListener('input', filter);
  dialog.addEventListener('keydown', (e) => {
    const visible = cards.map((c) => c.card).filter((c) => !c.hidden);
    if (e.target === search) {
      if (e.key === 'Enter' && search.value !== '') visible[0]?.click();
      if (e.key !== 'ArrowDown') return;
      e.preventDefault();
      visible[0]?.focus();
      return;
    }
    const at = visible.indexOf(document.activeElement as HTMLButtonElement);
    const to = at < 0 ? null : neighbour(visible, at, e.key);
    if (to === null) return;
    e.preventDefault();
    (to === 'search' ? search : visible[to]).focus();
  });
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (e) => {
    if (e.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  search.focus();
}

/** What the search looks at. */
const textOf = (e: Example): string => `${e.name} ${e.field} ${e.about} ${headOf(e.text)}`.toLowerCase();

/** The remarks above the program. */
const headOf = (text: string): string => /^(?:\/\/\/.*\n)+/.exec(text)?.[0] ?? '';

function cardOf(example: Example): HTMLButtonElement {
  const url = pictures.get(`${example.field}/${example.name}`);
  return h(
    'button',
    { type: 'button', class: 'gallery-card', 'data-example': example.name },
    url
      ? h('img', { src: url, alt: '', width: 320, height: 200, loading: 'lazy', decoding: 'async' })
      : h('span', { class: 'gallery-blank' }),
    h('strong', {}, example.name.replaceAll('-', ' ')),
    h('span', {}, example.about),
  );
}

/** Where an arrow key goes: cards in rows, from section to section; up from the first row is the search. */
function neighbour(cards: readonly HTMLElement[], at: number, key: string): number | 'search' | null {
  if (key === 'ArrowRight') return Math.min(at + 1, cards.length - 1);
  if (key === 'ArrowLeft') return Math.max(at - 1, 0);
  if (key === 'Home') return 0;
  if (key === 'End') return cards.length - 1;
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null;
  const down = key === 'ArrowDown';
  const own = cards[at].getBoundingClientRect();
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  cards.forEach((card, i) => {
    const box = card.getBoundingClientRect();
    const ahead = down ? box.top - own.top : own.top - box.top;
    if (ahead < 4) return;
    const far = ahead * 4 + Math.abs(box.left - own.left);
    if (far < least) [best, least] = [i, far];
  });
  return best ?? (down ? at : 'search');
}
