/** The menu of jobs that could be added: each verb for each energy, with what it needs filled in. */
import { h } from '../dom.ts';
import type { NewRun } from '../engine/new-runs.ts';
import type { Inspect } from '../inspector.ts';

export interface AddJobActions {
  readonly inspect: Inspect;
  /** Appends a line to the program. */
  readonly append: (line: string) => void;
}

/** @param button with `aria-haspopup="menu"`; the menu opens below it */
export function addJobMenu(button: HTMLButtonElement, actions: AddJobActions): void {
  const menu = h('div', { class: 'add-menu', role: 'menu', 'aria-label': 'Add a job', hidden: true });
  button.after(menu);
  const items = (): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  const close = (back: boolean): void => {
    if (menu.hidden) return;
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (back) button.focus();
  };
  const open = async (): Promise<void> => {
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    menu.replaceChildren(h('p', { class: 'add-note' }, 'looking at the program …'));
    const answer = await actions.inspect({ kind: 'new-runs' });
    if (menu.hidden) return;
    const runs = answer.state === 'found' ? answer.found.runs : [];
    menu.replaceChildren(
      ...(runs.length === 0
        ? [h('p', { class: 'add-note' }, 'Mend what is wrong with the program first.')]
        : listed(runs, (text) => {
            close(false);
            actions.append(text);
          })),
    );
    items()[0]?.focus();
  };
  button.addEventListener('click', () => {
    if (menu.hidden) void open();
    else close(true);
  });
  menu.addEventListener('keydown', (e) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (e.key === 'Escape') close(true);
    if (to === undefined) return;
    e.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  });
  addEventListener('pointerdown', (e) => {
    if (e.target instanceof Node && !menu.contains(e.target) && !button.contains(e.target)) close(false);
  });
  menu.addEventListener('focusout', (e) => {
    if (e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget)) close(false);
  });
}

/** First what can be added, then what cannot and why; each verb once where it is the same for all energies. */
function listed(runs: readonly NewRun[], add: (text: string) => void): readonly HTMLElement[] {
  const possible = runs.filter((r) => r.text !== null);
  const verbs = new Set(possible.map((r) => r.verb));
  const missing = runs.filter((r, i) => !verbs.has(r.verb) && runs.findIndex((x) => x.verb === r.verb) === i);
  return [
    ...possible.map((r) => {
      const item = h(
        'button',
        { type: 'button', role: 'menuitem', class: 'add-item', tabindex: -1 },
        h('code', {}, r.energy === null ? r.verb : `${r.verb}(${r.energy})`),
        h('span', {}, r.doc),
      );
      item.addEventListener('click', () => r.text !== null && add(r.text));
      return item;
    }),
    ...missing.map((r) =>
      h('div', { class: 'add-item add-lacks' }, h('code', {}, r.verb), h('span', {}, r.lacks ?? '')),
    ),
  ];
}
