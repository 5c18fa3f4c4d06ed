/** The line above the editor while it shows a module of the standard library: what that is, and the way back. */
import { h } from '../dom.ts';
import { baseName } from '../workspace/paths.ts';

export interface LibraryNote {
  /** @param path null: the program is shown */
  show(path: string | null, program: string): void;
}

/** @param editor what the line stands above */
export function libraryNote(editor: HTMLElement, back: () => void): LibraryNote {
  const name = h('code', { class: 'library-name' });
  const button = h('button', { type: 'button', class: 'library-back', title: 'Back to the program' });
  button.addEventListener('click', back);
  const note = h(
    'section',
    { class: 'library-note', role: 'status', hidden: true },
    name,
    h('span', { class: 'library-what' }, 'read-only library file'),
    button,
  );
  editor.before(note);
  return {
    show(path, program) {
      note.hidden = path === null;
      editor.parentElement?.toggleAttribute('data-library', path !== null);
      if (path === null) return;
      name.textContent = path;
      button.textContent = `Back to ${baseName(program)}`;
    },
  };
}
