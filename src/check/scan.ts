/** `scan(t in day, prev = x0) = expr`: the only recurrence. */
import type { Domain } from '../domain.ts';
import { wholeLine } from '../domain.ts';
import { closeLoop, stateBefore } from '../ir/scan.ts';
import type { Axis, Constraint, Node, Slot } from '../ir/types.ts';
import type { Expr } from '../syntax/tree.ts';
import { align, asArray } from './arrays.ts';
import { type Cx, inner } from './context.ts';
import { elaborate } from './expressions.ts';
import { bindGenerator } from './generators.ts';
import { type ArrayValue, bool, describe, type Elem, number, showSet } from './values.ts';

type Scan = Expr & { kind: 'scan' };

/**
 * The array of states: over the positions, then over the index sets of the start. The previous state is read
 * through a slot of its own, over these sets.
 * @throws Stop after E0301 for what is no array or a wrong binder, E0302 where a step has another shape than the
 *   start, E0307 for a set without an order
 */
export function elaborateScan(cx: Cx, e: Scan): ArrayValue {
  const { b } = cx.ck;
  const name = e.state.text;
  const init = asArray(cx, elaborate(cx, e.init), e.init.span, 'a number or an array to start from');
  const state = init.axes.map((a) => b.axis(a.set, a.name));
  const at = state.map((a) => b.axisNode(a));
  const start = b.substitute(init.node, init.axes, at);
  const bound = bindGenerator(cx, { binders: [e.binder], where: null, span: e.binder.span });
  const [time] = bound.axes;
  checkBinder(cx, e, time);

  // What the state holds is what the start and a step have in common.
  let elem = init.elem;
  for (;;) {
    const own: Constraint[] | null = cx.constraints && [];
    const step = inner(bound.cx, { constraints: own });
    const sets = state.map((a) => a.set);
    const slot = b.slot('state', name, domainOf(elem), sets, e.state.span);
    step.scope.define(name, { kind: 'array', elem, axes: state, node: b.read(slot, at) });
    const body = asArray(step, elaborate(step, e.body), e.body.span, 'a number or an array');
    const common = join(cx, e, init.elem, body);
    if (!sameElem(common, elem)) {
      elem = common;
      continue;
    }
    const loop = {
      over: time,
      axes: state,
      state: slot,
      init: start,
      body: shaped(cx, e, init, state, body),
    };
    const { loop: closed, outer } = closeLoop(b, loop);
    if (own) {
      const lead = outer.map((a) => b.axisNode(a));
      const before = (s: Slot, indices: readonly Node[]): Node | undefined =>
        s === slot ? stateBefore(b, closed, lead, b.axisNode(time), indices) : undefined;
      for (const c of own) cx.constraints?.push(afterwards(step, c, (n) => b.mapReads(n, before)));
    }
    return { kind: 'array', elem, axes: [time, ...state], node: b.scan(loop, b.axisNode(time), at) };
  }
}

function checkBinder(cx: Cx, e: Scan, time: Axis): void {
  const { names, span, set } = e.binder;
  if (names.length > 1)
    cx.ck.fail(
      'E0301',
      span,
      `a scan takes one position after the other; these are ${names.length} at a time`,
      {
        suggestion: 'run it over the set that has the order, and read the others inside',
      },
    );
  if (time.set.kind.kind === 'tuples' && time.set.kind.components.length > 1)
    cx.ck.fail(
      'E0301',
      set.span,
      `a scan takes one position after the other, but this one runs over a set of ${time.set.kind.components.length}-tuples`,
      { suggestion: 'run it over the set that has the order, and read the others inside' },
    );
  if (time.set.kind.kind === 'labels')
    cx.ck.fail('E0307', set.span, `the values of ${showSet(time.set)} have no order for a scan to follow`, {
      suggestion: 'run it over an index set or a range, e.g. `t in 0..10`',
    });
  if (names[0].text === e.state.text)
    cx.ck.fail(
      'E0202',
      e.state.span,
      `\`${e.state.text}\` names both the position and the state one step before`,
      { suggestion: `for example \`scan(${names[0].text} in …, prev = …) = …\`` },
    );
}

/** What a constraint of a step says of the array of states. */
function afterwards(step: Cx, c: Constraint, now: (n: Node) => Node): Constraint {
  const condition = now(c.condition);
  const where = c.where && now(c.where);
  const free = new Set([...condition.axes, ...(where?.axes ?? [])]);
  const all = [...new Set([...step.around.axes, ...c.axes])];
  return { ...c, axes: all.filter((a) => free.has(a)), where, condition };
}

/** The step over the axes of the state. */
function shaped(cx: Cx, e: Scan, init: ArrayValue, state: readonly Axis[], body: ArrayValue): Node {
  const name = `\`${e.state.text}\``;
  const rest = [...state];
  const fits =
    body.axes.length === state.length &&
    body.axes.every((a) => {
      const k = rest.findIndex((r) => r.set === a.set);
      if (k >= 0) rest.splice(k, 1);
      return k >= 0;
    });
  if (!fits) {
    const loops = (axes: readonly Axis[]): string =>
      axes.map((a, k) => `${'ijklmn'[k] ?? 'i'} in ${a.set.name || '…'}`).join(', ');
    cx.ck.fail(
      'E0302',
      e.body.span,
      `every step must have the index sets of the start: ${name} starts as ${describe(init)}, this is ${describe(body)}`,
      {
        notes: [{ message: `${name} starts here`, place: { kind: 'source', span: e.init.span } }],
        suggestion:
          state.length === 0
            ? `start from an array, e.g. \`${e.state.text} = [0 for ${loops(body.axes)}]\``
            : `make it an array, \`[… for ${loops(state)}]\``,
      },
    );
  }
  const { b } = cx.ck;
  return align(cx, e.body.span, [{ kind: 'array', elem: init.elem, axes: state, node: b.const(0) }, body])
    .nodes[1];
}

const domainOf = (e: Elem): Domain =>
  e.kind === 'element'
    ? { kind: 'category', values: e.set }
    : e.kind === 'bool'
      ? { kind: 'bit' }
      : wholeLine;

const sameElem = (x: Elem, y: Elem): boolean =>
  x.kind === y.kind &&
  (x.kind !== 'number' || (y.kind === 'number' && x.integer === y.integer)) &&
  (x.kind !== 'element' || (y.kind === 'element' && x.set === y.set && x.ordered === y.ordered));

/** What holds for the elements of the start and of a step. */
function join(cx: Cx, e: Scan, start: Elem, body: ArrayValue): Elem {
  const step = body.elem;
  if (start.kind === 'element' || step.kind === 'element') {
    if (start.kind === 'element' && step.kind === 'element' && start.set === step.set)
      return { ...start, ordered: start.ordered && step.ordered };
    const was = describe({ kind: 'array', elem: start, axes: [], node: body.node });
    const is = describe({ kind: 'array', elem: step, axes: [], node: body.node });
    return cx.ck.fail(
      'E0301',
      e.body.span,
      `every step must be of the kind of the start: \`${e.state.text}\` starts as ${was}, this is ${is}`,
      { notes: [{ message: 'it starts here', place: { kind: 'source', span: e.init.span } }] },
    );
  }
  if (start.kind === 'bool' && step.kind === 'bool') return bool;
  const whole = (x: Elem): boolean => x.kind === 'bool' || (x.kind === 'number' && x.integer);
  return number(whole(start) && whole(step));
}
