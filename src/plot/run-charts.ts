import { essBulk, rHat } from '../stats/diagnostics.ts';
import type { Draws, Quantity } from '../stats/draws.ts';
import { byIndex, isLine } from './by-index.ts';
import type { ChartContext } from './context.ts';
import { type LatticeHint, latticeCharts, latticeShape } from './lattice-charts.ts';
import { marginal } from './marginal.ts';
import { formatNumber } from './numbers.ts';
import { pairs } from './pairs.ts';
import { rankPlot } from './rank-plot.ts';
import { pooled, type Series, seriesOf } from './series.ts';
import { termEnergies } from './term-energies.ts';
import { trace } from './trace.ts';
import { type Curve, trainingCurve } from './training-curve.ts';

/** One file of `energy plot`. */
export interface RunChart {
  /** `trace-mu.svg`: lower case letters, digits and hyphens; unlike any other of the run. */
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

export interface RunChartOptions {
  /** What a fit reported by step. */
  readonly history?: readonly Curve[];
  /** Quantities to draw as pictures, beyond those that are plainly grids. */
  readonly lattice?: readonly LatticeHint[];
  /** Most scalars that get a trace and ranks; default 4. */
  readonly traces?: number;
  /** Most scalars that get a marginal; default 8. */
  readonly marginals?: number;
}

/** Scalars beyond this many are sampled evenly before the worst-mixing is looked for. */
const MOST_CANDIDATES = 96;

interface Candidate {
  readonly series: Series;
  readonly role: Quantity['role'];
  /** Which element of its quantity, flat. */
  readonly index: number;
  /** Rank-normalised split R-hat; NaN where undefined. */
  readonly mixing: number;
  readonly note: string;
  readonly constant: boolean;
}

function candidate(draws: Draws, quantity: Quantity, index: number): Candidate {
  const series = seriesOf(draws, quantity, index);
  const scalar = { values: pooled(series), chains: draws.chains, draws: draws.draws };
  const mixing = rHat(scalar);
  const note = Number.isNaN(mixing)
    ? ''
    : `R-hat ${mixing === Number.POSITIVE_INFINITY ? '∞' : mixing.toFixed(3)} · bulk ESS ${formatNumber(Math.round(essBulk(scalar)))}`;
  const constant = scalar.values.every((v) => v === scalar.values[0]);
  return { series, role: quantity.role, index, mixing, note, constant };
}

function candidates(draws: Draws, quantities: readonly Quantity[]): readonly Candidate[] {
  const all = quantities.flatMap((quantity) => {
    const size = quantity.shape.reduce((a, b) => a * b, 1);
    return Array.from({ length: size }, (_, index) => ({ quantity, index }));
  });
  const every = Math.max(1, Math.ceil(all.length / MOST_CANDIDATES));
  return all
    .filter((_, i) => i % every === 0)
    .map(({ quantity, index }) => candidate(draws, quantity, index));
}

/** The limit of Vehtari et al. (2021), section 5. */
const R_HAT_LIMIT = 1.01;

/** The first elements of all quantities, then the second ones, and so on, so that each quantity has its turn. */
const inTurn = (all: readonly Candidate[]): readonly Candidate[] => all.toSorted((a, b) => a.index - b.index);

/** Scalars that fail to mix, worst first; then the others in turn; constants last. */
function byUrgency(all: readonly Candidate[]): readonly Candidate[] {
  const bad = all.filter((c) => !c.constant && c.mixing > R_HAT_LIMIT).sort((a, b) => b.mixing - a.mixing);
  const rest = inTurn(all.filter((c) => !c.constant && !bad.includes(c)));
  return [...bad, ...rest, ...all.filter((c) => c.constant)];
}

/** Names for files: distinct even where case is ignored, and safe on every file system. */
function fileNamer(): (kind: string, name: string) => string {
  const taken = new Set<string>();
  return (kind, name) => {
    const slug = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40);
    const stem = slug === '' ? kind : `${kind}-${slug}`;
    let unique = stem;
    for (let n = 2; taken.has(unique); n++) unique = `${stem}-${n}`;
    taken.add(unique);
    return `${unique}.svg`;
  };
}

/**
 * The charts that suit a run, in reading order: training curve, energies by term, pictures of lattices, lines, traces
 * and ranks of the scalars that mix worst (else the first ones), marginals, pairs of two to five reals.
 * Deterministic: the same run gives the same files.
 */
export function runCharts(
  ctx: ChartContext,
  draws: Draws,
  options: RunChartOptions = {},
): readonly RunChart[] {
  const file = fileNamer();
  const charts: RunChart[] = [];
  if (options.history !== undefined && options.history.length > 0) {
    charts.push({ file: file('training', ''), title: 'Training', svg: trainingCurve(ctx, options.history) });
  }
  if (draws.chains === 0 || draws.draws === 0) return charts;

  const recorded = draws.quantities.filter((q) => q.values.length > 0);
  const energies = recorded.filter((q) => (q.role === 'term' || q.role === 'energy') && q.shape.length === 0);
  if (energies.some((q) => q.role === 'term')) {
    const rows = energies.map((q) => seriesOf(draws, q));
    charts.push({ file: file('terms', ''), title: 'Energy by term', svg: termEnergies(ctx, rows) });
  }

  const variables = recorded.filter((q) => q.role === 'unknown' || q.role === 'report');
  const hints = options.lattice ?? [];
  for (const quantity of variables) {
    const shape = latticeShape(quantity, hints);
    if (shape === undefined) continue;
    for (const { part, title, svg } of latticeCharts(ctx, draws, quantity, shape)) {
      charts.push({ file: file('lattice', `${quantity.name}-${part}`), title, svg });
    }
  }

  const plain = variables.filter((q) => latticeShape(q, hints) === undefined);
  for (const quantity of plain.filter(isLine)) {
    const title = `${quantity.name} by index`;
    charts.push({ file: file('index', quantity.name), title, svg: byIndex(ctx, draws, quantity) });
  }
  const scalars = candidates(draws, plain);
  const total = candidates(
    draws,
    energies.filter((q) => q.role === 'energy'),
  );
  for (const c of byUrgency([...scalars, ...total]).slice(0, options.traces ?? 4)) {
    const { name } = c.series;
    if (draws.draws > 1) {
      const svg = trace(ctx, c.series, { note: c.note });
      charts.push({ file: file('trace', name), title: `Trace of ${name}`, svg });
    }
    if (draws.chains > 1 && draws.draws >= 20 && !c.constant) {
      const svg = rankPlot(ctx, c.series, { note: c.note });
      charts.push({ file: file('ranks', name), title: `Ranks of ${name}`, svg });
    }
  }
  const chosen = new Set(inTurn(scalars).slice(0, options.marginals ?? 8));
  for (const c of scalars.filter((s) => chosen.has(s))) {
    const { name } = c.series;
    charts.push({ file: file('marginal', name), title: `Marginal of ${name}`, svg: marginal(ctx, c.series) });
  }
  const reals = scalars.filter((c) => c.series.kind === 'real' && !c.constant && c.role === 'unknown');
  if (reals.length >= 2 && draws.chains * draws.draws > 1) {
    const few = new Set(inTurn(reals).slice(0, 5));
    const shown = reals.filter((c) => few.has(c)).map((c) => c.series);
    charts.push({ file: file('pairs', ''), title: 'Pairs', svg: pairs(ctx, shown) });
  }
  return charts;
}
