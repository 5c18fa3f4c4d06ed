/** Runs as one page: what was asked, how it went, what came of it. */
import type { RunRecord } from '../io/run-folder.ts';
import { escapeText } from '../plot/markup.ts';
import { htmlPage, type Section, type Table } from '../plot/page.ts';
import type { RunChart } from '../plot/run-charts.ts';
import type { Summary } from '../stats/summary.ts';
import { colouredSource } from '../syntax/colour.ts';
import { short } from './terminal.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ReportedRun {
  /** Of the folder. */
  readonly name: string;
  readonly record: RunRecord;
  readonly charts: readonly RunChart[];
  readonly summary: Summary | null;
}

const object = (v: unknown): Json | null =>
  typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Json) : null;
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
const text = (v: unknown): string =>
  typeof v === 'string' ? v : v === undefined || v === null ? '' : JSON.stringify(v);
const number = (v: unknown): string => (typeof v === 'number' ? short(v) : text(v));

/** Quantities of a summary that are shown; the folder has all. */
const MOST_ROWS = 40;

/** One self-contained HTML file, without scripts; every text escaped. */
export function reportPage(title: string, runs: readonly ReportedRun[], when: string): string {
  const several = runs.length > 1;
  const [first] = runs;
  const sections = [
    ...(several ? [contents(runs)] : []),
    ...runs.flatMap((r) => runSections(r, several)),
    ...sources(runs),
  ];
  return htmlPage({
    title,
    subtitle: several ? `${runs.length} runs` : headline(first.record.run),
    sections,
    footer: `Energy ${text(first.record.run.energy)} · ${when}`,
  });
}

const headline = (run: Json): string => {
  const job = object(run.job);
  return [text(job?.verb), text(job?.energy)].filter((t) => t !== '').join(' · ');
};

const contents = (runs: readonly ReportedRun[]): Section => ({
  heading: 'Runs',
  table: {
    columns: ['run', 'what', 'result', 'findings'],
    rows: runs.map((r) => [
      r.name,
      headline(r.record.run),
      outcome(r.record.run),
      findings(r.record.run).length,
    ]),
  },
});

function runSections(r: ReportedRun, several: boolean): Section[] {
  const { run } = r.record;
  const prefix = several ? `${r.name}: ` : '';
  const notes = findings(run);
  const result = outcome(run);
  const sections: Section[] = [
    {
      heading: `${prefix}${headline(run)}`,
      text:
        [run.complete === false ? 'The run was stopped before its end.' : '', result]
          .filter((t) => t !== '')
          .join('\n\n') || undefined,
      html: diagnosticsMarkup(notes),
    },
  ];
  if (r.summary) sections.push({ heading: `${prefix}Summary`, table: summaryTable(r.summary) });
  if (r.charts.length > 0) sections.push({ heading: `${prefix}Charts`, svg: r.charts.map((c) => c.svg) });
  sections.push(planSection(prefix, run), settings(prefix, run));
  return sections.filter((s) => s.text || s.html || s.svg || s.table);
}

const findings = (run: Json): readonly string[] =>
  list(run.diagnostics).flatMap((d) => {
    const o = object(d);
    return o && typeof o.message === 'string' && o.level !== 'info' ? [o.message] : [];
  });

function diagnosticsMarkup(notes: readonly string[]): string {
  if (notes.length === 0) return '<p class="fine">Nothing to complain about was found.</p>';
  const items = notes.map((n) => `<li>${escapeText(n)}</li>`).join('\n');
  return `<details class="findings"${notes.length <= 6 ? ' open' : ''}><summary>${notes.length} ${notes.length === 1 ? 'finding' : 'findings'}</summary><ul>${items}</ul></details>`;
}

/** What verbs other than `sample` came to, in a sentence. */
function outcome(run: Json): string {
  if (typeof run.log_z === 'number')
    return run.error === 0
      ? `ln Z = ${run.log_z} (exact)`
      : `ln Z = ${number(run.log_z)} ± ${number(run.error)}`;
  const state = object(run.state);
  if (state) {
    const values = Object.entries(state)
      .slice(0, 8)
      .map(([k, v]) => `${k} = ${text(v).length > 60 ? '…' : number(v)}`);
    return `Least energy ${run.proved_optimal === true ? '(proved)' : '(not proved)'}: ${values.join(', ')}`;
  }
  if (typeof run.loss === 'number') return `Loss ${number(run.loss)} after ${text(run.steps)} steps`;
  if (typeof run.mean_energy === 'number')
    return `Mean energy ${number(run.mean_energy)} of ${text(run.rows)} rows`;
  if (typeof run.accuracy === 'number') return `Accuracy ${number(run.accuracy)}`;
  return '';
}

function summaryTable(s: Summary): Table {
  const rows = [
    ...s.quantities.filter((q) => !q.name.includes('[')),
    ...s.quantities.filter((q) => q.name.includes('[')),
  ];
  const shown = rows.slice(0, MOST_ROWS);
  const cell = (x: number | null, digits?: number): string | number =>
    x === null || Number.isNaN(x) ? '–' : digits === undefined ? short(x) : x.toFixed(digits);
  return {
    columns: ['', 'mean', 'sd', 'mcse', 'q5', 'q50', 'q95', 'ess bulk', 'ess tail', 'R-hat'],
    rows: shown.map((q) => [
      q.name,
      cell(q.mean),
      cell(q.sd),
      cell(q.mcse_mean),
      cell(q.q5),
      cell(q.q50),
      cell(q.q95),
      cell(q.ess_bulk, 0),
      cell(q.ess_tail, 0),
      cell(q.r_hat, 3),
    ]),
    caption: `${s.draws} draws × ${s.chains} chains${rows.length > shown.length ? `; ${rows.length - shown.length} more quantities in the folder` : ''}`,
  };
}

function planSection(prefix: string, run: Json): Section {
  const plan = object(run.plan);
  if (!plan) return { heading: '' };
  const unknowns = list(plan.unknowns).flatMap((u): Json[] => {
    const o = object(u);
    return o ? [o] : [];
  });
  const said = [
    `${text(plan.method)} on ${text(plan.engine)}`,
    text(plan.engineWhy),
    text(plan.logzWhy) === '' ? '' : `logz by ${text(plan.logz)}, because ${text(plan.logzWhy)}`,
  ];
  return {
    heading: `${prefix}Plan`,
    text: said.filter((t) => t !== '').join('\n\n'),
    table: {
      columns: ['unknown', 'domain', 'elements', 'method', 'why'],
      rows: unknowns.map((u) => [
        text(u.unknown),
        text(u.domain),
        Number(u.elements),
        text(u.method),
        text(u.why),
      ]),
    },
  };
}

function settings(prefix: string, run: Json): Section {
  const options = object(object(run.job)?.options) ?? {};
  const timings = object(run.timings) ?? {};
  const program = object(run.program);
  const rows: [string, string][] = [
    ['seed', text(run.seed)],
    ...Object.entries(options).map(([k, v]): [string, string] => [k, text(v)]),
    ...Object.entries(timings).map(([k, v]): [string, string] => [`${k} (s)`, number(v)]),
    ['engine', text(run.engine)],
    ['Energy', text(run.energy)],
    ['Node', text(run.node)],
    ['program (SHA-256)', text(program?.sha256)],
  ];
  return {
    heading: `${prefix}Settings`,
    table: { columns: ['', 'value'], rows: rows.filter(([, v]) => v !== '') },
  };
}

/** Every program text once. */
function sources(runs: readonly ReportedRun[]): Section[] {
  const seen = new Map<string, string>();
  for (const r of runs) {
    const program = object(r.record.run.program);
    const files = [program, ...list(program?.uses).map(object)];
    for (const f of files) if (f && typeof f.text === 'string') seen.set(f.text, text(f.file));
  }
  return [...seen].map(([source, file]) => ({
    heading: file,
    html: `<pre class="source"><code>${colouredSource(source)}</code></pre>`,
  }));
}
