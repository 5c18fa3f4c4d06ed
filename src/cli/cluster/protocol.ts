/** What a run says to a worker on another machine, and hears. */
import type { FromWorker, ToWorker } from '../../scale/protocol.ts';
import { version } from '../../version.ts';
import type { Opening } from '../workers.ts';

/** What must be the same for draws to be the same to the last digit. */
export interface Build {
  readonly energy: string;
  /** Of the JavaScript engine: its functions of reals may differ in the last digit. */
  readonly v8: string;
}

export const build: Build = { energy: version, v8: process.versions.v8 };

export const shownBuild = (b: Build): string => `energy ${b.energy} (V8 ${b.v8})`;

export type ToMachine =
  /** Asks what the machine is; answered by `machine`. */
  | { readonly type: 'who' }
  /** Starts a worker on a program. */
  | { readonly type: 'open'; readonly opening: Opening }
  | { readonly type: 'to'; readonly message: ToWorker };

export type FromMachine =
  | { readonly type: 'machine'; readonly build: Build; readonly cores: number }
  /** All its cores are at work. */
  | { readonly type: 'busy' }
  | { readonly type: 'from'; readonly message: FromWorker }
  | { readonly type: 'lost'; readonly why: string };
