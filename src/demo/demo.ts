import { ExitCode, type Io, type Terminal } from '../cli/terminal.ts';
import type { CommonOptions } from '../cli/program.ts';

export async function demoCommand(_io: Io, terminal: Terminal, _o: CommonOptions): Promise<number> {
  terminal.line('');
  return ExitCode.fine;
}
