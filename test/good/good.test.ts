/**
 * Programs that are right: what the checker says of each, the IR it becomes and the plan that is made for it,
 * beside the program as `NAME.expected`. `npm run promote` writes them anew; look at the difference before
 * committing it.
 */
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { showPlan } from '../../src/cli/commands/plan.ts';
import { noClamp } from '../../src/infer/model.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { showEnergy } from '../../src/ir/show.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { parse } from '../../src/syntax/parse.ts';
import { print } from '../../src/syntax/print.ts';
import { expectGolden } from '../run/golden.ts';
import { open, programsIn, readProgram, rendered, testFolder } from '../run/kit.ts';

const folder = path.join(testFolder, 'good');
const programs = programsIn('good');

describe('programs that are right', () => {
  it('there are many', () => expect(programs.length).toBeGreaterThanOrEqual(160));

  it.each(programs)('%s', async (name) => {
    const text = readProgram('good', name);
    const opened = await open(text, { file: `${name}.energy`, host: nodeHost({ root: folder }) });
    const { compiled } = opened;
    const parts = [rendered(compiled) || 'nothing wrong'];
    for (const { energy, generic } of compiled.program.energies.values()) {
      parts.push(showEnergy(energy));
      // Over index sets that only a call decides it has no states of its own.
      if (generic) continue;
      const model = opened.model(energy.name);
      parts.push(showPlan(makePlan(model, noClamp(model)).plan).trimEnd());
    }
    expectGolden(path.join(folder, `${name}.expected`), `${parts.join('\n\n')}\n`);
  });

  it('every golden belongs to a program', () => {
    const goldens = readdirSync(folder).filter((f) => f.endsWith('.expected'));
    expect(goldens.map((f) => f.replace('.expected', '')).sort()).toEqual([...programs]);
  });

  it.each(programs)('%s prints and parses back to the same program', (name) => {
    const { program, diagnostics } = parse(readProgram('good', name), 'a.energy');
    expect(diagnostics).toEqual([]);
    const printed = print(program);
    expect(print(parse(printed, 'a.energy').program)).toBe(printed);
  });
});
