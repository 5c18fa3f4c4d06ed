/**
 * What a reader should be told about a run, in plain words: one sentence a quantity and kind of trouble,
 * however many elements the quantity has.
 *
 * The limits are those that Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021) recommend: R-hat
 * up to 1.01, and an effective sample size of at least 400 in all, 100 for each of four chains.
 */
import type { Quantity } from './draws.ts';

export interface SummaryFinding {
  /** `warning`: the numbers are not to be trusted yet. `info`: worth knowing. */
  readonly level: 'warning' | 'info';
  /** The scalar concerned, or the whole quantity when several of its elements are. */
  readonly quantity: string;
  readonly message: string;
}

/** Largest R-hat of chains that agree. */
export const rHatLimit = 1.01;
/** Smallest effective sample size, over all chains, of numbers that can be trusted. */
export const essLimit = 400;

/** What the findings need to know of one scalar. */
export interface ScalarRecord {
  readonly name: string;
  readonly rHat: number | null;
  readonly essBulk: number | null;
  readonly essTail: number | null;
  /** Whether chains disagree, each in equilibrium by itself. */
  readonly modes?: boolean;
  /** The value, where every draw is the same. */
  readonly constant: string | undefined;
  /** Whether all draws are finite numbers. */
  readonly finite: boolean;
}

/** The findings about one quantity from the records of its elements. */
export function findings(
  quantity: Pick<Quantity, 'name' | 'role' | 'lo' | 'hi'>,
  records: readonly ScalarRecord[],
  chains: number,
  draws: number,
): SummaryFinding[] {
  const out: SummaryFinding[] = [];
  const add = (level: SummaryFinding['level'], which: readonly ScalarRecord[], message: string): void => {
    out.push({ level, quantity: which.length === 1 ? which[0].name : quantity.name, message });
  };
  /** A term may have the name of the unknown that it is about. */
  const term = quantity.role === 'term' ? 'term ' : '';
  /** "mu", "term mu" or "12 of 1024 elements of s". */
  const who = (which: readonly ScalarRecord[]): string =>
    which.length === 1
      ? `${term}${which[0].name}`
      : `${which.length} of ${records.length} elements of ${quantity.name}`;

  const broken = records.filter((r) => !r.finite);
  if (broken.length > 0) {
    add(
      'warning',
      broken,
      `${who(broken)} ${has(broken)} draws that are not finite numbers (NaN or infinity).`,
    );
  }

  if (draws < 4) {
    add(
      'info',
      records,
      `${quantity.name} has ${draws} draws a chain; R-hat and effective sample sizes need at least 4.`,
    );
    return out;
  }

  const stuck = records.filter((r) => r.rHat === Number.POSITIVE_INFINITY);
  if (stuck.length > 0) {
    const parts = chains === 1 ? 'both halves of the chain are' : 'every chain is';
    add(
      'warning',
      stuck,
      `${who(stuck)} did not move: ${parts} constant, at different values. The draws say nothing about ${stuck.length === 1 ? 'its' : 'their'} distribution.`,
    );
  }

  const apart = records.filter(
    (r) => r.rHat !== null && r.rHat > rHatLimit && r.rHat < Number.POSITIVE_INFINITY,
  );
  if (apart.length > 0) {
    const worst = apart.reduce((a, b) => (b.rHat! > a.rHat! ? b : a));
    add(
      'warning',
      apart,
      `R-hat of ${who(apart)} is above ${rHatLimit} (${value(apart, worst, worst.rHat!.toFixed(3))}): ${chains === 1 ? 'the halves of the chain' : 'the chains'} do not agree yet. Run longer, with a longer warm-up, or look for several modes.`,
    );
    const modes = apart.filter((r) => r.modes);
    if (modes.length > 0)
      add(
        'warning',
        modes,
        `The chains are in different modes: ${who(modes)} ${modes.length === 1 ? 'varies' : 'vary'} about another value in each (R-hat ${worst.rHat!.toFixed(2)}). How much each mode weighs is not known; \`method = tempering\` moves between them.`,
      );
  }

  const small = (kind: 'essBulk' | 'essTail', label: string, spoils: string): void => {
    const low = records.filter(
      (r) => r[kind] !== null && r[kind] < essLimit && r.constant === undefined && !stuck.includes(r),
    );
    if (low.length === 0) return;
    const worst = low.reduce((a, b) => (b[kind]! < a[kind]! ? b : a));
    const each =
      chains === 1 ? 'in all' : `in all, ${Math.ceil(essLimit / chains)} for each of ${chains} chains`;
    const cause = chains * draws < essLimit ? `; only ${chains * draws} draws were recorded` : '';
    add(
      'warning',
      low,
      `The ${label} effective sample size of ${who(low)} is below ${essLimit} ${each} (${value(low, worst, worst[kind]!.toFixed(0))}${cause}): ${spoils} are still rough. Record more draws.`,
    );
  };
  small('essBulk', 'bulk', 'means and medians');
  small('essTail', 'tail', 'the 5 % and 95 % quantiles');

  const mayBeConstant = quantity.role === 'term' || quantity.role === 'energy' || isPoint(quantity);
  const constant = records.filter((r) => r.constant !== undefined && r.finite);
  if (!mayBeConstant && constant.length > 0) {
    const one = constant.length === 1 ? `, ${constant[0].constant}` : '';
    add(
      'info',
      constant,
      `${who(constant)} ${has(constant)} the same value in every draw${one}. If ${constant.length === 1 ? 'it' : 'they'} should vary, the sampler has not moved ${constant.length === 1 ? 'it' : 'them'}.`,
    );
  }
  return out;
}

const has = (which: readonly ScalarRecord[]): string => (which.length === 1 ? 'has' : 'have');

const value = (which: readonly ScalarRecord[], worst: ScalarRecord, text: string): string =>
  which.length === 1 ? text : `worst: ${worst.name}, ${text}`;

const isPoint = (q: Pick<Quantity, 'lo' | 'hi'>): boolean => q.lo !== undefined && q.lo === q.hi;
