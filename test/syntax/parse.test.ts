import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntaxCodes } from '../../src/syntax/codes.ts';
import { maxDiagnostics, parse } from '../../src/syntax/parse.ts';
import { print } from '../../src/syntax/print.ts';
import { Source } from '../../src/syntax/span.ts';
import type { Expr, Item } from '../../src/syntax/tree.ts';
import { arbitraryProgram, withoutSpans } from './arbitrary.ts';
import { tour } from './tour.ts';

const items = (text: string): readonly Item[] => parse(text, 'a.energy').program.items;

function value(text: string): Expr {
  const { program, diagnostics } = parse(`const a = ${text}`, 'a.energy');
  expect(diagnostics).toEqual([]);
  const [item] = program.items;
  if (item.kind !== 'const') throw new Error(`${text} is no constant`);
  return item.value;
}

describe('parse', () => {
  it('reads the five programs of the tour', () => {
    const shape = (text: string): string =>
      items(text)
        .map((i) => (i.kind === 'energy' ? `energy(${i.body.map((s) => s.kind).join(' ')})` : i.kind))
        .join(' ');
    for (const text of Object.values(tour)) expect(parse(text, 'a.energy').diagnostics).toEqual([]);
    expect(shape(tour.ising)).toBe('index set data param param energy(term term report) run run');
    expect(shape(tour.table)).toBe('enum type data param energy(let term term) run run run');
    expect(shape(tour.experts)).toBe('use use data param set energy(term term term report) run run');
    expect(shape(tour.sudoku)).toBe('index index data energy(require require require) run');
    expect(shape(tour.schools)).toBe('index data data energy(sample sample sample let sample report)');
  });

  it('reads every form of declaration', () => {
    const text = `
use Stroke, Digit as D from "stroke.energy" frozen
const n : int = 32
index person
data county_of : county[house] one_based
data z : category(5) on neighbours(site)[item, 3] from "z.json"
param J : real[bond] = 0 ~ normal(0, 0.1)
param w ~ half_cauchy(5)
fn f(x : real[k]) : real = sum(x ^ 2)
fn g(x : real) {
  let y = x
  param w1 : real = 1
  return w1 * y
}
energy J = A * B ^ 0.7
enum Job = { clerk, if, other, }
`;
    const { program, diagnostics } = parse(text, 'a.energy');
    expect(diagnostics).toEqual([]);
    expect(program.items.map((i) => i.kind)).toEqual([
      ...['use', 'const', 'index', 'data', 'data', 'param', 'param', 'fn', 'fn', 'energy', 'enum'],
    ]);
    expect(withoutSpans(program.items[0])).toEqual({
      kind: 'use',
      doc: '',
      names: [
        { name: { text: 'Stroke' }, as: null },
        { name: { text: 'Digit' }, as: { text: 'D' } },
      ],
      from: 'stroke.energy',
      frozen: true,
    });
    const g = program.items[8];
    expect(g.kind === 'fn' && g.body.map((s) => s.kind)).toEqual(['let', 'param']);
    const z = program.items[4];
    expect(z.kind === 'data' && [z.domain.on?.kind, z.domain.dims.length, z.from]).toEqual([
      'call',
      2,
      'z.json',
    ]);
  });

  it('keeps keywords usable as names where they cannot be mistaken', () => {
    const { program, diagnostics } = parse(
      `energy E(data : real, term : real[in]) {
  term term = data + term[0] - r.if.data
  let let = f(data = 1, for = 2, in = term)
  term ~ normal(data, 1)
  data.x ~ normal(0, 1) for in in in
  report report
}
`,
      'a.energy',
    );
    expect(diagnostics).toEqual([]);
    const [energy] = program.items;
    expect(energy.kind === 'energy' && energy.body.map((s) => s.kind)).toEqual([
      ...['term', 'let', 'sample', 'sample', 'report'],
    ]);
  });

  it('binds operators as stated', () => {
    const same = (a: string, b: string): void =>
      expect(withoutSpans(value(a))).toEqual(withoutSpans(value(b)));
    same('-x ^ 2', '-(x ^ 2)');
    same('2 ^ -x ^ 3', '2 ^ (-(x ^ 3))');
    same('a ^ b ^ c', 'a ^ (b ^ c)');
    same('a - b - c', '(a - b) - c');
    same('a * -b * c', '(a * (-b)) * c');
    same('a + b * c @ d', 'a + ((b * c) @ d)');
    same('0..n - 1', '0..(n - 1)');
    same('not a == b and c or d', '((not (a == b)) and c) or d');
    same('if a then b else if c then d else e + 1', 'if a then b else (if c then d else (e + 1))');
    same('-f(x)[i].y', '-(((f(x))[i]).y)');
    same('scan(t in day, p = x0) = p + e[t]', 'scan(t in day, p = x0) = (p + e[t])');
  });

  it('tells binders from arguments and entries after a comma', () => {
    const call = value('f(x for i in S, (p, q) in T where p > 0, (a, b), k = 1)');
    if (call.kind !== 'call') throw new Error('no call');
    expect(call.args.map((a) => a.value.kind)).toEqual(['for', 'tuple', 'number']);
    const [first] = call.args;
    expect(first.value.kind === 'for' && first.value.generator.binders.length).toBe(2);
    const record = value(
      '{ d[r, c] = e[r, c] for r in R, c in C where e[r, c] > 0, y = 1 for k in K, z = 2 }',
    );
    if (record.kind !== 'record') throw new Error('no record');
    expect(record.entries.map((e) => e.generator?.binders.length ?? 0)).toEqual([2, 1, 0]);
  });

  it('ends an expression before a bracket that begins a line', () => {
    const { program, diagnostics } = parse('energy E(x : real) {\n  let a = x\n  (x) ~ normal(0, 1)\n}', 'a');
    expect(diagnostics).toEqual([]);
    const [energy] = program.items;
    expect(energy.kind === 'energy' && energy.body.map((s) => s.kind)).toEqual(['let', 'sample']);
    expect(items('const a = x\n  - y').length).toBe(1);
  });

  it('attaches documentation, and keeps every comment', () => {
    const text =
      '/// one\n///  two\nindex a\n\n/// not this\n\nindex b // after\n/// t\nenergy E(x : real) {\n  /// on a\n  term a = x\n}';
    const { program } = parse(text, 'a.energy');
    expect(program.items.map((i) => i.doc)).toEqual(['one\n two', '', 't']);
    const energy = program.items[2];
    expect(energy.kind === 'energy' && energy.body[0].doc).toBe('on a');
    expect(program.comments.map((c) => [c.text, c.trailing])).toEqual([
      ['/// one', false],
      ['///  two', false],
      ['/// not this', false],
      ['// after', true],
      ['/// t', false],
      ['/// on a', false],
    ]);
  });

  it('gives spans that are the text', () => {
    const text = 'index k = 3\nconst a = (x + 1) * f(y)[2]\n';
    const item = items(text)[1];
    if (item.kind !== 'const' || item.value.kind !== 'binary') throw new Error('no product');
    const shown = (e: { span: { start: number; end: number } }): string =>
      text.slice(e.span.start, e.span.end);
    expect(shown(item)).toBe('const a = (x + 1) * f(y)[2]');
    expect(shown(item.value)).toBe('(x + 1) * f(y)[2]');
    expect(shown(item.value.left)).toBe('x + 1');
    expect(shown(item.value.right)).toBe('f(y)[2]');
    expect(shown(item.name)).toBe('a');
  });

  it('reads strings with escapes, and lines that end in CR LF', () => {
    expect(value('"a\\"b\\\\c\\n\\u{3b2}"')).toMatchObject({ kind: 'string', value: 'a"b\\c\nβ' });
    expect(items('index a\r\nindex b\r\n').length).toBe(2);
  });
});

/** An energy with one line in the middle of it, and declarations around. */
const around = (line: string): string =>
  `index k = 3\nenergy E(x : real) {\n  term first = x\n${line}\n  term last = x\n}\nconst after = 1\n`;

describe('mistakes', () => {
  /** [program, code, line, column, what the message or the suggestion says] */
  const bad: readonly (readonly [string, keyof typeof syntaxCodes, number, number, string])[] = [
    [around('  trem a = x'), 'E0109', 4, 3, 'did you mean `term`?'],
    [around('  term a = sum(x'), 'E0104', 4, 17, 'expected `,` or `)`, found `term`'],
    [around('  term a = f(x y)'), 'E0103', 4, 16, 'expected `,` or `)`, found `y`'],
    [around('  term a = (x]'), 'E0104', 4, 14, 'found `]`'],
    [around('  term a = x]'), 'E0105', 4, 13, '`]` closes nothing'],
    [around('  term a x'), 'E0106', 4, 10, 'expected `=` after `a`, found `x`'],
    [around('  term = x'), 'E0107', 4, 8, 'expected a name after `term`, found `=`'],
    [around('  term if = x'), 'E0107', 4, 8, 'found the reserved word `if`'],
    [around('  x = 3'), 'E0103', 4, 5, 'write `let x = …` to name a value'],
    [
      around('  let t = mu tau * 3'),
      'E0103',
      4,
      14,
      'expected an operator or the end of the line after `mu`',
    ],
    [around('  2 * sum(x)'), 'E0109', 4, 3, 'write `term name = …`'],
    [around('  const c = 3'), 'E0110', 4, 3, 'it cannot stand inside an energy'],
    [around('  term a = x +'), 'E0108', 4, 15, 'expected an expression after `+`, found the end of the line'],
    [around('  term a = x; term b = 3;'), 'E0114', 4, 13, 'a statement ends with its line'],
    [around('  term a = if x then 2'), 'E0103', 4, 23, 'expected `else` after `2`'],
    [around('  require x = 3'), 'E0103', 4, 13, 'to compare two values, write `==`'],
    [around('  term a = x && y'), 'E0114', 4, 14, 'written `and`'],
    [around('  term a = a < b < c'), 'E0112', 4, 18, 'write `a < b and b < c`'],
    [around('  term a = 1 + not x'), 'E0113', 4, 16, '`not` after `+` needs parentheses'],
    [around("  term a = f('x')"), 'E0114', 4, 14, 'write "x"'],
    [around('  term a = f("x)'), 'E0102', 4, 14, 'this string is not closed'],
    [around('  term a = 1 § 2'), 'E0101', 4, 14, 'the character `§`'],
    [around('  term a = x ≤ 2'), 'E0101', 4, 14, 'write `<=`'],
    [around('  term a = x^2 * .5'), 'E0116', 4, 18, 'write 0.5'],
    [around('  term a = 2x'), 'E0116', 4, 12, 'write `2 * x`'],
    [around('  term a = x ** 2'), 'E0114', 4, 14, 'a power is written `^`'],
    [around('  term a = sum(x fro i in S)'), 'E0103', 4, 18, 'did you mean `for`?'],
    [around('  term a = sum(x for i on S)'), 'E0103', 4, 24, 'did you mean `in`?'],
    [around('  term a = 1 + if x then 1 else 2'), 'E0108', 4, 16, 'in parentheses'],
    ['cosnt n = 3\nindex k\n', 'E0109', 1, 1, 'did you mean `const`?'],
    ['energy E(x real) {\n  term a = x\n}\n', 'E0103', 1, 12, 'expected `:` and a domain after `x`'],
    ['energy E(x : ) {\n  term a = x\n}\n', 'E0118', 1, 14, 'expected a domain such as `real`'],
    ['energy E(x : real {\n  term a = x\n}\n', 'E0104', 1, 18, 'expected `,` or `)`, found `{`'],
    ['energy E(x : real)\n  term a = x\n}\n', 'E0103', 1, 19, 'expected `{`'],
    ['energy E(x : real) {\n  term a = x\n\nindex k\n', 'E0104', 2, 13, 'expected `}`, found `index`'],
    [
      'energy E(x : real) {\n  term a = x }\n  term b = x\n}\nindex k\n',
      'E0110',
      3,
      3,
      'belongs inside an energy',
    ],
    ['index k grid(3)\n', 'E0106', 1, 9, 'expected `=` after `k`, found `grid`'],
    ['data y : real[k] form "x.csv"\n', 'E0103', 1, 18, 'did you mean `from`?'],
    ['use A, B "x"\n', 'E0103', 1, 10, 'expected `from` after `B`'],
    ['param J real\n', 'E0106', 1, 9, 'expected `:`, `=` or `~` after `J`'],
    ['enum Job = { a, b c }\n', 'E0103', 1, 19, 'expected `,` or `}`, found `c`'],
    ['fn f(x : real) : real { let a = 1 }\n', 'E0108', 1, 34, "expected the function's result"],
    ['run r = sample(E, given = { f(x) = 3 })\n', 'E0117', 1, 29, 'only an unknown'],
    ['let a = 3\n', 'E0110', 1, 1, 'named with `const`'],
    ['hello there\nall of you\n', 'E0109', 1, 1, 'expected a declaration'],
    ['index k\n}\nindex j\n', 'E0105', 2, 1, '`}` closes nothing'],
    ['# a comment\nindex k\n', 'E0114', 1, 1, 'a comment begins with `//`'],
    ['const a = 1e999\n', 'E0116', 1, 11, 'too large'],
    ['const a = "a\\qb"\n', 'E0115', 1, 13, 'unknown escape `\\q`'],
    ['data y : real[]\n', 'E0108', 1, 15, 'expected a size or an index set'],
    ['\u0000\u0000\u0000', 'E0101', 1, 1, 'U+0000'],
  ];

  it.each(bad)('%j', (text, code, line, column, words) => {
    const { diagnostics } = parse(text, 'a.energy');
    const source = new Source('a.energy', text);
    const found = diagnostics.map((d) => {
      const start =
        d.place.kind === 'source' ? source.positionAt(d.place.span.start) : { line: 0, column: 0 };
      return `${d.code} ${start.line}:${start.column}`;
    });
    expect(found).toEqual([`${code} ${line}:${column}`]);
    expect(`${diagnostics[0].message} | ${diagnostics[0].suggestion ?? ''}`).toContain(words);
  });

  it('cost no more than their own statement', () => {
    for (const [text] of bad.filter(([t]) => t.startsWith('index k = 3\nenergy'))) {
      const [first, energy, after] = items(text);
      expect([first.kind, energy.kind, after.kind]).toEqual(['index', 'energy', 'const']);
      if (energy.kind !== 'energy') throw new Error('no energy');
      const names = energy.body.flatMap((s) => (s.kind === 'term' ? [s.name.text] : []));
      expect(names[0]).toBe('first');
      expect(names.at(-1)).toBe('last');
    }
  });

  it('point back to what was opened', () => {
    const text = 'const a = f(1,\n  [2, 3\n';
    const [d] = parse(text, 'a.energy').diagnostics;
    expect(d.notes).toEqual([
      {
        message: '`[` was opened here',
        place: { kind: 'source', span: { file: 'a.energy', start: 17, end: 18 } },
      },
    ]);
  });

  it('leave the names of broken declarations known', () => {
    const { program } = parse(
      'const n =\nindex k = )\nenergy E(x : real, y) {\n  let z = *\n}\nrun r = fit(\n',
      'a',
    );
    expect(program.items.map((i) => ('name' in i ? i.name.text : ''))).toEqual(['n', 'k', 'E', 'r']);
    const energy = program.items[2];
    if (energy.kind !== 'energy') throw new Error('no energy');
    expect(energy.params.map((p) => p.name.text)).toEqual(['x']);
    expect(energy.body).toMatchObject([{ kind: 'let', name: { text: 'z' }, value: { kind: 'error' } }]);
  });

  it('are one message each, wherever they are put in a program', () => {
    const wrong = [
      'const q =',
      'trem a = x',
      'index 3',
      'run = fit(E)',
      'enum A = b',
      'param w : = 3',
      'const a = 1)',
    ];
    fc.assert(
      fc.property(arbitraryProgram, arbitraryProgram, fc.constantFrom(...wrong), (before, after, line) => {
        const text = `${print(before)}\n${line}\n\n${print(after)}`;
        const { program, diagnostics } = parse(text, 'a.energy');
        expect(diagnostics).toHaveLength(1);
        const kept = program.items.filter((i) => i.span.start < print(before).length);
        expect(withoutSpans(kept)).toEqual(withoutSpans(before.items));
        const rest = program.items.slice(program.items.length - after.items.length);
        expect(withoutSpans(rest)).toEqual(withoutSpans(after.items));
      }),
      { numRuns: 100, seed: 4 },
    );
  }, 30_000);
});

describe('an unclosed bracket', () => {
  it.each([
    ['const a = (1', 'E0104'],
    ['enum A = { b', 'E0104'],
    ['run r = fit(E, given = { x[3 = 2', 'E0103'],
    ['energy E(x : real) {', 'E0104'],
    ['set s = [', 'E0104'],
  ])('ends with its declaration: %s', (line, code) => {
    const { program, diagnostics } = parse(`${tour.ising}\n${line}\n${tour.experts}`, 'a.energy');
    expect(diagnostics.map((d) => d.code)).toEqual([code]);
    const kinds = program.items.map((i) => i.kind).join(' ');
    expect(kinds).toMatch(
      /^index set data param param energy run run .*use use data param set energy run run$/,
    );
  });
});

describe('hostile text', () => {
  const bounded = (text: string): ReturnType<typeof parse> => {
    const parsed = parse(text, 'a.energy');
    expect(parsed.diagnostics.length).toBeLessThanOrEqual(maxDiagnostics + 1);
    for (const d of parsed.diagnostics) {
      expect(Object.keys(syntaxCodes)).toContain(d.code);
      expect(d.message.length).toBeLessThan(400);
      expect(d.message).not.toMatch(/MismatchedToken|NoViableAlt|LeftParen|RightParen|Identifier|undefined/);
    }
    return parsed;
  };

  it('of any kind gets an answer', () => {
    const pieces = [
      'energy E(',
      'term a = ',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '\n',
      ' ',
      'x',
      '=',
      '~',
      '"',
      '1',
      ',',
      'for',
      'in',
    ];
    const soup = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(soup, (parts) => {
        const text = parts.join('');
        const { program, diagnostics } = bounded(text);
        for (const d of diagnostics) {
          if (d.place.kind !== 'source') throw new Error('a mistake of the text is somewhere else');
          expect(d.place.span.start).toBeGreaterThanOrEqual(0);
          expect(d.place.span.end).toBeLessThanOrEqual(text.length);
        }
        if (diagnostics.length === 0) expect(parse(print(program), 'a').diagnostics).toEqual([]);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it('cut off anywhere keeps what came before', () => {
    const text = tour.experts;
    for (let at = 0; at < text.length; at += 7) {
      const lineStart = text.lastIndexOf('\n', at - 1);
      const whole = parse(text, 'a').program.items.filter((i) => i.span.end <= lineStart);
      expect(withoutSpans(bounded(text.slice(0, at)).program.items.slice(0, whole.length))).toEqual(
        withoutSpans(whole),
      );
    }
  });

  it('nested deeply is refused with one message', () => {
    const n = 10_000;
    const deep = [
      `const a = ${'('.repeat(n)}1${')'.repeat(n)}`,
      `const a = ${'['.repeat(n)}`,
      `const a = ${'f('.repeat(n)}`,
      `const a = ${'if '.repeat(n)}`,
      `const a = ${'- '.repeat(n)}1`,
      `const a = ${'not '.repeat(n)}x`,
      `const a = 1${' ^ 1'.repeat(n)}`,
      `const a = 1${' + 1'.repeat(n)}`,
      `const a = x${'.y'.repeat(n)}`,
      `const a = ${'if a then b else '.repeat(n)}c`,
      `const a = ${'scan(t in d, p = 0) = '.repeat(n)}p`,
      `energy E(x : real) {\n  term a = ${'{'.repeat(n)}\n}`,
    ];
    for (const text of deep) {
      const { program, diagnostics } = bounded(`${text}\nindex k\n`);
      expect(diagnostics.map((d) => d.code)).toEqual(['E0111']);
      expect(program.items.at(-1)?.kind).toBe('index');
      expect(() => print(program)).not.toThrow();
    }
  });

  it('as long as it likes is read or refused in one piece', () => {
    const mega = 1_000_000;
    expect(bounded(`const a = [${'1, '.repeat(mega / 10)}1]`).diagnostics).toEqual([]);
    expect(bounded(`const a = "${'x'.repeat(mega)}"`).diagnostics).toEqual([]);
    expect(bounded(`// ${'x'.repeat(mega)}`).diagnostics).toEqual([]);
    expect(bounded('\u0000'.repeat(mega)).diagnostics.length).toBe(1);
    expect(bounded(`/*${'*'.repeat(mega)}`).diagnostics.length).toBe(1);
    expect(bounded(`"${'\\"'.repeat(mega / 2)}`).diagnostics.length).toBe(1);
    expect(bounded('('.repeat(mega / 4)).diagnostics.length).toBe(1);
    expect(bounded('energy E {\n'.repeat(mega / 100)).diagnostics.length).toBe(maxDiagnostics + 1);
    expect(bounded('$'.repeat(mega / 10)).diagnostics.length).toBe(1);
    expect(bounded('\n'.repeat(mega)).diagnostics).toEqual([]);
  }, 20_000);

  it('with thousands of lines is no burden', () => {
    const unit = tour.ising.replaceAll('\n\n', '\n');
    const text = unit.repeat(Math.ceil(2000 / unit.split('\n').length));
    parse(text, 'a.energy');
    const began = performance.now();
    const { program, diagnostics } = parse(text, 'a.energy');
    expect(performance.now() - began).toBeLessThan(3000);
    expect(diagnostics).toEqual([]);
    expect(program.items.length).toBeGreaterThan(1000);
  });
});
