/** Options of jobs as edits of the text: what changes, and that nothing else does. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdit, editRun, type WrittenOption, writtenRuns } from '../../src/language/edit-run.ts';
import { parse } from '../../src/syntax/parse.ts';

const edited = (text: string, option: string, value: string | null, job = 'draws'): string | null => {
  const e = editRun(text, job, option, value);
  return e && applyEdit(text, e);
};
const ISING = 'energy E(x : bit) { term t = x }\n';
const program = (run: string): string => `${ISING}${run}\n`;

describe('an option of a job', () => {
  it('is added behind the others, replaced where it stands, and removed with its comma', () => {
    const text = program('run draws = sample(E, draws = 500, seed = 1) // by hand');
    expect(edited(text, 'chains', '8')).toBe(
      program('run draws = sample(E, draws = 500, seed = 1, chains = 8) // by hand'),
    );
    expect(edited(text, 'draws', '20')).toBe(
      program('run draws = sample(E, draws = 20, seed = 1) // by hand'),
    );
    expect(edited(text, 'draws', null)).toBe(program('run draws = sample(E, seed = 1) // by hand'));
    expect(edited(text, 'seed', null)).toBe(program('run draws = sample(E, draws = 500) // by hand'));
    expect(edited(program('run draws = sample(E)'), 'n', '3')).toBe(program('run draws = sample(E, n = 3)'));
  });

  it('keeps lines, indents, trailing commas and remarks', () => {
    const text = program('run draws = sample(\n    E,\n    draws = 500, // enough\n    seed = 1 // any\n)');
    const more = edited(text, 'chains', '8')!;
    expect(more).toBe(
      program(
        'run draws = sample(\n    E,\n    draws = 500, // enough\n    seed = 1, // any\n    chains = 8\n)',
      ),
    );
    expect(edited(more, 'chains', null)).toBe(text);
    expect(edited(text, 'seed', null)).toBe(
      program('run draws = sample(\n    E,\n    draws = 500 // enough // any\n)'),
    );
    const trailing = program('run draws = sample(\n  E,\n  draws = 5,\n)');
    expect(edited(trailing, 'chains', '8')).toBe(
      program('run draws = sample(\n  E,\n  draws = 5,\n  chains = 8,\n)'),
    );
  });

  it('of a nested call is set inside it, and the call is written where it was not', () => {
    const learning = (rest: string): string => program(`run draws = fit(E, seen${rest})`);
    expect(edited(learning(''), 'loss.t', '0.5')).toBe(learning(', loss = discrepancy(t = 0.5)'));
    expect(edited(learning(', loss = discrepancy'), 'loss.t', '0.5')).toBe(
      learning(', loss = discrepancy(t = 0.5)'),
    );
    expect(edited(learning(', loss = discrepancy(t = 0.5)'), 'loss.draws', '8')).toBe(
      learning(', loss = discrepancy(t = 0.5, draws = 8)'),
    );
    expect(edited(learning(', loss = discrepancy(t = 0.5, draws = 8)'), 'loss.t', null)).toBe(
      learning(', loss = discrepancy(draws = 8)'),
    );
    expect(edited(learning(', loss = discrepancy(t = 0.5)'), 'loss.t', null)).toBe(
      learning(', loss = discrepancy'),
    );
    expect(edited(learning(', optimizer = adam()'), 'optimizer.rate', '0.1')).toBe(
      learning(', optimizer = adam(rate = 0.1)'),
    );
    expect(edited(learning(', loss = likelihood'), 'loss.t', '0.5')).toBeNull();
  });

  it('that is given by position is replaced there, and cannot be left out', () => {
    const text = program('run draws = compare(one, seen, seed = 1)');
    expect(edited(text, 'data', 'other')).toBe(program('run draws = compare(one, other, seed = 1)'));
    expect(edited(text, 'draws', null)).toBeNull();
    expect(edited(program('run draws = compare(draws = one, data = seen)'), 'data', null)).toBeNull();
  });

  it('is refused where the text would say something else', () => {
    const text = program('run draws = sample(E, draws = 500)');
    for (const bad of ['3) run x = sample(E', '3, seed = 2', '3 // rest', '', '3 +', '(', '"'])
      expect([bad, edited(text, 'chains', bad)]).toEqual([bad, null]);
    expect(edited(text, 'colour', '3')).toBeNull();
    expect(edited(text, 'chains', '3', 'other')).toBeNull();
    expect(edited(text, 'draws', '500')).toBeNull();
    expect(edited(text, 'chains', null)).toBeNull();
    expect(edited('run draws = 3', 'chains', '3')).toBeNull();
    expect(edited('energy E( {\nrun draws = sample(E)', 'chains', '3')).toBe(
      'energy E( {\nrun draws = sample(E, chains = 3)',
    );
  });
});

/** Jobs in all kinds of layout. */
const options: Readonly<Record<string, readonly string[]>> = {
  draws: ['500', '20'],
  chains: ['4', '8'],
  method: ['auto', 'gibbs'],
  given: ['{ x = 1 }', '{ x = 1 } // half'],
  seed: ['1'],
};
const remark = fc.constantFrom('', ' // so', ' // a, b)');
const written = fc.record({
  used: fc.subarray(Object.keys(options)),
  pick: fc.nat(1),
  layout: fc.constantFrom('line', 'lines', 'after'),
  remarks: fc.array(remark, { minLength: 6, maxLength: 6 }),
  trailing: fc.boolean(),
  indent: fc.constantFrom('  ', '    ', '\t'),
});
function layOut(w: typeof written extends fc.Arbitrary<infer T> ? T : never): string {
  const items = [
    'E',
    ...w.used.map((o) => `${o} = ${options[o][w.pick % options[o].length].split(' //')[0]}`),
  ];
  const comma = w.trailing ? ',' : '';
  if (w.layout === 'line') return `run draws = sample(${items.join(', ')}${comma})`;
  if (w.layout === 'after') return `run draws = sample(${items.join(`,\n${w.indent}`)}${comma})`;
  const lines = items.map(
    (x, i) => `${w.indent}${x}${i < items.length - 1 ? ',' : comma}${w.remarks[i] ?? ''}`,
  );
  return `run draws = sample(\n${lines.join('\n')}\n)`;
}

const texts = (o: readonly WrittenOption[]): Readonly<Record<string, string>> =>
  Object.fromEntries(o.map((x) => [x.name, x.text]));

describe('in every layout', () => {
  it('an edit parses, changes that option alone and no remark; removing what was added restores the text', () => {
    fc.assert(
      fc.property(
        written,
        fc.constantFrom(...Object.keys(options), 'thin'),
        fc.constantFrom('7', 'auto', null),
        (w, option, value) => {
          const before = program(layOut(w));
          const after = edited(before, option, value);
          const [old] = writtenRuns(before);
          const had = Object.hasOwn(texts(old.options), option);
          if (value === null ? !had : texts(old.options)[option] === value) {
            expect(after).toBeNull();
            return;
          }
          expect(after).not.toBeNull();
          const { diagnostics, program: tree } = parse(after!, 'x');
          expect(diagnostics).toEqual([]);
          const [now] = writtenRuns(after!);
          const expected: Record<string, string> = { ...texts(old.options) };
          if (value === null) delete expected[option];
          else expected[option] = value;
          expect(texts(now.options)).toEqual(expected);
          const remarks = (text: string): string => text.match(/\/\/[^\n]*/g)?.join('') ?? '';
          expect(remarks(after!).replace(/\s/g, '')).toBe(remarks(before).replace(/\s/g, ''));
          expect(tree.items).toHaveLength(2);
          if (!had) expect(edited(after!, option, null)).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('jobs of all examples can be read, and their options set and reset', () => {
    const root = path.resolve(import.meta.dirname, '../../examples');
    let jobs = 0;
    for (const file of fs.readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.energy')) continue;
      const text = fs.readFileSync(path.join(root, file), 'utf8');
      for (const run of writtenRuns(text)) {
        jobs++;
        if (run.options.some((o) => o.name === 'seed')) continue;
        const with7 = edited(text, 'seed', '7', run.job);
        if (run.verb === 'score' || run.verb === 'predict') expect(with7).toBeNull();
        else expect([file, edited(with7!, 'seed', null, run.job)]).toEqual([file, text]);
      }
    }
    expect(jobs).toBeGreaterThan(100);
  });
});
