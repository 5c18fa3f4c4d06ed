/** A job at work as a few lines of text, redrawn in place by `live.ts`. */
import type { ChainProgress } from '../../scale/chain-progress.ts';
import { type ProgressState, secondsLeft } from './state.ts';
import { type Cell, type Column, clipped, laidOut, plain, type Style, widthOf } from './table.ts';

export interface BlockOptions {
  /** Lines that there is room for. */
  readonly height?: number;
  readonly style?: Style;
}

/** Chains that are shown one by one, at most. */
const MOST_CHAINS = 8;

/**
 * What to show of a job: of chains a row each and one for all of them, of anything else one row.
 * @param width columns of the terminal, none of which is exceeded
 * @param now milliseconds, of the clock that `state.began` is of
 * @returns lines, as many as are needed and `height` at most
 */
export function progressBlock(
  state: ProgressState,
  width: number,
  now: number,
  { height = Number.POSITIVE_INFINITY, style = plain }: BlockOptions = {},
): readonly string[] {
  if (width < 1 || height < 1) return [];
  const lines =
    state.phase === null || (state.phase === 'summing' && state.chains.length === 0)
      ? [sentence([{ text: state.job, style: 'bold' }, ...times(state, now)], width, style)]
      : state.chains.length > 0
        ? [...chainLines(state, width, height - 1, style), summary(state, now, width, style)]
        : laidOut([columnsOfWork(state, now)], width, style);
  return lines.slice(-height);
}

/** The row of a job without chains. */
function columnsOfWork(state: ProgressState, now: number): readonly Column[] {
  const { done, total, rate, training, loss, value, phase } = state;
  const out: Column[] = [
    { cell: { text: clipped(state.job, 20), style: 'bold' }, keep: 10 },
    { cell: { share: total > 0 ? done / total : 0 }, keep: 5 },
  ];
  // Searches and estimates count in units that mean nothing to anybody.
  const share = phase === 'searching' || state.verb === 'logz';
  out.push({
    cell: {
      text: share
        ? `${String(Math.floor(100 * Math.min(1, done / Math.max(1, total)))).padStart(3)} %`
        : `${UNITS[state.verb] ?? ''}${counted(done, total)}`,
    },
    keep: 9,
  });
  if (rate > 0 && !share) out.push({ cell: { text: rateText(rate), style: 'dim' }, keep: 2 });
  if (phase === 'training') {
    if (loss !== null) out.push(named('loss', loss, 8));
    if (training?.heldOut != null) out.push(named('held out', training.heldOut, 7));
    if (training) out.push(named('gradient', training.gradientNorm, 3));
  } else if (value !== null) out.push(named(phase === 'searching' ? 'lowest energy' : 'ln Z', value, 8));
  for (const t of times(state, now))
    out.push({ cell: t, keep: t === STOPPING ? 9.5 : t.style === 'dim' ? 1 : 6 });
  return out;
}

const UNITS: Readonly<Record<string, string>> = {
  fit: 'step ',
  complete: 'row ',
  predict: 'row ',
  score: 'row ',
  compare: 'part ',
};

const named = (name: string, x: number, keep: number): Column => ({
  cell: { text: `${name} ${figure(x).padEnd(8)}` },
  keep,
});

function chainLines(state: ProgressState, width: number, room: number, style: Style): readonly string[] {
  const { chains, chainCount } = state;
  const all = Math.max(chainCount, chains.length);
  if (all <= Math.min(MOST_CHAINS, room))
    return laidOut(
      chains.map((c) => columnsOfChain(`chain ${c.chain}`, c)),
      width,
      style,
    );
  const together = columnsOfChain(`${all} chains`, meanOf(state));
  const share = (c: ChainProgress): number => (c.phase === 'warmup' ? 0 : 1) + c.draw / Math.max(1, c.of);
  const by = [...chains].sort((a, b) => share(a) - share(b));
  const [slowest, fastest] = [by[0], by[by.length - 1]];
  // Side by side all are equally far.
  if (share(slowest) === share(fastest) || room < 3) return laidOut([together], width, style).slice(0, room);
  return laidOut(
    [
      columnsOfChain(`slowest: ${slowest.chain}`, slowest),
      columnsOfChain(`fastest: ${fastest.chain}`, fastest),
      together,
    ],
    width,
    style,
  );
}

/** All chains as one: sums of divergences, means of the rest. */
function meanOf({ chains }: ProgressState): ChainProgress {
  const mean = (of: (c: ChainProgress) => number | null): number | null => {
    const xs = chains.flatMap((c) => of(c) ?? []);
    return xs.length === 0 ? null : xs.reduce((a, b) => a + b, 0) / xs.length;
  };
  const phase = chains.some((c) => c.phase === 'warmup') ? 'warmup' : 'sampling';
  const same = chains.filter((c) => c.phase === phase);
  return {
    ...chains[0],
    phase,
    draw: Math.floor(same.reduce((n, c) => n + c.draw, 0) / same.length),
    of: same[0].of,
    rate: same.reduce((n, c) => n + c.rate, 0) / same.length,
    energy: mean((c) => c.energy),
    acceptance: mean((c) => c.acceptance),
    divergences: chains.reduce((n, c) => n + c.divergences, 0),
  };
}

function columnsOfChain(label: string, c: ChainProgress): readonly Column[] {
  const { phase, draw, of, rate, energy, acceptance, divergences } = c;
  const warming = phase === 'warmup';
  return [
    { cell: { text: label }, keep: 10 },
    { cell: { share: of > 0 ? draw / of : 0, faint: warming }, keep: 5 },
    { cell: { text: `${warming ? 'warm-up' : 'draw'} ${counted(draw, of)}`, right: true }, keep: 9 },
    { cell: { text: rateText(rate), style: 'dim', right: true }, keep: 2 },
    { cell: energy === null ? null : { text: `energy ${figure(energy)}`, right: true }, keep: 8 },
    {
      cell: acceptance === null ? null : { text: `accepted ${acceptance.toFixed(2)}`, style: 'dim' },
      keep: 3,
    },
    {
      cell:
        divergences === 0
          ? null
          : { text: `${divergences} ${divergences === 1 ? 'divergence' : 'divergences'}`, style: 'warn' },
      keep: 4,
    },
  ];
}

/** The row below the chains. */
function summary(state: ProgressState, now: number, width: number, style: Style): string {
  const parts: Cell[] = [{ text: state.job, style: 'bold' }, ...times(state, now)];
  const { rHat } = state;
  if (rHat !== null)
    parts.push({ text: `worst R-hat ${Number.isFinite(rHat) ? rHat.toFixed(rHat < 10 ? 3 : 0) : '∞'}` });
  return sentence(parts, width, style);
}

const STOPPING: Cell = { text: 'stopping; Ctrl-C again quits at once', style: 'warn' };

/** How long it has taken, and will. */
function times(state: ProgressState, now: number): readonly Cell[] {
  const out: Cell[] = [{ text: clock((now - state.began) / 1000), style: 'dim' }];
  const left = secondsLeft(state);
  if (state.stopping) return [...out, STOPPING];
  if (state.phase === 'summing')
    return [...out, { text: `summing up ${Math.floor((100 * state.done) / Math.max(1, state.total))} %` }];
  // What comes after the last step is to look at what there is, and to write it.
  if (state.phase !== null && state.done >= state.total) return [...out, { text: 'finishing' }];
  return left === null || state.phase === null ? out : [...out, { text: `${clock(left)} left` }];
}

/** As many parts as fit, in order; the first one in any case. */
function sentence(parts: readonly Cell[], width: number, style: Style): string {
  let out = '';
  let used = 0;
  for (const [i, { text, style: as }] of parts.entries()) {
    const between = i === 0 ? '' : i === 1 ? ': ' : ' · ';
    const shown = i === 0 ? clipped(text, width) : text;
    const more = widthOf(between) + widthOf(shown);
    if (used + more > width) break;
    out += between + (as ? style[as](shown) : shown);
    used += more;
  }
  return out;
}

/** As wide from the first one to the last. */
const counted = (k: number, n: number): string => `${String(k).padStart(String(n).length)} of ${n}`;

const rateText = (rate: number): string => {
  if (!(rate > 0)) return '';
  return `${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s`;
};

/** Five digits, of the same number from one moment to the next. */
function figure(x: number): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'not a number' : x > 0 ? '∞' : '-∞';
  const a = Math.abs(x);
  return a !== 0 && (a >= 1e7 || a < 1e-3) ? x.toExponential(3) : x.toFixed(decimals(a));
}

const decimals = (a: number): number =>
  a === 0 ? 0 : Math.max(0, Math.min(5, 4 - Math.floor(Math.log10(Math.max(a, 1e-3)))));

export function clock(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 59.5) return `${Math.ceil(s - 1e-9)} s`;
  if (s < 3570) return `${Math.floor((s + 0.5) / 60)} min ${Math.round(s) % 60} s`;
  if (s < 86400) return `${(s / 3600).toFixed(1)} h`;
  return `${(s / 86400).toFixed(1)} days`;
}
