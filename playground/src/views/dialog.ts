/** Questions that need an answer before anything goes on. */
import { h } from '../dom.ts';

export interface Choice<K extends string> {
  readonly key: K;
  readonly label: string;
  /** The one that Enter takes. */
  readonly main?: boolean;
}

/** @returns the key of what was chosen; null where the question was left with Escape */
export function choose<K extends string>(
  title: string,
  body: readonly (Node | string)[],
  choices: readonly Choice<K>[],
): Promise<K | null> {
  const buttons = choices.map(({ key, label, main }) =>
    h(
      'button',
      { type: 'button', 'data-key': key, class: main ? 'main' : null, autofocus: main ?? false },
      label,
    ),
  );
  const dialog = h(
    'dialog',
    { class: 'question', 'aria-labelledby': 'question-title' },
    h('h2', { id: 'question-title' }, title),
    h('div', { class: 'question-body' }, ...body),
    h('div', { class: 'question-choices' }, ...buttons),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    let chosen: K | null = null;
    buttons.forEach((button, i) => {
      button.addEventListener('click', () => {
        chosen = choices[i].key;
        dialog.close();
      });
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(chosen);
    });
    dialog.showModal();
  });
}
