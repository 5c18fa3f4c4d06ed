/** Named attempts on the stack, the memory and the time of the front end: each ends in an answer, soon. */
import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import { compileText } from '../../src/compile.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { gradient } from '../../src/ir/derive.ts';
import { showEnergy } from '../../src/ir/show.ts';
import { limits } from '../../src/limits.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { print } from '../../src/syntax/print.ts';
import { hostilePrograms } from './hostile.ts';

/** The codes of what is wrong with a text, from the parser to the initial parameters. */
async function outcome(text: string): Promise<readonly string[]> {
  const { tree, program, diagnostics, ok } = compileText(text, 'a.energy');
  expect(print(tree).length).toBeGreaterThanOrEqual(0);
  const codes = diagnostics.map((d) => d.code);
  expect(diagnostics.filter((d) => d.severity === 'error').length).toBeLessThanOrEqual(
    2 * limits.diagnostics + 2,
  );
  if (!ok) return codes;
  for (const { energy } of program.energies.values()) {
    expect(showEnergy(energy).length).toBeLessThan(1e7);
    const b = program.builder;
    const whole = b.addAll(energy.terms.map((t) => t.body));
    expect(gradient(b, whole, energy.unknowns).size).toBe(energy.unknowns.length);
  }
  try {
    initialParams(await bind(program, memoryHost()), 1);
    return codes;
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    return [...codes, ...e.diagnostics.map((d) => d.code)];
  }
}

describe('a hostile program', () => {
  for (const { name, text, expect: code } of hostilePrograms) {
    it(`comes to an answer: ${name}`, async () => {
      const codes = await outcome(text());
      if (code === 'success') expect(codes.filter((c) => c.startsWith('E'))).toEqual([]);
      else if (code !== 'any') expect(codes).toContain(code);
    }, 20_000);
  }
});
