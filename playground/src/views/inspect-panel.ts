/** A panel that shows what is known of an energy without running it: chooses it, asks while it is shown, draws. */
import { h } from '../dom.ts';
import type { About, Inspected, InspectedAs, Subject } from '../inspections.ts';
import type { Answer, Inspect } from '../inspector.ts';
import type { Theme } from '../theme.ts';
import { problemList } from './problems.ts';

export interface PanelActions {
  readonly inspect: Inspect;
  readonly reveal: (line: number, column: number) => void;
  /** Shows a place of the program that is given by its offset. */
  readonly revealAt: (offset: number) => void;
  /** The name of the file in the editor: spans elsewhere cannot be shown. */
  readonly file: () => string;
  readonly theme: () => Theme;
}

export type PanelKind = 'plan' | 'graph' | 'tensors';

export interface Panel {
  /** It comes up, or the program changed while it is up. */
  refresh(): void;
  /** It goes out of sight: nothing is asked. */
  rest(): void;
  setTheme(theme: Theme): void;
}

/** How one kind of answer is drawn. */
export interface PanelBody<K extends PanelKind> {
  readonly kind: K;
  /** Controls beside the chooser; made once. */
  readonly tools?: () => readonly HTMLElement[];
  readonly draw: (host: HTMLElement, found: InspectedAs<K>) => void;
}

/** How long to wait after an edit. */
const DEBOUNCE_MS = 300;

export function inspectPanel<K extends PanelKind>(
  host: HTMLElement,
  body: PanelBody<K>,
  actions: PanelActions,
): Panel {
  const choose = h('select', { 'aria-label': 'Energy' });
  const state = h('span', { class: 'panel-state', role: 'status' });
  const content = h('div', { class: 'panel-content' });
  const bar = h('div', { class: 'panel-bar' }, choose, ...(body.tools?.() ?? []), state);
  host.replaceChildren(bar, content);
  let wanted: Subject | null = null;
  let found: InspectedAs<K> | null = null;
  let asked = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const showAbout = ({ subject, subjects }: About): void => {
    choose.replaceChildren(
      ...subjects.map((s) =>
        h('option', { value: keyOf(s), selected: keyOf(s) === keyOf(subject) }, textOf(s)),
      ),
    );
    choose.value = keyOf(subject);
    choose.hidden = subjects.length < 2;
    bar.hidden = choose.hidden && !body.tools;
    choose.onchange = () => {
      wanted = subjects.find((s) => keyOf(s) === choose.value) ?? null;
      ask();
    };
  };
  const draw = (): void => {
    if (found) body.draw(content, found);
  };
  const say = (...children: readonly (Node | string)[]): void => {
    found = null;
    content.replaceChildren(h('div', { class: 'panel-note' }, ...children));
  };
  const hear = (answer: Answer<K>): void => {
    state.textContent = '';
    host.toggleAttribute('data-busy', false);
    switch (answer.state) {
      case 'found': {
        found = answer.found;
        const { about } = answer.found as Extract<Inspected, { about: About }>;
        showAbout(about);
        draw();
        return;
      }
      case 'faults':
        say(
          h('p', {}, 'There is something to mend before this can be shown.'),
          problemList(answer.problems, actions.reveal),
        );
        return;
      case 'crashed':
        say(h('p', { class: 'crash' }, `This is a fault of ours, not of the program: ${answer.message}.`));
        return;
      case 'superseded':
        return;
    }
  };
  function ask(): void {
    const mine = ++asked;
    host.toggleAttribute('data-busy', true);
    state.textContent = found ? 'updating …' : 'looking …';
    const what = { kind: body.kind, of: wanted } as Parameters<typeof actions.inspect<K>>[0];
    void actions.inspect<K>(what).then((answer) => {
      if (mine === asked) hear(answer);
    });
  }
  return {
    refresh() {
      clearTimeout(waiting);
      waiting = setTimeout(ask, found === null && asked === 0 ? 0 : DEBOUNCE_MS);
    },
    rest() {
      clearTimeout(waiting);
    },
    setTheme: draw,
  };
}

const keyOf = (s: Subject): string => `${s.energy}\n${s.job ?? ''}`;
const textOf = (s: Subject): string => (s.job === null ? s.energy : `${s.energy} as in ${s.job}`);
