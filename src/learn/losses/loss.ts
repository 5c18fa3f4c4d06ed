/**
 * What a loss is: an expression of a step's inputs that is differentiated by the parameters, and where those
 * inputs come from that are not rows. The loop of `fit.ts` knows nothing else about it.
 */
import type { BoundProgram } from '../../bind/bound.ts';
import type { Arrays, Engine } from '../../engines/engine.ts';
import type { Batch } from '../../ir/batch.ts';
import type { Energy, Node, Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import type { Diagnostic } from '../../syntax/diagnostic.ts';
import type { Joint } from '../latent.ts';
import type { Rows } from '../rows.ts';

/** What a loss is made for. */
export interface LossSpec {
  readonly bound: BoundProgram;
  /** Its unknowns are those of the rows. */
  readonly energy: Energy;
  /** Where others were summed out: the energy before, for chains that move them, too. */
  readonly joint?: Joint;
  readonly engine: Engine;
  /** All rows to learn from: scales and frequencies of columns, starts of chains. */
  readonly rows: Rows;
  /** N, rows in a step. */
  readonly batch: number;
  /** Steps of the whole fit. */
  readonly steps: number;
  /** Of whatever is drawn once, before the first step. */
  readonly stream: Stream;
}

/** What a loss may use to make the inputs of a step. */
export interface LossStep {
  /** Counted from 0. */
  readonly step: number;
  /** The rows of the step, [N, ...unknown] for each unknown; not to be changed. */
  readonly states: ReadonlyMap<Slot, Float64Array>;
  /** Numbers of these rows in the data. */
  readonly picked: Int32Array;
  /** Of this step alone: whatever is random in it comes from here, so that steps can be repeated. */
  readonly stream: Stream;
  /** Parameters as they are now, in their own coordinates, by their slots; made when it is read. */
  readonly params: Arrays;
}

export interface Loss {
  /** Inputs [N, ...unknown]: the rows of the step. */
  readonly rows: Batch;
  /**
   * What is minimised, without priors and without free axes; reads inputs, parameters, data, tables.
   * Its gradient by the parameters is what learns; inputs count as constants.
   */
  readonly objective: Node;
  /** What is shown as the loss, where that is not the objective. */
  readonly shown?: Node;
  /** States that the rows are told apart from; null where the loss has none. */
  readonly negatives: Batch | null;
  /** Whether a negative is in the support of the energy (over the axes of `negatives`); null where all are. */
  readonly supported: Node | null;
  /** Everything that expressions read besides rows, parameters and the program's own data and tables. */
  readonly constants: Arrays;
  /** Inputs other than rows and parameters. The arrays are the same objects at every step; `draw` fills them. */
  readonly inputs: Arrays;
  /** Fills `inputs` for a step. */
  draw(step: LossStep): void;
  /**
   * Parameters of the loss itself, learned beside those of the energy (e.g. ln Z of noise-contrastive
   * estimation), real and unbounded, with their initial values.
   */
  readonly own?: ReadonlyMap<Slot, Float64Array>;
  /**
   * Whether a lower value on held-out rows means a better energy; false where the loss compares with chains that
   * depend on the parameters. Absent: true.
   */
  readonly comparable?: boolean;
  /**
   * Whether what is shown is the same function of the parameters at every step that takes all rows, and the gradient of
   * the objective is its gradient: line searches ask for that. Absent: true where there are no inputs and nothing is kept.
   */
  readonly deterministic?: boolean;
  /**
   * Whether the objective of a step is the mean of those of slices of its rows, and its inputs go by rows: then a step
   * that is too large is taken in slices.
   */
  readonly byRow?: boolean;
  /** What a resumption needs besides parameters, by name, float64 arrays that `draw` changes in place, e.g. persistent chains. */
  readonly kept?: ReadonlyMap<string, Float64Array>;
  /** What there is to say about the loss at the learned parameters (in their own coordinates), once a fit is over. */
  verdict?(params: Arrays): readonly Diagnostic[];
  dispose?(): void;
}
