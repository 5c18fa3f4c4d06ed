/**
 * Times of the tfjs engine on two programs that matter: the energies of a neural
 * network with and without its gradient, and those of a lattice.
 *
 *   node dist/bench/tfjs-engine.js [wasm|cpu|tensorflow] [steps]
 */
import type { HostArray } from '../src/arrays.ts';
import type { Domain } from '../src/domain.ts';
import type { Arrays, Engine, Output } from '../src/engines/engine.ts';
import { type BackendName, profile, tfjsEngine } from '../src/engines/tfjs/index.ts';
import { Builder, staticSize } from '../src/ir/build.ts';
import { gradient } from '../src/ir/derive.ts';
import type { IndexSet, Node, Slot } from '../src/ir/types.ts';

const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
const sizeOf = (s: IndexSet): number => staticSize(s) ?? Number.NaN;

interface Case {
  readonly name: string;
  readonly outputs: readonly Output[];
  readonly inputs: Arrays;
  readonly constants: Arrays;
}

const uniform = (slot: Slot, scale = 1): [Slot, HostArray] => {
  const shape = slot.sets.map(sizeOf);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => scale * (2 * Math.random() - 1));
  return [slot, { shape, data }];
};

/** Dense layers with silu between, one output; `rows` states of `sizes[0]` numbers. */
function network(rows: number, sizes: readonly number[], act: 'silu' | 'tanh', withGradient: boolean): Case {
  const b = new Builder();
  const row = b.axis(b.range(rows), 'row');
  const x = b.slot('input', 'x', REAL, [row.set, b.range(sizes[0])]);
  const arrays = new Map([uniform(x)]);
  const params: Slot[] = [];
  let layer: (i: Node) => Node = (i) => b.read(x, [b.axisNode(row), i]);
  for (let l = 1; l < sizes.length; l++) {
    const [from, to] = [b.range(sizes[l - 1]), b.range(sizes[l])];
    const w = b.slot('param', `w${l}`, REAL, [from, to]);
    const c = b.slot('param', `b${l}`, REAL, [to]);
    params.push(w, c);
    arrays.set(...uniform(w, 1 / Math.sqrt(sizes[l - 1]))).set(...uniform(c));
    const below = layer;
    const j = b.axis(to, 'j');
    const i = b.axis(from, 'i');
    const sum = b.sum([i], b.mul(below(b.axisNode(i)), b.read(w, [b.axisNode(i), b.axisNode(j)])));
    const before = b.add(sum, b.read(c, [b.axisNode(j)]));
    const out = l + 1 < sizes.length ? b.call(act, before) : before;
    layer = (k) => b.substitute(out, [j], [k]);
  }
  const energy = layer(b.const(0));
  const outputs: Output[] = [{ name: 'energy', axes: [row], node: energy }];
  if (withGradient) {
    const all = gradient(b, b.sum([row], energy), params);
    outputs.push(...[...all].map(([s, f]) => ({ name: s.name, axes: f.axes, node: f.body })));
  }
  return {
    name: `network ${sizes.join('-')}-${act}, ${rows} rows${withGradient ? ', with the gradient' : ''}`,
    outputs,
    inputs: arrays,
    constants: new Map(),
  };
}

/** Nearest neighbours on a torus through an edge table; one state a chain. */
function ising(n: number, chains: number, withGradient: boolean): Case {
  const b = new Builder();
  const site = b.set('site', { kind: 'range', size: n * n });
  const bond = b.range(2 * n * n);
  const spin: Domain = { kind: 'spin' };
  const s = b.slot('input', 's', spin, [b.range(chains), site]);
  const from = b.slot('table', 'bond.0', { kind: 'category', values: site }, [bond]);
  const to = b.slot('table', 'bond.1', { kind: 'category', values: site }, [bond]);
  const h = b.slot('param', 'h', REAL, [site]);
  const chain = b.axis(s.sets[0], 'chain');
  const e = b.axis(bond, 'e');
  const i = b.axis(site, 'i');
  const at = (t: Slot): Node => b.read(s, [b.axisNode(chain), b.read(t, [b.axisNode(e)])]);
  const field = b.mul(b.read(h, [b.axisNode(i)]), b.read(s, [b.axisNode(chain), b.axisNode(i)]));
  const energy = b.neg(b.add(b.sum([e], b.mul(at(from), at(to))), b.sum([i], field)));
  const first = Int32Array.from({ length: 2 * n * n }, (_, k) => k >> 1);
  const second = first.map((p, k) => {
    const [r, c] = [Math.floor(p / n), p % n];
    return k % 2 === 0 ? r * n + ((c + 1) % n) : ((r + 1) % n) * n + c;
  });
  const outputs: Output[] = [{ name: 'energy', axes: [chain], node: energy }];
  if (withGradient) {
    const f = gradient(b, b.sum([chain], energy), [s]).get(s)!;
    outputs.push({ name: 'gradient', axes: f.axes, node: f.body });
  }
  const spins = uniform(s)[1].data.map((x) => (x > 0 ? 1 : -1));
  return {
    name: `Ising ${n}x${n}, ${chains} chains${withGradient ? ', with the gradient' : ''}`,
    outputs,
    inputs: new Map([[s, { shape: [chains, n * n], data: spins }], uniform(h)]),
    constants: new Map([
      [from, { shape: [2 * n * n], data: first }],
      [to, { shape: [2 * n * n], data: second }],
    ]),
  };
}

function time(engine: Engine, c: Case, steps: boolean): void {
  const start = performance.now();
  const evaluator = engine.compile({ outputs: c.outputs, sizeOf }, c.constants);
  const compile = performance.now() - start;
  const times: number[] = [];
  evaluator.run(c.inputs);
  for (let i = 0; i < 15; i++) {
    const t = performance.now();
    evaluator.run(c.inputs);
    times.push(performance.now() - t);
  }
  times.sort((x, y) => x - y);
  console.log(
    `${c.name}: best ${times[0].toFixed(2)} ms, median ${times[7].toFixed(2)} ms (compiled in ${compile.toFixed(1)} ms)`,
  );
  if (steps)
    for (const s of profile(evaluator, c.inputs).filter((r) => r.ms > 0.02))
      console.log(`    ${s.ms.toFixed(2).padStart(8)} ms  ${s.op} [${s.shape}]`);
  evaluator.dispose();
}

const backend = (process.argv[2] ?? 'wasm') as BackendName;
const steps = process.argv[3] === 'steps';
const engine = await tfjsEngine(backend);
for (const c of [
  network(4224, [32, 256, 256, 1], 'silu', false),
  network(4224, [32, 256, 256, 1], 'silu', true),
  network(4224, [32, 256, 256, 1], 'tanh', false),
  network(1, [2, 16, 16, 1], 'silu', true),
  ising(64, 64, false),
  ising(64, 64, true),
])
  time(engine, c, steps);
