/** What a fit needs to go on as if it had never stopped: arrays by name and a few texts, ready for safetensors. */
import type { HostArray } from '../arrays.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import type { AdamState, Average } from './adam.ts';
import type { LearnCode } from './codes.ts';

/**
 * Tensors in float64: `param.J` (unconstrained coordinates), `adam.first.J`,
 * `adam.second.J`; `average.J` where parameters are averaged, `best.J` where held-out
 * rows judge, and `loss.…` what the loss keeps from step to step, e.g. its chains.
 */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, HostArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The parameters that suited held-out rows best. */
export interface Best {
  /** The loss of the held-out rows. */
  readonly loss: number;
  /** Steps that led to them. */
  readonly step: number;
  readonly params: readonly Float64Array[];
}

/** All that changes from step to step; arrays in the order of the parameters. */
export interface Training {
  readonly params: readonly Float64Array[];
  readonly adam: AdamState;
  readonly average: Average;
  /** Factor of the learning rate, halved at each return to a checkpoint, and how often that has happened. */
  readonly slowed: number;
  readonly returns: number;
  /** Null until held-out rows have been looked at. */
  readonly best: Best | null;
  /** Looks at held-out rows since. */
  readonly looks: number;
  /** What the loss keeps, by its names. */
  readonly kept: ReadonlyMap<string, Float64Array>;
}

/** What is learned, and from what: the same in a run and in its resumption. */
export interface Subject {
  readonly names: readonly string[];
  readonly shapes: readonly (readonly number[])[];
  /** Further facts that must agree, e.g. the seed. */
  readonly facts: Readonly<Record<string, string>>;
  readonly averaging: boolean;
  /** Lengths of what the loss keeps. */
  readonly kept: ReadonlyMap<string, number>;
}

const format = 'energy-fit-2';

const groups = (subject: Subject, t: Training): readonly (readonly [string, readonly Float64Array[]])[] => [
  ['param', t.params],
  ['adam.first', t.adam.first],
  ['adam.second', t.adam.second],
  ...(subject.averaging ? [['average', t.average.sums] as const] : []),
  ...(t.best ? [['best', t.best.params] as const] : []),
];

/** A copy of the training's state. */
export function takeCheckpoint(subject: Subject, training: Training): Checkpoint {
  const { best } = training;
  return {
    tensors: new Map([
      ...groups(subject, training).flatMap(([group, arrays]) =>
        subject.names.map((name, i): [string, HostArray] => [
          `${group}.${name}`,
          { shape: subject.shapes[i], data: arrays[i].slice() },
        ]),
      ),
      ...[...training.kept].map(([name, data]): [string, HostArray] => [
        `loss.${name}`,
        { shape: [data.length], data: data.slice() },
      ]),
    ]),
    metadata: new Map([
      ['format', format],
      ['step', String(training.adam.step)],
      ['slowed', String(training.slowed)],
      ['returns', String(training.returns)],
      ['looks', String(training.looks)],
      ...(best
        ? ([
            ['best_step', String(best.step)],
            ['best_loss', String(best.loss)],
          ] as const)
        : []),
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
  const count = (name: string): number => {
    const value = Number(metadata.get(name));
    if (!Number.isSafeInteger(value) || value < 0) throw misfit(`its number \`${name}\` is missing or wrong`);
    return value;
  };
  const finite = (name: string): number => {
    const value = Number(metadata.get(name) ?? Number.NaN);
    if (!Number.isFinite(value)) throw misfit(`its number \`${name}\` is missing or wrong`);
    return value;
  };
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
  const kept = new Map(
    [...subject.kept].map(([name, length]) => {
      const array = tensors.get(`loss.${name}`);
      if (array?.data.length !== length) throw misfit(`it lacks loss.${name}, or that has another size`);
      return [name, Float64Array.from(array.data)] as const;
    }),
  );
  const step = count('step');
  const params = read('param');
  return {
    params,
    adam: { step, first: read('adam.first'), second: read('adam.second') },
    average: {
      step,
      sums: subject.averaging ? read('average') : params.map((p) => new Float64Array(p.length)),
    },
    slowed: finite('slowed'),
    returns: count('returns'),
    best: metadata.has('best_step')
      ? { step: count('best_step'), loss: finite('best_loss'), params: read('best') }
      : null,
    looks: count('looks'),
    kept,
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
