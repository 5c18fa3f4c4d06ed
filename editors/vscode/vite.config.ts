/** Bundles the extension into `dist/extension.cjs` and packs it into `dist/energy-VERSION.vsix`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { strToU8 } from 'fflate';
import { defineConfig, type Plugin } from 'vite';
import { version } from '../../src/version.ts';
import { madeFiles } from './files.ts';
import { type Manifest, vsix } from './vsix.ts';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const BUNDLE = 'extension.cjs';

function packed(): Plugin {
  return {
    name: 'vsix',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      const made = bundle[BUNDLE];
      if (made?.type !== 'chunk' || dir === undefined) throw new Error(`the bundle has no ${BUNDLE}`);
      const read = (file: string): string => readFileSync(path.join(here, file), 'utf8');
      const own = JSON.parse(read('package.json')) as Manifest & Record<string, unknown>;
      // Of the language's version; how its sources are to be read concerns nobody else.
      const shipped: Manifest & Record<string, unknown> = {
        ...own,
        version,
        type: undefined,
        private: undefined,
      };
      const files = new Map<string, Uint8Array>([
        ['package.json', strToU8(`${JSON.stringify(shipped, null, 2)}\n`)],
        ['README.md', strToU8(read('README.md'))],
        ['LICENSE.txt', readFileSync(path.join(root, 'LICENSE'))],
        ['icon.png', readFileSync(path.join(here, 'icon.png'))],
        [`dist/${BUNDLE}`, strToU8(made.code)],
        ...[...madeFiles()].map(([file, text]): [string, Uint8Array] => [file, strToU8(text)]),
      ]);
      for (const [name, asset] of Object.entries(bundle))
        if (asset.type === 'asset' && name.endsWith('.md'))
          files.set('licenses.md', strToU8(String(asset.source)));
      mkdirSync(dir, { recursive: true });
      writeFileSync(path.join(dir, `energy-${shipped.version}.vsix`), vsix(shipped, files));
    },
  };
}

// biome-ignore lint/style/noDefaultExport: where Vite looks for its configuration
export default defineConfig({
  root: here,
  // Everything but the editor itself and Node is in the bundle.
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: 'src/extension.ts',
    outDir: 'dist',
    emptyOutDir: true,
    target: 'node20',
    minify: true,
    license: { fileName: 'licenses.md' },
    rolldownOptions: { external: ['vscode'], output: { format: 'cjs', entryFileNames: BUNDLE } },
  },
  plugins: [packed()],
});
