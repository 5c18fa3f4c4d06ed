/** A comparison as a picture, as words and as JSON. */
import * as path from 'node:path';
import type { Host } from '../io/host.ts';
import type { ComparisonPicture } from '../plot/comparison.ts';
import type { JobResult } from '../run/results.ts';
import type { ClassifierTest } from '../stats/classifier-test.ts';
import { worstPairs } from '../stats/pair-associations.ts';
import { shortNames } from '../stats/short-names.ts';
import { pText, strength, verdict } from '../stats/verdict.ts';
import { short, textTable } from './terminal.ts';

type Compared = Extract<JobResult, { verb: 'compare' }>;

/** Columns and pairs that the terminal shows, and that the result event lists. */
const [SHOWN, SHOWN_PAIRS, LISTED] = [12, 5, 200];

export const comparisonFile = 'comparison.svg';

/** Draws the picture; what draws is loaded only now, for it takes a while. */
export async function saveComparison(host: Host, dir: string, r: Compared): Promise<string> {
  const [{ comparisonChart }, { linkedomContext }] = await Promise.all([
    import('../plot/comparison.ts'),
    import('../plot/linkedom.ts'),
  ]);
  await host.write(path.join(dir, comparisonFile), comparisonChart(linkedomContext(), r));
  return comparisonFile;
}

/** What `run.json` keeps: everything. */
export function compareFacts({ verb: _, kernelTest, ...rest }: Compared): Readonly<Record<string, unknown>> {
  return { ...rest, kernel_test: kernelTest, verdict: verdict(rest.classifier) };
}

/** What the result event says: everything but the pictures. */
export function compareEvent(r: Compared): Readonly<Record<string, unknown>> {
  const s = r.similarity;
  return {
    verdict: verdict(r.classifier),
    columns: s.columns,
    pairs: s.pairs,
    column_mean: s.column_mean,
    pair_mean: s.pair_mean,
    mmd: r.mmd,
    kernel: r.kernel,
    kernel_test: r.kernelTest,
    classifier: r.classifier,
    marginals: r.marginals.slice(0, LISTED).map(({ histogram: _, ...m }) => m),
    associations: worstPairs(r.associations, LISTED),
    association_chance: r.associations.chance,
    rows: r.rows,
    worth: r.worth,
    missing: r.missing,
    complete: r.complete,
  };
}

export function compareText(r: Compared): string {
  return r.complete ? verdict(r.classifier) : 'stopped before the tests were done: no verdict';
}

export function compareLines(r: Compared): readonly string[] {
  const s = r.similarity;
  const titleOf = shortNames(r.marginals.map((m) => m.name));
  const worth = r.worth < 0.9 * r.rows.draws ? ` (worth ${r.worth} independent ones)` : '';
  const cells = r.missing.cells;
  const lacking = `${cells} missing ${cells === 1 ? 'cell' : 'cells'} in ${r.missing.rows} ${r.missing.rows === 1 ? 'row' : 'rows'}`;
  const test = r.kernelTest;
  const kernel = test ? `${r.kernel}; ${pText(test.p)}; halves of the data ${short(test.halves)}` : r.kernel;
  const shown = r.marginals.slice(0, SHOWN);
  const moved = shown.some((m) => m.wasserstein !== null);
  const head = ['column', 'distance', '', 'by chance'];
  const rows = shown.map((m) => [
    titleOf(m.name),
    three(m.distance),
    m.measure === 'total_variation' ? 'TV' : 'KS',
    three(m.chance),
    ...(moved ? [m.wasserstein === null ? '' : three(m.wasserstein)] : []),
  ]);
  const out = [
    ...tellers(r.classifier, titleOf),
    `  columns ${short(s.column_mean)}, pairs ${short(s.pair_mean)} alike (1 is the same); MMD² ${short(r.mmd)} (${kernel})`,
    `  ${r.rows.draws} draws${worth} and ${r.rows.data} rows${cells > 0 ? `; ${lacking} left out` : ''}`,
    '',
    textTable(moved ? [...head, 'in sd'] : head, rows),
  ];
  if (r.columns > shown.length) out.push(`… ${r.columns - shown.length} more columns`);
  const pairs = worstPairs(r.associations, SHOWN_PAIRS);
  if (pairs.length > 0) {
    const symbols = { correlation: 'r', correlation_ratio: 'η', cramers_v: 'V' } as const;
    const rows = pairs.map((p) => [
      p.names.map(titleOf).join(' × '),
      symbols[p.measure],
      two(p.data),
      two(p.draws),
    ]);
    const some = r.associations.names.length < r.columns ? ` of ${r.associations.names.length} columns` : '';
    out.push(
      '',
      textTable([`pair${some}`, '', 'data', 'draws'], rows),
      `differences by chance up to ${three(r.associations.chance)}`,
    );
  }
  return out;
}

const two = (v: number): string => (Math.round(100 * v) / 100 + 0).toFixed(2);
const three = (v: number): string => (Number.isFinite(v) ? v.toFixed(3) : '–');

/** What they are told apart by, where they are. */
function tellers(test: ClassifierTest | null, titleOf: (name: string) => string): string[] {
  if (test === null || strength(test) === null || test.by.length === 0) return [];
  return [
    `  mostly by ${test.by
      .slice(0, 4)
      .map((b) => b.names.map(titleOf).join(' × '))
      .join(', ')}`,
  ];
}

type Json = Readonly<Record<string, unknown>>;

const isJson = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);
/** Numbers that JSON lacks are texts in `run.json`. */
const number = (v: unknown): number => (typeof v === 'number' ? v : Number.NaN);
const numbers = (v: unknown): number[] => (Array.isArray(v) ? v.map(number) : []);
const texts = (v: unknown): string[] => (Array.isArray(v) ? v.map(String) : []);

/** A comparison as `run.json` keeps it, as far as it is drawn; undefined where the run was none. */
export function comparisonIn(run: Json): ComparisonPicture | undefined {
  const { marginals, associations, rows, classifier, kernel_test: kernelTest } = run;
  if (!Array.isArray(marginals) || !isJson(associations) || !isJson(rows)) return undefined;
  const orNull = (v: unknown): (number | null)[] =>
    Array.isArray(v) ? v.map((x) => (typeof x === 'number' ? x : null)) : [];
  const missing = isJson(run.missing) ? run.missing : {};
  const names = texts(associations.names);
  const pairs = (names.length * (names.length - 1)) / 2;
  const measures = texts(associations.measures).map((m) =>
    m === 'correlation' || m === 'correlation_ratio' ? m : 'cramers_v',
  );
  const [data, draws] = [orNull(associations.data), orNull(associations.draws)];
  if ([measures, data, draws].some((x) => x.length !== pairs)) return undefined;
  return {
    mmd: number(run.mmd),
    kernel: run.kernel === 'hamming' || run.kernel === 'gaussian' ? run.kernel : 'product',
    kernelTest: isJson(kernelTest)
      ? {
          p: number(kernelTest.p),
          chance: number(kernelTest.chance),
          relabellings: number(kernelTest.relabellings),
          bandwidth: null,
          rate: null,
          halves: number(kernelTest.halves),
          rows: { data: 0, draws: 0 },
        }
      : null,
    classifier: isJson(classifier)
      ? {
          accuracy: number(classifier.accuracy),
          error: number(classifier.error),
          p: number(classifier.p),
          auc: number(classifier.auc),
          auc_error: number(classifier.auc_error),
          rows: { data: 0, draws: 0 },
          by: (Array.isArray(classifier.by) ? classifier.by : []).flatMap((b: unknown) =>
            isJson(b) ? [{ names: texts(b.names), share: number(b.share) }] : [],
          ),
        }
      : null,
    marginals: marginals.flatMap(marginalIn),
    associations: { names, measures, data, draws, chance: number(associations.chance) },
    rows: { draws: number(rows.draws), data: number(rows.data) },
    worth: number(run.worth),
    columns: number(run.columns),
    missing: { cells: number(missing.cells), rows: number(missing.rows) },
  };
}

function marginalIn(m: unknown): ComparisonPicture['marginals'] {
  if (!isJson(m) || !isJson(m.histogram)) return [];
  const h = m.histogram;
  const [data, draws] = [numbers(h.data), numbers(h.draws)];
  const [lo, hi] = [number(h.lo), number(h.hi)];
  const labels = texts(h.labels);
  const fits = h.kind === 'levels' ? labels.length === data.length : hi > lo;
  if (data.length === 0 || data.length !== draws.length || !fits) return [];
  return [
    {
      name: String(m.name),
      measure: m.measure === 'total_variation' ? 'total_variation' : 'kolmogorov_smirnov',
      distance: number(m.distance),
      chance: number(m.chance),
      wasserstein: typeof m.wasserstein === 'number' ? m.wasserstein : null,
      missing: number(m.missing),
      histogram:
        h.kind === 'levels'
          ? { kind: 'levels', labels, data, draws, others: number(h.others) || 0 }
          : { kind: 'bins', lo, hi, data, draws },
    },
  ];
}
