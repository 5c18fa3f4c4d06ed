import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { energyLexer } from '../../grammar/tokens.ts';
import { parse } from '../../src/syntax/parse.ts';
import { lineWidth, print } from '../../src/syntax/print.ts';
import type { Program } from '../../src/syntax/tree.ts';
import { arbitraryProgram, withoutSpans } from './arbitrary.ts';
import { tour } from './tour.ts';

const format = (text: string): string => {
  const { program, diagnostics } = parse(text, 'a.energy');
  expect(diagnostics).toEqual([]);
  return print(program);
};

describe('the printer', () => {
  it('is undone by the parser', () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const text = print(program);
        const parsed = parse(text, program.file);
        expect(parsed.diagnostics).toEqual([]);
        expect(withoutSpans(parsed.program)).toEqual(withoutSpans(program));
      }),
      { numRuns: 200, seed: 1 },
    );
  }, 30_000);

  it('leaves its own output alone', () => {
    fc.assert(
      fc.property(arbitraryProgram, (program) => {
        const text = print(program);
        expect(print(parse(text, program.file).program)).toBe(text);
      }),
      { numRuns: 100, seed: 2 },
    );
  }, 30_000);

  it.each(Object.entries(tour))('keeps the comments and the meaning of the program %s', (_, text) => {
    const before = parse(text, 'a.energy').program;
    const printed = format(text);
    const after = parse(printed, 'a.energy').program;
    expect(withoutSpans(after)).toEqual(withoutSpans(before));
    expect(after.comments.map((c) => c.text).sort()).toEqual(before.comments.map((c) => c.text).sort());
    expect(format(printed)).toBe(printed);
    for (const line of printed.split('\n')) {
      expect(line.replace(/ {2}\/\/.*/, '').length).toBeLessThanOrEqual(lineWidth);
    }
  });

  it('lays a program out canonically', () => {
    expect(format(tour.ising)).toBe(`/// 2-D Ising model on a torus; the couplings are learned from data.
index site = grid(32, 32)
set   bond = neighbours(site, wrap = true)  // unordered pairs of sites

data  seen : spin[picture, site] from "spins.npz"  // the size of \`picture\` comes from the file
param J    : real[bond] ~ normal(0, 0.1)  // a prior is one more energy term, on J
param h    : real = 0

energy Ising(s : spin[site]) {
  term coupling = -sum(J[p, q] * s[p] * s[q] for (p, q) in bond)
  term field    = -h * sum(s)
  report magnet = abs(mean(s))
}

run learn = fit(
  Ising,
  seen,
  loss = contrastive(sweeps = 10, persistent = true),
  optimizer = adam(rate = 0.01),
  steps = 2000
)
run draws = sample(Ising, method = gibbs, draws = 1000, chains = 8, seed = 1)
`);
  });

  it('uses the parentheses that are needed and no others', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['((a+b))*c', '(a + b) * c'],
      ['a-(b-c)', 'a - (b - c)'],
      ['(a-b)-c', 'a - b - c'],
      ['-(x^2)', '-x ^ 2'],
      ['(-x)^2', '(-x) ^ 2'],
      ['2^(-x)', '2 ^ -x'],
      ['(a^b)^c', '(a ^ b) ^ c'],
      ['a^(b^c)', 'a ^ b ^ c'],
      ['a*(-b)', 'a * -b'],
      ['not (a and b)', 'not (a and b)'],
      ['(not a) and (b or c)', 'not a and (b or c)'],
      ['(a < b) == c', '(a < b) == c'],
      ['0..(n-1)', '0 .. n - 1'],
      ['0..3', '0..3'],
      ['(if a then b else c) + 1', '(if a then b else c) + 1'],
      ['(f(x))[i].y', 'f(x)[i].y'],
      ['(a+b)[i]', '(a + b)[i]'],
      ['x[:,1:,(:)]'.replace('(:)', ':2'), 'x[:, 1:, :2]'],
      ['[ x for i in S ]', '[x for i in S]'],
      ['{p for p in S where p>0}', '{ p for p in S where p > 0 }'],
      ['{ }', '{}'],
    ];
    for (const [given, wanted] of cases) {
      expect(format(`const a = ${given}\n`)).toBe(`const a = ${wanted}\n`);
    }
  });

  it('keeps comments between the parts of lists, operators and statements', () => {
    const text = `// first
index site = 3  // three


// detached

/// detached documentation

/// documentation
energy E(  // the unknowns
  x : real[site],  // one
  y : real  // two
) {
  // before
  term a = f(
    x,  // an argument
    // a line of its own
    y
  )  // after
  term b = x
    // between
    + y  // last

  // at the end
}
// the end
`;
    const printed = format(text);
    expect(printed).toBe(`// first
index site = 3  // three

// detached

/// detached documentation

/// documentation
energy E(
  // the unknowns
  x : real[site],  // one
  y : real  // two
) {
  // before
  term a = f(
    x,  // an argument
    // a line of its own
    y
  )  // after
  term b = x
    // between
    + y  // last

  // at the end
}
// the end
`);
    expect(format(printed)).toBe(printed);
  });

  it('never turns a comment into documentation', () => {
    const text = 'energy E(x : real) { /// aside\n  term a = x + /// inside\n    1\n}\n';
    const printed = format(text);
    const { program } = parse(printed, 'a.energy');
    const energy = program.items[0];
    expect(energy.kind === 'energy' && energy.body[0].doc).toBe('');
    expect(program.comments.map((c) => c.text)).toEqual(['/// aside', '/// inside']);
    expect(format(printed)).toBe(printed);
  });

  it('keeps every comment wherever it stands, and then leaves the text alone', () => {
    const places = fc.infiniteStream(fc.nat(5));
    fc.assert(
      fc.property(arbitraryProgram, places, (program, choices) => {
        const text = print(program);
        let n = 0;
        let commented = '';
        let end = 0;
        for (const token of energyLexer().tokenize(text).tokens) {
          const choice = choices.next().value;
          const gap = text.slice(end, token.startOffset);
          const afterComma = text[end - 1] === ',';
          if (choice === 0 && gap.includes('\n')) commented += ` // c${n++}${gap}// c${n++}\n`;
          else if (choice === 1 && gap.includes('\n')) commented += `${gap}// c${n++}\n\n\n/// c${n++}\n\n`;
          else if (choice < 3 && afterComma) commented += ` // c${n++}\n// c${n++}\n`;
          else commented += gap;
          end = token.startOffset + token.image.length;
          commented += token.image;
        }
        const before = parse(commented, 'a.energy');
        expect(before.diagnostics).toEqual([]);
        const printed = print(before.program);
        const after = parse(printed, 'a.energy');
        expect(withoutSpans(after.program)).toEqual(withoutSpans(before.program));
        const texts = (p: Program): string[] => p.comments.map((c) => c.text).sort();
        expect(texts(after.program)).toEqual(texts(before.program));
        expect(print(after.program)).toBe(printed);
      }),
      { numRuns: 80, seed: 6 },
    );
  }, 30_000);

  it('lines names up with those of the neighbouring lines', () => {
    const text = `index a = 3
data height : real[a] from "h.csv"
// apart
param w : real

param bias : real = 0
param a_very_long_name_for_something : real
energy E(x : real) {
  x ~ normal(0, 1)
  bias ~ normal(0, 1)
  let y = x
  term first = y
  term b = 2 * y
  report y
  report twice = 2 * y
}
run learn = fit(E, height)
run d = logz(E)
`;
    const printed = format(text);
    expect(printed).toBe(`index a      = 3
data  height : real[a] from "h.csv"
// apart
param w : real

param bias : real = 0
param a_very_long_name_for_something : real
energy E(x : real) {
  x    ~ normal(0, 1)
  bias ~ normal(0, 1)
  let  y     = x
  term first = y
  term b     = 2 * y
  report y
  report twice = 2 * y
}
run learn = fit(E, height)
run d     = logz(E)
`);
    expect(format(printed)).toBe(printed);
  });

  it('prints nothing for nothing, and comments alone as they are', () => {
    expect(format('')).toBe('');
    expect(format('\n\n')).toBe('');
    expect(format('  // only this\n\n\n\n//that\n')).toBe('// only this\n\n//that\n');
  });
});
