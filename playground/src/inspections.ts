/** What the page asks about a program without running it, and what it is told: the views beside the jobs. */
import type { FactorGraph } from '../../src/analyse/factor-graph.ts';
import type { TensorView } from '../../src/engines/tensors/view.ts';
import type { SpanEdit } from '../../src/language/edit-run.ts';
import type { EnergyPlan, StepPlanOfJob } from '../../src/run/planned.ts';
import type { NewRun } from './engine/new-runs.ts';

/** An energy by itself, or as a job asks for it: with what is given, by the method that it names. */
export interface Subject {
  readonly energy: string;
  readonly job: string | null;
}

export type Inspection =
  /** `of: null`: the first energy that has states of its own. */
  | { readonly kind: 'plan'; readonly of: Subject | null }
  | { readonly kind: 'graph'; readonly of: Subject | null }
  | { readonly kind: 'tensors'; readonly of: Subject | null }
  /** Sets or removes an option of a job; `verb` and `energy` are those of a job that the text does not name yet. */
  | {
      readonly kind: 'edit-run';
      readonly job: string;
      readonly verb: string;
      readonly energy: string | null;
      readonly option: string;
      readonly value: string | null;
    }
  /** The jobs that could be added. */
  | { readonly kind: 'new-runs' };

export type Inspected =
  | {
      readonly kind: 'plan';
      readonly about: About;
      readonly plan: EnergyPlan;
      /** Of the `fit` jobs of the energy. */
      readonly steps: readonly StepPlanOfJob[];
    }
  | {
      readonly kind: 'graph';
      readonly about: About;
      readonly graph: FactorGraph;
      /** How each unknown is drawn, by name: the plan's own words; empty where there is no plan. */
      readonly drawn: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'tensors'; readonly about: About; readonly tensors: TensorView }
  /** Null where the edit is none: nothing changes, or the value is not one. */
  | { readonly kind: 'edit-run'; readonly edit: SpanEdit | null }
  | { readonly kind: 'new-runs'; readonly runs: readonly NewRun[] };

/** What was looked at, and what else there is to look at. */
export interface About {
  readonly subject: Subject;
  readonly subjects: readonly Subject[];
}

/** The answer to an inspection. */
export type InspectedAs<K extends Inspection['kind']> = Extract<Inspected, { kind: K }>;
