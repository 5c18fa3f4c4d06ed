/** Work on a folder that has not been saved into it: kept by the browser until it is. */
import type { Folder } from './folder.ts';
import type { Workspace } from './model.ts';
import type { WorkspaceSession } from './session.ts';
import type { ProgramStore } from './storage.ts';

const AUTOSAVE_MS = 400;

/** The folder as it is stored, with what was not saved the last time. */
export async function openWithDrafts(folder: Folder, store: ProgramStore): Promise<Workspace> {
  const [w, drafts] = await Promise.all([folder.open(), store.drafts(folder.name).catch(() => [])]);
  return folder.withDrafts(w, drafts);
}

/** Keeps what is not saved, as it is typed. */
export function keepDrafts(session: WorkspaceSession, folder: Folder, store: ProgramStore): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const keep = (): void => {
    clearTimeout(waiting);
    if (session.now.origin.kind === 'folder')
      void store.saveDrafts(folder.name, folder.drafts(session.now)).catch(() => {});
  };
  session.onChange((change) => {
    clearTimeout(waiting);
    if (change !== 'opened') waiting = setTimeout(keep, AUTOSAVE_MS);
  });
  document.addEventListener('visibilitychange', keep);
}
