/** The summary of chains: means and how sure they are; what is not to be trusted is marked. */
import { formatNumber } from '../../../src/plot/numbers.ts';
import { essLimit, rHatLimit } from '../../../src/stats/findings.ts';
import type { ScalarSummary, Summary } from '../../../src/stats/summary.ts';
import { h } from '../dom.ts';
import { type Cell, numberTable } from './tiles.ts';

/** Arrays of at most so many elements are listed one by one. */
const MOST_ELEMENTS = 12;

const columns = ['', 'mean', 'sd', 'MCSE', '5 %', '50 %', '95 %', 'ESS bulk', 'ESS tail', 'R-hat'];

export function summaryView(summary: Summary): HTMLElement {
  const rows = [
    ...grouped(summary.quantities).map((g) => ({ ...g, quiet: false })),
    ...grouped(summary.terms).map((g) => ({ ...g, quiet: true })),
  ];
  return h(
    'div',
    { class: 'summary' },
    numberTable(
      'Summary of the draws',
      columns,
      // Scalars first: a report matters more than the thousandth pixel.
      rows.toSorted((a, b) => Number(a.quiet) - Number(b.quiet) || a.order - b.order),
    ),
    verdict(summary),
  );
}

interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
  /** 0 for scalars, 1 for arrays. */
  readonly order: number;
}

function grouped(all: readonly ScalarSummary[]): readonly Row[] {
  const groups = new Map<string, ScalarSummary[]>();
  for (const s of all) {
    const array = s.name.replace(/\[.*/, '');
    groups.set(array, [...(groups.get(array) ?? []), s]);
  }
  return [...groups].flatMap(([name, members]): Row[] => {
    if (members.length <= MOST_ELEMENTS)
      return members.map((s) => ({ name: s.name, cells: scalarCells(s), order: Number(members.length > 1) }));
    return [
      { name: `${name} × ${members.length.toLocaleString('en')}`, cells: arrayCells(members), order: 1 },
    ];
  });
}

const scalarCells = (s: ScalarSummary): readonly Cell[] => [
  s.frequencies ? { text: frequent(s.frequencies) } : number(s.mean),
  number(s.sd),
  number(s.mcse_mean),
  number(s.q5),
  number(s.q50),
  number(s.q95),
  ess(s.ess_bulk),
  ess(s.ess_tail),
  rHat(s.r_hat),
];

/** The span of the elements' means, the greatest error and the worst of their diagnostics. */
function arrayCells(members: readonly ScalarSummary[]): readonly Cell[] {
  const all = (pick: (s: ScalarSummary) => number | null): number[] =>
    members.map(pick).filter((v): v is number => v !== null);
  const span = (values: readonly number[]): Cell => {
    if (values.length === 0) return { text: '–' };
    const [lo, hi] = [min(values), max(values)].map((v) => formatNumber(v, 2));
    return { text: lo === hi ? lo : `${lo} … ${hi}`, mood: 'quiet' };
  };
  const errors = all((s) => s.mcse_mean);
  const least = (values: readonly number[]): number | null => (values.length === 0 ? null : min(values));
  const most = (values: readonly number[]): number | null => (values.length === 0 ? null : max(values));
  return [
    span(all((s) => s.mean)),
    { text: '' },
    { text: errors.length === 0 ? '–' : `≤ ${formatNumber(max(errors), 2)}`, mood: 'quiet' },
    { text: '' },
    { text: '' },
    { text: '' },
    ess(least(all((s) => s.ess_bulk))),
    ess(least(all((s) => s.ess_tail))),
    rHat(most(all((s) => s.r_hat))),
  ];
}

const min = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const max = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

const number = (v: number | null): Cell => ({ text: v === null ? '–' : formatNumber(v, 3) });
const ess = (v: number | null): Cell =>
  v === null
    ? { text: '–' }
    : { text: formatNumber(Math.round(v), 6), mood: v < essLimit ? 'bad' : undefined };
const rHat = (v: number | null): Cell =>
  v === null
    ? { text: '–' }
    : { text: Number.isFinite(v) ? v.toFixed(3) : '∞', mood: v > rHatLimit ? 'bad' : undefined };

function frequent(f: Readonly<Record<string, number>>): string {
  const [[label, share] = ['–', 0]] = Object.entries(f).sort(([, a], [, b]) => b - a);
  return `${label} ${(100 * share).toFixed(0)} %`;
}

/** In a sentence whether the numbers can be trusted; the findings behind it. */
function verdict(summary: Summary): HTMLElement {
  const warnings = summary.diagnostics.filter((d) => d.level === 'warning');
  const infos = summary.diagnostics.filter((d) => d.level === 'info');
  if (warnings.length === 0)
    return h(
      'p',
      { class: 'verdict', 'data-mood': 'good' },
      infos[0]?.message ?? 'The chains agree, and every number above rests on enough effective draws.',
    );
  return h(
    'details',
    { class: 'verdict', 'data-mood': 'bad' },
    h(
      'summary',
      {},
      `Not to be trusted yet: ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} of the diagnostics`,
    ),
    h('ul', {}, ...[...warnings, ...infos].map((d) => h('li', {}, d.message))),
  );
}
