/** Texts that come with the page: the standard library, and the examples, which may use each other. */
import { libraryOf } from '../../src/stdlib.ts';
import { dataUrls } from './data-files.ts';
import type { Bundled } from './engine/workspace-files.ts';
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

/** What programs in the editor can use besides the files of the workspace. */
export const bundledFiles: Bundled = {
  texts: new Map(examples.map((e) => [e.file, e.text])),
  urls: dataUrls,
  library,
};
