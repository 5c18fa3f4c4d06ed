/** A menu below its button, walked with the arrow keys. */
import { h } from '../dom.ts';

export type MenuItem =
  | {
      readonly kind: 'item';
      readonly label: string;
      /** As it is shown: `Ctrl+S`. */
      readonly keys?: string;
      readonly note?: string;
      readonly act: () => void;
      /** Something small beside it: removing what it stands for. */
      readonly remove?: { readonly label: string; readonly act: () => void };
    }
  | { readonly kind: 'line' }
  | { readonly kind: 'title'; readonly label: string };

/** @param items asked for each time it opens */
export function makeMenu(
  button: HTMLButtonElement,
  label: string,
  items: () => Promise<readonly MenuItem[]>,
): void {
  const menu = h('div', { class: 'menu', role: 'menu', 'aria-label': label, hidden: true });
  button.after(menu);
  const entries = (): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const close = (back: boolean): void => {
    if (menu.hidden) return;
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (back) button.focus();
  };
  const elementOf = (item: MenuItem): HTMLElement => {
    switch (item.kind) {
      case 'line':
        return h('div', { class: 'menu-line', role: 'separator' });
      case 'title':
        return h('div', { class: 'menu-title', role: 'presentation' }, item.label);
      case 'item': {
        const entry = h(
          'button',
          { type: 'button', role: 'menuitem', tabindex: -1 },
          h('span', { class: 'menu-label' }, item.label),
          item.note !== undefined && h('span', { class: 'menu-note' }, item.note),
          item.keys !== undefined && h('kbd', {}, item.keys),
        );
        entry.addEventListener('click', () => {
          close(true);
          item.act();
        });
        const { remove } = item;
        if (!remove) return entry;
        const gone = (): void => {
          const all = entries();
          const next = all[all.indexOf(entry) + 1] ?? all[0];
          remove.act();
          row.remove();
          next?.focus();
        };
        entry.addEventListener('keydown', (e) => {
          if (e.key === 'Delete') gone();
        });
        const small = h(
          'button',
          { type: 'button', class: 'menu-remove', tabindex: -1, 'aria-label': remove.label },
          '×',
        );
        small.title = remove.label;
        small.addEventListener('click', gone);
        const row = h('div', { class: 'menu-row', role: 'none' }, entry, small);
        return row;
      }
    }
  };
  const open = async (last: boolean): Promise<void> => {
    button.setAttribute('aria-expanded', 'true');
    menu.replaceChildren(...(await items()).map(elementOf));
    menu.hidden = false;
    entries()
      .at(last ? -1 : 0)
      ?.focus();
  };
  button.addEventListener('click', () => {
    if (menu.hidden) void open(false);
    else close(true);
  });
  button.addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
    e.preventDefault();
    void open(e.key === 'ArrowUp');
  });
  menu.addEventListener('keydown', (e) => {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const letter = e.key.length === 1 && !e.ctrlKey && !e.altKey && !e.metaKey ? e.key.toLowerCase() : null;
    const named =
      letter === null
        ? -1
        : all.findIndex((_, i) =>
            all[(at + 1 + i) % all.length].textContent?.toLowerCase().startsWith(letter),
          );
    const to =
      { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key] ??
      (named < 0 ? undefined : at + 1 + named);
    if (e.key === 'Escape') close(true);
    else if (e.key === 'Tab') close(false);
    if (to === undefined) return;
    e.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  });
  addEventListener('pointerdown', (e) => {
    if (e.target instanceof Node && !menu.contains(e.target) && !button.contains(e.target)) close(false);
  });
  menu.addEventListener('focusout', (e) => {
    if (e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget) && e.relatedTarget !== button)
      close(false);
  });
}
