/** Writing files back into the folder that a server shows, and what to do where somebody else has changed them. */
import { h } from '../dom.ts';
import { choose } from '../views/dialog.ts';
import type { Notice } from '../views/toast.ts';
import type { FetchedFile, Folder } from './folder.ts';
import type { FileEntry } from './model.ts';
import type { WorkspaceSession } from './session.ts';

/** Saves one file. @returns whether what is in the folder is now what the page shows */
export async function saveToFolder(
  folder: Folder,
  session: WorkspaceSession,
  path: string,
  notice: Notice,
): Promise<boolean> {
  const entry = session.now.files.get(path);
  if (!entry) return false;
  let result = await folder.save(path, entry);
  if (result.kind === 'conflict') {
    const { theirs } = result;
    const choice = await askAbout(path, entry, theirs);
    if (choice === 'theirs' && theirs) {
      folder.take(path, theirs);
      session.put(path, theirs.entry);
      return true;
    }
    if (choice !== 'mine') return false;
    result = await folder.save(path, entry, true);
  }
  if (result.kind === 'saved') return true;
  notice(
    result.kind === 'failed'
      ? `${path} was not saved: ${result.why}`
      : `${path} changed again: save once more`,
  );
  return false;
}

const askAbout = (
  path: string,
  mine: FileEntry,
  theirs: FetchedFile | null,
): Promise<'mine' | 'theirs' | null> =>
  choose<'mine' | 'theirs'>(
    theirs ? 'The file has changed in the folder' : 'The file is gone from the folder',
    [
      h(
        'p',
        {},
        h('code', {}, path),
        theirs ? ' was changed by something else since it was opened here.' : ' was removed.',
      ),
      ...(theirs ? [h('p', {}, difference(mine, theirs.entry))] : []),
    ],
    theirs
      ? [
          { key: 'mine', label: 'Write mine over it' },
          { key: 'theirs', label: 'Take theirs', main: true },
        ]
      : [{ key: 'mine', label: 'Write it again', main: true }],
  );

function difference(mine: FileEntry, theirs: FileEntry): string {
  if (mine.kind !== 'text' || theirs.kind !== 'text') return '';
  const [a, b] = [mine.text.split('\n'), theirs.text.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  const line = at < 0 ? Math.min(a.length, b.length) : at;
  return `Mine has ${a.length} lines, theirs ${b.length}; they differ from line ${line + 1} on.`;
}
