/**
 * Posteriors beside Stan and JAGS, in the same run: the worst bulk effective sample size a second, of sampling and
 * with everything before it, and gradients a second. Ratios with their spread over rounds.
 *
 *   npm run bench:posteriors -- [--only name] [--rounds 3] [--no-stan] [--no-jags]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bind } from '../../src/bind/bind.ts';
import { initialParams } from '../../src/bind/params.ts';
import { packageLibrary } from '../../src/cli/library.ts';
import { compileProgram } from '../../src/compile.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { makeModel, noClamp } from '../../src/infer/model.ts';
import { sample } from '../../src/infer/sample.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { moduleReader } from '../../src/modules.ts';
import { spreadOf } from '../kernels/report.ts';
import { dataOf, type Posterior, posteriors, sources } from './cases.ts';
import { jagsRun } from './jags-peer.ts';
import { type Ran, worstEss } from './ran.ts';
import { stanPeer } from './stan-peer.ts';

const DRAWS = 1000;
const UPDATES = 20_000;

interface Ours extends Ran {
  /** Reading, checking, binding, deriving, making code. */
  readonly compile: number;
}

/** One run from the text on, on one thread. */
async function ours(p: Posterior, data: string, seed: number): Promise<Ours> {
  const cpu0 = process.cpuUsage();
  const text = readFileSync(join(sources, 'programs', `${p.name}.energy`), 'utf8');
  const host = memoryHost({ 'data.json': readFileSync(data, 'utf8') });
  const compiled = await compileProgram(text, `${p.name}.energy`, moduleReader(host, packageLibrary()));
  if (!compiled.ok) throw new Error(`${p.name} does not compile: ${compiled.diagnostics[0]?.message}`);
  const bound = await bind(compiled.program, host, { everything: ['data.json'] });
  const [energy] = [...compiled.program.energies.values()];
  const model = makeModel(bound, energy.energy, initialParams(bound, 1), kernelsEngine());
  const used = process.cpuUsage(cpu0);
  const opened = (used.user + used.system) * 1e-6;
  const t1 = performance.now();
  const cpu1 = process.cpuUsage();
  const { draws, seconds, chains } = await sample(model, noClamp(model), {
    seed,
    draws: DRAWS,
    warmup: DRAWS,
    thin: 1,
  });
  // Peers tell seconds of the processor: on a busy machine the clock's are more.
  const spent = process.cpuUsage(cpu1);
  const busy = Math.min(1, ((spent.user + spent.system) * 1e-3) / (performance.now() - t1));
  const columns = new Map<string, Float64Array>();
  for (const q of draws.quantities) {
    if (q.role === 'term' || q.role === 'energy') continue;
    const size = q.values.length / (draws.chains * draws.draws);
    for (let k = 0; k < size; k++)
      columns.set(
        `${q.name}[${k}]`,
        q.values.filter((_, i) => i % size === k),
      );
  }
  return {
    compile: opened + busy * seconds.compile,
    warmup: busy * seconds.warmup,
    sampling: busy * seconds.sampling,
    leapfrogs: chains.reduce((n, c) => n + (c.leapfrogs ?? 0), 0),
    divergences: chains.reduce((n, c) => n + c.divergences, 0),
    ...worstEss(columns),
  };
}

const args = process.argv.slice(2);
const flag = (name: string): boolean => args.includes(`--${name}`);
const option = (name: string): string | undefined => {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? undefined : args[i + 1];
};
const rounds = Number(option('rounds') ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'posteriors-'));
const show = (x: number): string =>
  Number.isFinite(x) ? Number(x.toPrecision(3)).toLocaleString('en-US') : '–';
const spread = (xs: readonly number[]): string => {
  const s = spreadOf(xs);
  return xs.length === 0 ? '–' : `${show(s.median)} [${show(s.low)}–${show(s.high)}]`;
};

try {
  for (const p of posteriors) {
    const only = option('only');
    if (only !== undefined && !p.name.includes(only)) continue;
    const data = join(folder, `${p.name}.json`);
    const values = dataOf(p);
    writeFileSync(data, JSON.stringify(values));
    const note = (text: string): void => console.log(`  ${text}`);
    console.log(`${p.name}: ${p.title}`);
    const stan = flag('no-stan') ? null : await stanPeer(p.name, data, join(folder, p.name), note);
    const mine: Ours[] = [];
    const stans: Ran[] = [];
    const jags: Ran[] = [];
    // Ours once beforehand, as a process that has already drawn something.
    await ours(p, data, 99);
    for (let i = 1; i <= rounds; i++) {
      mine.push(await ours(p, data, i));
      if (stan) stans.push(await stan.run(i, DRAWS));
      if (!p.jags || flag('no-jags')) continue;
      const spec = { model: p.name, ...p.jags(values) };
      const ran = await jagsRun(spec, join(folder, `${p.name}-jags`), i, p.updates ?? UPDATES, note);
      if (ran) jags.push(ran);
    }
    stan?.end();
    const rate = (r: Ran): number => r.ess / r.sampling;
    const whole = (r: Ours): number => r.ess / (r.compile + r.warmup + r.sampling);
    console.log(
      `  ours  ${spread(mine.map(rate))} ESS/s (worst: ${mine[0].worst}), ${spread(mine.map((r) => (r.leapfrogs ?? 0) / r.sampling))} gradients/s, ${mine.reduce((n, r) => n + (r.divergences ?? 0), 0)} divergences; compile ${spread(mine.map((r) => r.compile))} s`,
    );
    if (stan && stans.length > 0) {
      console.log(
        `  Stan  ${spread(stans.map(rate))} ESS/s (worst: ${stans[0].worst}), ${spread(stans.map((r) => (r.leapfrogs ?? 0) / r.sampling))} gradients/s, ${stans.reduce((n, r) => n + (r.divergences ?? 0), 0)} divergences; compile ${show(stan.compile)} s`,
      );
      console.log(
        `  ratio ${spread(mine.map((r, i) => rate(r) / rate(stans[i])))} of sampling, ${spread(mine.map((r, i) => (whole(r) * (stan.compile + stans[i].warmup + stans[i].sampling)) / stans[i].ess))} with compilation, ${spread(mine.map((r, i) => ((r.leapfrogs ?? 0) / r.sampling) * (stans[i].sampling / (stans[i].leapfrogs ?? 1))))} of gradients`,
      );
    }
    if (jags.length > 0) {
      console.log(`  JAGS  ${spread(jags.map(rate))} ESS/s of its processor time (worst: ${jags[0].worst})`);
      console.log(`  ratio ${spread(jags.map((r, i) => rate(mine[i]) / rate(r)))}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
