/** Which charts a result gets. Loaded with the first result: it brings the plotting library. */
import { byIndex, isLine } from '../../../src/plot/by-index.ts';
import { calibration, reliability } from '../../../src/plot/calibration.ts';
import { comparisonChart } from '../../../src/plot/comparison.ts';
import type { ChartContext } from '../../../src/plot/context.ts';
import { ENERGY_PATH_TITLE, energyPath } from '../../../src/plot/energy-path.ts';
import { historyCurves } from '../../../src/plot/history-curves.ts';
import { latticeCharts, latticeShape } from '../../../src/plot/lattice-charts.ts';
import { marginal } from '../../../src/plot/marginal.ts';
import { pairs } from '../../../src/plot/pairs.ts';
import { falls } from '../../../src/plot/path-points.ts';
import { type Series, seriesOf } from '../../../src/plot/series.ts';
import { termEnergies } from '../../../src/plot/term-energies.ts';
import { trainingCurve } from '../../../src/plot/training-curve.ts';
import type { Draws, Quantity } from '../../../src/stats/draws.ts';
import type { ShownResult } from '../protocol.ts';

export interface Chart {
  readonly title: string;
  /** The chart as SVG; takes some ten milliseconds. */
  readonly draw: (ctx: ChartContext) => string;
}

const MOST_MARGINALS = 8;
/** Of fewer draws, distributions are not drawn. */
const LEAST_DRAWS = 20;
/** Of fewer draws a chain, nothing is drawn by draw. */
const LEAST_IN_CHAIN = 4;
const MOST_IN_PAIRS = 5;

export function chartsOf(result: ShownResult): readonly Chart[] {
  switch (result.verb) {
    case 'fit': {
      if (result.history.step.length < 2) return [];
      const curves = historyCurves(result.history);
      return [{ title: 'Training', draw: (ctx) => trainingCurve(ctx, curves) }];
    }
    case 'sample':
      return ofDraws(result.draws);
    case 'minimize': {
      const { path } = result;
      return falls(path) ? [{ title: ENERGY_PATH_TITLE, draw: (ctx) => energyPath(ctx, path) }] : [];
    }
    case 'predict': {
      const states = result.labels.length;
      const stated = result.probabilities;
      const outcome = Float64Array.from(stated, (_, i) =>
        result.truth[Math.floor(i / states)] === i % states ? 1 : 0,
      );
      const title = `Calibration of ${result.unknown}`;
      return [{ title, draw: (ctx) => calibration(ctx, reliability(stated, outcome), { title }) }];
    }
    case 'score': {
      const values = [...result.energy].filter(Number.isFinite);
      const series: Series = { name: 'energy of a row', kind: 'real', chains: [values] };
      return [
        {
          title: 'Energies of the rows',
          draw: (ctx) => marginal(ctx, series, { title: 'Energies of the rows' }),
        },
      ];
    }
    case 'compare':
      return [{ title: 'Draws beside data', draw: (ctx) => comparisonChart(ctx, result) }];
    default:
      return [];
  }
}

function ofDraws(draws: Draws): readonly Chart[] {
  const total = draws.chains * draws.draws;
  if (total < LEAST_DRAWS) return [];
  const variables = draws.quantities.filter((q) => q.role === 'unknown' || q.role === 'report');
  const lattices = variables.flatMap((q): Chart[] => {
    const shape = latticeShape(q, []);
    if (!shape) return [];
    const part = (i: number): Chart => ({
      title: `${q.name} by site`,
      draw: (ctx) => latticeCharts(ctx, draws, q, shape)[i].svg,
    });
    return [part(1)];
  });
  const lines = variables
    .filter(isLine)
    .map((q): Chart => ({ title: `${q.name} by index`, draw: (ctx) => byIndex(ctx, draws, q) }));
  const scalars = inTurn(
    variables.filter((q) => latticeShape(q, []) === undefined),
    draws,
  );
  const marginals = scalars.slice(0, MOST_MARGINALS).map(
    (series): Chart => ({
      title: `Marginal of ${series.name}`,
      draw: (ctx) => marginal(ctx, series),
    }),
  );
  const energies = draws.quantities.filter(
    (q) => (q.role === 'term' || q.role === 'energy') && q.shape.length === 0,
  );
  const terms: Chart[] =
    energies.length > 2 && draws.draws >= LEAST_IN_CHAIN
      ? [
          {
            title: 'Energy by term',
            draw: (ctx) =>
              termEnergies(
                ctx,
                energies.map((q) => seriesOf(draws, q)),
              ),
          },
        ]
      : [];
  const reals = scalars.filter((s) => s.kind === 'real').slice(0, MOST_IN_PAIRS);
  const together: Chart[] = reals.length >= 2 ? [{ title: 'Pairs', draw: (ctx) => pairs(ctx, reals) }] : [];
  return [...lines, ...marginals, ...terms, ...lattices, ...together];
}

/** Reports before unknowns; of arrays first the first elements, then the second ones. */
function inTurn(quantities: readonly Quantity[], draws: Draws): readonly Series[] {
  const size = (q: Quantity): number => q.shape.reduce((a, b) => a * b, 1);
  const order = [
    ...quantities.filter((q) => q.role === 'report'),
    ...quantities.filter((q) => q.role !== 'report'),
  ];
  const out: Series[] = [];
  for (let i = 0; out.length < MOST_MARGINALS * 2; i++) {
    const having = order.filter((q) => i < size(q));
    if (having.length === 0) break;
    out.push(...having.map((q) => seriesOf(draws, q, i)));
  }
  return out;
}
