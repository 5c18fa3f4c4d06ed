/** The files around the program in the editor: what names lead to, and what is renamed with it. */
import { isStd } from '../../../src/syntax/module-path.ts';
import type { EditorFiles } from '../editor.ts';
import type { Notice } from '../views/toast.ts';
import type { Folder } from './folder.ts';
import { baseName, isProgram } from './paths.ts';
import { saveToFolder } from './saving.ts';
import type { WorkspaceSession } from './session.ts';

export interface Around {
  readonly session: WorkspaceSession;
  readonly folder: () => Folder | null;
  readonly notice: Notice;
  /** Programs that come with the playground, by path. */
  readonly bundled: ReadonlyMap<string, string>;
  /** Opens a file as a click on it does. */
  readonly openFile: (path: string) => Promise<void>;
  /** Puts the cursor of the editor at a place, 1-based. */
  readonly reveal: (line: number, column: number) => void;
  /** Files were saved: marks of what is not saved are out of date. */
  readonly saved: () => void;
}

/** The text of a program that is here, or that comes with the playground. */
export function textHere(
  session: Pick<WorkspaceSession, 'now'>,
  bundled: ReadonlyMap<string, string>,
  path: string,
): string | null {
  const entry = session.now.files.get(path);
  if (entry) return entry.kind === 'text' ? entry.text : null;
  return bundled.get(path) ?? null;
}

export function neighbours(around: Around): EditorFiles {
  const { session, folder, notice, bundled } = around;
  const inFolder = (): Folder | null => (session.now.origin.kind === 'folder' ? folder() : null);
  const saveAll = async (paths: readonly string[]): Promise<void> => {
    const here = inFolder();
    if (!here) return;
    const saved: string[] = [];
    for (const path of paths) if (await saveToFolder(here, session, path, notice)) saved.push(path);
    // What was not saved has been spoken of.
    if (saved.length === paths.length) notice(`Saved ${saved.length} files`);
    around.saved();
  };
  return {
    async text(path) {
      if (isStd(path)) {
        const { bundledFiles } = await import('../texts.ts');
        return (await bundledFiles.library.read(path.slice('std/'.length))) ?? null;
      }
      if (isProgram(path) && session.now.files.get(path)?.kind === 'away') {
        const fetched = await inFolder()?.fetch(path);
        if (fetched) session.put(path, fetched);
      }
      return textHere(session, bundled, path);
    },
    fixed: (path) =>
      session.now.files.has(path) ? null : 'it comes with the playground; open it to have a copy of your own',
    async open(path, line, column) {
      await around.openFile(path);
      const there = session.now.active === path;
      if (there) around.reveal(line, column);
      else notice(`${path} cannot be opened`);
      return there;
    },
    rewrite: (path, text) => session.rewrite(path, text),
    renamed(paths) {
      const others = paths.filter((p) => p !== session.now.active).map(baseName);
      const text = `Renamed in ${paths.length} files: also in ${others.slice(0, 3).join(', ')}${others.length > 3 ? ' …' : ''}`;
      notice(text, inFolder() ? { label: 'Save all', act: () => void saveAll(paths) } : undefined);
    },
  };
}
