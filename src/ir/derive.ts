/**
 * Reverse-mode differentiation on the IR; the result is IR again, so it can be
 * applied to its own result, to any order (Griewank and Walther, *Evaluating
 * Derivatives*, 2008, ch. 3 and 5).
 *
 * Pointful. A node n with free axes A is an array over A; its adjoint is an
 * expression whose free axes are among A, whatever binds them around each
 * occurrence of n. Nodes are visited parents first (descending id).
 *
 * Guards. What `select` and `where` leave out may be out of range or not finite,
 * and so may its partial derivatives. Hence an adjoint is a value with two lists of
 * conjuncts, in order of evaluation:
 *   need  where one of them fails the adjoint is 0 and the value may not be evaluated;
 *   live  where one of them fails n is not evaluated, and the adjoint is 0; implies `need`.
 * Multiplying by a harmless factor keeps `need`; by one that may fail raises it to
 * `live`. Nothing is ever computed as 0·∞.
 *
 * Conventions where a function has no derivative: ties of `max` and `min` over an
 * axis share the derivative equally; the partials of `functions.ts` decide for
 * scalar functions. Indices, conditions and `stop_gradient` contribute nothing.
 * The body of an `at` is taken to be defined at every position of its parameters.
 */
import { type Adjoint, combine, flow, guarded, isHarmless, masked } from './adjoint.ts';
import { type Builder, isConst } from './build.ts';
import { functions } from './functions.ts';
import { matrixRules } from './matrix-derive.ts';
import { loopReads, scanRules } from './scan-derive.ts';
import { transposeRead } from './transpose.ts';
import type { AtNode, Axis, CallNode, Lambda, Node, ReduceNode, ScatterNode, Slot } from './types.ts';

/**
 * ∂root/∂slot for each slot, as an array over the slot's index sets (fresh axes).
 * If the root has free axes, the derivative is that of its sum over them.
 * @param b the builder that made the root
 */
export function gradient(b: Builder, root: Node, slots: readonly Slot[]): Map<Slot, Lambda> {
  const nodes = reachable(root);
  const active = activeNodes(nodes, new Set(slots));
  const pending = new Map<Node, Adjoint[]>();
  const results = new Map(
    slots.map((s) => [s, { axes: s.sets.map((set) => b.axis(set)), parts: [] as Adjoint[] }]),
  );

  const give = (child: Node, adj: Adjoint): void => {
    if (!active.has(child) || isConst(adj.value, 0)) return;
    const list = pending.get(child);
    if (list) list.push(adj);
    else pending.set(child, [adj]);
  };
  /** adj · factor to a child, summed over the axes of `context` that the child lacks. */
  const send = (child: Node, adj: Adjoint, factor: Node | null, context: readonly Axis[]): void => {
    if (!active.has(child)) return;
    const extra = context.filter((a) => !child.axes.includes(a));
    give(child, flow(b, adj, factor, extra, child.axes));
  };

  const matrices = matrixRules(b, nodes, give);
  const scans = scanRules(b, nodes, slots, gradient, (slot, part) => {
    const { axes, parts } = results.get(slot)!;
    const to = axes.map((a) => b.axisNode(a));
    parts.push({ value: b.substitute(part.body, part.axes, to), need: [], live: [] });
  });
  give(root, { value: b.const(1), need: [], live: [] });
  for (const n of nodes.reverse()) {
    const parts = pending.get(n);
    if (!parts) {
      if (n.op === 'scan') scans.close(n);
      if (n.op === 'matrix') matrices.close(n);
      continue;
    }
    pending.delete(n);
    const adj = combine(b, parts);
    switch (n.op) {
      case 'read': {
        const result = results.get(n.slot);
        result?.parts.push(transposeRead(b, adj, n.axes, [], result.axes, n.indices));
        break;
      }
      case 'call':
        callRule(b, n, adj, send);
        break;
      case 'reduce':
        reduceRule(b, n, adj, send);
        break;
      case 'at':
        give(n.body, atRule(b, n, adj));
        break;
      case 'scatter':
        scatterRule(b, n, adj, send);
        break;
      case 'matrix':
        matrices.add(n, adj);
        matrices.close(n);
        break;
      case 'scan':
        scans.add(n, adj);
        scans.close(n);
        break;
      default:
        break;
    }
  }
  return new Map(
    [...results].map(([slot, { axes, parts }]) => [
      slot,
      { axes, body: b.addAll(parts.map((p) => masked(b, p))) },
    ]),
  );
}

// ── Which nodes have a derivative ───────────────────────────────────────────

/** Everything the root is made of, children first. */
function reachable(root: Node): Node[] {
  const seen = new Set<Node>([root]);
  const stack = [root];
  for (let n = stack.pop(); n; n = stack.pop())
    for (const child of smoothParts(n))
      if (!seen.has(child)) {
        seen.add(child);
        stack.push(child);
      }
  return [...seen].sort((x, y) => x.id - y.id);
}

/** The parts of a node that derivatives pass through. */
function smoothParts(n: Node): readonly Node[] {
  switch (n.op) {
    case 'call':
      if (n.fn === 'select' || n.fn === 'pick') return n.args.slice(1);
      return functions[n.fn].partials ? n.args : [];
    case 'at':
    case 'reduce':
    case 'scatter':
      return [n.body];
    case 'matrix':
      return n.args.map((a) => a.body);
    default:
      return [];
  }
}

function activeNodes(nodes: readonly Node[], wanted: ReadonlySet<Slot>): ReadonlySet<Node> {
  const active = new Set<Node>();
  for (const n of nodes)
    if (
      n.op === 'read'
        ? wanted.has(n.slot)
        : n.op === 'scan'
          ? loopReads(n.loop, wanted)
          : smoothParts(n).some((c) => active.has(c))
    )
      active.add(n);
  return active;
}

// ── Rules, one for each kind of node ────────────────────────────────────────

type Send = (child: Node, adj: Adjoint, factor: Node | null, context: readonly Axis[]) => void;

function callRule(b: Builder, n: CallNode, adj: Adjoint, send: Send): void {
  if (n.fn === 'select') {
    const [c, x, y] = n.args;
    send(x, guarded(adj, c), null, n.axes);
    send(y, guarded(adj, b.call('not', c)), null, n.axes);
    return;
  }
  if (n.fn === 'pick') {
    const [k, ...elements] = n.args;
    elements.forEach((x, i) => {
      send(x, ...picked(b, n, adj, k, x, b.const(i)));
    });
    return;
  }
  const partials = functions[n.fn].partials?.(b, n.args, n) ?? [];
  partials.forEach((p, i) => {
    if (p) send(n.args[i], adj, p, n.axes);
  });
}

/** The adjoint of element i of a `pick`, and its axes: at k = i, by substitution where k is an axis. */
function picked(
  b: Builder,
  n: CallNode,
  adj: Adjoint,
  k: Node,
  element: Node,
  i: Node,
): [adj: Adjoint, factor: null, context: readonly Axis[]] {
  if (k.op !== 'axis' || element.axes.includes(k.axis))
    return [guarded(adj, b.call('eq', k, i)), null, n.axes];
  const at = (e: Node): Node => b.substitute(e, [k.axis], [i]);
  const value = adj.value.axes.includes(k.axis)
    ? b.apply({ axes: [k.axis], body: adj.value }, [i])
    : adj.value;
  const { need } = guarded({ value, need: [], live: [] }, b.call('lt', i, b.size(k.axis.set)));
  const there = { value, need: [...need, ...adj.need.map(at)], live: [...need, ...adj.live.map(at)] };
  return [there, null, n.axes.filter((a) => a !== k.axis)];
}

function reduceRule(b: Builder, n: ReduceNode, outer: Adjoint, send: Send): void {
  const { body, over, where } = n;
  const adj = where ? guarded(outer, where) : outer;
  const context = [...new Set([...n.axes, ...over])];
  switch (n.kind) {
    case 'sum':
      send(body, adj, null, context);
      break;
    case 'max':
    case 'min': {
      const attains = b.call('eq', body, n);
      send(body, adj, b.div(attains, b.sum(over, attains, where)), context);
      break;
    }
    case 'prod':
      send(body, adj, productOfOthers(b, n), context);
      break;
    case 'logsumexp': {
      const live = isHarmless(body)
        ? adj
        : guarded(adj, b.call('gt', body, b.const(Number.NEGATIVE_INFINITY)));
      send(body, live, b.call('exp', b.sub(body, n)), context);
      break;
    }
  }
}

/**
 * The product over all other positions, in linear time: with P the product of the
 * elements that are not 0 and z the number of those that are,
 *   z = 0: P/x;   z = 1: P at the zero, (P/x)·Z elsewhere;   z = 2: P·(Z − x) at the zeros
 * and 0 otherwise, where Z is the sum of the zero elements (0, but not its derivative).
 * Exact in value; so are first derivatives of the product everywhere, second ones
 * everywhere, and all others where at most one element is 0.
 */
function productOfOthers(b: Builder, n: ReduceNode): Node {
  const { body: x, over, where } = n;
  const zero = b.const(0);
  if (neverZero(x)) return b.div(n, x);
  const isZero = b.call('eq', x, zero);
  const zeros = b.sum(over, isZero, where);
  const product = b.reduce('prod', over, b.call('select', isZero, b.const(1), x), where);
  const rest = b.sum(over, b.call('select', isZero, x, zero), where);
  const ratio = b.div(product, x);
  const count = (k: number, then: Node, otherwise: Node): Node =>
    b.call('select', b.call('eq', zeros, b.const(k)), then, otherwise);
  return b.call(
    'select',
    isZero,
    count(1, product, count(2, b.mul(product, b.sub(rest, x)), zero)),
    count(0, ratio, count(1, b.mul(ratio, rest), zero)),
  );
}

/** select(x == 0, 1, x), as `productOfOthers` makes it. */
const neverZero = (n: Node): boolean =>
  n.op === 'call' &&
  n.fn === 'select' &&
  isConst(n.args[1], 1) &&
  n.args[0].op === 'call' &&
  n.args[0].fn === 'eq' &&
  n.args[0].args[0] === n.args[2] &&
  isConst(n.args[0].args[1], 0);

/** The adjoint of the array's body, in which the parameters are free. */
function atRule(b: Builder, n: AtNode, adj: Adjoint): Adjoint {
  const dims = n.params.flatMap((p, d) => (n.body.axes.includes(p) ? [d] : []));
  const params = dims.map((d) => n.params[d]);
  const keep = n.body.axes.filter((a) => !params.includes(a));
  // A parameter may also be an axis of the read, bound elsewhere: two variables then.
  const clash = params.some((p) => n.axes.includes(p));
  const into = clash ? params.map((p) => b.axis(p.set, p.name)) : params;
  const out = transposeRead(
    b,
    adj,
    n.axes,
    keep,
    into,
    dims.map((d) => n.indices[d]),
  );
  if (!clash) return out;
  const rename = (e: Node): Node =>
    b.substitute(
      e,
      into,
      params.map((p) => b.axisNode(p)),
    );
  return { value: rename(out.value), need: out.need.map(rename), live: out.live.map(rename) };
}

/** The transpose of a scatter is a read at its indices. */
function scatterRule(b: Builder, n: ScatterNode, outer: Adjoint, send: Send): void {
  const { into, indices, body, where } = n;
  const move = (e: Node): Node => b.substitute(e, into, indices);
  const used = into.flatMap((a, i) => (outer.value.axes.includes(a) ? [i] : []));
  const value = b.apply(
    { axes: used.map((i) => into[i]), body: outer.value },
    used.map((i) => indices[i]),
  );
  const top: Adjoint = { value, need: [], live: [] };
  const first = where ? guarded(top, where) : top;
  const adj: Adjoint = {
    value,
    need: [...first.need, ...outer.need.map(move)],
    live: [...first.live, ...outer.live.map(move)],
  };
  const axes = [
    ...n.axes,
    ...indices.flatMap((i) => i.axes),
    ...body.axes,
    ...(where?.axes ?? []),
    ...n.over,
  ];
  send(
    body,
    adj,
    null,
    [...new Set(axes)].filter((a) => !into.includes(a)),
  );
}
