/** What is compared: peers that run in turn, a round each, and what a round tells. */

export interface Round {
  /** Site updates or gradients a second of processor time. */
  readonly rate: number;
  /** A mean over the states that were seen, and its standard error. */
  readonly mean?: number;
  readonly error?: number;
  /** Numbers that all peers must share but for rounding. */
  readonly values?: readonly number[];
}

/** How a model became code, the first time in this process: milliseconds of time. */
export interface Preparation {
  /** In words: what the code is like. */
  readonly form: string;
  /** Making tables or derivatives from the program. */
  readonly analysis: number;
  /** Making code from those. */
  readonly code: number;
  /** The first sweep or gradient, in which the code is compiled and what it reads is filled in. */
  readonly first: number;
  /** Of the processor for analysis and code; less than their sum where the machine was busy with other things. */
  readonly processor: number;
}

export interface Peer {
  readonly name: string;
  /** Whether ratios are taken of it over the others. */
  readonly ours: boolean;
  /** What was done once before the first round. */
  readonly preparation?: Preparation;
  /** @param seconds of processor time on the clock, about */
  round(seed: number, seconds: number): Promise<Round>;
  dispose?(): void;
}

/** That the ratio of two peers' rates, or a rate itself, is at least so much. */
export interface Target {
  readonly ours: string;
  readonly over?: string;
  readonly atLeast: number;
}

export interface Case {
  /** What --only looks for. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** How many of what a round counts make one `unit`. */
  readonly scale: number;
  /** The value that the mean has by theory, where there is one. */
  readonly exact?: number;
  readonly targets: readonly Target[];
  /** Times as long rounds, where sweeps are long and states that follow each other alike. */
  readonly patience?: number;
  /** @param note told of what a reader should know: compile times, peers that are missing and why */
  peers(folder: string, note: (text: string) => void): Promise<readonly Peer[]>;
}
