/** The menu `File`: what can be done with the workspace, and the programs that the browser keeps. */
import { type MenuItem, makeMenu } from '../views/menu.ts';
import { type Desk, newWorkspace } from './desk.ts';
import { openWithDrafts } from './drafts.ts';
import type { Folder } from './folder.ts';
import { claim } from './one-tab.ts';
import { baseName } from './paths.ts';
import type { WorkspaceSession } from './session.ts';
import type { ProgramStore, StoredProgram } from './storage.ts';

const MOST_LISTED = 12;

export function fileMenu(
  button: HTMLButtonElement,
  {
    desk,
    session,
    store,
    folder,
  }: { desk: Desk; session: WorkspaceSession; store: ProgramStore; folder: () => Folder | null },
): void {
  const open = async (p: StoredProgram): Promise<void> => {
    history.replaceState(null, '', location.pathname + location.search);
    session.open(p.workspace, (await claim(p.id)) ? p.id : null);
  };
  makeMenu(button, 'File', async () => {
    await session.flush();
    const kept = await store.list().catch(() => []);
    const here = folder();
    const { shown } = desk;
    const onDisk = shown !== null && session.now.origin.kind === 'folder' && here?.has(shown) === true;
    return [
      {
        kind: 'item',
        label: 'New program',
        act() {
          history.replaceState(null, '', location.pathname + location.search);
          session.open(newWorkspace());
        },
      },
      { kind: 'item', label: 'New file', act: () => desk.create() },
      { kind: 'item', label: 'Open files …', keys: 'Ctrl+O', act: () => void desk.pickFiles() },
      { kind: 'item', label: 'Open a folder …', act: () => void desk.pickFolder() },
      { kind: 'item', label: 'Open a run folder …', act: () => void desk.pickFolder() },
      ...(shown === null
        ? []
        : [
            { kind: 'line' } as const,
            { kind: 'item', label: `Rename ${baseName(shown)} …`, act: () => desk.rename() } as const,
            {
              kind: 'item',
              label: onDisk ? `Delete ${baseName(shown)} …` : `Remove ${baseName(shown)}`,
              act: () => void desk.remove(),
            } as const,
          ]),
      { kind: 'line' },
      { kind: 'item', label: 'Save', keys: 'Ctrl+S', act: () => void desk.save() },
      {
        kind: 'item',
        label: 'Download as a folder',
        keys: 'Ctrl+Shift+S',
        note: 'zip',
        act: () => void desk.download(),
      },
      { kind: 'item', label: 'Copy a share link', act: () => void desk.share() },
      ...(here && session.now.origin.kind !== 'folder'
        ? [
            { kind: 'line' } as const,
            {
              kind: 'item',
              label: `Folder ${here.name}`,
              act: () => void openWithDrafts(here, store).then((w) => session.open(w)),
            } as const,
          ]
        : []),
      ...(kept.length === 0
        ? []
        : [
            { kind: 'line' } as const,
            { kind: 'title', label: 'My programs' } as const,
            ...kept.slice(0, MOST_LISTED).map(
              (p): MenuItem => ({
                kind: 'item',
                label: p.workspace.name,
                note: p.id === session.kept ? 'open' : since(p.changed),
                act: () => void open(p),
                ...(p.id === session.kept
                  ? {}
                  : { remove: { label: `Forget ${p.workspace.name}`, act: () => void store.remove(p.id) } }),
              }),
            ),
          ]),
    ];
  });
}

function since(then: number, now = Date.now()): string {
  const minutes = Math.max(0, Math.round((now - then) / 60_000));
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}
