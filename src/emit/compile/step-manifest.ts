/** What lies beside a compiled step of training: `manifest.json` for programs and `README.md` for people. */
import type { Recorded } from './manifest.ts';
import type { CompiledStep, StepArray } from './step.ts';
import { formats } from './targets.ts';

export interface AboutStep {
  readonly job: string;
  readonly version: string;
  readonly program: Recorded;
  readonly uses: readonly Recorded[];
}

export function stepManifest(c: CompiledStep, about: AboutStep): Readonly<Record<string, unknown>> {
  return {
    format: 'energy-step',
    version: 1,
    made_by: `energy ${about.version}`,
    job: about.job,
    energy: c.energy,
    loss: c.loss,
    optimizer: c.optimizer,
    program: { ...about.program, ...(about.uses.length > 0 ? { uses: about.uses } : {}) },
    target: c.target,
    precision: 'float32',
    files: c.files.map((f) => f.name),
    first: 'first.npz',
    inputs: c.inputs.map(described),
    outputs: c.outputs.map(described),
  };
}

const described = ({ name, shape, meaning: { kind, ...rest } }: StepArray) => ({
  name,
  of: kind,
  dtype: 'float32',
  shape,
  ...rest,
});

export function stepReadme(c: CompiledStep, about: AboutStep): string {
  const row = ({ name, shape, meaning }: StepArray): string =>
    `| \`${name}\` | [${shape.join(', ')}] | ${words(meaning)} |`;
  return `# ${about.job}

A step of the fit \`${about.job}\` of \`${about.program.file}\` as ${formats[c.target]}, made by energy ${about.version}: the loss \`${c.loss}\` of the energy \`${c.energy}\`, its derivatives, and \`${c.optimizer}\`. What is called \`next/x\` is \`x\` of the step after. Parameters with bounds are given on the whole line, as the optimiser moves them; \`value/x\` is what they are. All arrays are float32; data that the energy reads besides its rows are constants of the graph. \`first.npz\` holds the inputs of the first step that \`energy run\` takes, \`manifest.json\` says all this to programs.

| input | shape | what it is |
| --- | --- | --- |
${c.inputs.map(row).join('\n')}

| output | shape | what it is |
| --- | --- | --- |
${c.outputs.map(row).join('\n')}

${usage(c)}`;
}

function words(m: StepArray['meaning']): string {
  switch (m.kind) {
    case 'rows':
      return `\`${m.unknown}\` of the rows of the step`;
    case 'drawn':
      return `${m.what}: what the rows are compared with, drawn anew for each step`;
    case 'param':
      return `the parameter \`${m.param}\`${m.bounded ? ', on the whole line' : ''}`;
    case 'kept':
      return `what the optimiser keeps of \`${m.param}\`: ${m.what}; zeros at the start`;
    case 'rate':
      return 'the rate of this step';
    case 'steps':
      return 'steps taken before this one';
    case 'loss':
      return 'the loss at the parameters before the step';
    case 'gradient_norm':
      return 'the length of the gradient, before it is clipped';
    case 'value':
      return `the parameter \`${m.param}\` after the step, within its bounds`;
  }
}

const counts = (c: CompiledStep): boolean => c.inputs.some((i) => i.meaning.kind === 'steps');

function usage(c: CompiledStep): string {
  const count = counts(c) ? "    feeds['steps'] = np.array(step, np.float32)\n" : '';
  switch (c.target) {
    case 'tfjs':
      return `\`\`\`js
import * as tf from '@tensorflow/tfjs';

// feeds: a tensor for each input, e.g. of first.npz
const model = await tf.loadGraphModel('model.json');
const out = model.execute(feeds, model.outputs.map((o) => o.name));
\`\`\`
`;
    case 'savedmodel':
      return `\`\`\`python
import numpy as np, tensorflow as tf

run = tf.saved_model.load('.').signatures['serving_default']
feeds = {k: v.astype(np.float32) for k, v in np.load('first.npz').items()}
for step in range(100):
${count}    out = run(**{k: tf.constant(v) for k, v in feeds.items()})
    feeds |= {k[5:]: v.numpy() for k, v in out.items() if k.startswith('next/')}
    # … and new rows, and what is drawn beside them
\`\`\`
`;
    case 'onnx':
      return `\`\`\`python
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession('model.onnx')
names = [o.name for o in session.get_outputs()]
feeds = {k: v.astype(np.float32) for k, v in np.load('first.npz').items()}
for step in range(100):
${count}    out = dict(zip(names, session.run(names, feeds)))
    feeds |= {k[5:]: v for k, v in out.items() if k.startswith('next/')}
    # … and new rows, and what is drawn beside them
\`\`\`
`;
  }
}
