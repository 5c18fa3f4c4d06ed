/**
 * Makes the simulated data of examples/biology from scratch: `node examples/biology/data/make.mjs`.
 * The laws stand here and in the programs, so that what a posterior says can be held against the truth.
 */
import { pick, save as write, uniform } from '../../recipes.mjs';

const save = (name, header, rows) => write(import.meta.url, name, header, rows);
const times = (n, f) => Array.from({ length: n }, (_, i) => f(i));
const bases = ['A', 'C', 'G', 'T'];

/**
 * A sequence of 60 bases: an island rich in G and C from 20 to 39. Outside, bases have the probabilities
 * 0.35, 0.15, 0.15, 0.35 (A, C, G, T); inside 0.1, 0.4, 0.4, 0.1.
 */
{
  const u = uniform(41);
  save('island.csv', ['base'], times(60, (i) => [
    bases[pick(u, i >= 20 && i < 40 ? [0.1, 0.4, 0.4, 0.1] : [0.35, 0.15, 0.15, 0.35])],
  ]));
}

/** Twelve sequences of 24 random bases; in each TGACTCA stands somewhere, each letter wrong with probability 0.1. */
{
  const u = uniform(42);
  const motif = [3, 2, 0, 1, 3, 1, 0];
  save('upstream.csv', times(24, (i) => `base${i}`), times(12, () => {
    const row = times(24, () => Math.floor(4 * u()));
    const start = Math.floor(18 * u());
    motif.forEach((letter, i) => {
      row[start + i] = u() < 0.9 ? letter : (letter + 1 + Math.floor(3 * u())) % 4;
    });
    return row.map((b) => bases[b]);
  }));
}

/**
 * Detections at 40 ponds in five years, three visits a year: a pond is occupied at first with probability 0.6,
 * an empty one is colonised with 0.25, an occupied one is left with 0.15, a visit finds the frogs with 0.5.
 */
{
  const u = uniform(43);
  save('frogs.csv', times(5, (t) => `found${t}`), times(40, () => {
    let there = u() < 0.6;
    return times(5, (t) => {
      if (t > 0) there = there ? u() >= 0.15 : u() < 0.25;
      return times(3, () => (there && u() < 0.5 ? 1 : 0)).reduce((a, b) => a + b, 0);
    });
  }));
}

