/**
 * Random well-formed IR programs over a few slots, for property tests of
 * derivatives, passes and engines.
 */
import fc from 'fast-check';
import { type HostArray, sizeOfShape } from '../../src/arrays.ts';
import type { Domain } from '../../src/domain.ts';
import { Builder, staticSize } from '../../src/ir/build.ts';
import { showNode } from '../../src/ir/show.ts';
import type { Axis, FnName, IndexSet, Node, Slot } from '../../src/ir/types.ts';
import { arbitraryTree, type BindShape, type CallShape, type ProgramOptions, type Tree } from './trees.ts';

export interface Program {
  readonly builder: Builder;
  /** No free axes; finite, and so are its derivatives. */
  readonly root: Node;
  /** What the program may read; the real ones first. */
  readonly slots: readonly Slot[];
  /** Those that derivatives are taken of. */
  readonly real: readonly Slot[];
  readonly arrays: ReadonlyMap<Slot, HostArray>;
  readonly sizeOf: (set: IndexSet) => number;
}

const REAL: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };

/** A well-formed program, its arrays, and the sizes of its sets. */
export const arbitraryProgram = (options: ProgramOptions = {}): fc.Arbitrary<Program> =>
  fc
    .record({ tree: arbitraryTree(options), seed: fc.integer({ min: 1, max: 1 << 30 }) })
    .map(({ tree, seed }) => {
      const program = buildProgram(tree, seed);
      return Object.assign(program, { [fc.toStringMethod]: () => showNode(program.root) });
    });

// ── Building ────────────────────────────────────────────────────────────────

interface World {
  readonly b: Builder;
  readonly sites: IndexSet;
  readonly rows: IndexSet;
  readonly edges: IndexSet;
  readonly sets: readonly IndexSet[];
  readonly real: readonly Slot[];
  readonly scalar: Slot;
  readonly field: Slot;
  readonly weight: Slot;
  readonly data: Slot;
  /** Never near zero, positive. */
  readonly scale: Slot;
  /** A few of its elements are zero. */
  readonly holes: Slot;
  readonly from: Slot;
  readonly to: Slot;
  readonly group: Slot;
  readonly mask: Slot;
}

function buildProgram(tree: Tree, seed: number): Program {
  const b = new Builder();
  const sites = b.set('site', { kind: 'range', size: 4 });
  const rows = b.set('row', { kind: 'open' });
  const edgeSet = b.set('edge', { kind: 'open' });
  const sizes = new Map([
    [rows, 3],
    [edgeSet, 5],
  ]);
  const sizeOf = (s: IndexSet): number => staticSize(s) ?? sizes.get(s) ?? Number.NaN;
  const site: Domain = { kind: 'category', values: sites };
  const w: World = {
    b,
    sites,
    rows,
    edges: edgeSet,
    sets: [sites, rows, edgeSet],
    scalar: b.slot('param', 'c', REAL, []),
    field: b.slot('unknown', 's', REAL, [sites]),
    weight: b.slot('param', 'W', REAL, [sites, rows]),
    data: b.slot('data', 'x', REAL, [rows, sites]),
    scale: b.slot('data', 'scale', { kind: 'real', lo: 0, hi: Number.POSITIVE_INFINITY }, [rows]),
    holes: b.slot('unknown', 'v', REAL, [rows]),
    from: b.slot('table', 'edge.0', site, [edgeSet]),
    to: b.slot('table', 'edge.1', site, [edgeSet]),
    group: b.slot('data', 'group', site, [rows]),
    mask: b.slot('data', 'mask', { kind: 'bit' }, [rows]),
    get real() {
      return [w.field, w.scalar, w.weight, w.data, w.holes];
    },
  };
  const root = close(w, build(w, tree, []));
  const next = generator(seed);
  const fill = (slot: Slot, f: () => number): readonly [Slot, HostArray] => {
    const shape = slot.sets.map(sizeOf);
    return [slot, { shape, data: Float64Array.from({ length: sizeOfShape(shape) }, f) }];
  };
  const uniform = (): number => 3 * next() - 1.5;
  const position = (): number => Math.floor(next() * sizeOf(sites));
  const arrays = new Map([
    ...[w.scalar, w.field, w.weight, w.data].map((s) => fill(s, uniform)),
    fill(w.holes, () => (next() < 0.4 ? 0 : uniform())),
    fill(w.scale, () => 0.5 + next()),
    ...[w.from, w.to, w.group].map((s) => fill(s, position)),
    fill(w.mask, () => (next() < 0.6 ? 1 : 0)),
  ]);
  return { builder: b, root, slots: [...arrays.keys()], real: w.real, arrays, sizeOf };
}

/** Sums over whatever axes are still free. */
const close = (w: World, n: Node): Node => w.b.sum(n.axes, n);

/** A number in (0, 1) at each call (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296 + 2 ** -34;
  };
}

const choose = <T>(list: readonly T[], k: number): T => list[k % list.length];

function build(w: World, t: Tree, scope: readonly Axis[]): Node {
  switch (t.kind) {
    case 'leaf':
      return leaf(w, t.pick, t.value, scope);
    case 'call':
      return call(
        w,
        t.shape,
        t.args.map((a) => build(w, a, scope)),
      );
    case 'condition': {
      const [x, y] = t.args.map((a) => build(w, a, scope));
      return w.b.call('select', condition(w, t.pick, scope), x, y);
    }
    case 'share': {
      const [x, y] = t.args.map((a) => build(w, a, scope));
      return w.b.mul(w.b.add(x, y), w.b.call('tanh', x));
    }
    case 'bind':
      return bind(w, t.shape, t.pick, t.args, scope);
  }
}

const inScope = (w: World, scope: readonly Axis[], set: IndexSet, k: number): Node => {
  const fits = scope.filter((a) => a.set === set);
  return fits.length === 0 ? w.b.const(k % 3) : w.b.axisNode(choose(fits, k));
};

/** A position of `sites`: an axis, a table's entry, or a ring's. */
function siteIndex(w: World, scope: readonly Axis[], k: number): Node {
  switch (k % 4) {
    case 0:
      return w.b.read(w.group, [inScope(w, scope, w.rows, k)]);
    case 1:
      return w.b.read(w.to, [inScope(w, scope, w.edges, k)]);
    default:
      return inScope(w, scope, w.sites, k >> 2);
  }
}

function leaf(w: World, k: number, value: number, scope: readonly Axis[]): Node {
  const { b } = w;
  const m = k >> 3;
  switch (k % 8) {
    case 0:
      return b.const(value);
    case 1:
      return b.read(w.scalar, []);
    case 2:
    case 3:
      return b.read(w.field, [siteIndex(w, scope, m)]);
    case 4:
      return b.read(w.weight, [siteIndex(w, scope, m), inScope(w, scope, w.rows, m)]);
    case 5:
      return b.read(w.data, [inScope(w, scope, w.rows, m), siteIndex(w, scope, m)]);
    case 6:
      return b.read(w.scale, [inScope(w, scope, w.rows, m)]);
    default:
      return scope.length === 0 ? b.size(choose(w.sets, m)) : b.axisNode(choose(scope, m));
  }
}

/** A truth value that does not depend on real slots. */
function condition(w: World, k: number, scope: readonly Axis[]): Node {
  const { b } = w;
  const site = inScope(w, scope, w.sites, k >> 2);
  switch (k % 4) {
    case 0:
      return b.call('eq', b.read(w.mask, [inScope(w, scope, w.rows, k)]), b.const(1));
    case 1:
      return b.call('lt', site, b.const(2));
    case 2:
      return b.call('ne', site, siteIndex(w, scope, k >> 3));
    default:
      return b.call(
        'and',
        b.call('gt', site, b.const(0)),
        b.call('le', inScope(w, scope, w.rows, k), b.const(1)),
      );
  }
}

/** Every function, with arguments brought to where it is smooth and moderate. */
function call(w: World, shape: CallShape, [x, y]: readonly Node[]): Node {
  const { b } = w;
  const f = (fn: FnName, ...args: Node[]): Node => b.call(fn, ...args);
  const bounded = f('tanh', x);
  const positive = b.add(b.const(0.5), f('square', bounded));
  const truth = f('lt', x, y);
  switch (shape) {
    case 'add':
    case 'sub':
      return f(shape, x, y);
    case 'mul':
      return b.mul(f('atan', x), y);
    case 'square':
      return f('square', f('atan', x));
    case 'div':
      return b.div(y, b.add(b.const(1), f('square', x)));
    case 'pow':
      return f('pow', positive, f('tanh', y));
    case 'power':
      return f('pow', positive, b.const(-1.5));
    case 'log1p':
      return f('log1p', f('square', bounded));
    case 'log':
    case 'sqrt':
    case 'lgamma':
    case 'digamma':
      return f(shape, positive);
    case 'exp':
    case 'expm1':
    case 'tan':
    case 'sinh':
    case 'cosh':
      return f(shape, bounded);
    case 'asin':
    case 'acos':
      return f(shape, b.mul(b.const(0.9), bounded));
    case 'atan2':
      return f('atan2', y, positive);
    case 'logaddexp':
    case 'min':
    case 'max':
      return f(shape, x, y);
    case 'mod':
      return f('mod', bounded, b.const(8));
    case 'pick':
      return f('pick', f('mod', f('floor', f('stop_gradient', x)), b.const(2)), bounded, y);
    case 'compare':
      return b.mul(truth, y);
    case 'select':
      return f('select', truth, x, y);
    case 'and':
      return b.mul(f('and', truth, f('ge', y, b.const(0))), x);
    case 'or':
      return b.mul(f('or', truth, f('gt', y, b.const(0))), x);
    case 'not':
      return b.mul(f('not', truth), y);
    default:
      return f(shape, x);
  }
}

function bind(w: World, shape: BindShape, k: number, args: readonly Tree[], scope: readonly Axis[]): Node {
  const { b } = w;
  const a = b.axis(choose(w.sets, k));
  const inner = [...scope, a];
  const f = (axes: readonly Axis[] = inner): Node => b.call('tanh', build(w, args[0], axes));
  const g = (axes: readonly Axis[] = scope): Node => b.call('tanh', build(w, args[1], axes));
  switch (shape) {
    case 'sum':
      return b.sum([a], f());
    case 'sum where':
      return b.sum([a], f(), condition(w, k, inner));
    case 'mean':
      return b.mean([a], f());
    case 'max':
    case 'min':
      return b.reduce(shape, [a], f(), k % 2 === 0 ? null : condition0(w, a));
    case 'logsumexp':
      return b.reduce(shape, [a], f(), k % 2 === 0 ? null : condition0(w, a));
    case 'prod':
      return b.reduce(shape, [a], b.add(b.const(1.5), f()), k % 2 === 0 ? null : condition(w, k, inner));
    case 'prod of zeros': {
      const r = b.axis(w.rows);
      const v = b.read(w.holes, [b.axisNode(r)]);
      return b.reduce('prod', [r], b.mul(v, b.add(b.const(1.5), f([...scope, r]))));
    }
    case 'contraction': {
      const j = b.axis(w.sites);
      const r = b.axis(w.rows);
      const z = b.sum([j], b.mul(b.read(w.weight, [b.axisNode(j), b.axisNode(r)]), f([...scope, j])));
      return b.sum([r], b.mul(b.call('sigmoid', z), b.call('tanh', build(w, args[1], [...scope, r]))));
    }
    case 'gather': {
      const e = b.axis(w.edges);
      const p = b.axis(w.sites);
      const h = b.call('exp', f([...scope, p]));
      const at = b.apply({ axes: [p], body: h }, [b.read(w.from, [b.axisNode(e)])]);
      return b.sum([e], b.mul(at, g([...scope, e])));
    }
    case 'edges': {
      const e = b.axis(w.edges);
      const [p, q] = [w.from, w.to].map((t) => b.read(w.field, [b.read(t, [b.axisNode(e)])]));
      return b.sum([e], b.mul(b.mul(p, q), f([...scope, e])));
    }
    case 'shift': {
      // Σ over i > 0 of log-like functions of s[i − 1]: out of range without its guard.
      const i = b.axis(w.sites);
      const before = b.read(w.field, [b.sub(b.axisNode(i), b.const(1))]);
      const body = b.mul(b.call('exp', b.call('tanh', before)), f([...scope, i]));
      return b.sum([i], body, b.call('gt', b.axisNode(i), b.const(0)));
    }
    case 'ring': {
      const i = b.axis(w.sites);
      const after = b.read(w.field, [b.call('mod', b.add(b.axisNode(i), b.const(1)), b.size(w.sites))]);
      return b.sum([i], b.mul(b.mul(after, b.read(w.field, [b.axisNode(i)])), f([...scope, i])));
    }
    case 'reverse': {
      const i = b.axis(w.sites);
      const p = b.axis(w.sites);
      const h = b.call('sin', b.sum([b.axis(w.rows)], f([...scope, p])));
      const at = b.at([p], b.add(h, b.read(w.field, [b.axisNode(p)])), [b.sub(b.const(3), b.axisNode(i))]);
      return b.sum([i], b.mul(at, g([...scope, i])));
    }
    case 'at':
      return b.at([a], f(), [b.const(k % 3)]);
    case 'at table': {
      // The parameter is also the axis that the read is summed over.
      const r = b.axis(w.rows);
      const body = b.mul(b.read(w.scale, [b.axisNode(r)]), f([...scope, r]));
      const index = b.call('min', b.read(w.group, [b.axisNode(r)]), b.const(2));
      return b.sum([r], b.mul(b.at([r], body, [index]), g([...scope, r])));
    }
    case 'diagonal': {
      const i = b.axis(w.sites);
      const p = b.axis(w.sites);
      const body = b.mul(f([...scope, i, p]), b.read(w.field, [b.axisNode(p)]));
      return b.sum([i], b.at([p], b.call('exp', body), [b.axisNode(i)]));
    }
    case 'shadow': {
      // h[j] − mean(h) with one and the same axis bound and free.
      const h = f();
      return b.sum([a], b.call('square', b.sub(h, b.mean([a], h))));
    }
    case 'guarded log': {
      // ln s where s > ½, and not evaluated elsewhere: NaN or −∞ there.
      const i = b.axis(w.sites);
      const x = b.read(w.field, [b.axisNode(i)]);
      const first = b.call('lt', b.axisNode(i), b.const(3));
      const kept = b.call('gt', b.call('stop_gradient', x), b.const(0.5));
      const logs = b.sum([i], b.mul(b.call('log', x), f([...scope, i])), b.call('and', first, kept));
      return b.add(logs, b.sum([i], b.call('select', kept, b.call('sqrt', x), b.const(0))));
    }
    case 'bare where':
      return b.sum([], g(), condition(w, k, scope));
  }
}

/** A condition that holds somewhere. */
const condition0 = (w: World, a: Axis): Node => w.b.call('lt', w.b.axisNode(a), w.b.const(2));
