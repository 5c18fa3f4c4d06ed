/** The built page: where it is, and in a checkout how it comes to be there. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { packageRoot } from '../demo/project.ts';
import { UsageError } from '../terminal.ts';

/** What the page is made from, in a checkout. */
const SOURCES = [
  'playground/src',
  'playground/index.html',
  'playground/vite.config.ts',
  'playground/gallery',
];
const SHARED = ['src', 'grammar', 'stdlib', 'examples'];

/**
 * The folder of the built page: `dist/playground` of the package. In a checkout it is built when it is missing or
 * older than what it is made from.
 * @param say told what takes a while
 * @throws UsageError where there is neither a page nor what it is made from
 */
export async function builtPage(say: (text: string) => void): Promise<string> {
  const root = await packageRoot();
  const page = path.join(root, 'dist', 'playground');
  const built = await changed(path.join(page, 'index.html'));
  const config = path.join(root, 'playground', 'vite.config.ts');
  const checkout = (await changed(config)) > 0;
  if (!checkout && built === 0)
    throw new UsageError('this installation has no playground: `dist/playground` is missing in its package');
  if (!checkout) return page;
  const newest = Math.max(
    ...(await Promise.all([...SOURCES, ...SHARED].map((s) => newestIn(path.join(root, s))))),
  );
  if (newest <= built) return page;
  say(
    built === 0 ? 'building the playground, once' : 'building the playground: it is older than its sources',
  );
  const { build } = await import('vite').catch(() => {
    throw new UsageError(
      'the playground is not built, and vite, which builds it, is missing: `npm ci` first',
    );
  });
  await build({
    root: path.join(root, 'playground'),
    configFile: config,
    logLevel: 'error',
    build: { outDir: page, emptyOutDir: true },
  });
  return page;
}

/** Milliseconds since 1970; 0 where there is nothing. */
const changed = async (file: string): Promise<number> =>
  (await fs.stat(file).catch(() => null))?.mtimeMs ?? 0;

async function newestIn(place: string): Promise<number> {
  const entries = await fs.readdir(place, { withFileTypes: true, recursive: true }).catch(() => null);
  if (!entries) return changed(place);
  const times = entries
    .filter((e) => e.isFile())
    .map((e) => changed(path.join(e.parentPath ?? e.path, e.name)));
  return Math.max(0, ...(await Promise.all(times)));
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  wasm: 'application/wasm',
  ttf: 'font/ttf',
  woff2: 'font/woff2',
  csv: 'text/csv; charset=utf-8',
  energy: 'text/plain; charset=utf-8',
};

/** The media type of a file of the page, by its ending. */
export const typeOf = (file: string): string =>
  TYPES[path.extname(file).slice(1).toLowerCase()] ?? 'application/octet-stream';
