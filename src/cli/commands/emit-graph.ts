import * as path from 'node:path';
import { factorGraph } from '../../analyse/factor-graph.ts';
import { bestDetail, graphSvg } from '../../emit/factor-diagram.ts';
import { makeModel } from '../../infer/model.ts';
import { nodeHost } from '../../io/node-host.ts';
import { linkedomContext } from '../../plot/linkedom.ts';
import { energyNamed } from '../../run/session.ts';
import { EnergyError } from '../../syntax/diagnostic.ts';
import { openFile } from '../open.ts';
import { type CommonOptions, compileFile } from '../program.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';

export type GraphFlags = CommonOptions & { readonly output?: string };

/**
 * `energy emit graph file.energy [-o graph.svg]`: the factor graph of the energy of the first job (or the
 * first energy) as SVG, on the
 * standard output or in a file; with `--json` its variables, factors and elements as data.
 */
export async function emitGraph(io: Io, terminal: Terminal, file: string, o: GraphFlags): Promise<number> {
  if (o.output !== undefined && path.extname(o.output) !== '.svg')
    throw new UsageError(`the graph is written as SVG: \`${o.output}\` should end in .svg`);
  const compiled = await compileFile(io, terminal, file, o);
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  const { energies } = compiled.program;
  const own = compiled.tree.items.flatMap((i) => (i.kind === 'energy' ? [i.name.text] : []));
  const wanted = compiled.program.jobs.flatMap((j) => (j.energy === null ? [] : [j.energy]));
  const name = [...wanted, ...own, ...energies.keys()].find((n) => energies.get(n)?.generic === false);
  if (name === undefined) throw new UsageError('the program has no energy with states of its own');
  const { session } = await openFile(io, file, compiled, o);
  const { energy } = energyNamed(session, name, compiled.tree.span);
  const model = makeModel(session.bound, energy, session.params, session.engine);
  const graph = factorGraph(model.builder, energy, model, session.program.params);
  if (terminal.json) {
    terminal.event({ event: 'result', verb: 'emit', what: 'graph', graph });
    return ExitCode.fine;
  }
  const svg = graphSvg(linkedomContext('auto'), graph, bestDetail(graph));
  if (o.output === undefined) {
    terminal.answer(svg);
    return ExitCode.fine;
  }
  const host = nodeHost({ root: io.cwd });
  await host.write(host.permit(path.resolve(io.cwd, o.output)), svg);
  terminal.line(`${energy.name} → ${o.output}`);
  return ExitCode.fine;
}
