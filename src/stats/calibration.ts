/**
 * How good predicted probabilities are: accuracy, log loss, Brier score, expected calibration error.
 *
 * C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017,
 * section 2 (reliability diagrams, equation 3 and following).
 */

/** One bar of a reliability diagram: predictions whose confidence lies in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence of the bin's predictions; `null` when it has none. */
  readonly confidence: number | null;
  /** Fraction of them that are right; `null` when it has none. */
  readonly accuracy: number | null;
}

export interface Calibration {
  readonly rows: number;
  /** Fraction of rows whose most probable class is the label. */
  readonly accuracy: number;
  /** Mean of −ln p(label), in nats; Infinity if a label was given probability 0. */
  readonly log_loss: number;
  /** Mean squared distance of the probabilities from the one-hot label, 0 … 2. */
  readonly brier: number;
  /** Σ_bins (count / rows)·|accuracy − confidence|, 0 … 1. */
  readonly expected_calibration_error: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * @param probabilities rows × classes, row-major; each row sums to 1
 * @param labels the true class of each row, 0 … classes−1
 * @param bins number of bins of equal width for the confidence (Guo et al. use 15)
 * @throws RangeError if sizes disagree, a label is no class, or a row is no distribution
 */
export function calibration(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  bins = 15,
): Calibration {
  const rows = labels.length;
  if (probabilities.length !== rows * classes) {
    throw new RangeError(`expected ${rows} × ${classes} probabilities, found ${probabilities.length}`);
  }
  if (rows === 0) throw new RangeError('calibration needs at least one row');
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`expected a number of bins, found ${bins}`);
  const count = new Float64Array(bins);
  const confidence = new Float64Array(bins);
  const right = new Float64Array(bins);
  let logLoss = 0;
  let brier = 0;
  for (let i = 0; i < rows; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`row ${i}: expected a class 0 to ${classes - 1}, found ${label}`);
    }
    let best = 0;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const p = probabilities[i * classes + k];
      if (!(p >= 0)) throw new RangeError(`row ${i}: expected a probability, found ${p}`);
      if (p > probabilities[i * classes + best]) best = k;
      sum += p;
      brier += (p - (k === label ? 1 : 0)) ** 2;
    }
    if (Math.abs(sum - 1) > 1e-3) throw new RangeError(`row ${i}: the probabilities sum to ${sum}, not to 1`);
    const top = probabilities[i * classes + best];
    const bin = Math.min(Math.max(Math.ceil(top * bins) - 1, 0), bins - 1);
    count[bin]++;
    confidence[bin] += top;
    if (best === label) right[bin]++;
    logLoss -= Math.log(probabilities[i * classes + label]);
  }
  let error = 0;
  for (let b = 0; b < bins; b++) error += Math.abs(right[b] - confidence[b]) / rows;
  return {
    rows,
    accuracy: right.reduce((a, b) => a + b, 0) / rows,
    log_loss: logLoss / rows,
    brier: brier / rows,
    expected_calibration_error: error,
    bins: Array.from({ length: bins }, (_, b) => ({
      low: b / bins,
      high: (b + 1) / bins,
      count: count[b],
      confidence: count[b] === 0 ? null : confidence[b] / count[b],
      accuracy: count[b] === 0 ? null : right[b] / count[b],
    })),
  };
}
