/** A job's result: figures, tables, charts. */
import { formatNumber, mean, quantile } from '../../../src/plot/numbers.ts';
import type { Quantity } from '../../../src/stats/draws.ts';
import { accuracyText, pText, verdict } from '../../../src/stats/verdict.ts';
import { h } from '../dom.ts';
import type { ShownResult } from '../protocol.ts';
import { statePicture, stateText } from './state.ts';
import { summaryView } from './summary.ts';
import { type Cell, numberTable, type Tile, tiles } from './tiles.ts';

type Of<V extends ShownResult['verb']> = Extract<ShownResult, { verb: V }>;

/** What is told of a result besides its charts. */
export function resultView(result: ShownResult): readonly HTMLElement[] {
  switch (result.verb) {
    case 'sample':
      return sampleView(result);
    case 'fit':
      return fitView(result);
    case 'logz':
      return logzView(result);
    case 'minimize':
      return minimumView(result);
    case 'score':
      return scoreView(result);
    case 'predict':
      return predictView(result);
    case 'complete':
      return completeView(result);
    case 'compare':
      return compareView(result);
  }
}

const count = (n: number): string => n.toLocaleString('en');
const seconds = (s: number): string => `${s < 10 ? s.toFixed(1) : s.toFixed(0)} s`;
const percent = (p: number): string => `${(100 * p).toFixed(1)} %`;

function sampleView(r: Of<'sample'>): readonly HTMLElement[] {
  const { draws, summary, plan } = r;
  const list: Tile[] = [
    {
      label: 'draws',
      value: count(draws.draws * draws.chains),
      note: `${draws.chains} × ${count(draws.draws)}`,
    },
    { label: 'method', value: plan.method },
    {
      label: 'time',
      value: seconds(r.seconds),
      ...(r.workers > 1 ? { note: `on ${r.workers} workers` } : {}),
    },
    { label: 'engine', value: plan.engine },
  ];
  if (r.divergences > 0) list.push({ label: 'divergences', value: count(r.divergences) });
  if (draws.draws < 2) return [tiles(list)];
  const figures = summary
    ? summaryView(summary)
    : h('p', { class: 'hint' }, 'The summary was stopped before it was done. The draws are all here.');
  return [tiles(list), figures];
}

const fitView = (r: Of<'fit'>): readonly HTMLElement[] => [
  tiles([
    { label: 'steps', value: count(r.steps) },
    { label: 'loss', value: formatNumber(r.loss), note: 'last 100 steps' },
    { label: 'parameters', value: count(r.parameters) },
    { label: 'time', value: seconds(r.seconds) },
  ]),
];

const logzView = (r: Of<'logz'>): readonly HTMLElement[] => [
  tiles([
    {
      label: 'ln Z',
      value: formatNumber(r.logZ, 8),
      note: r.error > 0 ? `± ${formatNumber(r.error)}` : 'exact',
    },
    ...(r.states === null ? [] : [{ label: 'states', value: count(r.states) }]),
    ...(r.chains === null ? [] : [{ label: 'chains', value: count(r.chains) }]),
    ...(r.rungs === null ? [] : [{ label: 'temperatures', value: count(r.rungs) }]),
  ]),
  ...r.warnings.map((w) => h('p', { class: 'warning' }, w)),
];

function minimumView(r: Of<'minimize'>): readonly HTMLElement[] {
  const of = (role: Quantity['role']): readonly Quantity[] =>
    r.state.quantities.filter((q) => q.role === role);
  return [
    tiles([
      {
        label: 'energy',
        value: formatNumber(r.energy, 8),
        note: r.provedOptimal
          ? 'the least'
          : r.bound === null
            ? 'not proved the least'
            : `at least ${formatNumber(r.bound)}`,
      },
      { label: 'method', value: r.method },
      ...(r.restarts > 1
        ? [{ label: 'searches', value: count(r.restarts), note: `${r.reached} ended here` }]
        : []),
    ]),
    h('p', {}, `${r.how}.`),
    numberTable(
      'Energy by term',
      ['term', 'energy'],
      of('term').map((q) => ({ name: q.name, cells: [{ text: formatNumber(q.values[0], 6) }] })),
    ),
    ...[...of('unknown'), ...of('report')].flatMap((q) => statePicture(q)?.element ?? []),
    ...[...of('unknown'), ...of('report')].map((q) =>
      h(
        'details',
        { class: 'more', open: statePicture(q) === null },
        h('summary', {}, q.name),
        h('pre', {}, stateText(q)),
      ),
    ),
  ];
}

function scoreView(r: Of<'score'>): readonly HTMLElement[] {
  const sorted = r.energy.toSorted();
  return [
    tiles([
      { label: 'rows', value: count(sorted.length) },
      { label: 'mean energy', value: formatNumber(mean(sorted), 4) },
      { label: 'median', value: formatNumber(quantile(sorted, 0.5), 4) },
      { label: '95 %', value: formatNumber(quantile(sorted, 0.95), 4) },
    ]),
    numberTable(
      'Mean energy of a row by term',
      ['term', 'mean energy'],
      [...r.terms].map(([name, values]) => ({ name, cells: [{ text: formatNumber(mean(values), 4) }] })),
    ),
  ];
}

function predictView(r: Of<'predict'>): readonly HTMLElement[] {
  const c = r.calibration;
  return [
    tiles([
      { label: 'accuracy', value: percent(c.accuracy), note: `of ${count(c.rows)} rows` },
      { label: 'log loss', value: formatNumber(c.log_loss), note: 'nats' },
      { label: 'Brier score', value: formatNumber(c.brier) },
      { label: 'calibration error', value: formatNumber(c.expected_calibration_error) },
    ]),
    ...(r.labels.length <= 12 ? [confusion(r)] : []),
  ];
}

/** How often each value was taken for which. */
function confusion(r: Of<'predict'>): HTMLElement {
  const n = r.labels.length;
  const counts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  r.truth.forEach((truth, row) => {
    const p = r.probabilities.subarray(row * n, (row + 1) * n);
    counts[truth][p.indexOf(p.reduce((a, b) => Math.max(a, b)))]++;
  });
  const cell = (k: number, right: boolean): Cell =>
    k === 0 ? { text: '·', mood: 'quiet' } : { text: count(k), mood: right ? 'good' : 'bad' };
  return numberTable(
    'Rows by true and by predicted value',
    [`${r.unknown} ↓ predicted →`, ...r.labels],
    r.labels.map((name, i) => ({ name, cells: counts[i].map((k, j) => cell(k, i === j)) })),
  );
}

function completeView(r: Of<'complete'>): readonly HTMLElement[] {
  return [
    tiles([
      {
        label: 'missing cells',
        value: count(r.missing),
        note: `in ${count(r.incomplete)} of ${count(r.rows)} rows`,
      },
      { label: 'time', value: seconds(r.seconds) },
    ]),
    ...r.warnings.map((w) => h('p', { class: 'warning' }, w)),
    numberTable(
      'Missing cells',
      ['cell', 'value', 'spread'],
      r.cells.map((c) => ({ name: c.name, cells: [{ text: c.value }, { text: c.spread }] })),
    ),
  ];
}

function compareView(r: Of<'compare'>): readonly HTMLElement[] {
  const s = r.similarity;
  const test = r.classifier;
  const score = (v: number): Cell => ({ text: Number.isFinite(v) ? v.toFixed(3) : '–' });
  return [
    h('p', {}, `Draws and data: ${verdict(test)}.`),
    tiles([
      ...(test
        ? [{ label: 'told apart', value: accuracyText(test), note: `a coin: 50 %, ${pText(test.p)}` }]
        : []),
      { label: 'columns alike', value: percent(s.column_mean) },
      { label: 'pairs alike', value: percent(s.pair_mean) },
      {
        label: 'MMD²',
        value: formatNumber(r.mmd),
        note: `${r.kernel} kernel${r.kernelTest ? `, ${pText(r.kernelTest.p)}` : ''}`,
      },
      {
        label: 'draws',
        value: count(r.rows.draws),
        note: `${r.worth < 0.9 * r.rows.draws ? `worth ${count(r.worth)}, ` : ''}against ${count(r.rows.data)} rows`,
      },
    ]),
    h(
      'details',
      { class: 'more' },
      h('summary', {}, 'Column by column'),
      numberTable(
        'Distance of each column, and what chance alone would make',
        ['column', 'distance', 'by chance'],
        r.marginals.map((m) => ({
          name: m.name,
          cells: [
            { ...score(m.distance), ...(m.distance > m.chance ? { mood: 'bad' as const } : {}) },
            score(m.chance),
          ],
        })),
      ),
    ),
  ];
}
