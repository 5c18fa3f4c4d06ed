/**
 * Times of the front end: reading, checking and binding programs of 2,000 lines, graphs from data files, and a
 * large lattice.
 *
 *   node dist/bench/front-end.js [repetitions]
 */
import { energyLexer } from '../grammar/tokens.ts';
import { bind } from '../src/bind/bind.ts';
import type { BoundProgram } from '../src/bind/bound.ts';
import { check } from '../src/check/program.ts';
import { compileText } from '../src/compile.ts';
import { memoryHost } from '../src/io/memory-host.ts';
import { parse } from '../src/syntax/parse.ts';
import { print } from '../src/syntax/print.ts';

const repetitions = Number(process.argv[2] ?? 15);

interface Spread {
  readonly first: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Milliseconds of the first run, and the quartiles of the others. */
async function timed(runs: number, work: () => unknown): Promise<Spread> {
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  const [first, ...rest] = times;
  rest.sort((a, b) => a - b);
  const at = (q: number): number => rest[Math.min(rest.length - 1, Math.floor(q * rest.length))] ?? first;
  return { first, median: at(0.5), low: at(0.25), high: at(0.75) };
}

const ms = (x: number): string => x.toFixed(x < 10 ? 2 : 0).padStart(7);

function show(name: string, s: Spread): void {
  console.log(
    `${name.padEnd(44)} first ${ms(s.first)}   then ${ms(s.median)} (${ms(s.low)} to ${ms(s.high)}) ms`,
  );
}

// ── A program of 2,000 lines ────────────────────────────────────────────────

/** One in the manner of the examples: hierarchies, lattices, tables, networks, functions, jobs. */
function largeProgram(lines: number): string {
  const out: string[] = ['index site = grid(16, 16)', 'set bond = neighbours(site, wrap = true)', ''];
  for (let k = 0; out.length < lines; k++) {
    out.push(
      `/// The part ${k} of a large model.`,
      `const width${k} = ${1 + (k % 7)}.5`,
      `index group${k} = ${3 + (k % 5)}`,
      `enum Kind${k} = { red, green, blue${k} }`,
      `type Row${k} = { age : real, income : real(0, inf), kids : int(0, 6), kind : Kind${k} }`,
      `data seen${k} : real[group${k}] from "part.json"`,
      `param J${k} : real[bond] ~ normal(0, 0.1)`,
      `param w${k} : real[group${k}, site] = 0.1`,
      `param net${k} = mlp(encode(Row${k}), hidden = [16, 16], act = silu)`,
      `fn bend${k}(x : real, a : real) = if x > a then x - a else (a - x) ^ 2 / (1 + abs(x))`,
      `fn norm${k}(x : real[n]) = sqrt(sum(x[i] ^ 2 for i in n) + 1e-9)`,
      `set near${k} = { (p, q) for (p, q) in bond where p.row == q.row and mod(p.col, ${2 + (k % 3)}) == 0 }`,
      '',
      `energy Lattice${k}(s : spin[site], h : real) {`,
      `  term coupling = -sum(J${k}[p, q] * s[p] * s[q] for (p, q) in bond)  // the bonds`,
      '  term field    = -h * sum(s)',
      `  term rows     = 0.1 * sum(s[p] * s[q] for (p, q) in near${k})`,
      '  h ~ normal(0, 1)',
      '  report magnet = abs(mean(s))',
      '}',
      '',
      `energy Levels${k}(mu : real, tau : real(0, inf), theta : real[group${k}]) {`,
      '  mu    ~ normal(0, 5)',
      '  tau   ~ half_cauchy(5)',
      '  theta ~ normal(mu, tau)',
      `  seen${k} ~ normal(theta, width${k})`,
      `  let d = bend${k}(mu, tau) + norm${k}(theta)`,
      `  term extra = 0.01 * d ^ 2 + sum(bend${k}(theta[g], mu) for g in group${k})`,
      '  report d',
      '}',
      '',
      `energy Table${k}(r : Row${k}) {`,
      `  let x = encode(r)`,
      `  term shape = net${k}(x)`,
      '  term tail  = 0.01 * sum(x ^ 2) + (if r.kids > 3 and r.age < 20 then 5 else 0)',
      `  term kind  = 0.5 * (r.kind == Kind${k}.red) - 0.25 * (r.kind == Kind${k}.green)`,
      '}',
      '',
      `run draws${k} = sample(Lattice${k}, draws = 100, chains = 4, seed = ${k})`,
      '',
    );
  }
  return out.join('\n');
}

async function programs(): Promise<void> {
  const text = largeProgram(2000);
  const file = 'large.energy';
  const groups: Record<string, number[]> = {};
  for (let k = 0; k < 100; k++) groups[`seen${k}`] = Array.from({ length: 3 + (k % 5) }, (_, i) => i / 7);
  const host = memoryHost({ 'part.json': JSON.stringify(groups) });
  const faults = compileText(text, file).diagnostics.filter((d) => d.severity === 'error');
  if (faults.length > 0) throw new Error(faults[0].message);
  console.log(`\nA program of ${text.split('\n').length} lines, ${text.length} characters`);
  const { program: tree } = parse(text, file);
  const { program } = check(tree);
  show('lex', await timed(repetitions, () => energyLexer().tokenize(text)));
  show('parse', await timed(repetitions, () => parse(text, file)));
  show('check', await timed(repetitions, () => check(tree)));
  show('bind', await timed(repetitions, () => bind(program, host)));
  show('format', await timed(repetitions, () => print(tree)));
  const all = await timed(repetitions, () => bind(compileText(text, file).program, host));
  show('all of it', all);
  const json = JSON.stringify(tree.items.slice(0, 40)).slice(0, text.length);
  const same = JSON.stringify([json]);
  show(
    `JSON.parse of ${same.length} characters, to compare`,
    await timed(repetitions, () => JSON.parse(same)),
  );
  if (all.median > 300) console.log('  over the target of 300 ms');
}

// ── Graphs from data ────────────────────────────────────────────────────────

const graphText = (file: string, declared: string): string => `index site = 100000
data edges : site[edge_row, 2] from "${file}"
set edge = ${declared}
param J : real[edge] = 1
energy Graph(s : spin[site]) {
  term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in edge)
}
`;

async function graphs(): Promise<void> {
  console.log('\nGraphs from an edge list of 100,000 sites');
  for (const n of [1e4, 1e5, 1e6]) {
    const ends = Array.from({ length: n }, (_, i) => [i % 100_000, (i * 7919 + 13) % 100_000]);
    const files = {
      csv: `a,b\n${ends.map((e) => e.join(',')).join('\n')}\n`,
      json: JSON.stringify({ edges: ends }),
    };
    for (const kind of ['csv', 'json'] as const) {
      const host = memoryHost({ [`edges.${kind}`]: files[kind] });
      for (const declared of ['{ (edges[e, 0], edges[e, 1]) for e in edge_row }', 'edges']) {
        const compiled = compileText(graphText(`edges.${kind}`, declared), 'graph.energy');
        const name = `${n} edges, ${kind}, ${declared === 'edges' ? 'the list itself' : 'comprehension'}`;
        const fault = compiled.diagnostics.find((d) => d.severity === 'error');
        if (fault) {
          console.log(`${name}: ${fault.message}`);
          continue;
        }
        const runs = n > 1e5 ? 1 : n > 1e4 ? 3 : 7;
        show(name, await timed(runs, () => bind(compiled.program, host)));
      }
    }
    show(`${n} edges, JSON.parse alone`, await timed(3, () => JSON.parse(files.json)));
    show(
      `${n} edges, split and Number alone`,
      await timed(3, () => files.csv.split('\n').map((l) => l.split(',').map(Number))),
    );
  }
}

// ── A lattice of a million sites ────────────────────────────────────────────

const latticeText = (set: string): string => `index site = grid(1024, 1024)
set bond = ${set}
param J : real = 0.4
energy Ising(s : spin[site]) {
  term coupling = -J * sum(s[p] * s[q] for (p, q) in bond)
}
`;

const sets: readonly (readonly [name: string, set: string])[] = [
  ['neighbours', 'neighbours(site, wrap = true)'],
  ['a comprehension of a tenth', '{ p for p in site where mod(p.col, 10) == 0 }'],
  ['a comprehension over the bonds', '{ (p, q) for (p, q) in neighbours(site) where p.row == q.row }'],
];

const megabytes = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
};

async function lattices(): Promise<void> {
  console.log('\nA lattice of 1024×1024 sites');
  for (const [name, set] of sets) {
    const text =
      set.includes('{ p') && !set.includes('(p, q)')
        ? latticeText(set).replace('s[p] * s[q] for (p, q)', 's[p] for p')
        : latticeText(set);
    const { program, diagnostics } = compileText(text, 'lattice.energy');
    const fault = diagnostics.find((d) => d.severity === 'error');
    if (fault) throw new Error(fault.message);
    const before = megabytes();
    let bound: BoundProgram | undefined;
    const spread = await timed(1, async () => {
      bound = await bind(program, memoryHost({}));
    });
    show(name, spread);
    let numbers = 0;
    for (const a of bound?.constants.values() ?? []) numbers += a.data.byteLength;
    console.log(
      `  tables of ${(numbers / 2 ** 20).toFixed(1)} MiB, memory grown by ${(megabytes() - before).toFixed(1)} MiB`,
    );
  }
}

await programs();
await graphs();
await lattices();
