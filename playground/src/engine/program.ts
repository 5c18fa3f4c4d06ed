/** A text as a program with jobs: its own, or one that samples its first energy. */
import { type Compiled, compileProgram } from '../../../src/compile.ts';
import { writtenRuns } from '../../../src/language/edit-run.ts';
import type { ModuleReader } from '../../../src/modules.ts';
import { verbNamed } from '../../../src/options.ts';
import { basisOf } from '../../../src/run/order.ts';
import { entryPath, isStd, resolveUse } from '../../../src/syntax/module-path.ts';
import type { Source, Span } from '../../../src/syntax/span.ts';
import type { JobInfo, SourceText } from '../protocol.ts';

export interface Opened {
  readonly compiled: Compiled;
  readonly jobs: readonly JobInfo[];
  /** What spans may point into. */
  readonly sources: readonly Source[];
}

/** The file name of the job that a program without jobs is given. */
const DEFAULT_JOB = 'the default job';

/**
 * @param reader the texts of other files that the program may use
 * @param stamp which state of a data file the program reads: another text when its bytes change
 */
export async function openProgram(
  { file, text }: SourceText,
  reader: ModuleReader,
  stamp: (path: string) => string = () => '',
): Promise<Opened> {
  const own = await compileProgram(text, file, reader);
  const hasJobs = own.tree.items.some((i) => i.kind === 'run');
  const { energies } = own.program;
  const callable = [...energies].flatMap(([name, e]) => (e.generic ? [] : [name]));
  const declared = own.tree.items.flatMap((i) => (i.kind === 'energy' ? [i.name.text] : []));
  const energy = declared.find((name) => callable.includes(name)) ?? callable[0];
  if (hasJobs || !energy || !own.ok) return opened(own, stamp);
  const taken = new Set(
    own.tree.items.flatMap((i) =>
      i.kind === 'use' ? i.names.map((n) => (n.as ?? n.name).text) : [i.name.text],
    ),
  );
  let name = 'draws';
  while (taken.has(name)) name += '_';
  const extra = { file: DEFAULT_JOB, text: `run ${name} = sample(${energy})` };
  return opened(await compileProgram(text, file, reader, { extra }), stamp);
}

function opened(compiled: Compiled, stamp: (path: string) => string): Opened {
  const sources = [...compiled.sources.values()];
  const textOf = (span: Span): string =>
    sources.find((s) => s.file === span.file)?.text.slice(span.start, span.end) ?? '';
  const declarations = compiled.tree.items.filter((i) => i.kind !== 'run').map((i) => textOf(i.span));
  const all = compiled.program.jobs;
  // What a result depends on besides the program's own text: texts that it uses, data that it reads.
  const around = [
    ...compiled.used.map((s) => `${s.file} ${digest(s.text)}`),
    ...compiled.program.data.flatMap((d) => (d.from === null ? [] : [`${d.from} ${stamp(d.from)}`])),
  ];
  const written = new Map(writtenRuns(compiled.source.text, compiled.tree).map((r) => [r.job, r]));
  const jobs = all.map((job): JobInfo => {
    const own = job.span.file === compiled.source.file;
    return {
      name: job.name,
      verb: job.verb,
      energy: job.energy,
      doc: verbNamed(job.verb)?.doc ?? '',
      basis: [...around, ...declarations, ...[...basisOf(all, job), job].map((j) => textOf(j.span))].join(
        '\n',
      ),
      line: own ? compiled.source.positionAt(job.span.start).line : null,
      written: own ? (written.get(job.name) ?? null) : null,
    };
  });
  return { compiled, jobs, sources };
}

/** The files that a program uses and the data that it reads, from its folder, whether they are there or not. */
export function readsOf({ tree, source, modules, program }: Compiled): readonly string[] {
  const direct = tree.items.flatMap((i) => {
    const to = i.kind === 'use' ? resolveUse(entryPath(source.file), i.from) : null;
    return to?.kind === 'file' ? [to.path] : [];
  });
  const through = [...modules.keys()].filter((path) => !isStd(path));
  const data = program.data.flatMap((d) => (d.from === null ? [] : [d.from]));
  return [...new Set([...direct, ...through, ...data])];
}

/** A short text that differs where texts differ: two sums by Fowler, Noll and Vo (FNV-1a) with other beginnings. */
function digest(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x01000193) ^ (b >>> 15);
  }
  return `${text.length}.${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
