import type { Job } from '../check/values.ts';

/** What a job builds on, in order: the fits before it, and the jobs whose results it names. */
export function basisOf(jobs: readonly Job[], job: Job): readonly Job[] {
  const named = new Set(Object.values(job.options).flatMap((o) => (o.kind === 'job' ? [o.name] : [])));
  return jobs.slice(0, jobs.indexOf(job)).filter((j) => j.verb === 'fit' || named.has(j.name));
}
