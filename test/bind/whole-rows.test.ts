import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { compileText } from '../../src/compile.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

const program = (jobs: string): string => `
enum Sky = { clear, grey }
type Day = { warmth : real, sky : Sky, hours : int(0, 24) }
data days : Day[day] from "days.csv"
param a : real
energy E(d : Day) {
  let x = encode(d, like = days)
  term bowl = sum(x ^ 2) + a * d.warmth
}
${jobs}`;

const days = 'warmth,sky,hours\n1,clear,3\n,grey,4\n3,,5\n4,grey,\n5,clear,7\n';

async function bound(jobs: string, text = days) {
  const compiled = compileText(program(jobs), 'days.energy');
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  return bind(compiled.program, memoryHost({ 'days.csv': text }));
}

const codeOf = async (run: Promise<unknown>): Promise<string> => {
  const fault = await run.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(fault instanceof EnergyError)) throw new Error('expected an EnergyError');
  return `${fault.diagnostics[0].code} ${fault.diagnostics[0].suggestion}`;
};

describe('fit(…, missing = drop)', () => {
  it('leaves out every row with an empty cell, for whatever reads the data', async () => {
    const b = await bound('run learn = fit(E, days, missing = drop)\nrun cost = score(E, days)');
    const column = (name: string) => {
      const [, array] = [...b.constants].find(([slot]) => slot.name === `days.${name}`)!;
      return array;
    };
    expect(column('warmth')).toEqual({ shape: [2], data: Float64Array.of(1, 5) });
    expect([...column('sky').data]).toEqual([0, 0]);
    expect([...column('hours').data]).toEqual([3, 7]);
    expect(b.sizeOf([...b.constants.keys()].find((s) => s.name === 'days.warmth')!.sets[0])).toBe(2);
    expect(b.missing?.size).toBe(0);
  });

  it('keeps the lines of a file in messages about rows after one that is left out', async () => {
    const fault = await bound('run learn = fit(E, days, missing = drop)', `${days}6,clear,99\n`).catch(
      (e: unknown) => e,
    );
    expect(fault).toBeInstanceOf(EnergyError);
    const { place } = (fault as EnergyError).diagnostics[0];
    expect(place).toMatchObject({ kind: 'data', row: 7 });
  });

  it('is told of where cells are refused, and is off by itself', async () => {
    expect(await codeOf(bound('run learn = fit(E, days)'))).toMatch(/^E0534/);
    const whole = 'warmth,sky,hours\n1,clear,3\n2,grey,4\n';
    const b = await bound('run learn = fit(E, days, missing = drop)', whole);
    expect([...b.constants].find(([s]) => s.name === 'days.warmth')?.[1].data.length).toBe(2);
  });

  it('does not take from `complete` what it is to complete', async () => {
    const jobs = 'run learn = fit(E, days, missing = drop)\nrun filled = complete(E, days)';
    expect(await codeOf(bound(jobs))).toMatch(/^E0534/);
  });
});
