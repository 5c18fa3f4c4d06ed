import { showEnergy } from '../../ir/show.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { type CommonOptions, compileFile } from '../program.ts';
import { ExitCode, type Io, jsonText, type Terminal, UsageError } from '../terminal.ts';

export async function emitCommand(
  io: Io,
  terminal: Terminal,
  what: string,
  file: string,
  o: CommonOptions,
): Promise<number> {
  if (what !== 'ast' && what !== 'ir') throw new UsageError(`emit takes ast or ir, not \`${what}\``);
  const { tree, program, diagnostics, ok } = await compileFile(io, terminal, file, o);
  if (!ok) throw new EnergyError(diagnostics);
  if (what === 'ast') terminal.answer(jsonText(tree, 2));
  else for (const { energy } of program.energies.values()) terminal.answer(showEnergy(energy));
  return ExitCode.fine;
}
