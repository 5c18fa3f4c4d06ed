/**
 * Makes the small data sets of these examples that are made up, from scratch: `node examples/physics/data/make.mjs`.
 */
import { writeFileSync } from 'node:fs';
import { normal, save as write, uniform } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);

/** Couplings of the 120 pairs of 16 spins, in the order (0,1), (0,2), …: standard normal. */
{
  const u = uniform(11);
  save('couplings.csv', ['J'], Array.from({ length: 120 }, () => [normal(u).toFixed(4)]));
}

/** A disc on 16×16 (+1 inside radius 6), and the same with every pixel turned over with probability 0.2. */
{
  const u = uniform(12);
  const clean = Array.from({ length: 16 }, (_, r) =>
    Array.from({ length: 16 }, (_, c) => (Math.hypot(r - 7.5, c - 7.5) < 6 ? 1 : -1)),
  );
  const noisy = clean.map((row) => row.map((x) => (u() < 0.2 ? -x : x)));
  const rows = (a) => `[\n    ${a.map((r) => `[${r.join(', ')}]`).join(',\n    ')}\n  ]`;
  writeFileSync(
    new URL('disc.json', import.meta.url),
    `{\n  "clean": ${rows(clean)},\n  "noisy": ${rows(noisy)}\n}\n`,
  );
}

/** Corners of a cube of side 1.2 around the origin, less the last: where the atoms of a cluster start. */
{
  const cube = [0, 1, 2, 3, 4, 5, 6].map((i) => [4, 2, 1].map((bit) => (i & bit ? 0.6 : -0.6)));
  writeFileSync(new URL('cube.json', import.meta.url), `${JSON.stringify({ start: [cube] })}\n`);
}

/** Grey levels of a disc and a block on a dark ground, 24×32, with noise. */
{
  const u = uniform(43);
  const level = (r, c) => ((c - 10) ** 2 + (r - 12) ** 2 < 60 ? 0.5 : c > 20 && r > 8 ? 1 : 0);
  const rows = Array.from({ length: 24 }, (_, r) =>
    Array.from({ length: 32 }, (_, c) => (level(r, c) + 0.22 * normal(u)).toFixed(3)),
  );
  save('shapes.csv', null, rows);
}
