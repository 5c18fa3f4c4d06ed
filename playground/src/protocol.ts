/**
 * What the page and its workers say to each other: two unions, nothing else.
 * One worker checks while you type, another one runs jobs; both run `worker.ts`. For long jobs the latter has
 * workers of its own (`part-worker.ts`), which answer it as `src/scale/protocol.ts` says.
 */
import type { LanguageService } from '../../src/language/service.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { History, JobResult, RunEvent } from '../../src/run/results.ts';
import type { ToWorker as ScaleMessage } from '../../src/scale/protocol.ts';
import type { Draws, Quantity } from '../../src/stats/draws.ts';
import type { Summary } from '../../src/stats/summary.ts';
import type { Severity } from '../../src/syntax/diagnostic.ts';

/** A program as it stands in the editor. */
export interface SourceText {
  /** `ising.energy`: what places in messages are called by. */
  readonly file: string;
  readonly text: string;
}

/** What the editor asks the language service: functions of it, by name. */
export type Feature = Exclude<
  keyof LanguageService,
  'update' | 'close' | 'refresh' | 'text' | 'open' | 'diagnostics'
>;
/** What a feature wants to know besides the document. */
export type FeatureArgs<F extends Feature> = LanguageService[F] extends (
  uri: string,
  ...rest: infer R
) => unknown
  ? R
  : never;
export type FeatureAnswer<F extends Feature> = Awaited<ReturnType<LanguageService[F]>>;
/** Asks about the text of the editor as it is now; null where there is no answer to be had. */
export type Ask = <F extends Feature>(
  feature: F,
  ...args: FeatureArgs<F>
) => Promise<FeatureAnswer<F> | null>;

/** The address of the editor's program, for the language service. */
export const documentUri = (file: string): string => `page:///${encodeURIComponent(file)}`;

export type ToWorker =
  /** Answered by `answer` with the same id. */
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly source: SourceText;
      readonly feature: Feature;
      readonly args: readonly unknown[];
    }
  /** Answered by `checked` with the same id. */
  | { readonly type: 'check'; readonly id: number; readonly source: SourceText }
  /** Loads the engine ahead of the first run; answered by `prepared`. */
  | { readonly type: 'prepare' }
  /** Runs one job, after what it builds on, or all of them; ends with `ended`. */
  | { readonly type: 'run'; readonly id: number; readonly source: SourceText; readonly job: string | null }
  /** Asks the present run to end early. */
  | { readonly type: 'stop' };

/** What a worker that runs jobs says to those that draw chains for it: first which program. */
export type ToPart = { readonly type: 'open'; readonly source: SourceText } | ScaleMessage;

export type FromWorker =
  | {
      readonly type: 'checked';
      readonly id: number;
      readonly problems: readonly Problem[];
      readonly energies: readonly EnergyInfo[];
      readonly jobs: readonly JobInfo[];
      readonly milliseconds: number;
    }
  /** `value` is null where asking went wrong. */
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'prepared'; readonly engine: string }
  | { readonly type: 'event'; readonly id: number; readonly event: RunEvent }
  | { readonly type: 'live'; readonly id: number; readonly live: LiveFrame }
  | { readonly type: 'result'; readonly id: number; readonly job: string; readonly result: ShownResult }
  /** A fault of the program or its data. `job` is null when it shows before the first job starts. */
  | {
      readonly type: 'faults';
      readonly id: number;
      readonly job: string | null;
      readonly problems: readonly Problem[];
    }
  /** A fault of ours. */
  | { readonly type: 'crashed'; readonly id: number; readonly job: string | null; readonly message: string }
  | { readonly type: 'ended'; readonly id: number; readonly stopped: boolean };

/** A diagnostic with its places as lines and columns, counted from 1. */
export interface Problem {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
  readonly place: ProblemPlace;
  readonly notes: readonly { readonly message: string; readonly place?: ProblemPlace }[];
}

export type ProblemPlace =
  | {
      readonly kind: 'source';
      readonly file: string;
      readonly line: number;
      readonly column: number;
      readonly endLine: number;
      readonly endColumn: number;
    }
  | { readonly kind: 'data'; readonly file: string; readonly row?: number; readonly column?: string };

export interface EnergyInfo {
  readonly name: string;
  readonly unknowns: readonly {
    readonly name: string;
    /** `spin[site]`, `Wine`. */
    readonly domain: string;
    /** `32 × 32`; null for one number, and where only the data will tell. */
    readonly size: string | null;
  }[];
  readonly terms: readonly string[];
  /** Whether it has a support of its own: `require`. */
  readonly required: boolean;
  readonly reports: readonly string[];
}

export interface JobInfo {
  readonly name: string;
  readonly verb: string;
  readonly energy: string | null;
  /** What the verb does, in a few words. */
  readonly doc: string;
  /** Everything its result depends on, as text: when it changes, an earlier result is out of date. */
  readonly basis: string;
  /** Where it is declared; null for the job that a file without jobs gets. */
  readonly line: number | null;
}

/** Chains at work: pictures of lattices, and what scalars were recorded since the frame before. */
export interface LiveFrame {
  readonly job: string;
  readonly phase: 'warmup' | 'sampling';
  readonly recorded: number;
  /** Draws that each chain will have recorded at the end. */
  readonly draws: number;
  readonly chains: number;
  readonly pictures: readonly Picture[];
  readonly scalars: readonly NewValues[];
}

/** The present states of one lattice unknown: `shown` chains × rows × cols. */
export interface Picture {
  readonly name: string;
  readonly kind: Quantity['kind'];
  readonly lo?: number;
  readonly hi?: number;
  readonly rows: number;
  readonly cols: number;
  readonly shown: number;
  readonly values: Float32Array;
}

/** Draws `from` … of one scalar: `shown` chains × new draws. */
export interface NewValues {
  readonly name: string;
  readonly role: Quantity['role'];
  readonly from: number;
  readonly shown: number;
  readonly values: Float32Array;
}

/** A job's result as the page shows it: the run's own, without what only the worker needs. */
export type ShownResult =
  | Exclude<JobResult, { verb: 'fit' | 'sample' | 'complete' }>
  | {
      readonly verb: 'complete';
      readonly rows: number;
      readonly incomplete: number;
      readonly missing: number;
      /** The first missing cells: what they are filled with, and by how much that varies. */
      readonly cells: readonly { readonly name: string; readonly value: string; readonly spread: string }[];
      readonly warnings: readonly string[];
      readonly seconds: number;
    }
  | {
      readonly verb: 'fit';
      readonly history: History;
      /** Learned numbers. */
      readonly parameters: number;
      readonly steps: number;
      readonly loss: number;
      readonly seconds: number;
      readonly complete: boolean;
    }
  | {
      readonly verb: 'sample';
      readonly draws: Draws;
      readonly summary: Summary;
      readonly plan: Plan;
      readonly divergences: number;
      readonly seconds: number;
      readonly workers: number;
      readonly complete: boolean;
    };
