/**
 * The summary of a sampling run: for each scalar its location, spread and quantiles, how sure they are, and
 * in plain words what is wrong with the run. The shape is that of `energy summary --json`.
 */
import { sizeOfShape, unravel } from '../arrays.ts';
import { rest, type Signal } from '../signal.ts';
import { type Chains, type Diagnosis, diagnose, indicator, isConstant, rHat } from './diagnostics.ts';
import { type Draws, elementName, type Quantity } from './draws.ts';
import { findings, type ScalarRecord, type SummaryFinding } from './findings.ts';
import { type ChainMoves, moveFindings } from './moves.ts';

/** The summary of one scalar. `null`: there is no such number (a category's mean; draws that are not numbers). */
export interface ScalarSummary {
  /** `mu`, `s[0,3]`. */
  readonly name: string;
  readonly mean: number | null;
  /** Standard deviation of the draws, denominator n − 1. */
  readonly sd: number | null;
  /** Monte-Carlo standard error of the mean. */
  readonly mcse_mean: number | null;
  readonly q5: number | null;
  readonly q50: number | null;
  readonly q95: number | null;
  readonly ess_bulk: number | null;
  readonly ess_tail: number | null;
  /** Rank-normalised split R-hat; `Infinity` (in JSON text `null`) for chains stuck at different values. */
  readonly r_hat: number | null;
  /** Of a category: the fraction of draws of each value. Its ESS and R-hat are those of the worst indicator. */
  readonly frequencies?: Readonly<Record<string, number>>;
}

export interface Summary {
  /** Recorded draws of each chain. */
  readonly draws: number;
  readonly chains: number;
  /** Unknowns and reports, one entry a scalar. */
  readonly quantities: readonly ScalarSummary[];
  /** The energy and its terms. */
  readonly terms: readonly ScalarSummary[];
  readonly diagnostics: readonly SummaryFinding[];
}

/**
 * Summarise every scalar of every quantity.
 * @param chains what became of the chains' moves, where that is known
 */
export function summarise(draws: Draws, chains: readonly ChainMoves[] = []): Summary {
  const work = summarising(draws, chains);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** How long to work before letting the event loop run. */
const SLICE_MS = 30;

/**
 * The same, while other things go on in between.
 * @param tell told how many scalars of how many are done
 * @returns null where it was asked to end
 */
export async function summarised(
  draws: Draws,
  chains: readonly ChainMoves[] = [],
  signal?: Signal,
  tell: (done: number, total: number) => void = () => {},
): Promise<Summary | null> {
  const work = summarising(draws, chains);
  const scalars = draws.quantities.reduce((n, q) => n + sizeOfShape(q.shape), 0);
  let last = performance.now();
  for (let done = 0; ; done++) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - last < SLICE_MS) continue;
    tell(done, scalars);
    await rest(signal);
    if (signal?.aborted) return null;
    last = performance.now();
  }
}

/** Stands still after each scalar, and returns the whole. */
function* summarising(draws: Draws, chains: readonly ChainMoves[] = []): Generator<void, Summary> {
  const quantities: ScalarSummary[] = [];
  const terms: ScalarSummary[] = [];
  const diagnostics = moveFindings(chains, draws.draws);
  for (const quantity of draws.quantities) {
    const into = quantity.role === 'unknown' || quantity.role === 'report' ? quantities : terms;
    const records: ScalarRecord[] = [];
    for (const { values, index } of scalarsOf(quantity, draws)) {
      const name = elementName(quantity.name, index);
      const scalar = { values, chains: draws.chains, draws: draws.draws };
      const summary =
        quantity.kind === 'category'
          ? summariseCategory(name, scalar.values, draws, quantity.labels)
          : { name, ...numbers(diagnose(scalar)) };
      into.push(summary);
      records.push({
        name,
        rHat: summary.r_hat,
        modes: summary.r_hat !== null && summary.r_hat > 1.1 && eachAgrees(scalar),
        essBulk: summary.ess_bulk,
        essTail: summary.ess_tail,
        constant: constantValue(values, quantity),
        finite: allFinite(values),
      });
      yield;
    }
    diagnostics.push(...findings(quantity, records, draws.chains, draws.draws));
  }
  return { draws: draws.draws, chains: draws.chains, quantities, terms, diagnostics };
}

/** Whether each chain by itself is in equilibrium, as far as its halves tell. */
function eachAgrees({ values, chains, draws }: Chains): boolean {
  for (let c = 0; c < chains; c++)
    if (!(rHat({ values: values.subarray(c * draws, (c + 1) * draws), chains: 1, draws }) < 1.05))
      return false;
  return chains > 1;
}

/** Elements copied out of the draws at a time: a block of columns, so that memory is read along its rows. */
const tile = 16;

/** The chains × draws of each element, in row-major order of the elements. */
function* scalarsOf(
  quantity: Quantity,
  { chains, draws }: Draws,
): Generator<{ readonly values: Float64Array; readonly index: readonly number[] }> {
  const rows = chains * draws;
  const size = quantity.shape.reduce((a, b) => a * b, 1);
  for (let first = 0; first < size; first += tile) {
    const width = Math.min(tile, size - first);
    const columns = Array.from({ length: width }, () => new Float64Array(rows));
    for (let row = 0; row < rows; row++) {
      const start = row * size + first;
      for (let j = 0; j < width; j++) columns[j][row] = quantity.values[start + j];
    }
    for (let j = 0; j < width; j++) yield { values: columns[j], index: unravel(first + j, quantity.shape) };
  }
}

function numbers(d: Diagnosis): Omit<ScalarSummary, 'name' | 'frequencies'> {
  return {
    mean: orNull(d.mean),
    sd: orNull(d.sd),
    mcse_mean: orNull(d.mcseMean),
    q5: orNull(d.q5),
    q50: orNull(d.q50),
    q95: orNull(d.q95),
    ess_bulk: orNull(d.essBulk),
    ess_tail: orNull(d.essTail),
    r_hat: orNull(d.rHat),
  };
}

const orNull = (x: number): number | null => (Number.isNaN(x) ? null : x);

function summariseCategory(
  name: string,
  codes: Float64Array,
  { chains, draws }: Draws,
  labels: readonly string[] | undefined,
): ScalarSummary {
  const counts = new Map<number, number>();
  labels?.forEach((_, code) => {
    counts.set(code, 0);
  });
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const frequencies: Record<string, number> = {};
  let [essBulk, essTail, rHat] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const [code, count] of counts) {
    frequencies[labels?.[code] ?? String(code)] = count / codes.length;
    if (count === 0) continue;
    const d = diagnose({ values: indicator(codes, code, code), chains, draws });
    essBulk = Math.min(essBulk, d.essBulk);
    essTail = Math.min(essTail, d.essTail);
    rHat = Math.max(rHat, d.rHat);
  }
  return {
    name,
    mean: null,
    sd: null,
    mcse_mean: null,
    q5: null,
    q50: null,
    q95: null,
    ess_bulk: orNull(essBulk),
    ess_tail: orNull(essTail),
    r_hat: orNull(rHat),
    frequencies,
  };
}

/** The one value of a constant quantity as a reader would write it. */
function constantValue(values: Float64Array, quantity: Quantity): string | undefined {
  if (values.length === 0 || !isConstant(values)) return undefined;
  return quantity.labels?.[values[0]] ?? String(values[0]);
}

function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
