/** What lies beside a compiled energy: `manifest.json` for programs and `README.md` for people. */
import { type DiscreteDomain, isDiscrete, rangeOf, showShape, stateCount, valueMap } from '../../domain.ts';
import type { IndexSet, Slot } from '../../ir/types.ts';
import type { CompiledEnergy } from './compile.ts';
import type { EnergyInput, EnergyOutput } from './outputs.ts';
import { formats } from './targets.ts';

/** A program's text, by its name and what it hashes to. */
export interface Recorded {
  readonly file: string;
  readonly sha256: string;
}

export interface About {
  readonly energy: string;
  readonly version: string;
  readonly program: Recorded;
  /** The files that the program uses. */
  readonly uses: readonly Recorded[];
  readonly sizeOf: (s: IndexSet) => number;
}

type Json = Readonly<Record<string, unknown>>;

export function manifestOf(c: CompiledEnergy, about: About): Json {
  return {
    format: 'energy-compiled',
    version: 1,
    made_by: `energy ${about.version}`,
    energy: about.energy,
    program: { ...about.program, ...(about.uses.length > 0 ? { uses: about.uses } : {}) },
    target: c.target,
    batch: c.batch,
    precision: 'float32',
    files: c.files.map((f) => f.name),
    inputs: c.exported.inputs.map((i, k) => inputOf(i, c.shapes.inputs[k], about)),
    outputs: c.exported.outputs.map((o, k) => outputOf(o, c.shapes.outputs[k])),
    without_gradient: c.exported.without.map((s) => s.name),
    params: held(c, 'param'),
    data: held(c, 'data'),
  };
}

const held = (c: CompiledEnergy, role: Slot['role']): readonly Json[] =>
  c.holds.filter((s) => s.role === role).map((s) => ({ name: s.name, domain: showShape(s.domain, s.sets) }));

function inputOf({ name, unknown: u }: EnergyInput, shape: readonly number[], { sizeOf }: About): Json {
  const d = u.domain;
  return {
    name,
    unknown: u.name,
    domain: showShape(d, u.sets),
    dtype: 'float32',
    shape,
    ...(isDiscrete(d)
      ? { values: valuesOf(d, sizeOf) }
      : { between: [rangeOf(d).lo, rangeOf(d).hi].map(bound) }),
  };
}

const bound = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** State number k is the value first + k·step; categories with names have labels, in this order. */
function valuesOf(d: DiscreteDomain, sizeOf: (s: IndexSet) => number): Json {
  const { offset, scale } = valueMap(d);
  const labels = d.kind === 'category' && d.values.kind.kind === 'labels' ? d.values.kind.labels : null;
  return { first: offset, step: scale, count: stateCount(d, sizeOf), ...(labels ? { labels } : {}) };
}

function outputOf({ name, meaning }: EnergyOutput, shape: readonly number[]): Json {
  const base = { name, of: meaning.kind, dtype: 'float32', shape };
  switch (meaning.kind) {
    case 'energy':
    case 'supported':
      return base;
    case 'term':
      return { ...base, term: meaning.term };
    case 'gradient':
      return meaning.of === 'value'
        ? { ...base, unknown: meaning.unknown.name, with_respect_to: 'value' }
        : {
            ...base,
            unknown: meaning.unknown.name,
            with_respect_to: 'one_hot',
            exact: meaning.exact,
            complete: !meaning.blind,
          };
  }
}

// ── The text ────────────────────────────────────────────────────────────────

export function readmeOf(c: CompiledEnergy, about: About): string {
  const inputs = c.exported.inputs.map((i, k) => {
    const shape = showSize(c.shapes.inputs[k]);
    return `| \`${i.name}\` | ${shape} | \`${showShape(i.unknown.domain, i.unknown.sets)}\` | ${valuesText(i.unknown, about)} |`;
  });
  const outputs = c.exported.outputs.map(
    (o, k) => `| \`${o.name}\` | ${showSize(c.shapes.outputs[k])} | ${outputText(o)} |`,
  );
  const side =
    c.batch === null
      ? 'One state at a time.'
      : `${c.batch} states at a time: the first dimension of every array counts them.`;
  const without =
    c.exported.without.length === 0
      ? ''
      : `\nNo gradient: ${c.exported.without.map((s) => `\`${s.name}\``).join(', ')}, whose elements depend on each other.\n`;
  return `# ${about.energy}

The energy \`${about.energy}\` of \`${about.program.file}\` as ${formats[c.target]}, made by energy ${about.version}. The density is proportional to exp(−energy). ${side} All arrays are float32; the parameters and data of the program are constants of the graph. \`manifest.json\` says the same for programs.

| input | shape | domain | values |
| --- | --- | --- | --- |
${inputs.join('\n')}

| output | shape | what it is |
| --- | --- | --- |
${outputs.join('\n')}
${without}
${usage(c)}`;
}

const showSize = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function valuesText({ domain: d }: Slot, { sizeOf }: About): string {
  if (!isDiscrete(d)) return 'numbers';
  const { offset, scale } = valueMap(d);
  const count = stateCount(d, sizeOf);
  if (d.kind === 'category' && d.values.kind.kind === 'labels')
    return d.values.kind.labels.map((l, k) => `${k} ${l}`).join(', ');
  return count === 2 ? `${offset}, ${offset + scale}` : `${offset} … ${offset + (count - 1) * scale}`;
}

function outputText({ meaning }: EnergyOutput): string {
  switch (meaning.kind) {
    case 'energy':
      return 'the energy: the sum of its terms';
    case 'supported':
      return '1 where every requirement holds and every bound is kept, else 0: there the density is 0, whatever the energy';
    case 'term':
      return `the term \`${meaning.term}\``;
    case 'gradient': {
      const name = `\`${meaning.unknown.name}\``;
      if (meaning.of === 'value') return `the derivative of the energy by ${name}`;
      const how = meaning.exact
        ? 'differences between the values of one element are those of the energy'
        : 'to first order';
      return `the derivative of the energy by the one-hot vectors of ${name}, its values along the last dimension; ${how}`;
    }
  }
}

function usage(c: CompiledEnergy): string {
  const [input] = c.exported.inputs;
  const name = JSON.stringify(input?.name ?? '');
  const shape = showSize(c.shapes.inputs[0] ?? []);
  switch (c.target) {
    case 'tfjs':
      return `\`\`\`js
import * as tf from '@tensorflow/tfjs';

const model = await tf.loadGraphModel('model.json');
const energy = model.execute({ ${name}: tf.zeros(${shape})${c.exported.inputs.length > 1 ? ', …' : ''} }, 'energy');
\`\`\`
`;
    case 'savedmodel':
      return `\`\`\`python
import tensorflow as tf

run = tf.saved_model.load('.').signatures['serving_default']
out = run(**{${name}: tf.zeros(${shape})${c.exported.inputs.length > 1 ? ', …' : ''}})
out['energy']
\`\`\`
`;
    case 'onnx':
      return `\`\`\`python
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession('model.onnx')
[energy] = session.run(['energy'], {${name}: np.zeros(${shape}, np.float32)${c.exported.inputs.length > 1 ? ', …' : ''}})
\`\`\`
`;
  }
}
