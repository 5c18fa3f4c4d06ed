/**
 * Reads through index maps and their transposes. A map that is known at compile
 * time becomes a table of int32; any other is computed as a tensor of positions.
 */
import type { Axis, Node, ScatterNode } from '../../ir/types.ts';
import type { Scalars } from './scalars.ts';
import { clamp, type Static, union } from './static.ts';
import type { Ref, Tape } from './tape.ts';
import { align, type Context, expand, reduceVal, reorder, settled, sizeOfAxes, type Val } from './vals.ts';

export interface IndexingContext extends Context {
  readonly scalars: Scalars;
  readonly known: Static;
  readonly lower: (n: Node) => Val;
  /** The index tables met so far, by name. */
  readonly tables: Map<string, Int32Array>;
}

/** One dimension of what is read: its axis, and where it is read (an axis, or an expression). */
export interface Dimension {
  readonly axis: Axis;
  readonly at: Axis | Node;
}

const isAxis = (x: Axis | Node): x is Axis => !('op' in x);
const sameSize = (c: Context, a: Axis, b: Axis): boolean => c.sizeOf(a.set) === c.sizeOf(b.set);
const axesOf = (x: Axis | Node): readonly Axis[] => (isAxis(x) ? [x] : x.axes);

/**
 * Dimensions that must be read together: those whose index expressions share an
 * axis. A dimension read at an axis that nothing else mentions only changes its name.
 */
function clusters(c: Context, dims: readonly Dimension[]): { bare: Dimension[]; joint: Dimension[][] } {
  const groups = dims.map((d) => ({ dims: [d], axes: new Set(axesOf(d.at)) }));
  for (let i = 0; i < groups.length; i++)
    for (let j = groups.length - 1; j > i; j--) {
      if (![...groups[j].axes].some((a) => groups[i].axes.has(a))) continue;
      groups[i].dims.push(...groups[j].dims);
      for (const a of groups[j].axes) groups[i].axes.add(a);
      groups.splice(j, 1);
      // The grown group may now touch one that was passed.
      j = groups.length;
    }
  const bare: Dimension[] = [];
  const joint: Dimension[][] = [];
  for (const g of groups) {
    const [d] = g.dims;
    if (g.dims.length === 1 && isAxis(d.at) && sameSize(c, d.at, d.axis)) bare.push(d);
    else joint.push(dims.filter((d) => g.dims.includes(d)));
  }
  return { bare, joint };
}

/** `v` read through an index map: every dimension of it at the axis or expression that `dims` gives. */
export function gather(c: IndexingContext, v: Val, dims: readonly Dimension[]): Val {
  // Old axes get private names: the new ones may be called the same.
  const own = new Map(v.axes.map((a) => [a, { ...a }]));
  const mine = dims.flatMap(({ axis, at }) => (own.has(axis) ? [{ axis: own.get(axis)!, at }] : []));
  const { bare, joint } = clusters(c, mine);
  let now: Val = { ref: v.ref, axes: v.axes.map((a) => own.get(a)!) };
  // Those that leave out most go first.
  const gain = (ds: readonly Dimension[]): number =>
    sizeOfAxes(c, union(ds.map((d) => axesOf(d.at)))) /
    sizeOfAxes(
      c,
      ds.map((d) => d.axis),
    );
  for (const ds of joint.sort((a, b) => gain(a) - gain(b))) now = gatherJointly(c, now, ds);
  const names = new Map(bare.map((d) => [d.axis, d.at as Axis]));
  return { ref: now.ref, axes: now.axes.map((a) => names.get(a) ?? a) };
}

/** Axes whose neighbours are to be read together, made neighbours. */
function together(c: Context, v: Val, axes: readonly Axis[]): Val {
  const first = v.axes.findIndex((a) => axes.includes(a));
  const adjacent = axes.every((a, i) => v.axes[first + i] === a);
  if (adjacent) return v;
  const before = v.axes.slice(0, first);
  const after = v.axes.slice(first).filter((a) => !axes.includes(a));
  return reorder(c, v, [...before, ...axes, ...after]);
}

/**
 * The dimensions that are read together side by side. Where the result is much larger than what is read (windows of
 * an image), what is read is brought to the order that suits the result: short axes first, the longest one last.
 */
function expanding(c: Context, v: Val, old: readonly Axis[], dims: readonly Dimension[]): Val {
  const others = v.axes.filter((a) => !old.includes(a));
  const fresh = sizeOfAxes(c, union(dims.map((d) => axesOf(d.at))));
  if (others.length < 2 || fresh < 4 * sizeOfAxes(c, old)) return together(c, v, old);
  const longest = others.reduce((a, b) => (c.sizeOf(b.set) > c.sizeOf(a.set) ? b : a));
  return reorder(c, v, [...others.filter((a) => a !== longest), ...old, longest]);
}

/** Replaces the dimensions `dims`, all at once, by the axes of their index expressions. */
function gatherJointly(c: IndexingContext, v: Val, dims: readonly Dimension[]): Val {
  const { tape } = c;
  const old = v.axes.filter((a) => dims.some((d) => d.axis === a));
  const x = expanding(c, v, old, dims);
  const inOrder = old.map((a) => dims.find((d) => d.axis === a)!);
  const start = x.axes.indexOf(old[0]);
  const before = x.axes.slice(0, start);
  const after = x.axes.slice(start + old.length);
  const [o, n, i] = [before, old, after].map((axes) => sizeOfAxes(c, axes));

  if (inOrder.every((d) => isAxis(d.at) || c.known.canEvaluate(d.at))) {
    const fresh = settled(c, union(inOrder.map((d) => axesOf(d.at))));
    const axes = [...before, ...fresh, ...after];
    const index = shared(c, table(c, inOrder, fresh));
    if (index.length === n && index.every((k, j) => k === j)) return { ref: x.ref, axes };
    if (preferRows(tape, o, n, i, index.length)) {
      const front = reorder(c, x, [...old, ...before, ...after]);
      const ref = gatherTable(tape, front.ref, [1, n, o * i], index);
      return { ref, axes: [...fresh, ...before, ...after] };
    }
    return { ref: gatherTable(tape, x.ref, [o, n, i], index), axes };
  }
  const flat = flatIndex(c, inOrder);
  const axes = [...before, ...flat.axes, ...after];
  const m = sizeOfAxes(c, flat.axes);
  const ins = [tape.viewed(x.ref, [o, n, i]), tape.viewed(flat.ref, [m])];
  return { ref: tape.emit({ op: 'gather', o, n, i, m, table: null }, ins, [o, m, i]), axes };
}

/** Flat positions over `axes`, each index clamped into its dimension. */
function table(c: IndexingContext, dims: readonly Dimension[], axes: readonly Axis[]): Int32Array {
  const flat = new Int32Array(sizeOfAxes(c, axes));
  for (const d of dims) {
    const size = c.sizeOf(d.axis.set);
    const values = positions(c, d.at, axes);
    for (let j = 0; j < flat.length; j++) flat[j] = flat[j] * size + clamp(values[j], size);
  }
  return flat;
}

/** An axis or index expression evaluated at every position of `axes`. */
function positions(c: IndexingContext, at: Axis | Node, axes: readonly Axis[]): ArrayLike<number> {
  if (!isAxis(at)) return c.known.spread(at, axes);
  const d = axes.indexOf(at);
  const inner = sizeOfAxes(c, axes.slice(d + 1));
  const size = c.sizeOf(at.set);
  return Float64Array.from({ length: sizeOfAxes(c, axes) }, (_, j) => Math.floor(j / inner) % size);
}

/** The flat position as a value: Σ stride · index. */
function flatIndex(c: IndexingContext, dims: readonly Dimension[]): Val {
  const { scalars } = c;
  let flat: Val | null = null;
  for (const d of dims) {
    const size = c.sizeOf(d.axis.set);
    const at = isAxis(d.at) ? rangeVal(c, d.at) : c.lower(d.at);
    if (!flat) flat = at;
    else {
      const scaled: Val = { ref: scalars.mul(flat.ref, scalars.num(size)), axes: flat.axes };
      const { refs, axes } = align(c, [scaled, at]);
      flat = { ref: scalars.add(refs[0], refs[1]), axes };
    }
  }
  if (
    sizeOfAxes(
      c,
      dims.map((d) => d.axis),
    ) >
    1 << 24
  )
    throw new Error('an array that is read at positions unknown at compile time has more than 2^24 elements');
  return flat!;
}

export function rangeVal(c: Context, a: Axis): Val {
  const n = c.sizeOf(a.set);
  const data = Float32Array.from({ length: n }, (_, i) => i);
  return { ref: c.tape.constant(data, [n], `range ${n}`), axes: [a] };
}

// ── Tables ──────────────────────────────────────────────────────────────────

/** The table that was first met with these contents, so that equal ones share their steps. */
function shared(c: IndexingContext, index: Int32Array): Int32Array {
  let h = 2166136261;
  for (let j = 0; j < index.length; j++) h = Math.imul(h ^ index[j], 16777619);
  for (let k = 0; ; k++) {
    const key = `${index.length}:${h}:${k}`;
    const other = c.tables.get(key);
    if (!other) {
      c.tables.set(key, index);
      return index;
    }
    if (other.every((x, j) => x === index[j])) return other;
  }
}

/**
 * Whether to put the indexed dimension first and copy rows: on wasm that is memcpy, ten times as fast as picking
 * single elements, and the transposition is shared by all reads of the array.
 */
const preferRows = (tape: Tape, o: number, n: number, i: number, m: number): boolean =>
  tape.target.rowReads && o * i >= 8 && m >= 16 && (o === 1 || (i < 32 && 2 * m >= n));

function gatherTable(tape: Tape, x: Ref, [o, n, i]: readonly number[], table: Int32Array): Ref {
  const m = table.length;
  return tape.emit({ op: 'gather', o, n, i, m, table }, [tape.viewed(x, [o, n, i])], [o, m, i]);
}

// ── Scatter ─────────────────────────────────────────────────────────────────

/**
 * The transpose of a read: out[into, rest] = Σ over `over` of body where indices = into.
 * @param body the lowered body, already 0 where `where` is false
 */
export function scatter(c: IndexingContext, n: ScatterNode, body: Val): Val {
  const { tape } = c;
  const bare = new Map<Axis, Axis>();
  const joint: { into: Axis; at: Node }[] = [];
  n.indices.forEach((at, k) => {
    const alone = n.indices.every((other, j) => j === k || !other.axes.some((a) => at.axes.includes(a)));
    const renames = at.op === 'axis' && n.over.includes(at.axis) && sameSize(c, at.axis, n.into[k]);
    if (renames && alone) bare.set(at.axis, n.into[k]);
    else joint.push({ into: n.into[k], at });
  });
  const rename = (v: Val): Val => ({ ref: v.ref, axes: v.axes.map((a) => bare.get(a) ?? a) });
  const indexAxes = union(joint.map((j) => j.at.axes));
  // What no index mentions is summed first; summed axes that the body lacks count as often as they are long.
  const idle = n.over.filter((a) => !bare.has(a) && !indexAxes.includes(a));
  const count = sizeOfAxes(
    c,
    idle.filter((a) => !body.axes.includes(a)),
  );
  let v = reduceVal(c, 'sum', body, idle);
  v = { ref: c.scalars.mul(v.ref, c.scalars.num(count)), axes: v.axes };
  if (joint.length === 0) return rename(v);

  v = expand(c, v, indexAxes);
  const mine = v.axes.filter((a) => indexAxes.includes(a));
  v = together(c, v, mine);
  const start = v.axes.indexOf(mine[0] ?? v.axes[0]);
  const [before, after] =
    mine.length === 0 ? [[], v.axes] : [v.axes.slice(0, start), v.axes.slice(start + mine.length)];
  const diagonal = mine.filter((a) => !n.over.includes(a));
  const into = joint.map((j) => j.into);
  const size = sizeOfAxes(c, diagonal) * sizeOfAxes(c, into);
  const [o, m, i] = [before, mine, after].map((axes) => sizeOfAxes(c, axes));
  const done = (ref: Ref, axes: readonly Axis[]): Val => rename({ ref, axes });
  const axes = [...before, ...diagonal, ...into, ...after];
  const op = { op: 'scatter', o, m, i, n: size } as const;
  if (joint.every((j) => c.known.canEvaluate(j.at))) {
    const table = shared(c, targets(c, mine, diagonal, joint));
    return done(tape.emit({ ...op, table }, [tape.viewed(v.ref, [o, m, i])], [o, size, i]), axes);
  }
  const dims: Dimension[] = [
    ...diagonal.map((a) => ({ axis: a, at: a })),
    ...joint.map((j) => ({ axis: j.into, at: j.at })),
  ];
  const flat = reorder(c, expand(c, flatIndex(c, dims), mine), mine);
  const ins = [tape.viewed(v.ref, [o, m, i]), tape.viewed(flat.ref, [m])];
  return done(tape.emit({ ...op, table: null }, ins, [o, size, i]), axes);
}

/** Where each position of `axes` goes in [diagonal, into]; −1 where an index is out of range. */
function targets(
  c: IndexingContext,
  axes: readonly Axis[],
  diagonal: readonly Axis[],
  joint: readonly { into: Axis; at: Node }[],
): Int32Array {
  const out = new Int32Array(sizeOfAxes(c, axes));
  for (const a of diagonal) {
    const values = positions(c, a, axes);
    for (let j = 0; j < out.length; j++) out[j] = out[j] * c.sizeOf(a.set) + values[j];
  }
  for (const { into, at } of joint) {
    const values = positions(c, at, axes);
    const size = c.sizeOf(into.set);
    for (let j = 0; j < out.length; j++) {
      const k = Math.round(values[j]);
      out[j] = out[j] >= 0 && k >= 0 && k < size ? out[j] * size + k : -1;
    }
  }
  return out;
}
