/** A run folder of the command line as the page shows a result. */
import type { Host } from '../../../src/io/host.ts';
import {
  movesOf,
  type RunRecord,
  readDraws,
  readEvents,
  readParams,
  readRun,
} from '../../../src/io/run-folder.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { History } from '../../../src/run/results.ts';
import { summarise } from '../../../src/stats/summary.ts';
import type { ShownRun } from '../protocol.ts';
import { forCharts } from './shown.ts';

/** @throws EnergyError where it is no run folder, or a damaged one */
export async function readRunCard(host: Host, dir: string, fallback: string): Promise<ShownRun> {
  const record = await readRun(host, dir);
  const { run } = record;
  const job = recordOf(run.job);
  const program = recordOf(run.program);
  const name = typeof job.name === 'string' ? job.name : fallback;
  const head = {
    name,
    verb: String(job.verb ?? (record.draws ? 'sample' : 'run')),
    energy: typeof job.energy === 'string' ? job.energy : null,
    program:
      typeof program.text === 'string'
        ? { file: String(program.file ?? 'program.energy'), text: program.text }
        : null,
    facts: factsOf(run),
  };
  const warnings = (Array.isArray(run.diagnostics) ? run.diagnostics : []).flatMap((d: unknown) => {
    const { level, message } = recordOf(d);
    return level === 'warning' && typeof message === 'string' ? [message] : [];
  });
  if (record.draws) return { ...head, warnings: [], result: await drawsOf(host, dir, record) };
  if (head.verb === 'fit') return { ...head, warnings, result: await fitOf(host, dir, record) };
  return { ...head, warnings, result: null };
}

async function drawsOf(host: Host, dir: string, record: RunRecord): Promise<ShownRun['result']> {
  const draws = await readDraws(host, dir);
  const { run } = record;
  const chains = movesOf(record);
  const plan = recordOf(run.plan);
  const seconds = recordOf(run.timings);
  const workers = Number(recordOf(run.workers).workers);
  return {
    verb: 'sample',
    draws: forCharts(draws),
    summary: summarise(draws, chains),
    plan: {
      energy: String(plan.energy ?? ''),
      engine: String(plan.engine ?? run.engine ?? 'unknown'),
      engineWhy: null,
      method: String(plan.method ?? 'unknown') as Plan['method'],
      unknowns: [],
      states: null,
      logz: 'ais' as Plan['logz'],
      logzWhy: '',
      defaults: { chains: draws.chains, draws: draws.draws, warmup: 0, thin: 1, leapfrogs: 0 },
    },
    divergences: chains.reduce((n, c) => n + (c.divergences ?? 0), 0),
    seconds: ['compile', 'warmup', 'sampling'].reduce((n, k) => n + (Number(seconds[k]) || 0), 0),
    workers: workers > 0 ? workers : 1,
    complete: run.complete !== false,
  };
}

async function fitOf(host: Host, dir: string, record: RunRecord): Promise<ShownRun['result']> {
  const { run } = record;
  const steps = (await readEvents(host, dir).catch(() => [])).flatMap((e) => {
    const step = recordOf(e);
    return step.event === 'step' ? [step] : [];
  });
  const column = (key: string): number[] =>
    steps.map((s) => (typeof s[key] === 'number' ? (s[key] as number) : NaN));
  const params = record.params
    ? await readParams(host, dir)
    : new Map<string, { data: { length: number } }>();
  const history: History = {
    step: column('step'),
    loss: column('loss'),
    gradientNorm: column('gradient_norm'),
    dataEnergy: column('data_energy'),
    negativeEnergy: column('negative_energy').filter((x) => !Number.isNaN(x)),
    looks: [],
  };
  return {
    verb: 'fit',
    history,
    parameters: [...params.values()].reduce((n, p) => n + p.data.length, 0),
    steps: Number(run.steps) || steps.length,
    loss: Number(run.loss),
    seconds: Number(recordOf(run.timings).seconds) || 0,
    complete: run.complete !== false,
  };
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** What `run.json` says in numbers and words, for verbs without a picture of their own. */
function factsOf(run: Readonly<Record<string, unknown>>): ShownRun['facts'] {
  const quiet = new Set([
    'energy',
    'node',
    'engine',
    'program',
    'job',
    'plan',
    'diagnostics',
    'chains',
    'history',
  ]);
  return Object.entries(run).flatMap(([name, value]) =>
    !quiet.has(name) && (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
      ? [{ name: name.replaceAll('_', ' '), value: String(value) }]
      : [],
  );
}
