import { describe, expect, it } from 'vitest';
import { at, type Diagnostic } from '../../src/syntax/diagnostic.ts';
import { parse } from '../../src/syntax/parse.ts';
import { render, renderAll, windowWidth } from '../../src/syntax/render.ts';
import { Source } from '../../src/syntax/span.ts';

const plain = { color: false };
const sourceOf = (text: string) => (file: string) =>
  file === 'a.energy' ? new Source(file, text) : undefined;
const spot = (start: number, end: number, more: Partial<Diagnostic> = {}): Diagnostic => ({
  severity: 'error',
  code: 'E0203',
  place: at({ file: 'a.energy', start, end }),
  message: 'unknown name `hh`',
  ...more,
});

describe('render', () => {
  it('shows the line, the fault, its notes and what to do', () => {
    const text = 'energy E(x : real) {\n  term a = sum(x fro i in S)\n}\n';
    const { diagnostics } = parse(text, 'a.energy');
    expect(
      renderAll(diagnostics, sourceOf(text), plain),
    ).toBe(`error[E0103]: expected \`,\` or \`)\`, found \`fro\`
 --> a.energy:2:18
  |
2 |   term a = sum(x fro i in S)
  |                  ^^^
note: \`(\` was opened here
 --> a.energy:2:15
  |
2 |   term a = sum(x fro i in S)
  |               ^
help: did you mean \`for\`?`);
  });

  it('keeps carets in place behind tabs and control characters', () => {
    const text = '\tterm\u0001 a = hh';
    expect(render(spot(11, 13), sourceOf(text), plain)).toBe(`error[E0203]: unknown name \`hh\`
 --> a.energy:1:12
  |
1 |     term\ufffd a = hh
  |               ^^`);
  });

  it('shows a window of a long line', () => {
    const text = `${'x + '.repeat(500)}hh${' + x'.repeat(500)}`;
    const shown = render(spot(2000, 2002), sourceOf(text), plain).split('\n');
    expect(shown[1]).toBe(' --> a.energy:1:2001');
    expect(shown[3].length).toBeLessThanOrEqual(windowWidth + '1 | '.length);
    const caret = shown[4].indexOf('^^');
    expect(shown[3].slice(caret, caret + 2)).toBe('hh');
    expect(shown[3]).toMatch(/^1 \| ….*…$/);
  });

  it('bounds the underline of a span as long as its line', () => {
    const text = 'y'.repeat(1_000_000);
    const shown = render(spot(0, text.length), sourceOf(text), plain).split('\n');
    expect(Math.max(...shown.map((l) => l.length))).toBeLessThanOrEqual(windowWidth + '1 | '.length);
  });

  it('marks the end of a line, of the text, and the first line of several', () => {
    const text = 'const a =\n  b +\n  c';
    expect(render(spot(9, 9), sourceOf(text), plain)).toMatch(/1 \| const a =\n {2}\| {10}\^$/);
    expect(render(spot(text.length, text.length), sourceOf(text), plain)).toMatch(/3 \| {3}c\n {2}\| {4}\^$/);
    expect(render(spot(12, text.length), sourceOf(text), plain)).toMatch(/2 \| {3}b \+\n {2}\| {3}\^\^\^$/);
  });

  it('names places in data files', () => {
    const place = { kind: 'data', file: 'adults.csv', row: 17, column: 'age' } as const;
    const d = spot(0, 0, { code: 'E0503', place, message: 'expected a number, found "old"' });
    expect(render(d, () => undefined, plain)).toBe(
      'error[E0503]: expected a number, found "old"\n --> adults.csv, row 17, column "age"',
    );
  });

  it('colours only when asked, and copes with files it does not know', () => {
    const d = spot(0, 1, { severity: 'warning', code: 'W0401', suggestion: 'bound it' });
    expect(render(d, () => undefined, plain)).toBe(
      'warning[W0401]: unknown name `hh`\n --> a.energy\nhelp: bound it',
    );
    const esc = String.fromCharCode(27);
    expect(render(d, () => undefined, { color: true })).toContain(`${esc}[1;33mwarning[W0401]${esc}[0m`);
  });
});
