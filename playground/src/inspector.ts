/** Asks about programs without running them: in a worker of its own, which slow answers may keep busy. */
import type { InspectedAs, Inspection } from './inspections.ts';
import type { FromWorker, Problem, SourceText, ToWorker } from './protocol.ts';
import EnergyWorker from './worker.ts?worker';

/** What came of a question; `superseded`: another one of its kind was asked before it was answered. */
export type Answer<K extends Inspection['kind']> =
  | { readonly state: 'found'; readonly found: InspectedAs<K> }
  | { readonly state: 'faults'; readonly problems: readonly Problem[] }
  | { readonly state: 'crashed'; readonly message: string }
  | { readonly state: 'superseded' };

/** Asks about the program as it stands in the editor. */
export type Inspect = <K extends Inspection['kind']>(
  what: Extract<Inspection, { kind: K }>,
) => Promise<Answer<K>>;

export interface Inspector {
  inspect<K extends Inspection['kind']>(
    source: SourceText,
    what: Extract<Inspection, { kind: K }>,
  ): Promise<Answer<K>>;
  /** What the checker answered. */
  heard(m: Extract<FromWorker, { type: 'inspected' }>): void;
  /** Tells the worker what all workers are told; `later` is for one that is started later. */
  tell(message: ToWorker, later?: ToWorker): void;
  /** The next question is answered by a new worker. */
  forget(): void;
}

interface Question {
  readonly kind: Inspection['kind'];
  readonly settle: (answer: Answer<Inspection['kind']>) => void;
  readonly slow: boolean;
}

/**
 * @param ask asks the worker that checks: what is answered at once
 * @param name of the worker that answers the rest, when it starts
 */
export function makeInspector(ask: (message: ToWorker) => void, name: () => string): Inspector {
  const questions = new Map<number, Question>();
  const told = new Map<ToWorker['type'], ToWorker>();
  let last = 0;
  let worker: Worker | null = null;

  const heard: Inspector['heard'] = (m) => {
    const q = questions.get(m.id);
    questions.delete(m.id);
    if (m.found) q?.settle({ state: 'found', found: m.found });
    else if (m.crash !== null) q?.settle({ state: 'crashed', message: m.crash });
    else q?.settle({ state: 'faults', problems: m.problems });
  };
  const drop = (answer: Answer<Inspection['kind']>): void => {
    worker?.terminate();
    worker = null;
    for (const [id, q] of questions) {
      if (!q.slow) continue;
      questions.delete(id);
      q.settle(answer);
    }
  };
  const started = (): Worker => {
    if (worker) return worker;
    const made = new EnergyWorker({ name: name() });
    made.onmessage = ({ data: m }: MessageEvent<FromWorker>) => {
      if (m.type === 'inspected') heard(m);
    };
    made.onerror = (e) => {
      e.preventDefault();
      drop({ state: 'crashed', message: e.message });
    };
    for (const message of told.values()) made.postMessage(message);
    worker = made;
    return made;
  };

  return {
    inspect<K extends Inspection['kind']>(source: SourceText, what: Extract<Inspection, { kind: K }>) {
      const id = ++last;
      const slow = what.kind !== 'edit-run' && what.kind !== 'new-runs';
      // A question that is still being thought about is no longer asked.
      if (slow && [...questions.values()].some((q) => q.slow)) drop({ state: 'superseded' });
      return new Promise<Answer<K>>((resolve) => {
        questions.set(id, { kind: what.kind, slow, settle: (a) => resolve(a as Answer<K>) });
        const message: ToWorker = { type: 'inspect', id, source, what };
        if (slow) started().postMessage(message);
        else ask(message);
      });
    },
    heard,
    forget: () => drop({ state: 'superseded' }),
    tell(message, later = message) {
      told.set(message.type, later);
      worker?.postMessage(message);
    },
  };
}
