/** The reader of UAI models and evidence, and the arrays and texts made from them. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileText } from '../../src/compile.ts';
import { decodeData } from '../../src/io/table.ts';
import { readUai, readUaiEvidence, type UaiModel } from '../../src/io/uai.ts';
import { uaiArrays, uaiLayout, uaiText } from '../../src/io/uai-program.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): UaiModel => readUai(bytes(text), 'm.uai');

/** Three variables of 2, 3 and 2 states, a factor of each kind, one of none. */
const MODEL = `MARKOV
3
2 3 2
4
1 1
2 0 1
2 1 2
0

3
 .2 0.5 3e-1
6
 1 2 3
 0 5 6
6
 1 1
 2 2
 1 4

1
 0.5
`;

const faultOf = (run: () => unknown) => {
  try {
    run();
  } catch (e) {
    if (e instanceof EnergyError) return e.diagnostics[0];
    throw e;
  }
  return undefined;
};

describe('a UAI model', () => {
  it('is read as variables and tables', () => {
    const m = read(MODEL);
    expect(m.kind).toBe('MARKOV');
    expect([...m.states]).toEqual([2, 3, 2]);
    expect(m.factors.map((f) => [...f.scope])).toEqual([[1], [0, 1], [1, 2], []]);
    expect([...m.factors[1].table]).toEqual([1, 2, 3, 0, 5, 6]);
  });

  it('is grouped by numbers of states, tables of equal shape together', () => {
    const m = read(MODEL);
    const { variables, factors, place } = uaiLayout(m);
    expect(variables).toEqual([
      { states: 2, members: [0, 2] },
      { states: 3, members: [1] },
    ]);
    expect(factors.map((f) => [f.states, f.zeros])).toEqual([
      [[], false],
      [[3], false],
      [[2, 3], true],
      [[3, 2], false],
    ]);
    expect([...place]).toEqual([0, 0, 1]);
    const arrays = uaiArrays(m);
    expect(arrays.get('weight3')).toMatchObject({ shape: [1, 2, 3] });
    expect(arrays.get('at4_2')?.data).toEqual(Int32Array.of(1));
    expect(arrays.get('weight1')?.shape).toEqual([1]);
  });

  it('becomes a program without a fault', () => {
    const compiled = compileText(uaiText(read(MODEL), 'odd "name".uai'), 'm.uai');
    expect(compiled.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    expect(compiled.program.energies.get('Model')?.energy.unknowns.map((u) => u.name)).toEqual(['x2', 'x3']);
  });

  it('is a file of named data', async () => {
    const file = await decodeData(bytes(MODEL), 'm.uai');
    expect(file.kind).toBe('named');
  });
});

describe('a malformed UAI model', () => {
  it.each([
    ['nothing', '', /ends where `MARKOV` or `BAYES` should be/, 1],
    ['another kind', 'LIMID\n3', /expected `MARKOV` or `BAYES`, found `LIMID`/, 1],
    ['no variables', 'MARKOV\n0\n', /the number of variables, a whole number from 1/, 2],
    ['a count that cannot follow', 'MARKOV\n99999999\n2', /before so many can follow/, 2],
    ['a variable without states', 'MARKOV\n2\n2 0\n1', /number of states of variable 1/, 3],
    ['a fraction of a state', 'MARKOV\n1\n2.5\n1', /found `2.5`/, 3],
    ['a variable that is not there', 'MARKOV\n2\n2 2\n1\n2 0 2\n4\n1 1 1 1', /from 0 to 1; found `2`/, 5],
    ['a variable twice', 'MARKOV\n2\n2 2\n1\n2 1 1\n4\n1 1 1 1', /names variable 1 twice/, 5],
    [
      'a table of another size',
      'MARKOV\n1\n2\n1\n1 0\n3\n1 1 1',
      /expected 2, the product of the numbers of states of variables 0/,
      6,
    ],
    ['a table that ends', 'MARKOV\n1\n2\n1\n1 0\n2\n1\n', /ends where entry 1 of the table of factor 0/, 8],
    ['a negative entry', 'MARKOV\n1\n2\n1\n1 0\n2\n1 -1', /not negative; found `-1`/, 7],
    ['an infinite entry', 'MARKOV\n1\n2\n1\n1 0\n2\n1 inf', /finite number/, 7],
    ['a word for a number', 'MARKOV\n1\n2\n1\n1 0\n2\n1 one', /found `one`/, 7],
    ['something after the end', 'MARKOV\n1\n2\n1\n1 0\n2\n1 1\n1', /something after the last table: `1`/, 8],
    ['bytes that are no text', 'MARKOV\n\u0000\u0001', /the number of variables/, 2],
  ])('%s', (_, text, message, row) => {
    const fault = faultOf(() => read(text));
    expect(fault).toMatchObject({ code: 'E0523', place: { kind: 'data', file: 'm.uai', row } });
    expect(fault?.message).toMatch(message);
  });

  it('of too many entries or too wide a factor is refused before memory is', () => {
    const states = Array.from({ length: 40 }, () => 2).join(' ');
    const scope = (n: number) => Array.from({ length: n }, (_, i) => i).join(' ');
    expect(faultOf(() => read(`MARKOV\n40\n${states}\n1\n40 ${scope(40)}\n2\n1 1`))?.code).toBe('E0518');
    expect(faultOf(() => read(`MARKOV\n40\n${states}\n1\n29 ${scope(29)}\n2\n1 1`))?.code).toBe('E0504');
  });

  it('cut anywhere, or with a byte changed, is a model or a fault', () => {
    const whole = bytes(MODEL);
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      byte: fc.nat(255),
      length: fc.integer({ min: 0, max: whole.length }),
    });
    fc.assert(
      fc.property(change, ({ at, byte, length }) => {
        const changed = whole.slice();
        changed[at] = byte;
        const fault = faultOf(() => readUai(changed.subarray(0, length), 'm.uai'));
        expect(fault === undefined || /^E05(23|18|04)$/.test(fault.code)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('evidence', () => {
  const on = (text: string): ReadonlyMap<number, number> =>
    readUaiEvidence(bytes(text), 'm.uai.evid', { states: Int32Array.of(2, 3, 2) });

  it('is pairs of a variable and its state, in the newer and in the older form', () => {
    expect([...on('2 0 1 1 2\n')]).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect([...on('1\n1 1 2\n')]).toEqual([[1, 2]]);
    expect([...on('1 2 1')]).toEqual([[2, 1]]);
    expect([...on('0')]).toEqual([]);
    expect([...on('1\n0\n')]).toEqual([]);
    expect([...on('')]).toEqual([]);
  });

  it.each([
    ['a variable that is not there', '1 3 0', /from 0 to 2; found `3`/],
    ['a state that is not there', '1 0 2', /a state of variable 0, a whole number from 0 to 1/],
    ['a variable twice', '2 0 1 0 1', /variable 0 is given twice/],
    ['too few numbers', '2 0 1', /which take 5 numbers in all; found 3/],
    ['two samples', '2\n1 0 1\n1 0 0', /2 samples of evidence; expected one/],
    ['no number', 'x', /the number of known variables/],
  ])('%s is a fault', (_, text, message) => {
    const fault = faultOf(() => on(text));
    expect(fault?.code).toBe('E0523');
    expect(fault?.message).toMatch(message);
  });
});
