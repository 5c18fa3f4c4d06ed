/**
 * Has the built package read the parser library from the one file that it also comes as: its entry is 700 modules,
 * most of them lodash's, which cost 0.4 seconds at every start of the command line.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const library = join(dirname(createRequire(import.meta.url).resolve('chevrotain')), '../..');
const vendor = join(dist, 'vendor');
const bundle = join(vendor, 'chevrotain.js');

mkdirSync(vendor, { recursive: true });
copyFileSync(join(library, 'lib/chevrotain.mjs'), bundle);
copyFileSync(join(library, 'LICENSE.txt'), join(vendor, 'chevrotain.LICENSE.txt'));

let changed = 0;
for (const folder of ['grammar', 'src'])
  for (const name of readdirSync(join(dist, folder), { recursive: true })) {
    const file = join(dist, folder, name);
    if (!name.endsWith('.js') || !statSync(file).isFile()) continue;
    const text = readFileSync(file, 'utf8');
    const path = relative(dirname(file), bundle).replaceAll('\\', '/');
    const next = text.replaceAll(/(\bfrom |\bimport )'chevrotain'/g, `$1'${path}'`);
    if (next === text) continue;
    writeFileSync(file, next);
    changed++;
  }
if (changed === 0) throw new Error('nothing in dist imports chevrotain');
