/** The standard library's items, with the examples in their documentation. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from '../../src/syntax/parse.ts';
import type { Item } from '../../src/syntax/tree.ts';
import { testFolder } from '../run/kit.ts';

export const libraryFolder = path.join(testFolder, '..', 'stdlib');

export interface LibraryItem {
  readonly module: string;
  readonly name: string;
  /** What stands above its example. */
  readonly doc: string;
  /** A program of its own; '' where there is none. */
  readonly example: string;
}

/** Module names, sorted. */
export const moduleNames: readonly string[] = readdirSync(libraryFolder)
  .filter((f) => f.endsWith('.energy'))
  .map((f) => f.slice(0, -'.energy'.length))
  .sort();

export const moduleText = (module: string): string =>
  readFileSync(path.join(libraryFolder, `${module}.energy`), 'utf8');

type Named = Exclude<Item, { kind: 'use' }>;

/** Everything that a module declares. */
export function itemsOf(module: string): readonly LibraryItem[] {
  const items = parse(moduleText(module), `std/${module}`).program.items;
  return items
    .filter((i): i is Named => i.kind !== 'use')
    .map(({ name, doc }) => {
      const lines = doc.split('\n');
      const at = lines.indexOf('Example:');
      const program = at < 0 ? [] : lines.slice(at + 1).map((l) => l.replace(/^ {2}/, ''));
      return {
        module,
        name: name.text,
        doc: (at < 0 ? lines : lines.slice(0, at)).join('\n').trim(),
        example: at < 0 ? '' : `${program.join('\n').trim()}\n`,
      };
    });
}
