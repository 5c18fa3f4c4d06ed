/** Log-densities of values under distributions: `x ~ dist(…)` and `dist(…).log_density(x)`. */
import { showDomain } from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import type { Axis, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { Expr } from '../syntax/tree.ts';
import { align } from './arrays.ts';
import type { Cx } from './context.ts';
import type { Density, Distribution, ElementwiseDistribution, Requirement } from './distribution.ts';
import { elaborate } from './expressions.ts';
import { noteHierarchy } from './hierarchies.ts';
import { requireThat } from './support.ts';
import { elementTarget, rangeOfValue } from './targets.ts';
import { type ArrayValue, describe, type Value } from './values.ts';

export type DistributionValue = Value & { kind: 'distribution' };

/** The constants of an argument: itself, or the elements of a vector of constants. */
function constantsOf(n: Node): readonly number[] | undefined {
  if (n.op === 'const') return [n.value];
  if (n.op !== 'call' || n.fn !== 'pick') return undefined;
  const items = n.args.slice(1).map(constantsOf);
  return items.every((i) => i !== undefined) ? items.flat() : undefined;
}

/**
 * A distribution with its arguments in place. Constants outside of a parameter's range
 * are faults (E0306); what is not constant shows when it is evaluated.
 * @param spans where each argument is written
 */
export function distributionValue(
  cx: Cx,
  dist: Distribution,
  args: readonly ArrayValue[],
  spans: readonly Span[],
  span: Span,
): DistributionValue {
  const known = args.map((a) => constantsOf(a.node));
  dist.parameters.forEach(({ name, range }, i) => {
    const xs = known[i];
    const text = `\`${name}\` of \`${dist.name}\` must be ${range.text}`;
    const bad = xs?.find((x) => !range.allows(x));
    if (bad !== undefined) cx.ck.fail('E0306', spans[i], `${text}, found ${bad}`);
    if (xs && args[i].axes.length === 1 && range.together && !range.together(xs))
      cx.ck.fail('E0306', spans[i], `${text}, found [${xs.join(', ')}]`);
  });
  if (dist.kind === 'elementwise') {
    const wrong = dist.check?.(known.map((xs, i) => (args[i].axes.length === 0 ? xs?.[0] : undefined)));
    if (wrong) cx.ck.fail('E0306', span, wrong);
  }
  return { kind: 'distribution', dist, args, spans, span };
}

/** Elementwise, over the common axes; bounds that the domain of y does not ensure are required. */
function elementwise(
  cx: Cx,
  dist: ElementwiseDistribution,
  y: ArrayValue,
  d: DistributionValue,
  span: Span,
): Density {
  const b = cx.ck.b;
  const { axes, nodes } = align(cx, span, [elementTarget(cx, dist, y, span), ...d.args]);
  const [value, ...params] = nodes;
  const { lo, hi } = dist.bounds?.(b, params) ?? {};
  const known = rangeOfValue(y);
  const requires: Requirement[] = [];
  if (lo && !(lo.op === 'const' && known && known.lo >= lo.value))
    requires.push({ axes, condition: b.call('ge', value, lo) });
  if (hi && !(hi.op === 'const' && known && known.hi <= hi.value))
    requires.push({ axes, condition: b.call('le', value, hi) });
  const { place } = dist;
  return {
    node: dist.density(b, value, params),
    axes,
    requires,
    ...(place ? { placed: { value, place: () => place(b, params) } } : {}),
  };
}

function densityUnder(cx: Cx, y: ArrayValue, given: DistributionValue, span: Span): Density {
  const d = { ...given, args: given.args.map((a) => overItsSet(cx, y, a)) };
  return d.dist.kind === 'elementwise'
    ? elementwise(cx, d.dist, y, d, span)
    : d.dist.density({ cx, dist: d.dist, y, args: d.args, spans: d.spans, span });
}

/**
 * A vector written out, `[1, 1, 2]`, has no index set of its own: it is over the one set of
 * that size that the value is over, or whose elements the value takes.
 */
function overItsSet(cx: Cx, y: ArrayValue, arg: ArrayValue): ArrayValue {
  const [axis, ...more] = arg.axes;
  const { node } = arg;
  const written = more.length === 0 && node.op === 'call' && node.fn === 'pick' && node.args[0].op === 'axis';
  if (!axis || !written || axis.set.name !== '') return arg;
  const sets = [...y.axes.map((a) => a.set), ...(y.elem.kind === 'element' ? [y.elem.set] : [])];
  const fitting = sets.filter((s) => staticSize(s) === staticSize(axis.set));
  if (fitting.length !== 1 || sets.includes(axis.set)) return arg;
  const { b } = cx.ck;
  const own = b.axis(fitting[0]);
  return { ...arg, axes: [own], node: b.substitute(node, [axis], [b.axisNode(own)]) };
}

/** The log-density with −∞ outside of the support. */
function guarded(cx: Cx, { node, axes, requires }: Density): Node {
  const b = cx.ck.b;
  const inside = requires.map((r) => {
    const own = r.axes.filter((a) => !axes.includes(a));
    return own.length > 0 ? b.reduce('min', own, r.condition) : r.condition;
  });
  if (inside.length === 0) return node;
  const all = inside.reduce((x, y) => b.call('and', x, y));
  return b.call('select', all, node, b.const(Number.NEGATIVE_INFINITY));
}

/** `dist(…).log_density(y)`: an array over the axes that remain, −∞ where the density is 0. */
export function logDensity(cx: Cx, y: ArrayValue, d: DistributionValue, span: Span): ArrayValue {
  const density = densityUnder(cx, y, d, span);
  return {
    kind: 'array',
    elem: { kind: 'number', integer: false },
    axes: density.axes,
    node: guarded(cx, density),
  };
}

/** A domain whose states are in the support. */
function supportDomain(cx: Cx, d: DistributionValue): string {
  if (d.dist.kind === 'array') return d.dist.name === 'dirichlet' ? 'simplex(3)' : 'real(0, inf)';
  const ends = d.dist.bounds?.(
    cx.ck.b,
    d.args.map((a) => a.node),
  );
  const shown = (n: Node | undefined, none: string): string => (n?.op === 'const' ? String(n.value) : none);
  return `real(${shown(ends?.lo, '-inf')}, ${shown(ends?.hi, 'inf')})`;
}

/**
 * The log-density of what stands left of `~`, over the axes that are to be summed. Its
 * support joins the energy's; outside of an energy (the prior of a parameter) the domain
 * has to ensure it where it is constant.
 */
export function densityOf(
  cx: Cx,
  target: ArrayValue,
  distExpr: Expr,
  span: Span,
  outer: readonly Axis[] = [],
  where: Node | null = null,
): { readonly node: Node; readonly axes: readonly Axis[] } {
  const d = elaborate(cx, distExpr);
  if (d.kind !== 'distribution')
    return cx.ck.fail('E0301', distExpr.span, `expected a distribution after \`~\`, found ${describe(d)}`, {
      suggestion: 'for example `x ~ normal(0, 1)`',
    });
  const density = densityUnder(cx, target, d, span);
  if (cx.constraints === null) {
    const fixed = density.requires.some(
      ({ condition }) => condition.op === 'call' && condition.args.some((a) => a.op === 'const'),
    );
    if (fixed && target.domain)
      cx.ck.fail(
        'E0310',
        distExpr.span,
        `\`${d.dist.name}\` is on ${d.dist.support}, but the domain is ${showDomain(target.domain)}`,
        { suggestion: `declare a domain that keeps it there, e.g. \`${supportDomain(cx, d)}\`` },
      );
    return { node: guarded(cx, density), axes: density.axes };
  }
  for (const r of density.requires) requireThat(cx, span, [...outer, ...r.axes], where, r.condition);
  noteHierarchy(cx.ck, density, [...outer, ...density.axes], where, span);
  return { node: density.node, axes: density.axes };
}
