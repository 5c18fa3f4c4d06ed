/** A text as a program with jobs: its own, or one that samples its first energy. */
import { type Compiled, compileText } from '../../../src/compile.ts';
import { verbNamed } from '../../../src/options.ts';
import { Source } from '../../../src/syntax/span.ts';
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
  const jobs = compiled.program.jobs.map((job): JobInfo => {
    const source = sources.find((s) => s.file === job.span.file) ?? compiled.source;
    return {
      name: job.name,
      verb: job.verb,
      energy: job.energy,
      doc: verbNamed(job.verb)?.doc ?? '',
      text: source.text.slice(job.span.start, job.span.end),
      line: source === compiled.source ? source.positionAt(job.span.start).line : null,
    };
  });
  return { compiled, jobs, sources };
}
