/** What a fit needs to go on as if it had never stopped: arrays by name and a few texts, ready for safetensors. */
import type { HostArray } from '../arrays.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import type { Average } from './averaging.ts';
import type { LearnCode } from './codes.ts';
import type { OptimizerState } from './optimizers/optimizer.ts';

/**
 * Tensors in float64: `param.J` (unconstrained coordinates), `optimizer.first.J` and
 * the like what the optimiser keeps, `optimizer.counters` where it counts; `average.J`
 * where parameters are averaged, `best.J` where held-out rows judge, and `loss.…` what
 * the loss keeps from step to step, e.g. its chains.
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
  readonly optimizer: OptimizerState;
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
  /** What the optimiser keeps for each parameter, and how many counters. */
  readonly moments: readonly string[];
  readonly counters: number;
  /** Lengths of what the loss keeps. */
  readonly kept: ReadonlyMap<string, number>;
}

const format = 'energy-fit-2';

const groups = (subject: Subject, t: Training): readonly (readonly [string, readonly Float64Array[]])[] => [
  ['param', t.params],
  ...subject.moments.map((name) => [`optimizer.${name}`, t.optimizer.kept.get(name)!] as const),
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
      ...(subject.counters > 0 ? [['optimizer.counters', vector(training.optimizer.counters)] as const] : []),
      ...[...training.kept].map(([name, data]) => [`loss.${name}`, vector(data)] as const),
    ]),
    metadata: new Map([
      ['format', format],
      ['step', String(training.optimizer.steps)],
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

const vector = (data: Float64Array): HostArray => ({ shape: [data.length], data: data.slice() });

/**
 * The state that a checkpoint holds, in new arrays.
 * @throws EnergyError E0715 where it is of another energy, of other data or options, or not of a fit
 */
export function resumeFrom(subject: Subject, checkpoint: Checkpoint): Training {
  const { metadata, tensors } = checkpoint;
  const written = metadata.get('format');
  if (written !== format)
    throw misfit(
      written === undefined
        ? 'it was not written by a fit'
        : `it was written by another version of Energy, in the format ${written}; this one reads ${format}`,
    );
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
  const readVector = (name: string, length: number): Float64Array => {
    const array = tensors.get(name);
    if (array?.data.length !== length) throw misfit(`it lacks ${name}, or that has another size`);
    return Float64Array.from(array.data);
  };
  const kept = new Map(
    [...subject.kept].map(([name, length]) => [name, readVector(`loss.${name}`, length)] as const),
  );
  const step = count('step');
  const params = read('param');
  return {
    params,
    optimizer: {
      steps: step,
      kept: new Map(subject.moments.map((name) => [name, read(`optimizer.${name}`)] as const)),
      counters:
        subject.counters > 0 ? readVector('optimizer.counters', subject.counters) : new Float64Array(0),
    },
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
