import type { CommonOptions } from '../cli/program.ts';
import { ExitCode, type Io, type Terminal } from '../cli/terminal.ts';

export async function demoCommand(_io: Io, terminal: Terminal, _o: CommonOptions): Promise<number> {
  terminal.line('');
  return ExitCode.fine;
}
