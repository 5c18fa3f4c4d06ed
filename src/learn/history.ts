/** What a fit notes at each step, and its speed. */
import type { StepValues } from './training.ts';

/** One entry for each step of this call that led to the result. */
export interface FitHistory {
  readonly step: Float64Array;
  readonly loss: Float64Array;
  readonly gradientNorm: Float64Array;
  readonly rowEnergy: Float64Array;
  readonly negativeEnergy: Float64Array;
}

export class HistoryRecorder {
  private length = 0;
  private readonly columns: readonly Float64Array[];

  constructor(capacity: number) {
    this.columns = Array.from({ length: 5 }, () => new Float64Array(capacity));
  }

  push(step: number, out: StepValues, gradientNorm: number): void {
    const values = [step, out.loss, gradientNorm, out.rowEnergy, out.negativeEnergy];
    values.forEach((v, c) => {
      this.columns[c][this.length] = v;
    });
    this.length++;
  }

  /** Forgets the steps after one. */
  backTo(step: number): void {
    while (this.length > 0 && this.columns[0][this.length - 1] > step) this.length--;
  }

  arrays(): FitHistory {
    const [step, loss, gradientNorm, rowEnergy, negativeEnergy] = this.columns.map((c) =>
      c.slice(0, this.length),
    );
    return { step, loss, gradientNorm, rowEnergy, negativeEnergy };
  }
}

/** Steps a second over the last second or so. */
export class RateClock {
  private last = performance.now();
  private mean = 0;

  tick(): number {
    const now = performance.now();
    const took = Math.max(now - this.last, 1e-3) / 1000;
    this.last = now;
    // Weight by time, so that slow and fast steps count for as long as they last.
    const keep = this.mean === 0 ? 0 : Math.exp(-took);
    this.mean = keep * this.mean + (1 - keep) * took;
    return 1 / this.mean;
  }
}
