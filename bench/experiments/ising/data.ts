/** Draws of Ising models on a torus, p(x) ∝ exp(xᵀJx) with J = σA over x ∈ {±1}^D, A the adjacency matrix. */
import { packageLibrary } from '../../../src/cli/library.ts';
import { compileProgram } from '../../../src/compile.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { memoryHost } from '../../../src/io/memory-host.ts';
import { moduleReader } from '../../../src/modules.ts';
import type { JobResult } from '../../../src/run/results.ts';
import { openSession, runJob, type Session } from '../../../src/run/session.ts';

export interface Couplings {
  /** Side of the torus. */
  readonly side: number;
  readonly sigma: number;
}

/** Runs the jobs of a program that is given as text. */
export async function jobsOf(
  text: string,
  files: Readonly<Record<string, string>>,
  engine: Engine,
): Promise<{ readonly session: Session; readonly results: readonly JobResult[] }> {
  const host = memoryHost(files);
  const compiled = await compileProgram(text, 'ising.energy', moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(compiled.diagnostics.map((d) => d.message).join('\n'));
  const session = await openSession(compiled.program, host, engine);
  const results: JobResult[] = [];
  for (const job of compiled.program.jobs) results.push(await runJob(session, job, () => {}));
  return { session, results };
}

/** Independent chains of so many sweeps of the heat bath, one draw of each: rows of comma-separated spins. */
export async function draws(
  { side, sigma }: Couplings,
  rows: number,
  sweeps: number,
  seed: number,
  engine: Engine,
): Promise<string> {
  // Every pair counts twice in xᵀJx.
  const text = `
index site = grid(${side}, ${side})
energy Torus(s : spin[site]) {
  term bonds = -${2 * sigma} * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true))
}
run rows = sample(Torus, chains = ${rows}, draws = 1, warmup = ${sweeps}, method = gibbs, seed = ${seed})`;
  const { results } = await jobsOf(text, {}, engine);
  const [result] = results;
  if (result.verb !== 'sample') throw new Error(result.verb);
  const { values } = result.draws.quantities.find((q) => q.role === 'unknown')!;
  const size = side * side;
  return `${Array.from({ length: rows }, (_, r) => Array.from(values.subarray(r * size, (r + 1) * size)).join(',')).join('\n')}\n`;
}

/** The true matrix, row-major. */
export function trueCouplings({ side, sigma }: Couplings): Float64Array {
  const size = side * side;
  const J = new Float64Array(size * size);
  for (let r = 0; r < side; r++)
    for (let c = 0; c < side; c++)
      for (const [dr, dc] of [
        [0, 1],
        [1, 0],
      ]) {
        const p = r * side + c;
        const q = ((r + dr) % side) * side + ((c + dc) % side);
        J[p * size + q] += sigma;
        J[q * size + p] += sigma;
      }
  return J;
}

/** −ln of the root mean square error over all D² entries. */
export function score(J: Float64Array, truth: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < J.length; i++) sum += (J[i] - truth[i]) ** 2;
  return -0.5 * Math.log(sum / J.length);
}
