/** From rounds to what is told: medians, spreads, ratios, and whether peers agree. */
import type { Case, Peer, Preparation, Round, Target } from './peer.ts';

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface PeerReport {
  readonly name: string;
  readonly rate: Spread;
  readonly preparation?: Preparation;
  /** Of our peers' rates over this one's, round by round. */
  readonly ratios: readonly { readonly ours: string; readonly ratio: Spread }[];
  readonly mean?: number;
  readonly error?: number;
  /** What is wrong with its mean or values, judged by the first peer that has some. */
  readonly disagrees?: string;
}

export interface CaseReport {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly scale: number;
  readonly exact?: number;
  readonly peers: readonly PeerReport[];
  readonly targets: readonly { readonly text: string; readonly value: number; readonly met: boolean }[];
  readonly notes: readonly string[];
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, low: sorted[0], high: sorted[sorted.length - 1] };
}

/** The mean over rounds; its error from those of the rounds or from how rounds differ, whichever is larger. */
function pooled(rounds: readonly Round[]): { readonly mean: number; readonly error: number } | null {
  const n = rounds.length;
  if (rounds.some((r) => r.mean === undefined)) return null;
  const mean = rounds.reduce((a, r) => a + r.mean!, 0) / n;
  const within = Math.sqrt(rounds.reduce((a, r) => a + r.error! ** 2, 0)) / n;
  const between = Math.sqrt(rounds.reduce((a, r) => a + (r.mean! - mean) ** 2, 0) / Math.max(1, n - 1) / n);
  return { mean, error: Math.max(within, between) };
}

/** Standard errors by which means may differ. */
const TOLERANCE = 5;
/** Milliseconds, of the clock or of the processor, in which a model should become code. */
const PREPARATION = 100;
/** By which values may differ, relative to the largest. */
const ROUNDING = 1e-9;

function disagreement(mine: readonly Round[], first: readonly Round[]): string | undefined {
  const a = pooled(mine);
  const b = pooled(first);
  if (a && b) {
    const sigma = Math.hypot(a.error, b.error);
    const off = Math.abs(a.mean - b.mean);
    if (off > TOLERANCE * sigma) return `its mean is off by ${(off / sigma).toFixed(1)} standard errors`;
  }
  const x = mine[0].values;
  const y = first[0].values;
  if (x && y) {
    const largest = Math.max(...y.map(Math.abs));
    const off = x.length === y.length ? Math.max(...x.map((v, i) => Math.abs(v - y[i]))) : Number.NaN;
    if (!(off <= ROUNDING * largest)) return `its gradient is off by ${off.toPrecision(3)}`;
  }
  return undefined;
}

function judged(
  t: Target,
  rates: ReadonlyMap<string, readonly number[]>,
  c: Case,
): CaseReport['targets'][number] | null {
  const mine = rates.get(t.ours);
  if (!mine) return null;
  if (t.over === undefined) {
    const value = spreadOf(mine).median;
    return {
      text: `${t.ours}: at least ${t.atLeast / c.scale} ${c.unit}`,
      value: value / c.scale,
      met: value >= t.atLeast,
    };
  }
  const theirs = rates.get(t.over);
  if (!theirs) return null;
  const value = spreadOf(mine.map((x, i) => x / theirs[i])).median;
  return { text: `${t.ours} over ${t.over}: at least ${t.atLeast}`, value, met: value >= t.atLeast };
}

/** @param rounds of each peer, as many for each */
export function reportOf(
  c: Case,
  peers: readonly Peer[],
  rounds: readonly (readonly Round[])[],
  notes: readonly string[],
): CaseReport {
  const rates = new Map(peers.map((p, i) => [p.name, rounds[i].map((r) => r.rate)]));
  const ours = peers.filter((p) => p.ours);
  const reports = peers.map((p, i): PeerReport => {
    const mine = rates.get(p.name)!;
    const ratios = p.ours
      ? []
      : ours.map((o) => ({
          ours: o.name,
          ratio: spreadOf(rates.get(o.name)!.map((x, r) => x / mine[r])),
        }));
    const disagrees = disagreement(rounds[i], rounds[0]);
    return {
      name: p.name,
      rate: spreadOf(mine),
      ratios,
      ...(p.preparation ? { preparation: p.preparation } : {}),
      ...(pooled(rounds[i]) ?? {}),
      ...(disagrees === undefined ? {} : { disagrees }),
    };
  });
  const { name, title, unit, scale } = c;
  const targets = c.targets.map((t) => judged(t, rates, c)).filter((t) => t !== null);
  for (const { name: who, preparation: p } of ours)
    if (p) {
      const value = Math.min(p.processor, p.analysis + p.code);
      const text = `${who}: made in less than ${PREPARATION} ms`;
      targets.push({ text, value, met: value < PREPARATION });
    }
  return {
    ...{ name, title, unit, scale, peers: reports, targets, notes },
    ...(c.exact === undefined ? {} : { exact: c.exact }),
  };
}

const digits = (x: number): string =>
  x >= 1000 ? x.toFixed(0) : x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2);

const spread = (s: Spread, scale: number): string =>
  `${digits(s.median / scale)} (${digits(s.low / scale)}–${digits(s.high / scale)})`;

const made = (p: Preparation): string =>
  `${p.form}; analysis ${digits(p.analysis)} ms, code ${digits(p.code)} ms (${digits(p.processor)} of the processor), ` +
  `first time ${digits(p.first)} ms`;

/** As lines for a terminal. */
export function shown(r: CaseReport): string {
  const ours = r.peers
    .flatMap((p) => p.ratios.map((x) => x.ours))
    .filter((n, i, all) => all.indexOf(n) === i);
  const hasMean = r.peers.some((p) => p.mean !== undefined);
  const head = ['', r.unit, ...ours.map((o) => `${o} over it`), ...(hasMean ? ['mean ± error'] : [])];
  const rows = r.peers.map((p) => [
    p.name,
    spread(p.rate, r.scale),
    ...ours.map((o) => {
      const found = p.ratios.find((x) => x.ours === o);
      return found ? spread(found.ratio, 1) : '';
    }),
    ...(hasMean && p.mean !== undefined ? [`${p.mean.toFixed(5)} ± ${p.error!.toFixed(5)}`] : []),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ');
  const wrong = r.peers.filter((p) => p.disagrees);
  return [
    '',
    r.title,
    ...r.notes.map((n) => `  ${n}`),
    ...r.peers.filter((p) => p.preparation).map((p) => `  ${p.name}: ${made(p.preparation!)}`),
    `  ${line(head)}`,
    ...rows.map((row) => `  ${line(row)}`),
    ...(r.exact === undefined ? [] : [`  by theory, for an infinite system: ${r.exact.toFixed(5)}`]),
    ...(wrong.length > 0
      ? wrong.map((p) => `  DISAGREES: ${p.name}, ${p.disagrees}`)
      : [r.peers.length > 1 ? '  all agree' : '  nothing to compare with']),
    ...r.targets.map((t) => `  ${t.met ? 'met' : 'NOT MET'}: ${t.text}; it is ${digits(t.value)}`),
  ].join('\n');
}
