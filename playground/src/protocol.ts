/**
 * What the page and its workers say to each other: two unions, nothing else.
 * One worker checks while you type, another one runs jobs; both run `worker.ts`. For long jobs the latter has
 * workers of its own (`part-worker.ts`), which answer it as `src/scale/protocol.ts` says.
 */
import type { EnergyPath } from '../../src/infer/minimize/index.ts';
import type { WrittenRun } from '../../src/language/edit-run.ts';
import type { LanguageService } from '../../src/language/service.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { History, JobResult, LiveChains, RunEvent } from '../../src/run/results.ts';
import type { ToWorker as ScaleMessage } from '../../src/scale/protocol.ts';
import type { Draws, Quantity } from '../../src/stats/draws.ts';
import type { Summary } from '../../src/stats/summary.ts';
import type { Severity } from '../../src/syntax/diagnostic.ts';
import type { Inspected, Inspection } from './inspections.ts';
import type { Beside, Film, StageFrame, StageInfo, StagePlane, StageSettings } from './staged.ts';

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
export const documentUri = (file: string): string =>
  `page:///${file.split('/').map(encodeURIComponent).join('/')}`;

/** The path of a document. */
export const pathOf = (uri: string): string =>
  uri.slice('page:///'.length).split('/').map(decodeURIComponent).join('/');

/** A file of the workspace other than the one in the editor; `content` is null where it is gone. */
export interface ToldFile {
  readonly path: string;
  /** Another number for every state of the file. */
  readonly revision: number;
  readonly content: string | Blob | { readonly url: string } | null;
}

/** Files that changed; with `anew` all there are. */
export interface FilesMessage {
  readonly type: 'files';
  readonly anew: boolean;
  readonly files: readonly ToldFile[];
}

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
  | { readonly type: 'stop' }
  /** Looks into a program without running it; answered by `inspected` with the same id. */
  | { readonly type: 'inspect'; readonly id: number; readonly source: SourceText; readonly what: Inspection }
  /** Asks the present run to wait, or to go on. */
  | { readonly type: 'pause'; readonly on: boolean }
  /** Goes on with the job that was stopped last; ends with `ended`. */
  | { readonly type: 'resume'; readonly id: number }
  /** Sets chains of an energy in motion, those of a job with what it gives; they replace others on the stage. */
  | {
      readonly type: 'watch';
      readonly id: number;
      readonly source: SourceText;
      readonly energy: string;
      readonly job: string | null;
      readonly settings: StageSettings | null;
    }
  | { readonly type: 'stage-set'; readonly id: number; readonly settings: StageSettings }
  /** A frame has been drawn: the next one may come. */
  | { readonly type: 'stage-drawn'; readonly id: number }
  | { readonly type: 'unwatch'; readonly id: number }
  | FilesMessage;

/** What a worker that runs jobs says to those that draw chains for it: first which program. */
export type ToPart =
  | { readonly type: 'open'; readonly source: SourceText; readonly files: FilesMessage }
  | ScaleMessage;

export type FromWorker =
  | {
      readonly type: 'checked';
      readonly id: number;
      readonly problems: readonly Problem[];
      readonly energies: readonly EnergyInfo[];
      readonly jobs: readonly JobInfo[];
      /** Files that the program uses and data that it reads, from its folder; those that are not there, too. */
      readonly reads: readonly string[];
      readonly milliseconds: number;
    }
  /** `value` is null where asking went wrong. */
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'prepared';
      readonly engine: string;
      /** Why it is not the engine that was chosen. */
      readonly fault: string | null;
    }
  | { readonly type: 'event'; readonly id: number; readonly event: RunEvent }
  | { readonly type: 'live'; readonly id: number; readonly live: LiveFrame }
  | {
      readonly type: 'result';
      readonly id: number;
      readonly job: string;
      readonly result: ShownResult;
      readonly beside: Beside | null;
    }
  /** A fault of the program or its data. `job` is null when it shows before the first job starts. */
  | {
      readonly type: 'faults';
      readonly id: number;
      readonly job: string | null;
      readonly problems: readonly Problem[];
    }
  /** A fault of ours. */
  | { readonly type: 'crashed'; readonly id: number; readonly job: string | null; readonly message: string }
  | { readonly type: 'ended'; readonly id: number; readonly stopped: boolean }
  /** `found` is null where something is wrong with the program, its data, or (`crash`) with us. */
  | {
      readonly type: 'inspected';
      readonly id: number;
      readonly found: Inspected | null;
      readonly problems: readonly Problem[];
      readonly crash: string | null;
    }
  /** What was stopped last can go on; null: nothing can. */
  | { readonly type: 'resumable'; readonly id: number; readonly job: string | null }
  /** Recorded pictures of a job that is over, ahead of its result, which takes longer. */
  | { readonly type: 'film'; readonly id: number; readonly job: string; readonly film: Film }
  | { readonly type: 'stage-opened'; readonly id: number; readonly stage: StageInfo }
  | { readonly type: 'stage-frame'; readonly id: number; readonly frame: StageFrame }
  | { readonly type: 'stage-plane'; readonly id: number; readonly plane: StagePlane }
  /** Chains cannot move as they were asked to; with `over` they are gone, else they move as before. */
  | {
      readonly type: 'stage-fault';
      readonly id: number;
      readonly problems: readonly Problem[];
      readonly crash: string | null;
      readonly over: boolean;
    };

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
  /** Its call as it is written; null where it is not. */
  readonly written: WrittenRun | null;
}

/** Chains at work: pictures of lattices, and what scalars were recorded since the frame before. Or a search. */
export interface LiveFrame {
  readonly job: string;
  readonly phase: LiveChains['phase'];
  readonly recorded: number;
  /** Draws that each chain will have recorded at the end. */
  readonly draws: number;
  readonly chains: number;
  readonly pictures: readonly Picture[];
  readonly scalars: readonly NewValues[];
  readonly search?: SearchFrame;
}

/** The best state of a search so far, without unknowns of very many elements, and how its energy came down. */
export interface SearchFrame {
  readonly state: readonly Quantity[];
  readonly path: EnergyPath;
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
      /** Null where it was stopped before it was done. */
      readonly summary: Summary | null;
      readonly plan: Plan;
      readonly divergences: number;
      readonly seconds: number;
      readonly workers: number;
      readonly complete: boolean;
    };

/** What the page asks the worker that reads files (`reader.ts`); answered with the same id. */
export type ToReader =
  /** A look at a data file; `url` where it is fetched. `path` is how the program names it. */
  | {
      readonly type: 'peek';
      readonly id: number;
      readonly file: string;
      readonly content: Blob | { readonly url: string };
      readonly path: string;
      /** Names that the program has already. */
      readonly taken: readonly string[];
    }
  /** A run folder of the command line. */
  | {
      readonly type: 'run-folder';
      readonly id: number;
      readonly name: string;
      readonly files: ReadonlyMap<string, Blob>;
    };

/** `found` is null where the files cannot be read: `fault` says why. */
export interface FromReader {
  readonly id: number;
  readonly found: Peek | ShownRun | null;
  readonly fault: string | null;
}

/** A data file in short. */
export interface Peek {
  /** `150 rows, 5 columns`. */
  readonly shape: string;
  readonly columns: readonly PeekColumn[];
  /** The first rows, as texts; empty where a cell is. */
  readonly rows: readonly (readonly string[])[];
  /** Rows that are not shown. */
  readonly more: number;
  /** What a program needs to read it; null where it is nothing to be modelled. */
  readonly declaration: string | null;
}

export interface PeekColumn {
  readonly name: string;
  /** `real`, `int`, `3 labels`; '' where the table is one of numbers. */
  readonly kind: string;
  /** `0.1 … 2.5`. */
  readonly range: string;
  readonly missing: number;
  readonly number: boolean;
}

/** What a run of the command line came to. */
export interface ShownRun {
  readonly name: string;
  readonly verb: string;
  readonly energy: string | null;
  /** The program that was run. */
  readonly program: { readonly file: string; readonly text: string } | null;
  /** Numbers and words besides. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly warnings: readonly string[];
  /** Null where the verb leaves nothing to draw. */
  readonly result: ShownResult | null;
}
