/**
 * The rate of each step: a linear rise, then a fall. A pure function of the step's number, so nothing of it needs to be
 * kept.
 *
 * - cosine: I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5
 *   without restarts;
 * - inverse_sqrt: A. Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 3, scaled so that its largest
 *   value is `rate`.
 */
export const schedules = ['constant', 'cosine', 'linear', 'exponential', 'inverse_sqrt'] as const;
export type Schedule = (typeof schedules)[number];

export interface RateOptions {
  /** The largest rate. */
  readonly rate: number;
  /** Default `constant`. */
  readonly schedule?: Schedule;
  /** Steps over which the rate rises to its full size; default 0. */
  readonly warmup?: number;
  /** Share of the rate that is left at the end; default 0, for `exponential` 0.01. */
  readonly floor?: number;
}

/** What `exponential` falls to where nobody says: it never reaches 0. */
export const exponentialFloor = 0.01;

/**
 * The rate of a step. With w = `warmup`, f = `floor` and p = (step − w)/(steps − w), the share of the run after the rise:
 * rate·(step + 1)/w before w; then rate times 1 (constant), f + (1 − f)(1 + cos πp)/2 (cosine), 1 − (1 − f)p (linear),
 * fᵖ (exponential), or the larger of f and √(max(w, 1)/(step + 1)) (inverse_sqrt).
 * @param step counted from 0
 * @param steps of the whole fit; constant and inverse_sqrt do not depend on it
 */
export function rateAt(step: number, steps: number, options: RateOptions): number {
  const { rate, schedule = 'constant', warmup = 0 } = options;
  if (step < warmup) return (rate * (step + 1)) / warmup;
  const floor = options.floor ?? (schedule === 'exponential' ? exponentialFloor : 0);
  const p = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  switch (schedule) {
    case 'constant':
      return rate;
    case 'cosine':
      return rate * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * p))) / 2);
    case 'linear':
      return rate * (1 - (1 - floor) * p);
    case 'exponential':
      return rate * floor ** p;
    case 'inverse_sqrt':
      return rate * Math.max(floor, Math.sqrt(Math.max(warmup, 1) / (step + 1)));
  }
}

/** Whether rates depend on how many steps there are in all. */
export const fallsOverSteps = ({ schedule = 'constant' }: RateOptions): boolean =>
  schedule !== 'constant' && schedule !== 'inverse_sqrt';
