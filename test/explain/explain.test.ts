/** Every code has a long form whose wrong program yields it and whose right program yields nothing. */
import { describe, expect, it } from 'vitest';
import { bind } from '../../src/bind/bind.ts';
import { compileProgram } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import {
  codeTitles,
  type Example,
  explainedCodes,
  explanationOf,
  families,
  nearestCode,
} from '../../src/explain/index.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { type Diagnostic, EnergyError } from '../../src/syntax/diagnostic.ts';

/** What is said of a program, as far as it can be carried out. */
async function said({ program, files }: Example): Promise<readonly Diagnostic[]> {
  const host = memoryHost(files);
  const compiled = await compileProgram(program, 'example.energy', moduleReader(host, libraryOf(new Map())));
  const out = [...compiled.diagnostics];
  if (!compiled.ok) return out;
  try {
    await bind(compiled.program, host);
    const session = await openSession(compiled.program, host, referenceEngine());
    out.push(...session.warnings);
    for (const job of compiled.program.jobs) {
      const result = await runJob(session, job, () => {});
      if (result.verb === 'fit') out.push(...result.failure, ...result.warnings);
    }
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    out.push(...e.diagnostics);
  }
  return out;
}

const codesOf = async (e: Example): Promise<string[]> => [...new Set((await said(e)).map((d) => d.code))];

describe('the long form of codes', () => {
  it('exists for every code, and for no other', () => {
    expect(explainedCodes).toEqual(Object.keys(codeTitles).sort());
  });

  it.each(explainedCodes)('%s is shown', async (code) => {
    const e = explanationOf(code)!;
    expect(e.title.length).toBeGreaterThan(3);
    const sentences = e.text.match(/[.!?](?= |$)/g) ?? [];
    expect(sentences.length).toBeGreaterThanOrEqual(2);
    expect(sentences.length).toBeLessThanOrEqual(7);
    if (e.wrong === null || e.right === null) {
      expect(e.without).toMatch(/\w/);
      return;
    }
    expect(await said(e.right)).toEqual([]);
    // A hundred mistakes are listed before the rest are counted.
    const found = (await codesOf(e.wrong)).filter((c) => code !== 'E0119' || c !== 'E0108');
    expect(found).toEqual([code]);
  });

  it('leaves few codes without a program', () => {
    expect(explainedCodes.filter((c) => explanationOf(c)?.wrong === null).length).toBeLessThan(17);
  });

  it('puts every code into one family', () => {
    for (const code of explainedCodes)
      expect(families.filter((f) => f.prefixes.some((p) => code.startsWith(p))).length, code).toBe(1);
  });

  it('is found in either case, and codes that are almost right are told', () => {
    expect(explanationOf('e0302')?.code).toBe('E0302');
    expect(explanationOf('E9999')).toBeUndefined();
    expect(explanationOf('toString')).toBeUndefined();
    expect(nearestCode('EO302')).toBe('E0302');
  });
});
