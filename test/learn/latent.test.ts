import { describe, expect, it } from 'vitest';
import { packageLibrary } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import { Stream } from '../../src/random/stream.ts';
import type { JobResult } from '../../src/run/results.ts';
import { openSession, runJob } from '../../src/run/session.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

async function fitted(
  text: string,
  files: Readonly<Record<string, string>>,
): Promise<Extract<JobResult, { verb: 'fit' }>> {
  const host = memoryHost(files);
  const compiled = await compileProgram(text, 'latent.energy', moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const session = await openSession(compiled.program, host, referenceEngine());
  const result = await runJob(session, compiled.program.jobs[0], () => {});
  if (result.verb !== 'fit') throw new Error(result.verb);
  return result;
}

const numbers = (r: {
  readonly params: ReadonlyMap<{ readonly name: string }, { readonly data: ArrayLike<number> }>;
}) => Object.fromEntries([...r.params].map(([p, a]) => [p.name, Array.from(a.data)]));

const bits = (rows: number, width: number): string => {
  const s = new Stream(3);
  const line = (): string => Array.from({ length: width }, () => (s.uniform() < 0.4 ? 1 : 0)).join(',');
  return `${Array.from({ length: rows }, line).join('\n')}\n`;
};

const machine = (energy: string, rows: string): string => `
use RestrictedMachine, RestrictedFree from "std/boltzmann"
index seen   = 4
index hidden = 3
data pictures : bit[picture, seen] from "pictures.csv"
param W : real[seen, hidden] = normal(0, 0.5)
param a : real[seen] = 0
param b : real[hidden] = 0
energy Machine(${energy}
run learn = fit(Machine, ${rows}, loss = discrepancy(t = 0.5, draws = 4), steps = 12, batch = 10)`;

describe('unknowns without data', () => {
  it('are summed out: the hidden bits of a restricted Boltzmann machine leave its free energy', async () => {
    const files = { 'pictures.csv': bits(30, 4) };
    const joint = await fitted(
      machine(
        'v : bit[seen], h : bit[hidden]) { term all = RestrictedMachine(v, h, W, a, b) }',
        '{ v = pictures }',
      ),
      files,
    );
    const free = await fitted(
      machine('v : bit[seen]) { term all = RestrictedFree(v, W, a, b) }', 'pictures'),
      files,
    );
    expect(joint.complete).toBe(true);
    joint.history.loss.forEach((x, i) => {
      expect(x).toBeCloseTo(free.history.loss[i], 10);
    });
    const [x, y] = [numbers(joint), numbers(free)];
    for (const name of ['W', 'a', 'b'])
      x[name].forEach((w, i) => {
        expect(w).toBeCloseTo(y[name][i], 8);
      });
    expect(Math.hypot(...x.a)).toBeGreaterThan(0.001);
  });

  it('are summed out along chains: a hidden Markov model', async () => {
    // Two states, five times; the sum over 32 paths written out beside the recursion.
    const head = `
index day = 5
data seen : real[year, day] from "seen.csv"
param stay : real = 0.5
param gap : real = 1
`;
    const run = 'loss = discrepancy(t = 0.3, draws = 4), steps = 10, batch = 10)';
    const terms = (z: string): string =>
      `sum((x[t] - gap * ${z}[t]) ^ 2 for t in day) - stay * sum(${z}[t] * ${z}[t - 1] for t in day where t > 0)`;
    const stream = new Stream(5);
    const files = {
      'seen.csv': `${Array.from({ length: 20 }, () => Array.from({ length: 5 }, () => stream.uniform().toFixed(3)).join(',')).join('\n')}\n`,
    };
    const hidden = await fitted(
      `${head}energy Hidden(x : real[day], z : bit[day]) { term all = ${terms('z')} }\nrun learn = fit(Hidden, { x = seen }, ${run}`,
      files,
    );
    const z = Array.from({ length: 5 }, (_, t) => `mod(floor(k / ${2 ** t}), 2)`);
    const path = (t: number): string => z[t];
    const sum = [
      ...[0, 1, 2, 3, 4].map((t) => `(x[${t}] - gap * ${path(t)}) ^ 2`),
      ...[1, 2, 3, 4].map((t) => `(-stay * ${path(t)} * ${path(t - 1)})`),
    ].join(' + ');
    const written = await fitted(
      `${head}index path = 32\nenergy Written(x : real[day]) { term all = -logsumexp(-(${sum}) for k in path) }\nrun learn = fit(Written, seen, ${run}`,
      files,
    );
    const [p, q] = [numbers(hidden), numbers(written)];
    expect(p.stay[0]).toBeCloseTo(q.stay[0], 8);
    expect(p.gap[0]).toBeCloseTo(q.gap[0], 8);
    expect(p.gap[0]).not.toBeCloseTo(1, 3);
  });

  it('are refused where their sum has too many terms', async () => {
    const text = `
index hidden = 12
data xs : real[row] from "x.csv"
param w : real = 1
energy Glass(x : real, h : spin[hidden]) {
  term bonds = w * sum(h[i] * h[j] for i in hidden, j in hidden where i < j)
  term field = x * sum(h)
}
run learn = fit(Glass, { x = xs }, steps = 2)`;
    const run = fitted(text, { 'x.csv': 'x\n1\n2\n3\n' });
    await expect(run).rejects.toThrow(EnergyError);
    await expect(run).rejects.toThrow('`h`');
  });
});
