/** The public kit (`src/language/testing.ts`) with the library and the examples as they are shipped. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type Files, workspace as workspaceWith } from '../../src/language/testing.ts';
import { libraryOf } from '../../src/stdlib.ts';

export { applied, edited, type Files, marked, unmarked } from '../../src/language/testing.ts';

const root = path.resolve(import.meta.dirname, '../..');
const stdlib = path.join(root, 'stdlib');

/** The standard library as it is shipped. */
export const library = libraryOf(
  new Map(
    readdirSync(stdlib)
      .filter((f) => f.endsWith('.energy'))
      .map((f) => [f.slice(0, -'.energy'.length), readFileSync(path.join(stdlib, f), 'utf8')]),
  ),
);

/** A workspace with its first file open, over the standard library. */
export const workspace = (files: Files) => workspaceWith(files, library);

/** The completions at the cursor, by their labels. */
export async function labels(files: Files): Promise<string[]> {
  const w = workspace(files);
  return (await w.service.completion(w.uri, w.at)).map((c) => c.label);
}

/** The text of the card at the cursor; '' where there is none. */
export async function card(files: Files): Promise<string> {
  const w = workspace(files);
  return (await w.service.hover(w.uri, w.at))?.contents.value ?? '';
}

/** The example program `physics/ising` and others, as they are shipped. */
export const exampleText = (name: string): string =>
  readFileSync(path.join(root, 'examples', `${name}.energy`), 'utf8');
