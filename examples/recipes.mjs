/** What the recipes of made-up data (`FOLDER/data/make.mjs`) share: random numbers from a seed, and CSV. */
import { writeFileSync } from 'node:fs';

/** Uniform numbers in [0, 1): SplitMix32 (Steele, Lea, Flood 2014, with 32 bits). */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) * 2 ** -32;
  };
}

/** Box–Muller. */
export const normal = (u) => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u());
export const pick = (u, weights) => {
  let at = u() * weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) {
    at -= weights[i];
    if (at < 0) return i;
  }
  return 0;
};
/** Knuth's product of uniforms; for small rates. */
export const poisson = (u, rate) => {
  const floor = Math.exp(-rate);
  let n = 0;
  for (let p = u(); p > floor; p *= u()) n++;
  return n;
};
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
/** Writes rows below a header (none: `null`) beside the recipe: `folder` is its `import.meta.url`. */
export const save = (folder, name, header, rows) =>
  writeFileSync(
    new URL(name, folder),
    `${(header === null ? rows : [header, ...rows]).map((r) => r.join(',')).join('\n')}\n`,
  );
