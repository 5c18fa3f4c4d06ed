import type { EnergyCommand } from '../command.ts';
import { complete, completionText } from '../completion/complete.ts';
import { scripts } from '../completion/scripts.ts';
import { shells } from '../completion/shells.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';

/** `energy completion bash`: the script that makes a shell complete. */
export function completionCommand(terminal: Terminal, name: string): number {
  const shell = shells.find((s) => s === name);
  if (!shell) throw new UsageError(`there is completion for ${shells.join(', ')}, not for \`${name}\``);
  terminal.answer(scripts[shell]);
  return ExitCode.fine;
}

/**
 * `energy __complete -- run mod`: what the last word may become. Whatever goes
 * wrong, nothing is said: it is asked while somebody types.
 * @param next whether a new word begins behind the words
 */
export async function completeCommand(
  io: Io,
  program: EnergyCommand,
  words: readonly string[],
  next: boolean,
): Promise<number> {
  try {
    io.out.write(completionText(await complete(program, next ? [...words, ''] : words, io.cwd)));
  } catch {
    // No candidates.
  }
  return ExitCode.fine;
}
