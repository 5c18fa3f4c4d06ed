/** Requirements shut sweeps in: where summing out can be afforded, draws are independent. */
import { expect, it } from 'vitest';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { noClamp } from '../../src/infer/model.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { open } from '../run/kit.ts';

/** Words of three letters that read across and down: two squares, between which no single word can change. */
const square = (required: string): string => `
index place  = 3
index word   = 14
index letter = 26
data words : letter[word, place] from "words.csv"
energy Square(down : word[place], across : word[place]) {
  ${required}
  require all_different(across)
  require all_different(down)
}`;
const WORDS = 'bat age ten bin ore net sea tan rig ant tie rob ear bag'.split(' ');
const csv = WORDS.map((w) => [...w].map((c) => c.charCodeAt(0) - 97).join(',')).join('\n');

it('a crossword of words is drawn exactly', async () => {
  const text = square('require words[across[r], c] == words[down[c], r] for r in place, c in place');
  const { model: make } = await open(text, { files: { 'words.csv': csv } });
  const model = make(undefined, kernelsEngine());
  const planned = makePlan(model, noClamp(model));
  expect(planned.plan.method).toBe('exact');
  planned.gibbs?.dispose();
});

it('the same as terms is swept: nothing shuts it in', async () => {
  const text = square(
    'term fit = sum(words[across[r], c] != words[down[c], r] for r in place, c in place)',
  ).replaceAll(
    /require all_different\((\w+)\)/g,
    'term $1 = sum($1[a] == $1[b] for a in place, b in place where a < b)',
  );
  const { model: make } = await open(text, { files: { 'words.csv': csv } });
  const model = make(undefined, kernelsEngine());
  const planned = makePlan(model, noClamp(model));
  expect(planned.plan.method).toBe('gibbs');
  planned.gibbs?.dispose();
});
