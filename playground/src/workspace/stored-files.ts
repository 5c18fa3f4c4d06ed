/** Files of the folder that a server shows: removed and renamed where they lie, after a question where it matters. */
import { h } from '../dom.ts';
import { choose } from '../views/dialog.ts';
import type { Notice } from '../views/toast.ts';
import type { Done, Folder } from './folder.ts';
import { removeFile, renameFile } from './model.ts';
import type { WorkspaceSession } from './session.ts';

/** Removes a file from the folder and from the workspace. @returns whether it is gone */
export async function deleteStored(
  folder: Folder,
  session: WorkspaceSession,
  path: string,
  notice: Notice,
): Promise<boolean> {
  if (removeFile(session.now, path) === null) {
    notice('The last program stays');
    return false;
  }
  const unsaved = folder.unsaved(session.now).includes(path);
  const sure = await confirmed(
    'Delete the file?',
    path,
    ` is deleted from the folder ${folder.name} on this machine${unsaved ? ', with what is not saved of it' : ''}. It cannot be brought back.`,
    'Delete',
  );
  if (!sure) return false;
  let result = await folder.remove(path);
  if (result.kind === 'changed') {
    if (!(await confirmed(CHANGED, path, SINCE, 'Delete it all the same'))) return false;
    result = await folder.remove(path, true);
  }
  if (result.kind !== 'done') {
    notice(`${path} was not deleted: ${reason(result)}`);
    return false;
  }
  session.remove(path);
  notice(`${path} deleted`);
  return true;
}

/** Renames a file of the folder, there and in the workspace. @returns a sentence where that cannot be */
export async function renameStored(
  folder: Folder,
  session: WorkspaceSession,
  from: string,
  to: string,
): Promise<string | null> {
  const next = renameFile(session.now, from, to);
  if (typeof next === 'string') return next;
  let result = await folder.rename(from, to);
  if (result.kind === 'changed') {
    if (!(await confirmed(CHANGED, from, SINCE, 'Rename it all the same'))) return null;
    result = await folder.rename(from, to, true);
  }
  if (result.kind !== 'done') return `${from} was not renamed: ${reason(result)}`;
  const wrong = session.rename(from, to);
  const entry = session.now.files.get(to);
  if (entry?.kind === 'away') session.put(to, folder.moved(to, entry));
  return wrong;
}

const CHANGED = 'The file has changed in the folder';
const SINCE = ' was changed by something else since it was opened here.';

const confirmed = async (title: string, path: string, about: string, act: string): Promise<boolean> =>
  (await choose<'act' | 'keep'>(
    title,
    [h('p', {}, h('code', {}, path), about)],
    [
      { key: 'keep', label: 'Keep it', main: true },
      { key: 'act', label: act },
    ],
  )) === 'act';

const reason = (result: Exclude<Done, { kind: 'done' }>): string =>
  result.kind === 'failed' ? result.why : 'it changed once more';
