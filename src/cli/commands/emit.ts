import * as path from 'node:path';
import { typedProgram, typedText } from '../../emit/typed.ts';
import { showEnergy } from '../../ir/show.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { print } from '../../syntax/print.ts';
import { programTex, standalone } from '../../tex/energy.ts';
import { type CommonOptions, compileFile } from '../program.ts';
import { ExitCode, type Io, jsonText, type Terminal, UsageError } from '../terminal.ts';
import { type View, views } from '../views.ts';
import { emitGraph } from './emit-graph.ts';
import { planCommand } from './plan.ts';

export async function emitCommand(
  io: Io,
  terminal: Terminal,
  what: string,
  file: string,
  o: CommonOptions & { readonly standalone?: boolean; readonly output?: string },
): Promise<number> {
  const view = views.find((v) => v === what);
  if (view === undefined)
    throw new UsageError(`emit takes ${views.slice(0, -1).join(', ')} or ${views.at(-1)}, not \`${what}\``);
  if (o.output !== undefined && view !== 'graph') throw new UsageError('--output is for emit graph');
  if (o.standalone && view !== 'tex') throw new UsageError('--standalone is for emit tex');
  if (view === 'plan') return planCommand(io, terminal, file, undefined, o);
  if (view === 'graph') return emitGraph(io, terminal, file, o);
  const compiled = await compileFile(io, terminal, file, o);
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  if (terminal.json && view !== 'ast') {
    terminal.event({ event: 'result', verb: 'emit', what: view, ...data(view, compiled, file, o) });
    return ExitCode.fine;
  }
  terminal.answer(text(view, compiled, file, o));
  return ExitCode.fine;
}

type Compiled = Awaited<ReturnType<typeof compileFile>>;
type Options = { readonly standalone?: boolean };

function text(view: Exclude<View, 'plan' | 'graph'>, c: Compiled, file: string, o: Options): string {
  switch (view) {
    case 'energy':
      return print(c.tree);
    case 'ast':
      return jsonText(c.tree, 2);
    case 'typed':
      return typedText(typedProgram(c));
    case 'ir':
      return [...c.program.energies.values()].map(({ energy }) => showEnergy(energy)).join('\n');
    case 'tex': {
      const body = programTex(c.tree, c.program.energies.keys());
      return o.standalone ? standalone(path.basename(file, '.energy'), body) : body;
    }
  }
}

/** What `--json` prints: the typed view as data, the others as text. */
const data = (
  view: Exclude<View, 'plan' | 'graph' | 'ast'>,
  c: Compiled,
  file: string,
  o: Options,
): Readonly<Record<string, unknown>> =>
  view === 'typed' ? { program: typedProgram(c) } : { text: text(view, c, file, o) };
