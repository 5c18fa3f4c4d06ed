import { hasErrors } from '../../syntax/diagnostic.ts';
import { type CommonOptions, compileFile } from '../program.ts';
import { ExitCode, type Io, type Terminal } from '../terminal.ts';

export async function checkCommand(
  io: Io,
  terminal: Terminal,
  files: readonly string[],
  o: CommonOptions,
): Promise<number> {
  let errors = 0;
  let warnings = 0;
  for (const file of files) {
    const { diagnostics } = await compileFile(io, terminal, file, o);
    terminal.diagnostics(diagnostics);
    if (hasErrors(diagnostics)) errors += diagnostics.filter((d) => d.severity === 'error').length;
    warnings += diagnostics.filter((d) => d.severity === 'warning').length;
  }
  const bad = errors > 0 || (o.strict === true && warnings > 0);
  terminal.event({ event: 'result', verb: 'check', ok: !bad, files: files.length, errors, warnings });
  if (!bad && warnings === 0)
    terminal.line(files.length === 1 ? `${files[0]}: nothing wrong` : `${files.length} files: nothing wrong`);
  return bad ? ExitCode.wrong : ExitCode.fine;
}
