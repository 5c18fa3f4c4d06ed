/**
 * Time of one step of learning by energy discrepancy: 128 rows of 32 bits, 32 negatives
 * each, an energy 32 → 256 → 256 → 1 with silu; perturbation, loss, gradients and the optimiser.
 *
 *   npx tsc -p tsconfig.json --noEmit false --outDir dist
 *   node dist/bench/discrepancy-step.js [auto|kernels|onnx|tensorflow|wasm|cpu|reference] [steps] [width]
 */
import type { HostArray } from '../src/arrays.ts';
import { initialParams } from '../src/bind/params.ts';
import type { ParamDecl } from '../src/check/values.ts';
import type { Domain } from '../src/domain.ts';
import { isEngineName } from '../src/engines/names.ts';
import { openEngine } from '../src/engines/open.ts';
import { Builder, staticSize } from '../src/ir/build.ts';
import type { Node, Slot } from '../src/ir/types.ts';
import { fit as learn } from '../src/learn/fit.ts';
import { fitOptions } from '../src/learn/options.ts';
import { Stream } from '../src/random/stream.ts';

const span = { file: 'bench', start: 0, end: 0 };
const real: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

const [name = 'wasm', count = '20', width = '256'] = process.argv.slice(2);
if (!isEngineName(name)) throw new Error(`there is no engine ${name}`);
const engine = await openEngine(name);
const sizes = [32, Number(width), Number(width)];

const b = new Builder();
const params: ParamDecl[] = [];
const declare = (slot: Slot, init: ParamDecl['init']): Slot => {
  params.push({ slot, init, prior: null, frozen: false, span });
  return slot;
};
const x = b.slot('unknown', 'x', { kind: 'bit' }, [b.range(sizes[0])], span);
let layer: (i: Node) => Node = (i) => b.read(x, [i]);
[...sizes.slice(1), null].forEach((outputs, l) => {
  const inputs = b.range(sizes[l]);
  const outs = outputs === null ? [] : [b.range(outputs)];
  const weight = declare(b.slot('param', `weight${l + 1}`, real, [inputs, ...outs], span), {
    kind: 'scaled-normal',
    fanIn: [{ sets: [inputs] }],
    gain: Math.SQRT2,
  });
  const axes = outs.map((s) => b.axis(s));
  const bias = declare(b.slot('param', `bias${l + 1}`, real, outs, span), {
    kind: 'value',
    value: { axes, body: b.const(0) },
  });
  const i = b.axis(inputs);
  const j = outs.map((s) => b.axis(s));
  const to = j.map((a) => b.axisNode(a));
  const sum = b.sum([i], b.mul(b.read(weight, [b.axisNode(i), ...to]), layer(b.axisNode(i))));
  const before = b.add(sum, b.read(bias, to));
  layer = outputs === null ? () => before : (k) => b.substitute(b.call('silu', before), j, [k]);
});

const rows = 4096;
const set = b.set('row', { kind: 'range', size: rows });
const data = b.slot('data', 'rows', { kind: 'bit' }, [set, b.range(sizes[0])], span);
const stream = new Stream(1);
const bits = Uint8Array.from({ length: rows * sizes[0] }, () => (stream.uniform() < 0.5 ? 1 : 0));
const constants = new Map<Slot, HostArray>([[data, { shape: [rows, sizes[0]], data: bits }]]);
const bound = {
  program: {
    file: 'bench',
    builder: b,
    data: [],
    params,
    energies: new Map(),
    jobs: [],
    tupleSets: [],
    namedSets: [],
    modules: [],
  },
  sizeOf: (s: Parameters<typeof staticSize>[0]) => staticSize(s)!,
  constants,
};
const terms = [{ name: 'network', span, body: layer(b.const(0)) }];
const times: number[] = [];
let last = Number.NaN;
const result = await learn({
  bound,
  energy: { name: 'Network', span, unknowns: [x], terms, support: [], reports: [] },
  rows: { set, columns: [{ unknown: x, data }] },
  params: initialParams(bound, 1),
  options: { ...fitOptions(), steps: Number(count) },
  engine,
  onStep: () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
  },
});
const sorted = times.slice(1).sort((p, q) => p - q);
const quantile = (q: number): string => sorted[Math.floor(q * (sorted.length - 1))].toFixed(1);
const part = (s: number): string => ((1000 * s) / times.length).toFixed(1);
const { perturb, evaluate, observe, update, compile } = result.timings;
console.log(
  `${engine.name}: ${quantile(0)} ms a step at best, ${quantile(0.5)} median, ${quantile(0.9)} in 9 of 10; ` +
    `means: perturbing ${part(perturb)}, loss and gradients ${part(evaluate)}, ` +
    `the optimiser ${part(update)}, energies of terms ${part(observe)}; compiling ${(1000 * compile).toFixed(0)} ms`,
);
