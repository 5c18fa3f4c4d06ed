/** What a fit needs to go on as if it had never stopped: arrays by name and a few texts, ready for safetensors. */
import type { HostArray } from '../arrays.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import type { AdamState, Average } from './adam.ts';
import type { LearnCode } from './codes.ts';

/**
 * Tensors in float64: `param.J` (unconstrained coordinates), `adam.first.J`,
 * `adam.second.J`, and `average.J` where parameters are averaged.
 */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, HostArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** All that changes from step to step; arrays in the order of the parameters. */
export interface Training {
  readonly params: readonly Float64Array[];
  readonly adam: AdamState;
  readonly average: Average;
}

/** What is learned, and from what: the same in a run and in its resumption. */
export interface Subject {
  readonly names: readonly string[];
  readonly shapes: readonly (readonly number[])[];
  /** Further facts that must agree, e.g. the seed. */
  readonly facts: Readonly<Record<string, string>>;
  readonly averaging: boolean;
}

const format = 'energy-fit-1';

const groups = (subject: Subject, t: Training): readonly (readonly [string, readonly Float64Array[]])[] => [
  ['param', t.params],
  ['adam.first', t.adam.first],
  ['adam.second', t.adam.second],
  ...(subject.averaging ? [['average', t.average.sums] as const] : []),
];

/** A copy of the training's state. */
export function takeCheckpoint(subject: Subject, training: Training): Checkpoint {
  return {
    tensors: new Map(
      groups(subject, training).flatMap(([group, arrays]) =>
        subject.names.map((name, i) => [
          `${group}.${name}`,
          { shape: subject.shapes[i], data: arrays[i].slice() },
        ]),
      ),
    ),
    metadata: new Map([
      ['format', format],
      ['step', String(training.adam.step)],
      ...Object.entries(subject.facts),
    ]),
  };
}

/**
 * The state that a checkpoint holds, in new arrays.
 * @throws EnergyError E0715 where it is of another energy, of other data or options, or not of a fit
 */
export function resumeFrom(subject: Subject, checkpoint: Checkpoint): Training {
  const { metadata, tensors } = checkpoint;
  if (metadata.get('format') !== format) throw misfit('it was not written by a fit of this version');
  for (const [name, value] of Object.entries(subject.facts))
    if (metadata.get(name) !== value)
      throw misfit(`its ${name} is ${metadata.get(name) ?? 'not recorded'}, here it is ${value}`);
  const step = Number(metadata.get('step'));
  if (!Number.isSafeInteger(step) || step < 0) throw misfit('it does not say how many steps it is of');
  const read = (group: string): Float64Array[] =>
    subject.names.map((name, i) => {
      const array = tensors.get(`${group}.${name}`);
      if (!array) throw misfit(`it lacks ${group}.${name}`);
      if (array.shape.join() !== subject.shapes[i].join())
        throw misfit(
          `${group}.${name} has shape [${array.shape.join(', ')}], here \`${name}\` has [${subject.shapes[i].join(', ')}]`,
        );
      return Float64Array.from(array.data);
    });
  const params = read('param');
  return {
    params,
    adam: { step, first: read('adam.first'), second: read('adam.second') },
    average: {
      step,
      sums: subject.averaging ? read('average') : params.map((p) => new Float64Array(p.length)),
    },
  };
}

const misfit = (why: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0715' satisfies LearnCode,
      place: { kind: 'data', file: 'checkpoint' },
      message: `this fit cannot go on from the checkpoint: ${why}`,
    },
  ]);
