/**
 * Times of the language service: what an editor waits for after one key in a program of 500 lines that uses the
 * standard library and a file of its own. Each question follows a key, so that nothing is known yet of the text.
 * Beside the time on the clock the time of processors, all threads together, is told: on a busy machine that is
 * what can be compared.
 *
 *   node dist/bench/language.js [edits] [lines]
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { memoryHost } from '../src/io/memory-host.ts';
import { offsetOf, positionOf } from '../src/language/places.ts';
import { type LanguageService, languageService } from '../src/language/service.ts';
import type { Position } from '../src/language/types.ts';
import { moduleReader } from '../src/modules.ts';
import { libraryOf } from '../src/stdlib.ts';
import { Source } from '../src/syntax/span.ts';

const edits = Number(process.argv[2] ?? 60);
const lines = Number(process.argv[3] ?? 500);

const HELPERS = `/// Zero up to a bend, straight from there.
fn hinge(x : real, at : real) : real = if x > at then x - at else 0
/// A wall on both sides.
energy Walls(x : real[k], far : real) {
  term walls = 4 * sum(hinge(abs(x), far) ^ 2)
}
`;

/** A program as people write them: lattices, tables, hierarchies, networks, experts, jobs. */
export function realisticProgram(length: number): string {
  const out: string[] = [
    '/// Several models side by side, as a growing study has them.',
    'use Ising, EdwardsAnderson from "std/ising"',
    'use Potts from "std/potts"',
    'use GaussianField from "std/gaussian"',
    'use hinge, Walls from "helpers.energy"',
    '',
    'index site = grid(16, 16)',
    'set   bond = neighbours(site, wrap = true)',
    '',
  ];
  for (let k = 0; ; k++) {
    const part = [
      `/// Part ${k}: a lattice whose couplings are learned.`,
      `const width${k} = ${1 + (k % 7)}.5`,
      `index group${k} = ${3 + (k % 5)}`,
      `enum  Kind${k} = { red, green, blue${k} }`,
      `type  Row${k} = { age : real, income : real(0, inf), kids : int(0, 6), kind : Kind${k} }`,
      `data  seen${k} : real[group${k}] from "part.json"`,
      `param J${k} : real[bond] ~ normal(0, 0.1)`,
      `param net${k} = mlp(encode(Row${k}), hidden = [16, 16], act = silu)`,
      `set   near${k} = { (p, q) for (p, q) in bond where p.row == q.row and mod(p.col, ${2 + (k % 3)}) == 0 }`,
      '',
      `energy Lattice${k}(s : spin[site], h : real) {`,
      `  term coupling = -sum(J${k}[p, q] * s[p] * s[q] for (p, q) in bond)  // the bonds`,
      '  term field    = -h * sum(s)',
      `  term rows     = 0.1 * sum(s[p] * s[q] for (p, q) in near${k})`,
      '  term known    = Ising(s, bond, 0.2, 0)',
      '  h ~ normal(0, 1)',
      '  report magnet = abs(mean(s))',
      '}',
      '',
      `energy Levels${k}(mu : real, tau : real(0, inf), theta : real[group${k}]) {`,
      '  mu    ~ normal(0, 5)',
      '  tau   ~ half_cauchy(5)',
      '  theta ~ normal(mu, tau)',
      `  seen${k} ~ normal(theta, width${k})`,
      '  let d = hinge(mu, tau) + sqrt(sum(theta ^ 2) + 1e-9)',
      '  term held = Walls(theta, 12)',
      '  report d',
      '}',
      '',
      `energy Table${k}(r : Row${k}) {`,
      `  let x = encode(r)`,
      `  term shape = net${k}(x)`,
      '  term tail  = 0.01 * sum(x ^ 2)',
      '  require r.kids <= 4 or r.income > 100',
      '}',
      '',
      `run draws${k} = sample(Lattice${k}, draws = 1000, chains = 4, seed = ${k})`,
      `run means${k} = sample(Levels${k}, draws = 500)`,
      '',
    ];
    if (out.length + part.length > length) break;
    out.push(...part);
  }
  while (out.length < length) out.push('// The end.');
  return `${out.join('\n')}\n`;
}

interface Question {
  readonly name: string;
  readonly ask: (s: LanguageService, uri: string, at: Position) => Promise<unknown>;
}

const questions: readonly Question[] = [
  { name: 'diagnostics', ask: (s, uri) => s.diagnostics(uri) },
  { name: 'semantic tokens', ask: (s, uri) => s.semanticTokens(uri) },
  { name: 'completion', ask: (s, uri, at) => s.completion(uri, at) },
  { name: 'hover', ask: (s, uri, at) => s.hover(uri, at) },
  { name: 'signature help', ask: (s, uri, at) => s.signatureHelp(uri, at) },
  { name: 'document symbols', ask: (s, uri) => s.documentSymbols(uri) },
  { name: 'folding', ask: (s, uri) => s.foldingRanges(uri) },
  { name: 'references', ask: (s, uri, at) => s.references(uri, at, true) },
  { name: 'format', ask: (s, uri) => s.formatting(uri) },
  {
    // Diagnostics, colours, completion, lenses, folding, outline.
    name: 'all that an editor asks',
    ask: async (s, uri, at) => {
      await s.completion(uri, at);
      await s.semanticTokens(uri);
      await s.diagnostics(uri);
      await s.foldingRanges(uri);
      await s.documentSymbols(uri);
      await s.codeLenses(uri);
    },
  },
];

const stdlib = path.resolve('stdlib');
const library = libraryOf(
  new Map(
    readdirSync(stdlib).map((f) => [f.replace(/\.energy$/, ''), readFileSync(path.join(stdlib, f), 'utf8')]),
  ),
);

async function main(): Promise<void> {
  const text = realisticProgram(lines);
  const parts = [...text.matchAll(/^index group(\d+) = (\d+)$/gm)];
  const rows = parts.map(([, k, n]) => [`seen${k}`, Array.from({ length: Number(n) }, (_, i) => i / 2)]);
  const files = { 'helpers.energy': HELPERS, 'part.json': JSON.stringify(Object.fromEntries(rows)) };
  const unknown = positionOf(new Source('', text), text.indexOf('s : spin'));
  const service = languageService({
    reader: () => moduleReader(memoryHost(files), library),
    data: () => memoryHost(files),
  });
  const uri = 'file:///bench/main.energy';
  service.update(uri, text);
  const start = performance.now();
  const wrong = await service.diagnostics(uri);
  const first = performance.now() - start;
  const errors = wrong.filter((d) => d.severity === 1);
  if (errors.length > 0)
    throw new Error(`the program is wrong: ${errors[0].message}, line ${errors[0].range.start.line + 1}`);
  console.log(`${lines} lines, ${text.length} characters; first diagnostics ${first.toFixed(0)} ms`);
  // A key in a name, a number, a comment or a keyword, anywhere: many of them break the program for a moment.
  const words = [...text.matchAll(/[A-Za-z_0-9]+/g)].map((m) => m.index + m[0].length);
  const places = Array.from(
    { length: edits },
    (_, i) => words[Math.floor(((i + 0.5) / edits) * words.length)],
  );
  const source = new Source('', text);
  const withPlan: Question = { name: 'hover with the plan', ask: (s) => s.hover(uri, unknown) };
  for (const { name, ask } of [...questions, withPlan]) {
    const times: number[] = [];
    const work: number[] = [];
    for (const offset of places) {
      const typed = `${text.slice(0, offset)}x${text.slice(offset)}`;
      for (const [next, at] of [
        [typed, offset + 1],
        [text, offset],
      ] as const) {
        service.update(uri, next);
        const position = positionOf(next === text ? source : new Source('', next), at);
        if (offsetOf(next, position) !== at) throw new Error('a place is lost');
        const before = process.cpuUsage();
        const begin = performance.now();
        await ask(service, uri, position);
        times.push(performance.now() - begin);
        const { user, system } = process.cpuUsage(before);
        work.push((user + system) / 1000);
      }
    }
    const at = (all: readonly number[], q: number): string => {
      const sorted = [...all].sort((a, b) => a - b);
      return sorted[Math.floor(q * (sorted.length - 1))].toFixed(1).padStart(6);
    };
    const row = [`median ${at(times, 0.5)}`, `p95 ${at(times, 0.95)}`, `of a processor ${at(work, 0.5)}`];
    console.log(`${name.padEnd(26)} ${row.join('   ')} ms`);
  }
}

await main();
