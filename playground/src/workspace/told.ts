/** What workers are told of a workspace: every file but the one in the editor, and of these what changed. */
import type { FilesMessage, ToldFile } from '../protocol.ts';
import type { FileEntry, Workspace } from './model.ts';

export interface Teller {
  /** What has changed since the last time; null where nothing has. */
  tell(w: Workspace): { readonly changed: FilesMessage; readonly whole: FilesMessage } | null;
}

/** Counts up: results remember which state of a file they were computed from. */
let revisions = 0;

export function makeTeller(): Teller {
  let told: ReadonlyMap<string, { readonly entry: FileEntry; readonly file: ToldFile }> = new Map();
  return {
    tell(w) {
      const next = new Map<string, { readonly entry: FileEntry; readonly file: ToldFile }>();
      const changed: ToldFile[] = [];
      for (const [path, entry] of w.files) {
        if (path === w.active) continue;
        const before = told.get(path);
        const file =
          before?.entry === entry ? before.file : { path, revision: ++revisions, content: contentOf(entry) };
        next.set(path, { entry, file });
        if (before?.file !== file) changed.push(file);
      }
      for (const path of told.keys())
        if (!next.has(path)) changed.push({ path, revision: ++revisions, content: null });
      told = next;
      if (changed.length === 0) return null;
      return {
        changed: { type: 'files', anew: false, files: changed },
        whole: { type: 'files', anew: true, files: [...next.values()].map((f) => f.file) },
      };
    },
  };
}

function contentOf(entry: FileEntry): ToldFile['content'] {
  switch (entry.kind) {
    case 'text':
      return entry.text;
    case 'bytes':
      return entry.blob;
    case 'away':
      return { url: entry.url };
  }
}
