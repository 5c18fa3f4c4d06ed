/** A text as a program with jobs: its own, or one that samples its first energy. */
import { type Compiled, compileText } from '../../../src/compile.ts';
import { verbNamed } from '../../../src/options.ts';
import { basisOf } from '../../../src/run/order.ts';
import { Source, type Span } from '../../../src/syntax/span.ts';
import type { JobInfo, SourceText } from '../protocol.ts';

export interface Opened {
  readonly compiled: Compiled;
  readonly jobs: readonly JobInfo[];
  /** What spans may point into. */
  readonly sources: readonly Source[];
}

/** The file name of the job that a program without jobs is given. */
const DEFAULT_JOB = 'the default job';

export function openProgram({ file, text }: SourceText): Opened {
  const own = compileText(text, file);
  const hasJobs = own.tree.items.some((i) => i.kind === 'run');
  const energy = own.tree.items.find((i) => i.kind === 'energy');
  if (hasJobs || !energy || !own.ok) return opened(own, []);
  const taken = new Set(own.tree.items.flatMap((i) => (i.kind === 'use' ? [] : [i.name.text])));
  let name = 'draws';
  while (taken.has(name)) name += '_';
  const extra = { file: DEFAULT_JOB, text: `run ${name} = sample(${energy.name.text})` };
  return opened(compileText(text, file, { extra }), [new Source(DEFAULT_JOB, extra.text)]);
}

function opened(compiled: Compiled, more: readonly Source[]): Opened {
  const sources = [compiled.source, ...more];
  const textOf = (span: Span): string =>
    sources.find((s) => s.file === span.file)?.text.slice(span.start, span.end) ?? '';
  const declarations = compiled.tree.items.filter((i) => i.kind !== 'run').map((i) => textOf(i.span));
  const all = compiled.program.jobs;
  const jobs = all.map((job): JobInfo => {
    const own = job.span.file === compiled.source.file;
    return {
      name: job.name,
      verb: job.verb,
      energy: job.energy,
      doc: verbNamed(job.verb)?.doc ?? '',
      basis: [...declarations, ...[...basisOf(all, job), job].map((j) => textOf(j.span))].join('\n'),
      line: own ? compiled.source.positionAt(job.span.start).line : null,
    };
  });
  return { compiled, jobs, sources };
}
