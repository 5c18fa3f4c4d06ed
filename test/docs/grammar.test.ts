/** `docs/grammar.md` and its diagrams are what the parser says of itself; `npm run grammar` writes them anew. */
import { existsSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { grammarDocument, notes } from '../../grammar/document.ts';
import { ruleText } from '../../grammar/notation.ts';
import { railroad } from '../../grammar/railroad.ts';
import { grammarRules, type Shape } from '../../grammar/shapes.ts';
import { expectGolden } from '../run/golden.ts';
import { root } from './kit.ts';

const folder = path.join(root, 'docs/grammar');
const made = grammarDocument();

function* within(s: Shape): Iterable<Shape> {
  yield s;
  if (s.kind === 'sequence' || s.kind === 'choice') for (const p of s.parts) yield* within(p);
  if (s.kind === 'option' || s.kind === 'repeat') yield* within(s.body);
  if (s.kind === 'repeat' && s.separator) yield* within(s.separator);
}

describe('docs/grammar.md', () => {
  it('is what the parser says of itself', () => {
    expectGolden(path.join(root, 'docs/grammar.md'), made.text);
  });

  it('has the diagram of every rule, and no other', () => {
    if (process.env.UPDATE_GOLDENS === '1') mkdirSync(folder, { recursive: true });
    for (const [name, svg] of made.diagrams) expectGolden(path.join(folder, `${name}.svg`), svg);
    const kept = existsSync(folder) ? readdirSync(folder) : [];
    const strange = kept.filter((f) => !made.diagrams.has(f.replace(/\.svg$/, '')));
    if (process.env.UPDATE_GOLDENS === '1') for (const f of strange) unlinkSync(path.join(folder, f));
    else expect(strange).toEqual([]);
  });
});

describe('the rules', () => {
  const rules = grammarRules();

  it('begin with the program, have names of their own, and mention none that is missing', () => {
    const names = rules.map((r) => r.name);
    expect(names[0]).toBe('program');
    expect(new Set(names).size).toBe(names.length);
    const mentioned = rules.flatMap((r) =>
      [...within(r.shape)].flatMap((s) => (s.kind === 'rule' ? [s.name] : [])),
    );
    expect(mentioned.filter((n) => !names.includes(n))).toEqual([]);
    expect(names.slice(1).filter((n) => !mentioned.includes(n))).toEqual([]);
  });

  it('show every word as it is written', () => {
    const words = rules.flatMap((r) =>
      [...within(r.shape)].flatMap((s) => (s.kind === 'word' ? [s.text] : [])),
    );
    expect(words).toContain('one_based');
    expect(words.filter((w) => /[A-Z]/.test(w))).toEqual([]);
  });

  it('have notes for rules only', () => {
    const sources = rules.map((r) => r.source);
    expect(Object.keys(notes).filter((n) => !sources.includes(n))).toEqual([]);
    expect(made.text).toContain(notes.postfix);
  });

  it('are written as lists where the parser reads lists', () => {
    const text = (name: string): string => ruleText(rules.find((r) => r.name === name)!, 0);
    expect(text('use-name')).toBe('use-name = name ("as" name)?');
    expect(text('arguments')).toBe('arguments = "(" (argument ("," argument)* ","?)? ")"');
    expect(text('parameter-declaration').split('\n').length).toBe(3);
  });

  it('fit into 110 columns', () => {
    expect(
      made.text
        .split('```')
        .filter((_, i) => i % 2 === 1)
        .join('\n')
        .split('\n')
        .filter((l) => l.length > 110),
    ).toEqual([]);
  });
});

describe('a diagram', () => {
  const word = (text: string): Shape => ({ kind: 'word', text });

  it('escapes what it shows and stays inside its frame', () => {
    const svg = railroad('r', {
      kind: 'repeat',
      orNone: true,
      separator: word('<'),
      body: {
        kind: 'choice',
        parts: [word('&'), { kind: 'sequence', parts: [word('a'), { kind: 'rule', name: 'b' }] }],
      },
    });
    expect(svg).toContain('>&lt;</text>');
    expect(svg).toContain('>&amp;</text>');
    expect(svg).toContain('<a href="b.svg">');
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
    const boxes = [
      ...svg.matchAll(/<rect class="." x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="(\d+)"/g),
    ].map((m) => m.slice(1).map(Number));
    expect(boxes.length).toBe(4);
    for (const [x, y, w, h] of boxes) {
      expect(x).toBeGreaterThan(0);
      expect(y).toBeGreaterThan(0);
      expect(x + w).toBeLessThan(width);
      expect(y + h).toBeLessThan(height);
    }
  });

  it('never lays one box over another', () => {
    for (const [name, svg] of made.diagrams) {
      const boxes = [
        ...svg.matchAll(/<rect class="." x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="(\d+)"/g),
      ].map((m) => m.slice(1).map(Number));
      boxes.forEach(([x, y, w, h], i) => {
        for (const [x2, y2, w2, h2] of boxes.slice(i + 1))
          expect(x < x2 + w2 && x2 < x + w && y < y2 + h2 && y2 < y + h, name).toBe(false);
      });
    }
  });
});
