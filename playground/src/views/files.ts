/** The files of the workspace, left of the editor: a list that is walked with the arrow keys. */
import { h, icon } from '../dom.ts';
import { baseName, type FileKind, folderName, kindOfPath, sizeText } from '../workspace/paths.ts';

export interface ListedFile {
  readonly path: string;
  /** In bytes; null where it is not known. */
  readonly size: number | null;
  /** Not stored in the folder as it stands here. */
  readonly unsaved: boolean;
  /** Comes with the playground: it can be looked at, and is not to be changed. */
  readonly bundled: boolean;
}

export interface FilesActions {
  readonly open: (path: string) => void;
  /** Settles when the file is gone, or stays. */
  readonly remove: (path: string) => Promise<void>;
  /** @returns a sentence where that cannot be */
  readonly rename: (from: string, to: string) => Promise<string | null>;
  readonly create: () => void;
  readonly pick: () => void;
  /** Takes back what was removed last. */
  readonly undo: () => void;
  readonly complain: (text: string) => void;
}

export interface FilesView {
  /** @param shown what the editor or the preview shows */
  show(files: readonly ListedFile[], shown: string): void;
  /** Begins to rename a file. */
  edit(path: string): void;
  toggle(on?: boolean): void;
  focus(): void;
}

const words: Readonly<Record<FileKind, string>> = {
  program: 'program',
  table: 'table',
  array: 'arrays',
  json: 'JSON',
  other: 'file',
};

const OPEN = 'energy.files';

/** @param panel with a button `.files-toggle`, a list `[role=listbox]`, and buttons `.files-new`, `.files-open` */
export function filesView(panel: HTMLElement, actions: FilesActions): FilesView {
  const find = <T extends HTMLElement>(selector: string): T => panel.querySelector<T>(selector) as T;
  const toggleButton = find<HTMLButtonElement>('.files-toggle');
  const list = find<HTMLElement>('[role="listbox"]');
  let files: readonly ListedFile[] = [];
  let shown = '';
  let focused = '';
  let editing: string | null = null;
  /** Where its new name is typed: it stays while the list is drawn anew. */
  let nameInput: HTMLInputElement | null = null;
  let drawing = false;
  let chosen = stored();

  const options = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[role="option"]')];
  const pathOf = (e: HTMLElement | undefined): string => e?.dataset.path ?? '';
  const fileAt = (path: string): ListedFile | undefined => files.find((f) => f.path === path);

  const setOpen = (on: boolean): void => {
    panel.toggleAttribute('data-open', on);
    toggleButton.setAttribute('aria-expanded', String(on));
    toggleButton.title = `${on ? 'Hide' : 'Show'} files (Ctrl+B)`;
  };
  const rove = (path: string): void => {
    focused = path;
    for (const o of options()) o.tabIndex = pathOf(o) === path ? 0 : -1;
  };
  const focusOn = (path: string): void => {
    rove(path);
    options()
      .find((o) => pathOf(o) === path)
      ?.focus();
  };

  // A click on an option that is replaced between press and release would go nowhere.
  let pressed = false;
  let late = false;
  list.addEventListener('pointerdown', () => {
    pressed = true;
    const released = (): void => {
      removeEventListener('pointerup', released);
      removeEventListener('pointercancel', released);
      setTimeout(() => {
        pressed = false;
        if (late) draw();
      });
    };
    addEventListener('pointerup', released);
    addEventListener('pointercancel', released);
  });

  const draw = (): void => {
    late = pressed;
    if (pressed) return;
    const had = list.contains(document.activeElement);
    const groups = new Map<string, ListedFile[]>();
    for (const f of files) {
      const folder = folderName(f.path);
      groups.set(folder, [...(groups.get(folder) ?? []), f]);
    }
    drawing = true;
    list.replaceChildren(
      ...[...groups].map(([folder, own]) =>
        h(
          'div',
          { role: 'group', 'aria-label': folder === '' ? 'Files' : folder },
          folder !== '' && h('div', { class: 'files-folder', 'aria-hidden': 'true' }, folder.slice(0, -1)),
          ...own.map(optionOf),
        ),
      ),
    );
    drawing = false;
    rove(fileAt(focused) ? focused : shown);
    if (had && editing === null) focusOn(focused);
    nameInput?.focus();
    toggleButton.dataset.count = files.length > 1 ? String(files.length) : '';
  };

  const optionOf = (f: ListedFile): HTMLElement => {
    const kind = kindOfPath(f.path);
    const size = f.size === null ? '' : sizeText(f.size);
    const about = [
      words[kind],
      size,
      f.unsaved ? 'not saved' : '',
      f.bundled ? 'comes with the playground' : '',
    ]
      .filter(Boolean)
      .join(', ');
    const option = h(
      'div',
      {
        role: 'option',
        'aria-selected': String(f.path === shown),
        'aria-label': `${f.path}, ${about}`,
        'data-path': f.path,
        'data-kind': kind,
        'data-unsaved': f.unsaved,
        'data-bundled': f.bundled,
        title: `${f.path} (${about})`,
        tabindex: -1,
      },
      icon(kind === 'other' ? 'file' : kind),
      editing === f.path ? nameInput : h('span', { class: 'files-name' }, baseName(f.path)),
      f.unsaved && h('span', { class: 'files-dot', 'aria-hidden': 'true' }),
      h('span', { class: 'files-size', 'aria-hidden': 'true' }, size),
    );
    option.addEventListener('click', () => {
      if (editing === f.path) return;
      rove(f.path);
      actions.open(f.path);
    });
    option.addEventListener('dblclick', () => edit(f.path));
    return option;
  };

  const nameField = (f: ListedFile): HTMLInputElement => {
    const field = h('input', {
      type: 'text',
      'aria-label': `New name of ${f.path}`,
      value: f.path,
      spellcheck: 'false',
    });
    let over = false;
    const end = async (keep: boolean): Promise<void> => {
      if (over) return;
      over = true;
      const to = field.value.trim();
      editing = null;
      nameInput = null;
      const wrong = keep && to !== f.path ? await actions.rename(f.path, to) : null;
      if (wrong !== null) actions.complain(wrong);
      if (keep && wrong === null && fileAt(to)) focused = to;
      draw();
      focusOn(focused);
    };
    field.addEventListener('keydown', (e) => {
      e.stopPropagation();
      if (e.key === 'Enter') void end(true);
      if (e.key === 'Escape') void end(false);
    });
    field.addEventListener('blur', () => {
      if (!drawing) void end(true);
    });
    queueMicrotask(() => {
      const name = f.path.lastIndexOf('/') + 1;
      const dot = f.path.lastIndexOf('.');
      field.setSelectionRange(name, dot > name ? dot : f.path.length);
    });
    return field;
  };

  const edit = (path: string): void => {
    const file = fileAt(path);
    if (!file || file.bundled || editing === path) return;
    setOpen(true);
    editing = path;
    nameInput = nameField(file);
    focused = path;
    draw();
  };

  list.addEventListener('focusin', (e) => {
    const path = (e.target as HTMLElement).dataset.path;
    if (path !== undefined) rove(path);
  });
  list.addEventListener('keydown', (e) => {
    const all = options();
    const at = all.findIndex((o) => pathOf(o) === focused);
    const path = pathOf(all[at]);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined) focusOn(pathOf(all[Math.max(0, Math.min(all.length - 1, to))]));
    else if ((e.key === 'Enter' && !e.ctrlKey && !e.metaKey) || e.key === ' ') actions.open(path);
    else if (e.key === 'F2') edit(path);
    else if (e.key === 'Delete' && !fileAt(path)?.bundled) {
      const next = pathOf(all[at + 1] ?? all[at - 1]);
      void actions.remove(path).then(() => focusOn(fileAt(path) ? path : next));
    } else if (e.key === 'z' && (e.ctrlKey || e.metaKey)) actions.undo();
    else return;
    e.preventDefault();
  });
  const toggle = (on = !panel.hasAttribute('data-open')): void => {
    chosen = on;
    try {
      localStorage.setItem(OPEN, on ? 'open' : 'closed');
    } catch {
      // The choice lasts as long as the page.
    }
    setOpen(on);
  };
  toggleButton.addEventListener('click', () => toggle());
  find('.files-new').addEventListener('click', () => actions.create());
  find('.files-open').addEventListener('click', () => actions.pick());

  return {
    show(next, path) {
      files = next;
      if (path !== shown) focused = path;
      shown = path;
      if (editing !== null && !fileAt(editing)) {
        editing = null;
        nameInput = null;
      }
      draw();
      // Until somebody has said otherwise: open where there is more than one file to see, and room.
      if (chosen !== null) setOpen(chosen);
      else if (files.length < 2) setOpen(false);
      else if (innerWidth > 1100) setOpen(true);
    },
    edit,
    toggle,
    focus() {
      toggle(true);
      focusOn(focused);
    },
  };
}

function stored(): boolean | null {
  try {
    const value = localStorage.getItem(OPEN);
    return value === null ? null : value === 'open';
  } catch {
    return null;
  }
}
