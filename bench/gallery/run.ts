/**
 * Pictures of the examples for the playground's gallery: each is run for a short time and drawn.
 *   npm run gallery                 all of them
 *   npm run gallery -- ising wine   some of them
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { biology } from './biology.ts';
import { learning } from './learning.ts';
import { physics } from './physics.ts';
import { puzzles } from './puzzles.ts';
import type { Recipes } from './recipe.ts';
import { regression } from './regression.ts';
import { statistics } from './statistics.ts';
import { run } from './studio.ts';

const recipes: Recipes = { ...physics, ...regression, ...statistics, ...biology, ...learning, ...puzzles };
const wanted = process.argv.slice(2);
const names = Object.keys(recipes).filter(
  (name) =>
    wanted.length === 0 ||
    wanted.some((w) => name === w || name.endsWith(`/${w}`) || name.startsWith(`${w}/`)),
);
let bytes = 0;
for (const name of names) {
  const recipe = recipes[name];
  const began = performance.now();
  try {
    const svg = recipe.draw(await run(name, recipe));
    const file = path.join('playground', 'gallery', `${name}.svg`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, svg);
    bytes += svg.length;
    const seconds = (performance.now() - began) / 1000;
    console.log(`${name}: ${(svg.length / 1000).toFixed(1)} kB, ${seconds.toFixed(1)} s`);
  } catch (e) {
    console.error(`${name}: ${e instanceof Error ? e.message : String(e)}`);
    process.exitCode = 1;
  }
}
console.log(`${names.length} pictures, ${(bytes / 1000).toFixed(0)} kB`);
