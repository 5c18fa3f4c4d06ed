import { it } from 'vitest';
import { card, exampleText, labels, workspace } from './kit.ts';

it('x', async () => {
  const ising = exampleText('physics/ising');
  console.log(ising);
  const w = workspace(ising);
  const t0 = performance.now();
  console.log(await w.service.diagnostics(w.uri), performance.now() - t0);
  console.log(await card(ising.replace('energy Ising(s', 'energy Ising(|s')));
  console.log(await card(ising.replace('in bond', 'in bo|nd')));
  console.log(await card(ising.replace('sum(', 'su|m(')));
  console.log(await card(ising.replace('energy Ising', 'energy Isi|ng')));
  console.log(JSON.stringify(await w.service.documentSymbols(w.uri)).slice(0, 600));
  console.log(
    await w.service.semanticTokens(w.uri),
    await w.service.foldingRanges(w.uri),
    await w.service.codeLenses(w.uri),
  );
  const L = async (s: string) => console.log(s.split('\n').at(-1), (await labels(s)).join(' ').slice(0, 700));
  await L('index site = grid(3,3)\nset left = { p for p in site where p.| }');
  await L('enum Job = { a, b }\nenergy E(j : Job) { term t = (j == Job.|) }');
  await L('type R = { a : real, b : bit }\nenergy E(r : R) { term t = r.|');
  await L('type R = { a : real, b : bit }\nenergy E(r : |) { term t = r.a }');
  await L('index s = 3\nenergy E(r : real[|]) { term t = r.a }');
  await L('index s = 3\nenergy E(r : real[s]) {\n  |\n}');
  await L('index s = 3\nenergy E(r : real[s]) {\n  r ~ |\n}');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = sum(r[|] for i in s)\n}');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = |');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = sample(|)');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = sample(E, draws = 3, |)');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = sample(E, method = |)');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = fit(E, y, loss = |)');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = fit(E, y, loss = discrepancy(|))');
  await L('index s = 3\nenergy E(r : real[s]) {\n  term t = r }\nrun x = sample(E, given = { | })');
  await L('use | from "std/ising"');
  await L('use Ising from "std/|"');
  await L('');
  await L('|');
  await L('index k = |');
});
