/** A job's result as files and as words. */
import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { Job, OptionValue } from '../check/values.ts';
import type { NetcdfExtras } from '../io/draws-netcdf.ts';
import { loadHdf5 } from '../io/hdf5.ts';
import type { Host } from '../io/host.ts';
import { type DrawsFormat, drawsFormats, writeRun } from '../io/run-folder.ts';
import type { JobResult, RunEvent } from '../run/results.ts';
import { dataOfRun } from '../run/run-data.ts';
import { numberOption, type Session } from '../run/session.ts';
import type { Spread } from '../scale/split.ts';
import type { Signal } from '../signal.ts';
import { type Summary, summarised } from '../stats/summary.ts';
import type { Source } from '../syntax/span.ts';
import { version } from '../version.ts';
import { writeCheckpoint } from './checkpoints.ts';
import { summaryText } from './commands/summary.ts';
import { compareEvent, compareFacts, compareLines, compareText, saveComparison } from './show-compare.ts';
import { completeCells, completeFacts, completeTable, completeText, saveCompleted } from './show-complete.ts';
import { logZFacts, logZText } from './show-log-z.ts';
import { minimumFacts, minimumLines, minimumText, stateOf } from './show-minimum.ts';
import { type Io, jsonText, short, type Terminal, UsageError } from './terminal.ts';

/** The file format that was asked for, to be looked at before a long run: whether it can be written here, too. */
export async function checkFormat(name = 'parquet'): Promise<DrawsFormat> {
  const format = drawsFormats.find((f) => f === name);
  if (!format) throw new UsageError(`--format is parquet, csv, npz or nc, not \`${name}\``);
  if (format === 'nc') await loadHdf5('draws.nc');
  return format;
}

export interface Saved {
  /** Of draws, null of anything else; `stopped` where it was ended before it was done. */
  readonly summary: Summary | 'stopped' | null;
  readonly files: readonly string[];
}

export async function saveJob(args: {
  readonly host: Host;
  readonly dir: string;
  readonly session: Session;
  readonly job: Job;
  readonly result: JobResult;
  readonly source: Source;
  /** The files that the program uses. */
  readonly used: readonly Source[];
  readonly format?: string;
  /** Ends the summary of draws, which can be made later; of a run that was stopped it may take a while. */
  readonly signal?: Signal;
  readonly show?: (event: RunEvent) => void;
}): Promise<Saved> {
  const { host, dir, session, job, result, source, used, show } = args;
  const format = await checkFormat(args.format);
  const tell = (done: number, total: number): void =>
    show?.({ event: 'progress', job: job.name, phase: 'summing', done, total, rate: 0, value: null });
  const summed = result.verb === 'sample' && result.draws.draws > 0;
  const summary = summed
    ? await summarised(result.draws, result.chains, orPatience(args.signal), tell)
    : null;
  const record = {
    energy: version,
    node: process.version,
    engine: session.engine.name,
    program: { ...recorded(source), ...(used.length > 0 ? { uses: used.map(recorded) } : {}) },
    job: { name: job.name, verb: job.verb, energy: job.energy, options: plainOptions(job.options) },
    seed: seedOf(job),
    ...facts(result),
    diagnostics: summary?.diagnostics ?? (result.verb === 'complete' ? result.findings : []),
  };
  const learned = [...session.params].map(([slot, array]) => [slot.name, array] as const);
  await writeRun(host, dir, {
    draws: result.verb === 'sample' && result.draws.draws > 0 ? result.draws : undefined,
    params: learned.length > 0 ? new Map(learned) : undefined,
    run: record,
    events: eventsOf(result),
    format,
    netcdf: format === 'nc' && result.verb === 'sample' ? netcdfExtras(session, job, result, record) : {},
    cmdstan: {
      comments: { energy_version: version, model_sha256: record.program.sha256, seed: seedOf(job) },
    },
  });
  const files: string[] = [];
  if (result.verb === 'fit') {
    await writeCheckpoint(host, dir, result.checkpoint);
    files.push('checkpoint.safetensors');
  }
  if (result.verb === 'complete') files.push(...(await saveCompleted(host, dir, session, result, format)));
  if (result.verb === 'compare') files.push(await saveComparison(host, dir, result));
  if (result.verb === 'minimize') {
    await host.write(path.join(dir, 'state.json'), `${jsonText(stateOf(result))}\n`);
    files.push('state.json');
  }
  if (result.verb === 'score') {
    const names = [...result.terms.keys()];
    const terms = names.map((n) => result.terms.get(n)!);
    const text = csvText(['energy', ...names], result.energy.length, (i) =>
      [result.energy[i], ...terms.map((t) => t[i])].join(','),
    );
    await host.write(path.join(dir, 'scores.csv'), text);
    files.push('scores.csv');
  }
  if (result.verb === 'predict') {
    const k = result.labels.length;
    const lines = [['truth', ...result.labels.map((l) => `p(${l})`)].map(csvCell).join(',')];
    result.truth.forEach((t, i) => {
      lines.push([csvCell(result.labels[t]), ...result.probabilities.subarray(i * k, (i + 1) * k)].join(','));
    });
    await host.write(path.join(dir, 'predictions.csv'), `${lines.join('\n')}\n`);
    files.push('predictions.csv');
  }
  return { summary: summed ? (summary ?? 'stopped') : null, files };
}

/** How long a summary may take of what was stopped. */
const PATIENCE_MS = 10_000;

/** The signal; where it has come already, the end of patience. */
function orPatience(signal: Signal | undefined): Signal | undefined {
  if (!signal?.aborted) return signal;
  const began = performance.now();
  return {
    get aborted() {
      return performance.now() - began > PATIENCE_MS;
    },
  };
}

const recorded = ({ file, text }: Source) => ({
  file,
  sha256: createHash('sha256').update(text).digest('hex'),
  text,
});

const seedOf = (job: Job): number => {
  const { seed } = job.options;
  return seed?.kind === 'number' ? seed.value : 1;
};

/** Data, and what a reader of the file would ask first. */
function netcdfExtras(
  session: Session,
  job: Job,
  result: Extract<JobResult, { verb: 'sample' }>,
  { program }: { readonly program: ReturnType<typeof recorded> },
): NetcdfExtras {
  return {
    ...dataOfRun({ session, job, emit: () => {} }),
    attributes: {
      modeling_interface: 'energy',
      energy_name: job.energy ?? '',
      program_file: program.file,
      program_sha256: program.sha256,
      seed: seedOf(job),
      method: result.plan.method,
      engine: session.engine.name,
      thin: result.thin,
      tuning_steps: numberOption(job.options, 'warmup') ?? result.plan.defaults.warmup,
    },
  };
}

/** Lines are joined in blocks: a million strings weigh more than what they say. */
function csvText(header: readonly string[], rows: number, line: (i: number) => string): string {
  const blocks = [`${header.map(csvCell).join(',')}\n`];
  for (let from = 0; from < rows; from += 4096) {
    const own = Array.from({ length: Math.min(4096, rows - from) }, (_, k) => line(from + k));
    blocks.push(`${own.join('\n')}\n`);
  }
  return blocks.join('');
}

const csvCell = (s: string): string => (/[",\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);

function facts(result: JobResult): Readonly<Record<string, unknown>> {
  switch (result.verb) {
    case 'fit':
      return {
        history: result.history,
        steps: result.steps,
        loss: result.loss,
        ...learnedFacts(result),
        timings: { seconds: result.seconds },
        complete: result.complete,
      };
    case 'sample':
      return {
        plan: result.plan,
        chains: result.chains,
        thin: result.thin,
        workers: result.spread,
        timings: result.seconds,
        complete: result.complete,
      };
    case 'logz':
      return logZFacts(result);
    case 'minimize':
      return { ...minimumFacts(result), energy_path: result.path };
    case 'score':
      return {
        rows: result.energy.length,
        mean_energy: mean(result.energy),
        complete: result.complete,
      };
    case 'predict':
      return { unknown: result.unknown, calibration: result.calibration, complete: result.complete };
    case 'complete':
      return completeFacts(result);
    case 'compare':
      return compareFacts(result);
  }
}

function eventsOf(result: JobResult): readonly unknown[] {
  if (result.verb !== 'fit') return [];
  const { step, loss, gradientNorm, dataEnergy, negativeEnergy, looks } = result.history;
  const steps = step.map((s, i) => ({
    event: 'step',
    step: s,
    loss: loss[i],
    gradient_norm: gradientNorm[i],
    data_energy: dataEnergy[i],
    negative_energy: negativeEnergy[i] ?? null,
  }));
  const seen = looks.map((l) => ({ event: 'look', step: l.step, held_out: l.heldOut, terms: l.terms }));
  return [...steps, ...seen].sort((a, b) => a.step - b.step);
}

type Fitted = Extract<JobResult, { verb: 'fit' }>;

/** The best loss of held-out rows, and what the loss has learned for itself. */
const learnedFacts = ({ best, own }: Fitted): Readonly<Record<string, unknown>> => ({
  ...(best ? { held_out: best.loss, best_step: best.step } : {}),
  ...(own.size > 0 ? { own: Object.fromEntries(own) } : {}),
});

const learnedText = ({ best, own }: Fitted): string =>
  `${best ? `, of held-out rows ${short(best.loss)} at step ${best.step}` : ''}${[...own].map(([name, x]) => `, ${name} ${short(x)}`).join('')}`;

export function plainOptions(options: Readonly<Record<string, OptionValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([k, v]) => [k, plain(v)]));
}

function plain(v: OptionValue): unknown {
  switch (v.kind) {
    case 'number':
    case 'boolean':
    case 'word':
      return v.value;
    case 'list':
      return v.items.map(plain);
    case 'call':
      return { [v.name]: plainOptions(v.options) };
    case 'given':
      return v.entries.map((g) => g.slot.name);
    case 'rows':
      return v.rows.columns.map((c) => c.data.name);
    case 'job':
      return v.name;
    case 'unknown':
      return v.slot.name;
  }
}

const mean = (x: Float64Array): number => x.reduce((a, b) => a + b, 0) / Math.max(1, x.length);

/** How many workers drew, where there were several; why there were fewer than the job asks for. */
function onWorkers(job: Job, { workers, why }: Spread): string {
  const asked = job.options.workers;
  if (asked?.kind === 'number' && workers < asked.value)
    return ` on ${workers === 1 ? '1 worker' : `${workers} workers`} (${why})`;
  return workers > 1 ? ` on ${workers} workers` : '';
}

/** Tells of a job that was asked to end before there was anything to keep. */
export function reportNothing(terminal: Terminal, job: Job): void {
  terminal.line(`${terminal.bold(job.name)}: stopped before there was an estimate; there is nothing to save`);
  terminal.event({
    event: 'result',
    job: job.name,
    verb: job.verb,
    energy: job.energy,
    folder: null,
    ...(job.verb === 'logz' ? { log_z: null, error: null } : {}),
    complete: false,
  });
}

/** Prints the result. @returns whether its diagnostics are bad */
export function report(
  terminal: Terminal,
  io: Io,
  dir: string,
  session: Session,
  job: Job,
  result: JobResult,
  saved: Saved,
): boolean {
  const folder = path.relative(io.cwd, dir) || '.';
  const head = (text: string): void => terminal.line(`${terminal.bold(job.name)}: ${text}`);
  const base = { event: 'result', job: job.name, verb: job.verb, energy: job.energy, folder };
  switch (result.verb) {
    case 'fit':
      head(
        `${result.steps} steps in ${result.seconds.toFixed(1)} s, loss ${short(result.loss)}${learnedText(result)}${result.complete ? '' : ' (stopped early)'} → ${folder}`,
      );
      terminal.event({
        ...base,
        loss: result.loss,
        ...learnedFacts(result),
        steps: result.steps,
        seconds: result.seconds,
        complete: result.complete,
      });
      return false;
    case 'sample': {
      const { draws } = result;
      head(
        `${counted(draws.draws, 'draw')} × ${counted(draws.chains, 'chain')} in ${(result.seconds.warmup + result.seconds.sampling).toFixed(1)} s by ${result.plan.method}${onWorkers(job, result.spread)}${
          result.complete ? '' : ' (stopped early)'
        } → ${folder}`,
      );
      const summary = saved.summary === 'stopped' ? null : saved.summary;
      const bad = summary?.diagnostics.some((d) => d.level === 'warning') ?? true;
      if (summary) terminal.line(summaryText(summary, 12));
      if (saved.summary === 'stopped')
        terminal.line(`the summary was stopped; energy summary ${folder} makes it`);
      terminal.event({
        ...base,
        ...(summary ?? { draws: draws.draws, chains: draws.chains }),
        method: result.plan.method,
        seconds: result.seconds,
        workers: result.spread,
        complete: result.complete,
      });
      return bad;
    }
    case 'logz':
      head(logZText(result));
      for (const w of result.warnings) terminal.line(`  warning: ${w}`);
      terminal.event({ ...base, ...logZFacts(result) });
      return result.warnings.length > 0;
    case 'minimize':
      head(minimumText(result));
      for (const line of minimumLines(result)) terminal.line(line);
      terminal.line(`→ ${path.join(folder, 'state.json')}`);
      terminal.event({ ...base, ...minimumFacts(result), file: path.join(folder, 'state.json') });
      return false;
    case 'score':
      head(
        `mean energy ${short(mean(result.energy))} over ${result.energy.length} rows${result.complete ? '' : ' (stopped early)'} → ${path.join(folder, 'scores.csv')}`,
      );
      terminal.event({
        ...base,
        mean_energy: mean(result.energy),
        rows: result.energy.length,
        complete: result.complete,
        file: path.join(folder, 'scores.csv'),
      });
      return false;
    case 'predict': {
      const c = result.calibration;
      head(
        `${result.unknown}: accuracy ${(100 * c.accuracy).toFixed(1)} %, calibration error ${(100 * c.expected_calibration_error).toFixed(1)} %, log loss ${short(c.log_loss)} nats on ${c.rows} rows${result.complete ? '' : ' (stopped early)'}`,
      );
      terminal.event({
        ...base,
        unknown: result.unknown,
        rows: c.rows,
        accuracy: c.accuracy,
        expected_calibration_error: c.expected_calibration_error,
        log_loss: c.log_loss,
        brier: c.brier,
        complete: result.complete,
        file: path.join(folder, 'predictions.csv'),
      });
      return false;
    }
    case 'complete':
      head(completeText(result));
      if (result.cells.length > 0) terminal.line(completeTable(session, result));
      for (const f of result.findings) terminal.line(`${f.level}: ${f.message}`);
      if (saved.files.length > 0) terminal.line(`→ ${path.join(folder, saved.files[0])}`);
      terminal.event({
        ...base,
        ...completeFacts(result),
        cells: completeCells(session, result),
        files: saved.files,
      });
      return result.findings.some((f) => f.level === 'warning');
    case 'compare':
      head(compareText(result));
      for (const line of compareLines(result)) terminal.line(line);
      if (saved.files.length > 0) terminal.line(`→ ${path.join(folder, saved.files[0])}`);
      terminal.event({ ...base, ...compareEvent(result), files: saved.files });
      return false;
  }
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
