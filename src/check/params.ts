/** Parameters: their domains, where they start, and their priors. */
import { eventRank, isDiscrete, isVector, type RealDomain, rangeOf, showDomain } from '../domain.ts';
import { type Builder, staticSize } from '../ir/build.ts';
import { type Axis, type IndexSet, type Lambda, type Node, Uses } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr, ParamItem } from '../syntax/tree.ts';
import { align, asArray } from './arrays.ts';
import { type Cx, declaredIn, Stop, unknownName } from './context.ts';
import { densityOf } from './densities.ts';
import { materialise, resolveShape } from './domains.ts';
import { elaborate } from './expressions.ts';
import { declareInstance } from './instances.ts';
import { declareMlp } from './networks.ts';
import {
  type ArrayValue,
  describe,
  type FnValue,
  number,
  type ParamInit,
  showSet,
  type Value,
} from './values.ts';

/**
 * Declares a parameter, a network or an instance of a function that owns parameters.
 * @param name what it is called: with the name of the instance that owns it
 */
export function declareParam(cx: Cx, item: ParamItem, name = item.name.text): Value {
  const { ck } = cx;
  if (item.domain === null) return declareMade(cx, item, name);
  const shape = resolveShape(cx, item.domain);
  const { domain } = shape;
  if (domain.kind === 'record' || isDiscrete(domain))
    return ck.fail('E0310', item.domain.span, 'a parameter is real: it is learned by gradients');
  const { lo, hi } = rangeOf(domain);
  if (item.init?.kind === 'call' && calleeOf(cx, item.init.callee) === 'mlp')
    ck.fail('E0306', item.domain.span, 'a network has no domain: its parameters have', {
      suggestion: `write \`param ${item.name.text} = mlp(…)\``,
    });
  const { value, slots } = materialise(cx, 'param', name, shape, item.name.span);
  const slot = slots[0].slot;
  const axes = slot.sets.map((s) => ck.b.axis(s));
  let body = startOf(ck.b, domain, axes);
  const start = item.init ? elaborate(cx, item.init) : null;
  if (start?.kind === 'distribution' && isVector(domain))
    ck.fail('E0306', item.init!.span, `a start of ${showDomain(domain)} is not drawn: write its elements`);
  const random = start?.kind === 'distribution' ? randomStart(cx, start, axes, item.init!.span, name) : null;
  if (item.init && start && !random) {
    const init = asArray(cx, start, item.init.span);
    if (init.axes.length > 0) {
      // A written-out vector has an anonymous index of its own: it fits a set with as many elements.
      const fits = (from: IndexSet, to: IndexSet): boolean =>
        from === to ||
        (from.name === '' && staticSize(from) !== undefined && staticSize(from) === staticSize(to));
      if (init.axes.length !== axes.length || init.axes.some((a, i) => !fits(a.set, axes[i].set)))
        ck.fail(
          'E0302',
          item.init.span,
          `\`${name}\` ${slot.sets.length === 0 ? 'has no indices' : `is indexed by [${slot.sets.map(showSet).join(', ')}]`}; this is ${describe(init)}`,
        );
      body = ck.b.substitute(
        init.node,
        init.axes,
        axes.map((a) => ck.b.axisNode(a)),
      );
    } else body = init.node;
    if (body.op === 'const' && !(body.value >= lo && body.value <= hi))
      ck.fail(
        'E0306',
        item.init.span,
        `\`${name}\` starts at ${body.value}, outside its domain ${showDomain(domain)}`,
      );
  }
  let prior = null;
  if (item.prior) {
    const target = asArray(cx, value, item.span);
    const d = densityOf(cx, target, item.prior, item.span);
    prior = ck.b.neg(ck.b.sum(d.axes, d.node));
  }
  const init: ParamInit = random ?? { kind: 'value', value: { axes, body } };
  const read = [
    ...(init.kind === 'random' ? init.args.map((a) => a.body) : [body]),
    ...(prior ? [prior] : []),
  ];
  if (cx.trial === undefined && read.some((n) => (n.uses & Uses.input) !== 0))
    ck.fail(
      'E0306',
      item.span,
      `\`${name}\` is declared from an argument that stays open: it is known only where \`${name.slice(0, name.lastIndexOf('.'))}\` is called`,
      { suggestion: 'use the sizes of its index sets, `size(n)`, or fix the argument' },
    );
  declaredIn(cx).push({ slot, init, prior, span: item.name.span });
  return value;
}

/** `param net = mlp(…)`, `param f = dense(…)`: what owns parameters of its own. */
function declareMade(cx: Cx, item: ParamItem, name: string): Value {
  const { ck } = cx;
  const e = item.init;
  const callee = e?.kind === 'call' ? calleeOf(cx, e.callee) : undefined;
  if (e?.kind !== 'call' || callee === undefined)
    return ck.fail('E0306', item.span, `\`${name}\` needs a domain: \`param ${item.name.text} : real = 0\``);
  if (item.prior)
    ck.fail('E0306', item.prior.span, `a prior belongs to the parameters that \`${name}\` owns`, {
      suggestion:
        callee === 'mlp'
          ? undefined
          : `write it in \`${callee.item.name.text}\`: \`param W : … ~ normal(0, 1)\``,
    });
  if (callee !== 'mlp')
    return { kind: 'instance', instance: declareInstance(cx, name, callee, e.args, e.span) };
  const net = declareMlp(cx, name, e.args, e.span);
  if (cx.trial === undefined) ck.nets.push(net);
  return { kind: 'net', net };
}

function calleeOf(cx: Cx, e: Expr): 'mlp' | FnValue | undefined {
  if (e.kind !== 'name') return undefined;
  const v = cx.scope.lookup(e.name);
  if (v?.kind === 'poison') throw new Stop();
  if (v?.kind === 'fn') return v;
  if (v === undefined) return unknownName(cx, e.name, e.span, 'function');
  return v.kind === 'builtin' && e.name === 'mlp' ? 'mlp' : undefined;
}

/** `= normal(m, s)` and `= uniform(a, b)`: drawn from the run's seed, no prior. */
function randomStart(
  cx: Cx,
  { dist, args }: Value & { kind: 'distribution' },
  axes: readonly Axis[],
  span: Span,
  name: string,
): ParamInit {
  const { b } = cx.ck;
  if (dist.name !== 'normal' && dist.name !== 'uniform')
    return cx.ck.fail(
      'E0306',
      span,
      `a start is drawn from normal(mean, sd) or uniform(low, high), not from ${dist.name}`,
      {
        suggestion: `a prior is written \`~ ${dist.name}(…)\``,
      },
    );
  const over: ArrayValue = { kind: 'array', elem: number(), axes, node: b.const(0) };
  const [x, y] = args.map((a): Lambda => {
    const aligned = align(cx, span, [over, a]);
    if (aligned.axes !== axes)
      cx.ck.fail(
        'E0302',
        span,
        `\`${name}\` has fewer indices than what it starts from, which is ${describe(a)}`,
      );
    return { axes, body: aligned.nodes[1] };
  });
  return { kind: 'random', distribution: dist.name, args: [x, y] };
}

/**
 * Where a parameter without an initial value starts: 0 where that is inside, else in the
 * middle or one unit from the bound; equal shares, equal steps, no correlation.
 */
function startOf(b: Builder, d: RealDomain, axes: readonly Axis[]): Node {
  const [i, j] = axes.slice(axes.length - eventRank(d)).map((a) => b.axisNode(a));
  switch (d.kind) {
    case 'simplex':
      return b.div(b.const(1), b.size(d.over));
    case 'unit':
      return b.div(b.const(1), b.call('sqrt', b.size(d.over)));
    case 'ordered':
      return b.sub(i, b.mul(b.const(0.5), b.sub(b.size(d.over), b.const(1))));
    case 'cholesky_corr':
      return b.call('eq', i, j);
    case 'angle':
      return b.const(0);
    case 'real': {
      const { lo, hi } = d;
      if (lo < 0 && hi > 0) return b.const(0);
      if (Number.isFinite(lo) && Number.isFinite(hi)) return b.const((lo + hi) / 2);
      return b.const(Number.isFinite(lo) ? lo + 1 : hi - 1);
    }
  }
}
