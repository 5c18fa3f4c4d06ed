/** `scan` in the language: its values, its types, and what is said where it is used wrongly. */
import { describe, expect, it } from 'vitest';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { batchInputs, compile } from '../../src/infer/model.ts';
import { makeBatch, totalEnergy } from '../../src/ir/batch.ts';
import { checkLegalEnergy } from '../../src/ir/legal.ts';
import { open } from '../run/kit.ts';

/** The energy of a program at a state of its unknowns, in order, and how many requirements that breaks. */
async function weigh(
  text: string,
  state: readonly (readonly number[])[],
): Promise<{ energy: number; broken: number }> {
  const model = (await open(text)).model('E');
  checkLegalEnergy(model.energy);
  const b = model.builder;
  const one = b.axis(b.range(1), 'state');
  const batch = makeBatch(b, model.energy.unknowns, [one]);
  const states = new Map(model.unknowns.map((u, i) => [u.slot, Float64Array.from(state[i])]));
  const broken = model.energy.support.map((c) =>
    b.sum(c.axes, b.call('not', batch.on(c.condition)), c.where && batch.on(c.where)),
  );
  const outputs = [
    { name: 'e', axes: [one], node: batch.on(totalEnergy(b, model.energy)) },
    { name: 'broken', axes: [one], node: b.addAll(broken) },
  ];
  const out = compile(model, outputs, new Map(), referenceEngine()).run(
    batchInputs(model, batch.slots, states, 1),
  );
  return { energy: out.get('e')!.data[0], broken: out.get('broken')!.data[0] };
}

const energyOf = async (text: string, ...state: readonly number[][]): Promise<number> =>
  (await weigh(text, state)).energy;

/** The diagnostics of a wrong program, as they are printed. */
const faults = (text: string): Promise<string> =>
  open(text).then(
    () => '',
    (e: Error) => e.message,
  );

describe('values', () => {
  it('of a number carried along an index set, an anonymous range, and a subset', async () => {
    const sum = (over: string, more = ''): string => `
      index day = 4
      ${more}
      energy E(x : real) {
        term e = sum(scan(t in ${over}, prev = 1) = 2 * prev + x * t)
      }`;
    const loop = (times: readonly number[]): number => {
      let [now, total] = [1, 0];
      for (const t of times) {
        now = 2 * now + 0.5 * t;
        total += now;
      }
      return total;
    };
    expect(await energyOf(sum('day'), [0.5])).toBeCloseTo(loop([0, 1, 2, 3]), 12);
    expect(await energyOf(sum('2..5'), [0.5])).toBeCloseTo(loop([2, 3, 4]), 12);
    const odd = 'set odd = { d for d in day where d == 1 or d == 3 }';
    expect(await energyOf(sum('odd', odd), [0.5])).toBeCloseTo(loop([1, 3]), 12);
  });

  it('of arrays: the position first, then the state; read at shifted positions', async () => {
    const text = `
      index day = 3
      index part = 2
      param w : real[part] = [0.5, 2]
      energy E(x : real[part]) {
        let path = scan(t in day, prev = x) = [prev[p] * w[p] + sum(prev) for p in part]
        let last = path[2, :]
        term e = last[0] - 3 * last[1] + sum(path[t - 1, 0] for t in day where t > 0)
      }`;
    let now = [0.3, -0.7];
    const path = [0, 1, 2].map(() => {
      const sum = now[0] + now[1];
      now = [now[0] * 0.5 + sum, now[1] * 2 + sum];
      return now;
    });
    const want = path[2][0] - 3 * path[2][1] + path[0][0] + path[1][0];
    expect(await energyOf(text, [0.3, -0.7])).toBeCloseTo(want, 12);
  });

  it('of one in an array comprehension, and in a function', async () => {
    const text = `
      index day = 3
      index person = 2
      fn smooth(x : real[n], a : real) : real[n] = scan(t in n, prev = x[0]) = a * prev + (1 - a) * x[t]
      energy E(x : real[person, day], a : real[person]) {
        let one = [scan(t in day, prev = 0) = a[p] * prev + x[p, t] for p in person]
        let two = [smooth(x[p, :], a[p]) for p in person]
        term e = sum(one ^ 2) + sum(two * x)
      }`;
    const x = [0.1, 0.2, 0.4, -0.3, 0.7, 0.5];
    const a = [0.5, -0.2];
    let want = 0;
    for (let p = 0; p < 2; p++) {
      let [one, two] = [0, x[3 * p]];
      for (let t = 0; t < 3; t++) {
        const v = x[3 * p + t];
        one = a[p] * one + v;
        two = a[p] * two + (1 - a[p]) * v;
        want += one * one + two * v;
      }
    }
    expect(await energyOf(text, x, a)).toBeCloseTo(want, 12);
  });

  it('of a category: an automaton; and of a truth value', async () => {
    const text = `
      enum Mode = { idle, busy }
      index day = 5
      energy E(start : Mode, go : bit[day]) {
        let mode = scan(t in day, prev = start) = if go[t] == 1 then Mode.busy else prev
        let ever = scan(t in day, seen = 1 > 2) = seen or go[t] == 1
        term e = sum(mode == Mode.busy) + 10 * sum(ever)
      }`;
    expect(await energyOf(text, [0], [0, 0, 1, 0, 0])).toBe(3 + 30);
    expect(await energyOf(text, [1], [0, 0, 0, 0, 0])).toBe(5);
  });

  it('of one in the step of another', async () => {
    const text = `
      index week = 2
      index day = 3
      energy E(x : real[week, day]) {
        let level = scan(w in week, prev = 1) = sum(scan(d in day, now = prev) = 0.5 * now + x[w, d] * prev)
        term e = sum(level)
      }`;
    const x = [0.3, 0.1, -0.4, 0.2, 0.6, 0.5];
    let [prev, want] = [1, 0];
    for (let w = 0; w < 2; w++) {
      let [now, sum] = [prev, 0];
      for (let d = 0; d < 3; d++) {
        now = 0.5 * now + x[3 * w + d] * prev;
        sum += now;
      }
      prev = sum;
      want += prev;
    }
    expect(await energyOf(text, x)).toBeCloseTo(want, 12);
  });

  it('requires at every step what an energy called there requires', async () => {
    const text = `
      index day = 4
      energy Small(v : real) {
        require v < 2
        term e = v ^ 2
      }
      energy E(x : real) {
        term total = sum(scan(t in day, prev = x) = prev + 1 + 0 * Small(prev))
      }`;
    // The states before the steps are x, x + 1, x + 2, x + 3.
    expect((await weigh(text, [[-5]])).broken).toBe(0);
    expect((await weigh(text, [[-0.5]])).broken).toBe(1);
    expect((await weigh(text, [[1]])).broken).toBe(3);
  });
});

describe('messages', () => {
  const scan = (binder: string, start: string, step: string): string => `
    index day = 4
    index part = 2
    set bond = { (d, e) for d in day, e in day where d < e }
    enum Mode = { idle, busy }
    param w : real[part] = 0
    energy E(x : real[day], m : Mode) {
      term e = sum(scan(${binder}, prev = ${start}) = ${step})
    }`;

  it.each([
    [
      't in day',
      '0',
      '[prev for p in part]',
      'E0302',
      'start from an array, e.g. `prev = [0 for i in part]`',
    ],
    ['t in day', 'w', 'x[t]', 'E0302', 'make it an array, `[… for i in part]`'],
    ['t in day', 'w', 'x', 'E0302', '`prev` starts as an array over [`part`] of numbers'],
    ['t in day', 'm', '1', 'E0301', '`prev` starts as a value of `Mode`, this is an integer'],
    ['t in w', '0', 'prev', 'E0301', 'index set'],
    ['t in Mode', '0', 'prev', 'E0307', 'have no order'],
    ['prev in day', '0', 'prev', 'E0202', 'names both the position and the state'],
    ['(s, t) in bond', '0', 'prev', 'E0301', 'these are 2 at a time'],
    ['t in bond', '0', 'prev + 1', 'E0301', 'runs over a set of 2-tuples'],
    ['t in day', '0', 'prev[t]', 'E0304', '`prev` has no indices'],
    ['t in day', '0', 'prve + x[t]', 'E0201', 'did you mean `prev`?'],
    ['t in day', 'prev', 'prev', 'E0201', 'prev'],
  ])('scan(%s, prev = %s) = %s', async (binder, start, step, code, says) => {
    const found = await faults(scan(binder, start, step));
    expect(found).toContain(code);
    expect(found).toContain(says);
  });

  it('points at a read that leaves its array at some step', async () => {
    const text = scan('t in day', '0', 'prev + x[t - 1]');
    await expect(open(text)).rejects.toMatchObject({
      diagnostics: [{ code: 'E0538', message: expect.stringContaining('(t = 0)') }],
    });
    await expect(
      open(scan('t in day', '0', 'prev + (if t > 0 then x[t - 1] else 0)')),
    ).resolves.toBeDefined();
  });
});
