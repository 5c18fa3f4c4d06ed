/** Chains on the stage: what can be set while they move, and what is shown of them. */
import type { Quantity } from '../../src/stats/draws.ts';

/** What the sliders say. */
export interface StageSettings {
  /** T of exp(−E/T). */
  readonly temperature: number;
  /** One for each term. */
  readonly weights: readonly number[];
  /** Scalar parameters, by name. */
  readonly params: Readonly<Record<string, number>>;
  /** Sweeps or transitions between frames; null: as many as there is time for. */
  readonly speed: number | null;
  readonly paused: boolean;
}

/** How an unknown or a report is shown. */
export type StageView =
  /** Pixels: the last two dimensions, others side by side. */
  | 'picture'
  /** Discrete values of a line: each frame a row of pixels. */
  | 'rows'
  /** Reals of a line: a column for each, the chains' values as dots. */
  | 'columns'
  /** How often each value is taken. */
  | 'shares'
  /** One number: a trace and a histogram. */
  | 'scalar'
  /** Seen in the plane only. */
  | 'plane';

/** Something whose values come with every frame: `chains` × `size`. */
export interface Shown {
  readonly name: string;
  readonly role: 'unknown' | 'report' | 'energy';
  readonly view: StageView;
  readonly kind: Quantity['kind'];
  readonly shape: readonly number[];
  /** Elements of one chain. */
  readonly size: number;
  readonly labels?: readonly string[];
  /** What the elements of a line are called. */
  readonly ticks?: readonly string[];
  readonly lo?: number;
  readonly hi?: number;
  /** From `lo` on the way leads on to `hi`. */
  readonly cyclic: boolean;
  /** Values are bytes: whole numbers from `lo` on. */
  readonly bytes: boolean;
  readonly chains: number;
}

export interface StageParam {
  readonly name: string;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
  readonly whole: boolean;
}

export interface StageInfo {
  readonly energy: string;
  readonly job: string | null;
  readonly chains: number;
  /** What moves them, in words. */
  readonly method: string;
  /** What one step is. */
  readonly unit: 'sweep' | 'transition';
  readonly terms: readonly string[];
  readonly params: readonly StageParam[];
  readonly shown: readonly Shown[];
  /** The two numbers that a plane is made of, where the state has two reals: places in `shown`, element of it. */
  readonly plane: {
    readonly x: PlaneAxis;
    readonly y: PlaneAxis;
    /** Whether they are the whole state: then the energy is drawn below them. */
    readonly whole: boolean;
  } | null;
}

export interface PlaneAxis {
  readonly shown: number;
  readonly element: number;
  readonly name: string;
}

export interface StageFrame {
  readonly warming: boolean;
  /** Steps of each chain so far. */
  readonly steps: number;
  readonly perFrame: number;
  /** Steps a second. */
  readonly rate: number;
  /** In the order of `StageInfo.shown`. */
  readonly values: readonly (Uint8Array | Float32Array)[];
  /** Terms as the program has them, without weights: means over the chains. */
  readonly terms: Float32Array;
}

/** The energy over a plane, weighted as the sliders say: `n` × `n` values, rows from the least y on. */
export interface StagePlane {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly n: number;
  readonly values: Float32Array;
}

/** Recorded draws of pictures, for looking at them afterwards. */
export interface Film {
  readonly frames: number;
  /** The number of the draw that each frame shows, from 1 on. */
  readonly draws: Uint32Array;
  readonly reels: readonly Reel[];
}

/** One unknown's frames: frame × chain × element. */
export interface Reel {
  readonly name: string;
  readonly kind: Quantity['kind'];
  readonly shape: readonly number[];
  readonly chains: number;
  /** Byte b stands for lo + b · step. */
  readonly lo: number;
  readonly step: number;
  readonly hi: number;
  readonly values: Uint8Array;
}

/** Rows of data and draws, to be looked at side by side. */
export interface Beside {
  readonly pictures: readonly BesidePictures[];
  readonly points: {
    readonly x: string;
    readonly y: string;
    /** x, y, x, y, … */
    readonly data: Float32Array;
    readonly draws: Float32Array;
  } | null;
}

/** `count` pictures of each. */
export interface BesidePictures {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly kind: Quantity['kind'];
  readonly lo?: number;
  readonly hi?: number;
  readonly cyclic: boolean;
  readonly data: Float32Array;
  readonly draws: Float32Array;
}
