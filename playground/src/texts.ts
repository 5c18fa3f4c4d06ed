/** Texts that come with the page: the standard library, and the examples, which may use each other. */
import { memoryHost } from '../../src/io/memory-host.ts';
import { type ModuleReader, moduleReader } from '../../src/modules.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { examples } from './examples.ts';

const FOLDER = '../../stdlib/';
const SUFFIX = '.energy';

const found = import.meta.glob<string>('../../stdlib/**/*.energy', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const library = libraryOf(
  new Map(Object.entries(found).map(([path, text]) => [path.slice(FOLDER.length, -SUFFIX.length), text])),
);

/** What a program in the editor can use. */
export const bundledTexts: ModuleReader = moduleReader(
  memoryHost(Object.fromEntries(examples.map((e) => [e.file, e.text]))),
  library,
);
