/** Models with recurrences, small enough for the reference; every root is smooth in its slots. */
import type { Axis, Node, Slot } from '../../src/ir/types.ts';
import { Kit, wiggle } from './scan-kit.ts';

export interface Model {
  readonly k: Kit;
  readonly root: Node;
  /** What it is differentiated by. */
  readonly slots: readonly Slot[];
}

/** x(t) = tanh(a·x(t−1)) + e(t) */
export function series(T = 6) {
  const k = new Kit();
  const time = k.set('time', T);
  const a = k.slot('a', [], [0.7]);
  const x0 = k.slot('x0', [], [0.4]);
  const e = k.slot('e', [time], wiggle(T, 1.3));
  const t = k.b.axis(time, 't');
  const x = k.scan(t, [], k.read(x0), (prev) =>
    k.b.add(k.b.call('tanh', k.b.mul(k.read(a), prev())), k.read(e, t)),
  );
  return { k, time, a, x0, e, t, x, T };
}

function autoregression(): Model {
  const { k, a, x0, e, t, x } = series();
  const { b } = k;
  return { k, root: b.sum([t], b.mul(b.call('sin', x), b.add(x, b.axisNode(t)))), slots: [a, x0, e] };
}

function backwardsBehindAGuard(): Model {
  const k = new Kit();
  const { b } = k;
  const time = k.set('time', 5);
  const a = k.slot('a', [], [0.6]);
  const e = k.slot('e', [time], wiggle(5, 0.7));
  const t = b.axis(time, 't');
  const x = k.scan(
    t,
    [],
    k.read(a),
    (prev) => b.add(b.mul(k.read(a), b.call('sin', prev())), k.read(e, t)),
    true,
  );
  const before = b.apply({ axes: [t], body: x }, [b.sub(b.axisNode(t), b.const(1))]);
  const inner = b.call('gt', b.axisNode(t), b.const(0));
  return { k, root: b.sum([t], b.call('select', inner, b.mul(before, x), b.const(0))), slots: [a, e] };
}

export function garch(): Model & { readonly h: Node; readonly t: Axis } {
  const k = new Kit();
  const { b } = k;
  const time = k.set('time', 7);
  const y = k.slot('y', [time], wiggle(7, 2.3), 'data');
  const positive = (name: string, value: number): Slot => {
    const s = b.slot('unknown', name, { kind: 'real', lo: 0, hi: Number.POSITIVE_INFINITY }, []);
    k.arrays.set(s, { shape: [], data: Float64Array.of(value) });
    return s;
  };
  const slots = [positive('w', 0.2), positive('p', 0.3), positive('q', 0.5), positive('h0', 0.8)];
  const [w, p, q, h0] = slots.map((s) => k.read(s));
  const t = b.axis(time, 't');
  const h = k.scan(t, [], h0, (prev) =>
    b.addAll([w, b.mul(p, b.call('square', k.read(y, t))), b.mul(q, prev())]),
  );
  const root = b.sum([t], b.add(b.call('log', h), b.div(b.call('square', k.read(y, t)), h)));
  return { k, root, slots, h, t };
}

/** An autoregression of order 3: the state is a vector of what was last. */
export function lags(): Model {
  const k = new Kit();
  const { b } = k;
  const time = k.set('time', 6);
  const lag = b.range(3);
  const phi = k.slot('phi', [lag], [0.5, -0.3, 0.2]);
  const start = k.slot('start', [lag], [0.3, -0.2, 0.5]);
  const e = k.slot('e', [time], wiggle(6, 1.9));
  const [i, j, t] = [b.axis(lag, 'i'), b.axis(lag, 'j'), b.axis(time, 't')];
  const x = k.scan(t, [i], k.read(start, i), (prev) =>
    b.call(
      'select',
      b.call('eq', b.axisNode(i), b.const(0)),
      b.add(b.sum([j], b.mul(k.read(phi, j), prev(b.axisNode(j)))), k.read(e, t)),
      prev(b.sub(b.axisNode(i), b.const(1))),
    ),
  );
  const now = b.apply({ axes: [i], body: x }, [b.const(0)]);
  return { k, root: b.sum([t], b.call('square', now)), slots: [phi, start, e] };
}

/** The forward algorithm of a hidden Markov model: ln of the sum over paths z(−1), …, z(T−1). */
export function forward(T = 4, S = 3): Model {
  const k = new Kit();
  const { b } = k;
  const time = k.set('time', T);
  const state = k.set('state', S);
  const pi = k.slot('pi', [state], wiggle(S, 1.1));
  const A = k.slot('A', [state, state], wiggle(S * S, 0.7));
  const o = k.slot('o', [time, state], wiggle(T * S, 2.9));
  const [i, j, t] = [b.axis(state, 'i'), b.axis(state, 'j'), b.axis(time, 't')];
  const alpha = k.scan(t, [j], k.read(pi, j), (prev) =>
    b.add(b.reduce('logsumexp', [i], b.add(prev(b.axisNode(i)), k.read(A, i, j))), k.read(o, t, j)),
  );
  const root = b.reduce('logsumexp', [j], b.apply({ axes: [t], body: alpha }, [b.const(T - 1)]));
  return { k, root, slots: [pi, A, o] };
}

export function nested(): Model & { readonly x: Node; readonly s: Axis } {
  const k = new Kit();
  const { b } = k;
  const [outer, inner] = [k.set('outer', 3), k.set('inner', 4)];
  const a = k.slot('a', [], [0.8]);
  const e = k.slot('e', [outer, inner], wiggle(12, 1.7));
  const [s, t] = [b.axis(outer, 's'), b.axis(inner, 't')];
  const x = k.scan(s, [], k.read(a), (prev) => {
    const y = k.scan(t, [], prev(), (before) =>
      b.add(b.mul(k.read(a), b.call('sin', before())), b.mul(k.read(e, s, t), prev())),
    );
    return b.mul(k.n(0.1), b.sum([t], b.mul(y, b.axisNode(t))));
  });
  return { k, root: b.sum([s], b.call('square', x)), slots: [a, e], x, s };
}

/** One instance for each person and kind; `some`: read through a table of persons. */
function instances(some: boolean): Model {
  const k = new Kit();
  const { b } = k;
  const [person, kind, time] = [k.set('person', 3), k.set('kind', 2), k.set('time', 4)];
  const rate = k.slot('rate', [person], [0.3, 0.6, 0.9]);
  const start = k.slot('start', [kind], [0.2, 0.7]);
  const e = k.slot('e', [person, time], wiggle(12, 0.77));
  const [p, c, t] = [b.axis(person, 'p'), b.axis(kind, 'c'), b.axis(time, 't')];
  const x = k.scan(t, [], k.read(start, c), (prev) =>
    b.add(b.mul(k.read(rate, p), b.call('tanh', prev())), k.read(e, p, t)),
  );
  const slots = [rate, start, e];
  if (!some)
    return { k, root: b.sum([p, c, t], b.mul(b.call('square', x), b.add(b.axisNode(c), k.n(1)))), slots };
  const group = k.set('group', 2);
  const of = k.slot('of', [group], [2, 0], 'data');
  const g = b.axis(group, 'g');
  const there = b.apply({ axes: [p, t], body: x }, [k.read(of, g), b.axisNode(t)]);
  const given = b.substitute(x, [p], [k.read(of, g)]);
  return { k, root: b.sum([g, c, t], b.mul(there, given)), slots };
}

function atTwoTimes(): Model {
  const { k, a, x0, e, t, x, time } = series(5);
  const { b } = k;
  const s = b.axis(time, 's');
  const other = b.substitute(x, [t], [b.axisNode(s)]);
  const root = b.sum([t, s], b.mul(b.mul(x, other), b.call('cos', b.sub(b.axisNode(t), b.axisNode(s)))));
  return { k, root, slots: [a, x0, e] };
}

function noMemory(): Model {
  const k = new Kit();
  const { b } = k;
  const time = k.set('time', 3);
  const e = k.slot('e', [time], wiggle(3, 1.3));
  const t = b.axis(time, 't');
  const x = k.scan(t, [], k.n(2), () => b.call('sin', k.read(e, t)));
  return { k, root: b.sum([t], b.call('square', x)), slots: [e] };
}

/** Looks up and adds up by a table: derivatives of the step scatter. */
function lookup(): Model {
  const k = new Kit();
  const { b } = k;
  const [time, site] = [k.set('time', 4), k.set('site', 3)];
  const from = b.slot('data', 'from', { kind: 'category', values: site }, [site]);
  k.arrays.set(from, { shape: [3], data: Float64Array.of(2, 0, 0) });
  const w = k.slot('w', [site], [0.5, 0.8, -0.6]);
  const [i, j, t] = [b.axis(site, 'i'), b.axis(site, 'j'), b.axis(time, 't')];
  const x = k.scan(t, [i], k.read(w, i), (prev) =>
    b.add(
      b.call('sin', b.mul(prev(k.read(from, i)), k.read(w, i))),
      b.reduce('prod', [j], b.add(b.mul(k.n(0.1), prev(b.axisNode(j))), k.n(0.7))),
    ),
  );
  return { k, root: b.sum([t, i], b.mul(x, b.call('cos', x))), slots: [w] };
}

/** A step that solves a linear system: the state is a matrix of two rows. */
function riccati(): Model {
  const k = new Kit();
  const { b } = k;
  const [time, side] = [k.set('time', 3), b.range(2)];
  const a = k.slot('a', [side, side], [0.9, 0.2, -0.1, 0.8]);
  const q = k.slot('q', [], [0.5]);
  const [i, j, m, n, t] = [
    b.axis(side, 'i'),
    b.axis(side, 'j'),
    b.axis(side, 'm'),
    b.axis(side, 'n'),
    b.axis(time, 't'),
  ];
  const eye = (r: Axis, c: Axis): Node => b.call('eq', b.axisNode(r), b.axisNode(c));
  // P ← A (P⁻¹ + I)⁻¹ + q I, by one solve: (I + P)⁻¹ P.
  const p = k.scan(t, [i, j], eye(i, j), (prev) => {
    const at = (r: Axis, c: Axis): Node => prev(b.axisNode(r), b.axisNode(c));
    const left = { axes: [i, m], body: b.add(eye(i, m), at(i, m)) };
    const right = { axes: [i, n], body: at(i, n) };
    const solved = b.matrix('solve', [left, right], [b.axisNode(m), b.axisNode(j)]);
    return b.add(b.sum([m], b.mul(k.read(a, i, m), solved)), b.mul(k.read(q), eye(i, j)));
  });
  return { k, root: b.sum([t, i, j], b.mul(p, b.call('sin', p))), slots: [a, q] };
}

export const models: Readonly<Record<string, () => Model>> = {
  'a nonlinear autoregression': autoregression,
  'one that runs backwards and is read at shifted places behind a guard': backwardsBehindAGuard,
  'a GARCH likelihood': garch,
  'an autoregression of order 3': lags,
  'the forward algorithm of a hidden Markov model': forward,
  'a recurrence in the step of another, which reads the outer state': nested,
  'a sum over another axis of recurrences with params': () => instances(false),
  'recurrences whose param is read through a table': () => instances(true),
  'a product of the states with themselves at other times': atTwoTimes,
  'states that do not depend on those before': noMemory,
  'a state that is looked up by a table, and a product over it': lookup,
  'a step that solves a linear system': riccati,
};
