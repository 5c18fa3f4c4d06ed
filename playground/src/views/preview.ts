/** A data file in place of the editor: its first rows, what its columns hold, and a button that declares it. */
import { h, icon } from '../dom.ts';
import type { Peek } from '../protocol.ts';
import { baseName, sizeText } from '../workspace/paths.ts';

export interface PreviewActions {
  /** Writes declarations into the program, at the cursor. */
  readonly insert: (declaration: string) => void;
  readonly close: () => void;
}

export interface ShownFile {
  readonly path: string;
  readonly size: number | null;
  /** Whether the program declares it already. */
  readonly declared: boolean;
}

export interface Preview {
  /** Shows a file; null: the editor is back. `look` answers with a sentence where it cannot be read. */
  show(file: ShownFile | null, look?: Promise<Peek | string>): void;
  readonly shown: string | null;
}

export function makePreview(host: HTMLElement, actions: PreviewActions): Preview {
  let shown: string | null = null;
  let turn = 0;

  const head = (path: string, about: string, insert: HTMLElement | null): HTMLElement => {
    const close = h('button', { type: 'button', class: 'preview-close' }, 'Back');
    close.addEventListener('click', actions.close);
    return h(
      'header',
      {},
      h('h2', {}, baseName(path)),
      h('p', { class: 'preview-about', role: 'status' }, about),
      h('div', { class: 'preview-buttons' }, insert ?? '', close),
    );
  };

  host.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') actions.close();
  });

  return {
    get shown() {
      return shown;
    },
    show(file, look) {
      const mine = ++turn;
      shown = file?.path ?? null;
      host.hidden = file === null;
      host.parentElement?.toggleAttribute('data-preview', file !== null);
      if (!file) {
        host.replaceChildren();
        return;
      }
      host.setAttribute('aria-label', `Data file ${file.path}`);
      const size = file.size === null ? '' : sizeText(file.size);
      host.replaceChildren(head(file.path, `${size} · reading …`, null));
      void look?.then((found) => {
        if (mine !== turn) return;
        if (typeof found === 'string') {
          host.replaceChildren(head(file.path, size, null), h('p', { class: 'preview-fault' }, found));
          return;
        }
        const declaration = file.declared ? null : found.declaration;
        let insert: HTMLButtonElement | null = null;
        if (declaration !== null) {
          insert = h(
            'button',
            { type: 'button', class: 'main preview-insert' },
            icon('plus'),
            'Declare in the program',
          );
          insert.addEventListener('click', () => actions.insert(declaration));
        }
        host.replaceChildren(
          head(file.path, [found.shape, size].filter(Boolean).join(' · '), insert),
          h(
            'div',
            { class: 'preview-table', tabindex: 0, role: 'region', 'aria-label': 'First rows' },
            tableOf(found),
          ),
          ...(declaration === null
            ? []
            : [
                h(
                  'details',
                  { class: 'preview-declaration' },
                  h('summary', {}, 'What would be written at the cursor'),
                  h('pre', {}, declaration.trimEnd()),
                ),
              ]),
        );
      });
    },
  };
}

function tableOf({ columns, rows, more }: Peek): HTMLElement {
  if (rows.length === 0)
    return h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...['name', 'kind', 'range'].map((t) => h('th', { scope: 'col' }, t)))),
      h(
        'tbody',
        {},
        ...columns.map((c) =>
          h('tr', {}, h('th', { scope: 'row' }, c.name), h('td', {}, c.kind), h('td', {}, c.range)),
        ),
      ),
    );
  return h(
    'table',
    {},
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...columns.map((c) =>
          h(
            'th',
            { scope: 'col', 'data-number': c.number },
            h('span', { class: 'column-name' }, c.name),
            c.kind !== '' && h('span', { class: 'column-kind' }, c.kind),
            c.range !== '' && h('span', { class: 'column-range', title: c.range }, c.range),
            c.missing > 0 &&
              h('span', { class: 'column-missing' }, `${c.missing.toLocaleString('en')} missing`),
          ),
        ),
      ),
    ),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h(
          'tr',
          {},
          ...row.map((cell, j) =>
            h('td', { 'data-number': columns[j]?.number ?? false, 'data-empty': cell === '' }, cell),
          ),
        ),
      ),
      more > 0 &&
        h(
          'tr',
          { class: 'preview-more' },
          h('td', { colspan: columns.length }, `and ${more.toLocaleString('en')} more rows`),
        ),
    ),
  );
}
