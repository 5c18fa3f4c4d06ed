/** Steps of training as graphs: run one after another they learn what `fit` learns. */
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { compileText } from '../../src/compile.ts';
import { compileStep, drawStep } from '../../src/emit/compile/step.ts';
import type { CompileTarget } from '../../src/emit/compile/targets.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { fit } from '../../src/learn/fit.ts';
import { prepareFit } from '../../src/learn/prepare.ts';
import { openSession } from '../../src/run/session.ts';
import { fitArgs } from '../../src/run/verbs/fit.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import type { Reader } from './compile-kit.ts';
import { graphReader, onnxReader, savedModelReader } from './readers.ts';

const STEPS = 5;

const rows = Array.from({ length: 48 }, (_, i) => `${(i * 7) % 3},${((i * 5) % 11) / 5 - 1},${i % 2}`).join(
  '\n',
);

const text = (loss: string, optimizer: string, more = ''): string => `
  type Row = { c : category(3), x : real, b : bit }
  data rows : Row[row] from "rows.csv"
  param net = mlp(encode(Row), hidden = [8], act = silu)
  param w : real(0, inf) ~ normal(0, 1)
  param u : real(-1, 2) = 0.3
  energy E(r : Row) { term a = net(encode(r)) + w * r.x ^ 2 + u * r.b }
  run learn = fit(E, rows, loss = ${loss}, optimizer = ${optimizer}, batch = 24, steps = ${STEPS}, seed = 3${more})`;

async function argsOf(source: string) {
  const compiled = compileText(source, 'model.energy');
  if (!compiled.ok) throw new EnergyError(compiled.diagnostics);
  const host = memoryHost({ 'rows.csv': `c,x,b\n${rows}\n` });
  const session = await openSession(compiled.program, host, referenceEngine());
  return fitArgs({ session, job: compiled.program.jobs[0] });
}

/** The graph's steps, each fed with what the one before gave. */
async function trained(reader: Reader, source: string): Promise<ReadonlyMap<string, HostArray>> {
  const prepared = prepareFit(await argsOf(source));
  try {
    const made = compileStep(prepared, reader.target, 'test');
    const feeds = new Map(made.first);
    const values = new Map<string, HostArray>();
    for (let step = 0; step < STEPS; step++) {
      const params = made.inputs
        .filter((i) => i.meaning.kind === 'param')
        .map((i): HostArray => feeds.get(i.name)!);
      const taken = drawStep(prepared, step, params);
      for (const { name, meaning } of made.inputs) {
        if (meaning.kind === 'rows')
          feeds.set(name, [...taken].find(([slot]) => slot.name === meaning.unknown)![1]);
        if (meaning.kind === 'steps') feeds.set(name, { shape: [], data: Float64Array.of(step) });
      }
      // The arrays of what is drawn are the same at every step.
      const given = Object.fromEntries([...feeds].map(([name, a]) => [name, a.data]));
      const found = await reader.run(made.files, given, made);
      for (const { name, meaning, shape } of made.outputs) {
        const { data } = found.get(name)!;
        if (name.startsWith('next/')) feeds.set(name.slice(5), { shape, data: Float64Array.from(data) });
        if (meaning.kind === 'value' || (meaning.kind === 'param' && !meaning.bounded))
          values.set(meaning.param, { shape, data: Float64Array.from(data) });
        if (meaning.kind === 'loss') values.set('loss', { shape, data: Float64Array.from(data) });
      }
    }
    return values;
  } finally {
    prepared.dispose();
  }
}

async function agrees(reader: Reader, source: string): Promise<void> {
  const found = await trained(reader, source);
  const args = await argsOf(source);
  const want = await fit({ ...args, options: { ...args.options, average: 0 } });
  expect(want.status).toBe('done');
  const moved = [...want.params].filter(([slot, v]) =>
    Array.from(v.data).some((x, i) => x !== args.params.get(slot)!.data[i]),
  );
  expect(moved.length).toBeGreaterThan(4);
  expect([...found.keys()]).toEqual(expect.arrayContaining(moved.map(([slot]) => slot.name)));
  for (const [slot, { data }] of moved) {
    const got = found.get(slot.name)!;
    for (let i = 0; i < data.length; i++)
      expect(Math.abs(got.data[i] - data[i]), `${slot.name}[${i}]`).toBeLessThan(
        2e-4 * (1 + Math.abs(data[i])),
      );
  }
  expect(found.get('loss')!.data[0]).toBeCloseTo(want.history.loss[STEPS - 1], 3);
}

const readers: readonly (Reader | null)[] = [
  await graphReader(),
  await onnxReader(),
  await savedModelReader(),
];

const optimizers = [
  'adam(rate = 0.05)',
  'adamw(rate = 0.05, decay = 0.1, schedule = constant)',
  'sgd(rate = 0.05)',
  'sgd(rate = 0.02, momentum = 0.9)',
  'sgd(rate = 0.02, momentum = 0.9, nesterov = true)',
  'rmsprop(rate = 0.02)',
  'rmsprop(rate = 0.02, momentum = 0.5)',
  'adagrad(rate = 0.1)',
];

const DISCREPANCY = 'discrepancy(t = 0.3, draws = 3)';

describe('a step of training as a graph learns what `fit` learns', { timeout: 60_000 }, () => {
  const plain = readers[0]!;
  it.each(optimizers)('by %s', (optimizer) => agrees(plain, text(DISCREPANCY, optimizer)));

  it('with clipped gradients', () => agrees(plain, text(DISCREPANCY, 'sgd(rate = 0.5)', ', clip = 0.05')));

  it('of a loss that has a parameter of its own', () =>
    agrees(plain, text('noise_contrastive()', 'adamw(rate = 0.05, decay = 0.5)')));

  for (const reader of readers)
    if (reader) it(`on ${reader.name}`, () => agrees(reader, text(DISCREPANCY, 'adam(rate = 0.05)')));

  it('and is refused where it is no single graph', async () => {
    const args = await argsOf(text(DISCREPANCY, 'lbfgs()'));
    const prepared = prepareFit(args);
    const target: CompileTarget = 'onnx';
    expect(() => compileStep(prepared, target, 'test')).toThrow(/lbfgs/);
    prepared.dispose();
  });
});
