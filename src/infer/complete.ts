/**
 * `complete`: the missing cells of rows, drawn given the cells that are there. Rows are independent of each other;
 * they are drawn side by side (`side-by-side.ts`), those that miss the same unknowns together. Where all that is
 * missing is discrete and can be summed out, probabilities are exact and draws independent.
 */
import { isDiscrete } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { DEFAULT_CHAINS } from '../plan/plan.ts';
import { Stream } from '../random/stream.ts';
import type { Signal } from '../signal.ts';
import { essLimit, rHatLimit, type SummaryFinding } from '../stats/findings.ts';
import { moveFindings } from '../stats/moves.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import {
  type Chunk,
  type ChunkCell,
  type CompleteProblem,
  chunkModel,
  chunksOf,
  incompleteRows,
  scalesFor,
} from './complete-chunks.ts';
import {
  type CellSummary,
  exactCell,
  nearestToMean,
  needsWholeDraw,
  summariseCell,
} from './completed-cells.ts';
import { exactOf } from './exact.ts';
import { fault, type Model } from './model.ts';
import { sample } from './sample.ts';

export interface CompleteOptions {
  /** Completions of each row that are kept: 100. */
  readonly draws?: number;
  readonly chains?: number;
  /** Recorded draws of each chain; absent: as many as their diagnostics ask for. */
  readonly record?: number;
  readonly warmup?: number;
  /** `mixed`: nothing is summed out of the energy that reals move on. */
  readonly method?: 'mixed';
  readonly seed?: number;
  /** Called with the number of rows that are done. */
  readonly progress?: (done: number, total: number) => void | Promise<void>;
  /** Called while rows are drawn: as many as their draws are worth are counted as done. */
  readonly within?: (done: number, total: number) => void;
  readonly signal?: Signal;
}

export interface CompletedCell extends CellSummary {
  /** Counted from 0. */
  readonly row: number;
  readonly unknown: Slot;
  /** Which element of the unknown, flat. */
  readonly element: number;
}

export interface Completion {
  /** Rows in all, and rows with a missing cell. */
  readonly rows: number;
  readonly incomplete: number;
  /** By row, then in the order of the unknowns. */
  readonly cells: readonly CompletedCell[];
  /** Completions kept of each row; number d of every cell of a row belongs together. */
  readonly draws: number;
  /** cells × draws */
  readonly completions: Float64Array;
  /** How rows were drawn: by which method how many. */
  readonly methods: ReadonlyMap<string, number>;
  readonly findings: readonly SummaryFinding[];
  /** False when it was stopped before the last row. */
  readonly complete: boolean;
}

export const KEPT = 100;

/** @throws EnergyError E0701, E0702 that name the first row which has no completion */
export async function complete(problem: CompleteProblem, options: CompleteOptions = {}): Promise<Completion> {
  const { energy, rows } = problem;
  const draws = options.draws ?? KEPT;
  const incomplete = incompleteRows(energy, rows);
  const all = chunksOf(problem, incomplete);
  const root = new Stream(options.seed ?? 1, 'complete');
  const done: ChunkResult[] = [];
  let finished = 0;
  for (const [i, chunk] of all.entries()) {
    if (options.signal?.aborted) break;
    const before = finished;
    const within = (share: number): void =>
      options.within?.(before + Math.floor(share * chunk.rows.length), incomplete.length);
    done.push(
      ...(await completed(problem, chunk, { ...options, draws, tell: within }, root.fork('chunk', i))),
    );
    finished += chunk.rows.length;
    await options.progress?.(finished, incomplete.length);
  }
  const found = done.flatMap((r) => r.cells.map((cell, k) => ({ cell, values: r.kept[k] })));
  const order = new Map(energy.unknowns.map((u, i) => [u, i]));
  found.sort(
    (a, b) =>
      a.cell.row - b.cell.row ||
      order.get(a.cell.unknown)! - order.get(b.cell.unknown)! ||
      a.cell.element - b.cell.element,
  );
  const completions = new Float64Array(found.length * draws);
  found.forEach(({ values }, k) => {
    completions.set(values, k * draws);
  });
  const methods = new Map<string, number>();
  for (const r of done) methods.set(r.method, (methods.get(r.method) ?? 0) + r.rows);
  const cells = found.map(({ cell }) => cell);
  return {
    rows: rows.count,
    incomplete: incomplete.length,
    cells,
    draws,
    completions,
    methods,
    findings: findingsOf(cells, done),
    complete: finished === incomplete.length && done.every((r) => r.complete),
  };
}

interface ChunkResult {
  /** How many. */
  readonly rows: number;
  readonly cells: readonly CompletedCell[];
  /** For each cell the completions that are kept. */
  readonly kept: readonly Float64Array[];
  readonly method: string;
  readonly findings: readonly SummaryFinding[];
  readonly complete: boolean;
}

type ChunkOptions = CompleteOptions & {
  readonly draws: number;
  readonly seed: number;
  /** Told the share of the chunk's work that is done. */
  readonly tell: (share: number) => void;
};

async function completeChunk(problem: CompleteProblem, chunk: Chunk, o: ChunkOptions): Promise<ChunkResult> {
  const { model, clamp, slots, cells } = chunkModel(problem, chunk, o.chains);
  const exact = cells.every(({ unknown }) => isDiscrete(unknown.domain)) ? exactOf(model, clamp) : null;
  if (exact && !('why' in exact) && exact.keeps) {
    const marginals = exact.marginals();
    const states = new Map(model.unknowns.map((u) => [u.slot, clamp.values.get(u.slot)!.slice()]));
    const kept = cells.map(() => new Float64Array(o.draws));
    const stream = new Stream(o.seed, 'exact');
    for (let d = 0; d < o.draws; d++) {
      exact.draw(stream, states, 0);
      cells.forEach((c, k) => {
        kept[k][d] = states.get(slots.get(c.unknown)!)![c.at];
      });
    }
    return {
      rows: chunk.rows.length,
      cells: cells.map(({ at, ...c }) => {
        const slot = slots.get(c.unknown)!;
        return { ...c, ...exactCell(slot, marginals.get(slot)![at]!, model.sizeOf) };
      }),
      kept,
      method: 'exact',
      findings: [],
      complete: true,
    };
  }
  const { chains, warmup, seed } = o;
  const options = { chains, warmup, method: o.method, seed, scales: scalesFor(problem, chunk, slots) };
  const length = lengthOf(model, o);
  const result = await sample(
    model,
    clamp,
    length === null ? options : { ...options, draws: length },
    (p) => o.tell(p.done / p.total),
    o.signal,
  );
  const { draws } = result;
  const total = draws.chains * draws.draws;
  // Stopped before the first draw: these rows stay as they are.
  if (total === 0)
    return { rows: 0, cells: [], kept: [], method: result.plan.method, findings: [], complete: false };
  const of = new Map(model.unknowns.map((u, i) => [u.slot, { ...u, values: draws.quantities[i].values }]));
  const valuesOf = (c: ChunkCell): Float64Array => {
    const { values, size } = of.get(slots.get(c.unknown)!)!;
    return Float64Array.from({ length: total }, (_, j) => values[j * size + c.at]);
  };
  const picked = Array.from({ length: o.draws }, (_, d) => Math.floor(((d + 0.5) * total) / o.draws));
  const kept: Float64Array[] = [];
  const summaries = cells.map((c): CompletedCell => {
    const values = valuesOf(c);
    kept.push(Float64Array.from(picked, (j) => values[j] ?? Number.NaN));
    const { at, ...cell } = c;
    return { ...cell, ...summariseCell(c.unknown, { values, chains: draws.chains, draws: draws.draws }) };
  });
  return {
    rows: chunk.rows.length,
    cells: wholeVectors(
      summaries,
      cells,
      (c) => {
        const { values, size } = of.get(slots.get(c.unknown)!)!;
        return (j, i) => values[j * size + i];
      },
      total,
      model,
    ),
    kept,
    method: result.plan.method,
    findings: moveFindings(result.chains, draws.draws),
    complete: result.complete,
  };
}

/** A run that chooses its length records as many of each chain. */
const FREE_DRAWS = 1000;
/** Numbers that a run may record: 512 MiB. */
const MOST_NUMBERS = 2 ** 26;

/** Draws of each chain where the run may not choose: more are kept than it would record, or states are very large. */
function lengthOf(model: Model, { chains = DEFAULT_CHAINS, draws, record }: ChunkOptions): number | null {
  if (record !== undefined) return record;
  const least = Math.ceil(draws / chains);
  const elements = model.unknowns.reduce((n, u) => n + u.size, 1);
  const most = Math.floor(MOST_NUMBERS / (chains * elements));
  return least > FREE_DRAWS || most < FREE_DRAWS ? Math.max(least, Math.min(FREE_DRAWS, most), 4) : null;
}

/** Vectors whose means are no states are filled with a draw. */
function wholeVectors(
  summaries: readonly CompletedCell[],
  cells: readonly ChunkCell[],
  drawsOf: (c: ChunkCell) => (draw: number, i: number) => number,
  total: number,
  model: Model,
): readonly CompletedCell[] {
  const chosen = new Map<string, number>();
  return summaries.map((s, k) => {
    const c = cells[k];
    const { domain } = c.unknown;
    if (!needsWholeDraw(c.unknown) || total === 0) return s;
    const last = model.sizeOf(c.unknown.sets[c.unknown.sets.length - 1]);
    const length = domain.kind === 'cholesky_corr' ? last * last : last;
    const from = c.at - (c.element % length);
    const key = `${c.unknown.id} ${from}`;
    const value = drawsOf(c);
    let draw = chosen.get(key);
    if (draw === undefined) {
      draw = nearestToMean(total, length, (j, i) => value(j, from + i));
      chosen.set(key, draw);
    }
    return { ...s, value: value(draw, c.at) };
  });
}

/**
 * A chunk; where no start is found for all of its rows, its halves. A row that by itself has none is at fault.
 * @throws EnergyError E0701, E0702 that name it
 */
async function completed(
  problem: CompleteProblem,
  chunk: Chunk,
  o: Omit<ChunkOptions, 'seed'>,
  stream: Stream,
): Promise<readonly ChunkResult[]> {
  const { rows } = chunk;
  try {
    return [await completeChunk(problem, chunk, { ...o, seed: stream.fork('seed').word() })];
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    const [d] = e.diagnostics;
    if (d.code !== 'E0702' && d.code !== 'E0701') throw e;
    if (rows.length === 1)
      throw fault(
        d.code,
        d.place.kind === 'source' ? d.place.span : problem.energy.span,
        `row ${rows[0]} (counted from 0) cannot be completed: ${d.message}`,
        'look at the values that the row gives: together they may be outside the support',
      );
    const middle = rows.length >> 1;
    const half = (which: number) => ({
      ...chunk,
      rows: which === 0 ? rows.slice(0, middle) : rows.slice(middle),
    });
    return [
      ...(await completed(problem, half(0), o, stream.fork('half', 0))),
      ...(await completed(problem, half(1), o, stream.fork('half', 1))),
    ];
  }
}

function findingsOf(cells: readonly CompletedCell[], done: readonly ChunkResult[]): SummaryFinding[] {
  const out: SummaryFinding[] = [];
  const seen = new Set<string>();
  for (const f of done.flatMap((r) => r.findings)) {
    if (!seen.has(f.message)) out.push(f);
    seen.add(f.message);
  }
  const warn = (bad: readonly CompletedCell[], what: string): void => {
    if (bad.length === 0) return;
    const [{ row, unknown }] = bad;
    out.push({
      level: 'warning',
      quantity: unknown.name,
      message: `${what} ${bad.length} of ${cells.length} missing cells, \`${unknown.name}\` of row ${row} (counted from 0) among them: what is said of them is not to be trusted yet.`,
    });
  };
  warn(
    cells.filter((c) => c.rHat !== null && c.rHat > rHatLimit),
    `R-hat is above ${rHatLimit} for`,
  );
  warn(
    cells.filter((c) => c.ess !== null && c.ess < essLimit),
    `The effective sample size is below ${essLimit} for`,
  );
  return out;
}
