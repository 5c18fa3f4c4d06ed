/** Energies as mathematics: forms one by one, and what holds for every program at hand. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainedCodes, explanationOf } from '../../src/explain/index.ts';
import { parse } from '../../src/syntax/parse.ts';
import { energyTex, programTex, standalone } from '../../src/tex/energy.ts';
import { subscripted, symbolOf } from '../../src/tex/names.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Every program of a folder, by path. */
function programs(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.energy'))
    .sort()
    .map((f) => [`${folder}/${f}`, readFileSync(path.join(root, folder, f), 'utf8')] as const);
}

const all = [
  ...['examples', 'stdlib', 'test/good'].flatMap(programs),
  ...explainedCodes.flatMap((c) => {
    const right = explanationOf(c)?.right;
    return right ? [[`explain ${c}`, right.program] as const] : [];
  }),
];

const tex = (text: string, used: readonly string[] = []): string =>
  programTex(parse(text, 'a.energy').program, used);

/** The first row of the only energy, left of nothing. */
function row(declarations: string, term: string, params = 'x : real[site], s : real'): string {
  const text = tex(`index site = 4\n${declarations}\nenergy E(${params}) { term t = ${term} }`);
  return /\\underbrace\{(.*)\}_\{\\text\{t\}\}/.exec(text)?.[1] ?? text;
}

/** Whether braces, \left … \right and environments close. */
function balanced(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/\\\\|\\[{}]|[{}]/g)) {
    if (token === '{') depth++;
    if (token === '}') depth--;
    if (depth < 0) return false;
  }
  const count = (r: RegExp): number => [...text.matchAll(r)].length;
  return (
    depth === 0 &&
    count(/\\left(?![a-z])/g) === count(/\\right(?![a-z])/g) &&
    count(/\\begin\{/g) === count(/\\end\{/g)
  );
}

/** Words that mathematics adds to those of a program. */
const ours = new Set(
  'where with subject to reported for if otherwise of the distributions below all different over true false mean tr logit scan'.split(
    ' ',
  ),
);

/** Words in the output that are neither in the program nor in mathematics. */
function strangeWords(text: string, output: string): readonly string[] {
  const known = text.toLowerCase().replace(/_/g, '');
  const groups = [...output.matchAll(/\\(?:mathrm|operatorname|text)\{((?:[^{}]|\\[{}])*)\}/g)].map(
    (m) => m[1],
  );
  return groups
    .flatMap((g) => g.split(/\s+/))
    .map((w) => w.replace(/\\/g, ''))
    .filter((w) => /\w/.test(w) && !ours.has(w) && !known.includes(w.toLowerCase().replace(/_/g, '')));
}

describe('an energy as mathematics', () => {
  it('is a sum of named terms', () => {
    expect(
      tex(`index site = grid(4, 4)
set bond = neighbours(site)
param J : real[bond]
param h : real
energy E(s : spin[site]) {
  term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond)
  term field = -h * sum(s)
}`),
    ).toBe(String.raw`\[
\begin{aligned}
E(s) &= \underbrace{-\sum_{(p, q) \in \mathrm{bond}} J_{pq} s_{p} s_{q}}_{\text{coupling}} \\
&\quad {} + \underbrace{-h \, \sum_{i \in \mathrm{site}} s_{i}}_{\text{field}}
\end{aligned}
\]
`);
  });

  it('shows distributions with the indices that they run over', () => {
    const text = tex(`index school
data y : real[school]
data sigma : real(0, inf)[school]
energy EightSchools(mu : real, tau : real(0, inf), eta : real[school]) {
  mu ~ normal(0, 5)
  tau ~ half_cauchy(5)
  eta ~ normal(0, 1)
  let theta = mu + tau * eta
  y ~ normal(theta, sigma)
}`);
    expect(text).toContain(
      String.raw`\theta_{i} = \mu + \tau \eta_{i} \quad \text{for } i \in \mathrm{school}`,
    );
    expect(text).toContain(String.raw`\mu \sim \mathcal{N}\left(0, 5\right)`);
    expect(text).toContain(String.raw`\tau \sim \operatorname{HalfCauchy}\left(5\right)`);
    expect(text).toContain(
      String.raw`y_{i} \sim \mathcal{N}\left(\theta_{i}, \sigma_{i}\right) \quad \text{for } i \in \mathrm{school}`,
    );
  });

  it('shows requirements, recurrences and products of energies', () => {
    expect(
      tex('index day = 5\nenergy E(n : int(0, 9)[day]) { require n[t] < n[t + 1] for t in day where t < 4 }'),
    ).toContain(
      String.raw`\text{subject to} \quad & n_{t} < n_{t + 1} \quad \text{for } t \in \mathrm{day},\; t < 4`,
    );
    expect(
      tex(
        'index day = 5\nenergy E(x : real[day]) { let v = scan(t in day, prev = 0) = 0.5 * prev + x[t]\n term t = sum(v ^ 2) }',
      ),
    ).toContain(
      String.raw`v_{t} = 0.5 v_{t - 1} + x_{t} \quad \text{for } t \in \mathrm{day},\quad v_{-1} = 0`,
    );
    expect(
      tex('energy A(x : real) { term t = x ^ 2 }\nenergy B(x : real) { term t = x }\nenergy E = A * B ^ 0.7'),
    ).toContain(String.raw`E &= E_{A} + 0.7 \, E_{B}`);
  });

  it('keeps the order of operations', () => {
    expect(row('', '(s + 1) * s ^ 2')).toBe(String.raw`\left(s + 1\right) s^{2}`);
    expect(row('', '(s * 2) ^ 2 + (-s) ^ 2')).toBe(
      String.raw`\left(s \cdot 2\right)^{2} + \left(-s\right)^{2}`,
    );
    expect(row('', '-s ^ 2')).toBe('-s^{2}');
    expect(row('', 's - (1 - s)')).toBe(String.raw`s - \left(1 - s\right)`);
    expect(row('', 's - -s')).toBe(String.raw`s - \left(-s\right)`);
    expect(row('', '-s * s * s')).toBe('-s s s');
    expect(row('', '(s / 2) ^ 2')).toBe(String.raw`\left(\frac{s}{2}\right)^{2}`);
    expect(row('', 'sum(x) * s')).toBe(String.raw`\left(\sum_{i \in \mathrm{site}} x_{i}\right) \, s`);
    expect(row('', 'sum(x[i] + s for i in site)')).toBe(
      String.raw`\sum_{i \in \mathrm{site}} \left(x_{i} + s\right)`,
    );
    expect(row('', '2 ^ 3 ^ s')).toBe('2^{3^{s}}');
    expect(row('', '1e-3 * s + 2.5e6')).toBe(String.raw`10^{-3} s + 2.5 \cdot 10^{6}`);
  });

  it('writes comparisons as Iverson brackets, and conditions without', () => {
    expect(row('', 's * (s > 0)')).toBe(String.raw`s \left[s > 0\right]`);
    expect(row('', 'if s > 0 and not s == 2 then s else 0')).toBe(
      String.raw`\begin{cases} s & \text{if } s > 0 \wedge \neg \left(s = 2\right) \\ 0 & \text{otherwise} \end{cases}`,
    );
    expect(row('', 'sum(x[i] for i in site where i > 1)')).toBe(
      String.raw`\sum_{\substack{i \in \mathrm{site} \\ i > 1}} x_{i}`,
    );
  });

  it('has forms for functions', () => {
    expect(row('', 'sqrt(abs(s)) + log1p(-s)')).toBe(
      String.raw`\sqrt{\left|s\right|} + \log\left(1 - s\right)`,
    );
    expect(row('', 'mean(x)')).toBe(
      String.raw`\frac{1}{\left|\mathrm{site}\right|} \sum_{i \in \mathrm{site}} x_{i}`,
    );
    expect(row('', 'logsumexp(x)')).toBe(String.raw`\log \sum_{i \in \mathrm{site}} \exp\left(x_{i}\right)`);
    expect(row('param A : real[site, site]', 'quad(A, x) + x @ A @ x')).toBe(
      String.raw`x^{\top} A x + x^{\top} A x`,
    );
    expect(row('', 'softmin(-x[i] for i in site)')).toBe(
      String.raw`-\log \sum_{i \in \mathrm{site}} \exp\left(x_{i}\right)`,
    );
    expect(row('', 'normal(0, 1).log_density(s)')).toBe(
      String.raw`\log \mathcal{N}\left(s \,\middle|\, 0, 1\right)`,
    );
    expect(row('fn tame(a : real) : real = a', 'tame(s)')).toBe(
      String.raw`\operatorname{tame}\left(s\right)`,
    );
  });

  it('never takes a letter that is in use', () => {
    expect(row('', 'sum(x) + i', 'x : real[site], i : real')).toBe(
      String.raw`\sum_{j \in \mathrm{site}} x_{j} + i`,
    );
  });

  it('names energies of other files as energies', () => {
    const text = 'use Ising from "std/ising"\nenergy E(x : real) { term t = Ising(x) }';
    expect(tex(text)).toContain(String.raw`\operatorname{Ising}\left(x\right)`);
    expect(tex(text, ['Ising'])).toContain(String.raw`E_{\mathrm{Ising}}\left(x\right)`);
  });
});

describe('names', () => {
  it.each([
    ['sigma', String.raw`\sigma`],
    ['sigma_y', String.raw`\sigma_{y}`],
    ['theta1', String.raw`\theta_{1}`],
    ['σ₀', String.raw`\sigma_{0}`],
    ['x', 'x'],
    ['net', String.raw`\mathrm{net}`],
    ['log_share', String.raw`\mathrm{log\_share}`],
    ['mu_left', String.raw`\mu_{\mathrm{left}}`],
    ['_', String.raw`\mathrm{\_}`],
    ['Phi4', String.raw`\Phi_{4}`],
  ])('%s is %s', (name, expected) => {
    expect(subscripted(symbolOf(name), [])).toBe(expected);
  });

  it('carry their indices behind their own subscripts', () => {
    expect(subscripted(symbolOf('sigma_y'), ['i'])).toBe(String.raw`\sigma_{y,i}`);
    expect(subscripted(symbolOf('J'), ['p', 'q'])).toBe('J_{pq}');
    expect(subscripted(symbolOf('J'), ['p + 1', 'q'])).toBe('J_{p + 1,q}');
  });
});

describe('every program', () => {
  it.each(all)('%s closes what it opens and uses its own words', (_, text) => {
    const { program } = parse(text, 'a.energy');
    const output = programTex(program);
    expect(balanced(output), output).toBe(true);
    expect(strangeWords(text, output)).toEqual([]);
    expect(output).not.toContain('undefined');
    const energies = program.items.filter((i) => i.kind === 'energy');
    expect([...output.matchAll(/\\begin\{aligned\}/g)].length).toBe(energies.length);
  });

  it('closes what it opens for expressions of any make', () => {
    const leaf = fc.constantFrom('s', 'x[0]', '2', '1.5e-3', 'pi', 'sum(x)', 'x[i_1]', 'σ₀', 'true');
    const { expr } = fc.letrec<{ expr: string }>((tie) => ({
      expr: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(
            fc.constantFrom('+', '-', '*', '/', '^', '@', '==', '<=', 'and', 'or'),
            tie('expr'),
            tie('expr'),
          )
          .map(([op, a, b]) => `((${a}) ${op} (${b}))`),
        fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
        tie('expr').map((a) => `(-${a})`),
        tie('expr').map((a) => `(not ${a})`),
        fc
          .tuple(fc.constantFrom('sum', 'mean', 'max', 'all', 'softmin', 'logsumexp'), tie('expr'))
          .map(([f, a]) => `${f}(${a} for i in site where i > 0)`),
        fc
          .tuple(fc.constantFrom('exp', 'sqrt', 'abs', 'norm', 'f', 'g_h'), tie('expr'))
          .map(([f, a]) => `${f}(${a})`),
        tie('expr').map((a) => `[${a} for i in site]`),
      ),
    }));
    fc.assert(
      fc.property(expr, (e) => {
        const text = `index site = 4\nenergy E(x : real[site], s : real) { term t = ${e} }`;
        const { program, diagnostics } = parse(text, 'a.energy');
        expect(diagnostics).toEqual([]);
        const [energy] = program.items.filter((i) => i.kind === 'energy');
        const output = energyTex(program, energy);
        expect(balanced(output), output).toBe(true);
        expect(strangeWords(text, output)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('is shown in a document with a title', () => {
    const text = standalone('a_b', tex('energy E(x : real) { term t = x ^ 2 }'));
    expect(text).toContain(String.raw`\section*{a\_b}`);
    expect(text.startsWith('\\documentclass')).toBe(true);
    expect(text.endsWith('\\end{document}\n')).toBe(true);
    expect(balanced(text)).toBe(true);
  });
});
