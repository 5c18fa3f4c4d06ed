/** What the page opens with: what its address says, a folder, what was worked on last, or the first example. */
import { type Example, examples, firstExample } from '../examples.ts';
import { readLink } from '../share.ts';
import { exampleWorkspace } from './desk.ts';
import { openWithDrafts } from './drafts.ts';
import { type Folder, folderApi, openFolder } from './folder.ts';
import { single, type Workspace } from './model.ts';
import { claim } from './one-tab.ts';
import type { ProgramStore } from './storage.ts';

export interface Opening {
  readonly workspace: Workspace;
  /** Where it is one of those that are kept. */
  readonly id: string | null;
  /** What there is to be said. */
  readonly remark?: string;
}

/** The workspace that a link carries; null where the address says nothing that can be read. */
export async function fromLink(hash: string): Promise<Workspace | null> {
  const link = await readLink(hash);
  switch (link?.kind) {
    case undefined:
      return null;
    case 'code':
      return single('shared', 'shared.energy', link.text, { kind: 'link' });
    case 'files':
      return { name: link.name, origin: { kind: 'link' }, files: link.files, active: link.active };
    case 'example': {
      const example = exampleNamed(link.name);
      return example ? exampleWorkspace(example) : null;
    }
  }
}

export const exampleNamed = (name: string): Example | undefined => examples.find((e) => e.name === name);

export async function firstWorkspace(store: ProgramStore, folder: Promise<Folder | null>): Promise<Opening> {
  if (location.hash !== '') {
    const linked = await fromLink(location.hash);
    if (linked) return { workspace: linked, id: null };
  }
  const remark = location.hash.includes('=') ? 'The link is damaged: here is an example instead' : undefined;
  const here = await folder;
  if (here) return { workspace: await openWithDrafts(here, store), id: null };
  const { last } = store;
  if (last !== null && remark === undefined) {
    const kept = await store.load(last).catch(() => null);
    if (kept) {
      const own = await claim(kept.id);
      return {
        workspace: kept.workspace,
        id: own ? kept.id : null,
        ...(own ? {} : { remark: 'Open in another tab: this is a copy' }),
      };
    }
  }
  return { workspace: exampleWorkspace(firstExample()), id: null, remark };
}

/** Servers of folders are on this machine: nobody else is asked. Without a network the kept page has none. */
export const findFolder = async (): Promise<Folder | null> => {
  const here =
    /^(127\.0\.0\.1|localhost|\[::1\])$/.test(location.hostname) && import.meta.env.MODE === 'production';
  const offline = !navigator.onLine && navigator.serviceWorker?.controller;
  return here && !offline ? openFolder(folderApi(document.baseURI)).catch(() => null) : null;
};
