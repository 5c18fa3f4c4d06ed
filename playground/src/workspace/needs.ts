/** What the programs of a workspace name besides its files, and the playground brings along: examples and data. */
import { resolveData, resolveUse } from '../../../src/syntax/module-path.ts';
import { parse } from '../../../src/syntax/parse.ts';
import type { Workspace } from './model.ts';
import { baseName, folderName } from './paths.ts';

export interface BundledNeeds {
  /** Texts of programs that are used, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Addresses of data files that are read, by path. */
  readonly urls: ReadonlyMap<string, string>;
}

/** The paths that a program names: files that it uses, data that it reads, both from its folder. */
export function named(
  path: string,
  text: string,
): { readonly uses: readonly string[]; readonly data: readonly string[] } {
  const uses: string[] = [];
  const data: string[] = [];
  for (const item of parse(text, path).program.items) {
    if (item.kind === 'use') {
      const to = resolveUse(baseName(path), item.from);
      if (to.kind === 'file') uses.push(folderName(path) + to.path);
    } else if (item.kind === 'data' && item.from !== null)
      data.push(folderName(path) + resolveData(baseName(path), item.from));
  }
  return { uses, data };
}

/** @param bundled what the playground brings along */
export function bundledNeeds(
  w: Workspace,
  bundled: { readonly texts: ReadonlyMap<string, string>; readonly urls: ReadonlyMap<string, string> },
): BundledNeeds {
  const texts = new Map<string, string>();
  const urls = new Map<string, string>();
  const queue: (readonly [string, string])[] = [...w.files].flatMap(([path, entry]) =>
    entry.kind === 'text' ? [[path, entry.text] as const] : [],
  );
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [path, text] = next;
    const { uses, data } = named(path, text);
    // Programs find what is bundled from their own folder.
    const folder = folderName(path);
    for (const used of uses) {
      const found = bundled.texts.get(used.slice(folder.length));
      if (found === undefined || w.files.has(used) || texts.has(used)) continue;
      texts.set(used, found);
      queue.push([used, found]);
    }
    for (const file of data) {
      const url = bundled.urls.get(file.slice(folder.length));
      if (url !== undefined && !w.files.has(file)) urls.set(file, url);
    }
  }
  return { texts, urls };
}
