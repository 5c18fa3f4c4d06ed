import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { hasErrors } from '../../syntax/diagnostic.ts';
import { parse } from '../../syntax/parse.ts';
import { print } from '../../syntax/print.ts';
import { Source } from '../../syntax/span.ts';
import { programName, readProgram, readText } from '../program.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';
import { isUai } from '../uai.ts';

/** A program with syntax errors is left as it is; that of standard input, `-`, is printed. */
export async function formatCommand(
  io: Io,
  terminal: Terminal,
  files: readonly string[],
  o: { readonly check?: boolean; readonly stdout?: boolean },
): Promise<number> {
  let code: number = ExitCode.fine;
  for (const file of files) {
    if (isUai(file))
      throw new UsageError(
        `\`${file}\` is a UAI model; \`energy emit energy ${file}\` prints the program that it is`,
      );
    const piped = file === '-';
    const text = piped ? await readText(io, file) : await readProgram(io, file);
    const { program, diagnostics } = parse(text, programName(file));
    if (hasErrors(diagnostics)) {
      terminal.addSource(new Source(programName(file), text));
      terminal.diagnostics(diagnostics);
      code = ExitCode.wrong;
      continue;
    }
    const formatted = print(program);
    if (o.stdout || (piped && !o.check)) terminal.answer(formatted);
    else if (o.check) {
      if (formatted !== text) {
        terminal.line(`${programName(file)} is not formatted`);
        code = ExitCode.wrong;
      }
    } else if (formatted !== text) {
      const full = path.resolve(io.cwd, file);
      await nodeFs.writeFile(`${full}.tmp`, formatted);
      await nodeFs.rename(`${full}.tmp`, full);
      terminal.line(`${file}: formatted`);
    }
  }
  return code;
}
