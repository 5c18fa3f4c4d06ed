/**
 * `complete`: the missing cells of rows, drawn given the cells that are there. Rows are independent of each other;
 * they are drawn side by side (`side-by-side.ts`), those that miss the same unknowns together. Where all that is
 * missing is discrete and can be summed out, probabilities are exact and draws independent.
 */
import { isDiscrete } from '../domain.ts';
import type { Slot } from '../ir/types.ts';
import { Stream } from '../random/stream.ts';
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
  readonly seed?: number;
  /** Called with the number of rows that are done. */
  readonly progress?: (done: number, total: number) => void | Promise<void>;
  readonly signal?: { readonly aborted: boolean };
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
    const seed = root.fork('chunk', i).word();
    done.push(await named(problem, chunk, (c) => completeChunk(problem, c, { ...options, draws, seed })));
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
  done.forEach((r, i) => {
    methods.set(r.method, (methods.get(r.method) ?? 0) + all[i].rows.length);
  });
  const cells = found.map(({ cell }) => cell);
  return {
    rows: rows.count,
    incomplete: incomplete.length,
    cells,
    draws,
    completions,
    methods,
    findings: findingsOf(cells, done),
    complete: done.length === all.length && done.every((r) => r.complete),
  };
}

interface ChunkResult {
  readonly cells: readonly CompletedCell[];
  /** For each cell the completions that are kept. */
  readonly kept: readonly Float64Array[];
  readonly method: string;
  readonly findings: readonly SummaryFinding[];
  readonly complete: boolean;
}

type ChunkOptions = CompleteOptions & { readonly draws: number; readonly seed: number };

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
  const chains = o.chains;
  // Fewer draws than are kept would repeat some.
  const least = Math.ceil(o.draws / (chains ?? 4));
  const options = { chains, seed: o.seed, scales: scalesFor(problem, chunk, slots) };
  const result = await sample(
    model,
    clamp,
    least > FEWEST_DRAWS ? { ...options, draws: least, thin: 1 } : options,
    () => {},
    o.signal,
  );
  const { draws } = result;
  const total = draws.chains * draws.draws;
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

/** A run that chooses its length records no fewer of each chain. */
const FEWEST_DRAWS = 1000;

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

/** Runs a chunk; where there is no completion, finds the row that has none. */
async function named(
  problem: CompleteProblem,
  chunk: Chunk,
  run: (c: Chunk) => Promise<ChunkResult>,
): Promise<ChunkResult> {
  try {
    return await run(chunk);
  } catch (e) {
    if (!(e instanceof EnergyError)) throw e;
    let rows = chunk.rows;
    while (rows.length > 1) {
      const half = rows.slice(0, rows.length >> 1);
      rows = (await failureOf(() => run({ ...chunk, rows: half }))) ? half : rows.slice(half.length);
    }
    const wrong = chunk.rows.length === 1 ? e : await failureOf(() => run({ ...chunk, rows }));
    // By itself every row has a completion: it was the run that failed.
    if (!wrong) throw e;
    const [d] = wrong.diagnostics;
    if (d.code !== 'E0702' && d.code !== 'E0701') throw wrong;
    throw fault(
      d.code,
      d.place.kind === 'source' ? d.place.span : problem.energy.span,
      `row ${rows[0]} (counted from 0) cannot be completed: ${d.message}`,
      'look at the values that the row gives: together they may be outside the support',
    );
  }
}

async function failureOf(run: () => Promise<unknown>): Promise<EnergyError | null> {
  try {
    await run();
    return null;
  } catch (e) {
    if (e instanceof EnergyError) return e;
    throw e;
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
