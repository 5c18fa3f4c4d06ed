/** Distributions of categories, ordered levels, vectors and Cholesky factors. Forms and names follow Stan's functions reference. */
import { showDomain } from '../domain.ts';
import { type Builder, staticSize } from '../ir/build.ts';
import type { Axis, Lambda, Node } from '../ir/types.ts';
import { align } from './arrays.ts';
import { half, lgamma, log, log1mexp, minusOne, num, plusOne, total, xlogy } from './density-parts.ts';
import {
  type ArrayDistribution,
  type Density,
  type Drawn,
  parametersOf,
  type Range,
  type Requirement,
  ranges,
} from './distribution.ts';
import { element, events, sameExtent } from './events.ts';
import { rangeOfValue, wholeTarget } from './targets.ts';
import { type ArrayValue, describe, number } from './values.ts';

export const arrayRow = (
  name: string,
  parameters: Readonly<Record<string, Range>>,
  support: string,
  formula: string,
  doc: string,
  density: ArrayDistribution['density'],
): ArrayDistribution => ({
  kind: 'array',
  name,
  params: Object.keys(parameters),
  parameters: parametersOf(parameters),
  formula,
  support,
  doc,
  density,
});

// ── Categories ──────────────────────────────────────────────────────────────

/** y, and the parameter over the values of its category, for each of the common draws. */
function overCategory({ cx, dist, y, args, spans, span }: Drawn): {
  axes: readonly Axis[];
  y: Node;
  of: Lambda;
} {
  const { b } = cx.ck;
  const { elem } = y;
  if (elem.kind !== 'element')
    return cx.ck.fail(
      'E0310',
      span,
      `\`${dist.name}\` is on the values of a category, found ${describe(y)}`,
      {
        suggestion: 'declare it as `category(k)` or as an enum',
      },
    );
  const [p] = args;
  const same = p.axes.findLastIndex((a) => a.set === elem.set);
  const at = same < 0 ? p.axes.findLastIndex((a) => a.set.name === '' && sameExtent(a.set, elem.set)) : same;
  if (at < 0)
    cx.ck.fail(
      'E0302',
      spans[0],
      `\`${dist.params[0]}\` of \`${dist.name}\` is over the values of \`${showDomain({ kind: 'category', values: elem.set })}\` here; found ${describe(p)}`,
    );
  const k = b.axis(elem.set, p.axes[at].name);
  const own: ArrayValue = { kind: 'array', elem: number(true), axes: y.axes, node: y.node };
  const rest: ArrayValue = {
    ...p,
    axes: p.axes.filter((_, d) => d !== at),
    node: b.substitute(p.node, [p.axes[at]], [b.axisNode(k)]),
  };
  const { axes, nodes } = align(cx, span, [own, rest]);
  return { axes, y: nodes[0], of: { axes: [k], body: nodes[1] } };
}

function categorical(drawn: Drawn): Density {
  const { b } = drawn.cx.ck;
  const { axes, y, of } = overCategory(drawn);
  return { axes, node: log(b, b.apply(of, [y])), requires: [] };
}

function categoricalLogit(drawn: Drawn): Density {
  const { b } = drawn.cx.ck;
  const { axes, y, of } = overCategory(drawn);
  const node = b.sub(b.apply(of, [y]), b.reduce('logsumexp', of.axes, of.body));
  return { axes, node, requires: [] };
}

/** P(level) = σ(eta − c[level − 1]) − σ(eta − c[level]), the ends at ∓∞; as a product of three factors. */
function orderedLogistic({ cx, dist, y, args, spans, span }: Drawn): Density {
  const { b } = cx.ck;
  const levels = wholeTarget(cx, dist, y, span);
  const known = rangeOfValue(y);
  const lowest = known && Number.isFinite(known.lo) ? known.lo : 0;
  const [eta, cuts] = args;
  const last = cuts.axes.at(-1);
  if (!last)
    return cx.ck.fail(
      'E0302',
      spans[1],
      `\`cutpoints\` of \`${dist.name}\` is a vector, found ${describe(cuts)}`,
    );
  const size = staticSize(last.set);
  const count = known && Number.isFinite(known.hi) ? known.hi - lowest + 1 : undefined;
  if (size !== undefined && count !== undefined && count !== size + 1)
    cx.ck.fail(
      'E0306',
      spans[1],
      `\`${dist.name}\` with ${size} cutpoints has ${size + 1} levels; this value has ${count}`,
    );
  const k = b.axis(last.set, last.name);
  const rest: ArrayValue = {
    ...cuts,
    axes: cuts.axes.slice(0, -1),
    node: b.substitute(cuts.node, [last], [b.axisNode(k)]),
  };
  const { axes, nodes } = align(cx, span, [levels, eta, rest]);
  const cut = (level: Node): Node => b.apply({ axes: [k], body: nodes[2] }, [level]);
  const level = b.sub(nodes[0], num(b, lowest));
  const top = b.size(last.set);
  const logSigmoid = (x: Node): Node => b.neg(b.call('softplus', b.neg(x)));
  const below = cut(minusOne(b, level));
  const zero = num(b, 0);
  const notFirst = b.call('gt', level, zero);
  const notLast = b.call('lt', level, top);
  const where = (c: Node, x: Node): Node => b.call('select', c, x, zero);
  const node = total(
    b,
    where(notFirst, logSigmoid(b.sub(nodes[1], below))),
    where(notLast, logSigmoid(b.sub(cut(level), nodes[1]))),
    where(b.call('and', notFirst, notLast), log1mexp(b, b.sub(below, cut(level)))),
  );
  const requires: Requirement[] = [];
  if (known === null || known.lo < lowest) requires.push({ axes, condition: b.call('ge', level, zero) });
  if (count === undefined || size === undefined) requires.push({ axes, condition: b.call('le', level, top) });
  return { axes, node, requires };
}

// ── Vectors ─────────────────────────────────────────────────────────────────

const sumOver = (b: Builder, of: Lambda, body: Node): Node => b.sum(of.axes, body);

function multinomial(drawn: Drawn): Density {
  const { cx, dist, span } = drawn;
  const { b } = cx.ck;
  const counts = wholeTarget(cx, dist, drawn.y, span);
  const { axes, y, args } = events({ ...drawn, y: counts }, 1, ['number', 'vector']);
  const [n, p] = args;
  const i = b.axisNode(y.axes[0]);
  const each = b.sub(xlogy(b, y.body, element(b, p, i)), lgamma(b, plusOne(b, y.body)));
  const requires: Requirement[] = [{ axes, condition: b.call('eq', sumOver(b, y, y.body), n.body) }];
  const known = rangeOfValue(drawn.y);
  if (known === null || known.lo < 0)
    requires.push({ axes: [...axes, ...y.axes], condition: b.call('ge', y.body, num(b, 0)) });
  return { axes, node: b.add(lgamma(b, plusOne(b, n.body)), sumOver(b, y, each)), requires };
}

function dirichlet(drawn: Drawn): Density {
  const { b } = drawn.cx.ck;
  const { axes, y, args } = events(drawn, 1, ['any']);
  const alpha = element(b, args[0], b.axisNode(y.axes[0]));
  const each = b.sub(xlogy(b, minusOne(b, alpha), y.body), lgamma(b, alpha));
  const node = b.add(lgamma(b, sumOver(b, y, alpha)), sumOver(b, y, each));
  const known = rangeOfValue(drawn.y);
  const requires: Requirement[] =
    known !== null && known.lo >= 0
      ? []
      : [{ axes: [...axes, ...y.axes], condition: b.call('ge', y.body, num(b, 0)) }];
  return { axes, node, requires };
}

/**
 * Row m (from 0) is uniform-like on a half-sphere of m free coordinates, with density
 * ∝ L[m, m]^(K − m + 2 eta − 3): D. Lewandowski, D. Kurowicka and H. Joe, J. Multivariate
 * Anal. 100 (2009), in the free elements below the diagonal.
 */
function lkjCholesky(drawn: Drawn): Density {
  const { b } = drawn.cx.ck;
  const { axes, y, args } = events(drawn, 2, ['number']);
  const eta = args[0].body;
  const m = y.axes[0];
  const row = b.axisNode(m);
  const size = b.size(m.set);
  const rest = b.sub(minusOne(b, size), row);
  const power = b.add(b.sub(b.sub(size, row), num(b, 3)), b.mul(num(b, 2), eta));
  const each = total(
    b,
    b.mul(power, log(b, b.apply(y, [row, row]))),
    b.mul(num(b, -0.5 * Math.log(Math.PI)), row),
    b.neg(lgamma(b, b.add(eta, half(b, rest)))),
    lgamma(b, b.add(eta, half(b, minusOne(b, size)))),
  );
  return { axes, node: b.sum([m], each, b.call('gt', row, num(b, 0))), requires: [] };
}

const { real, positive, count, simplex, reals, positives, ascending } = ranges;

export const vectorDistributions: readonly ArrayDistribution[] = [
  arrayRow(
    'categorical',
    { p: simplex },
    'the values of a category',
    'p[y]',
    'A value with probability p[value]; p is over the values of the category, further indices map by name.',
    categorical,
  ),
  arrayRow(
    'categorical_logit',
    { eta: reals },
    'the values of a category',
    'exp(eta[y]) / Σ exp(eta)',
    'A value with the softmax of eta; eta is over the values of the category, further indices map by name.',
    categoricalLogit,
  ),
  arrayRow(
    'ordered_logistic',
    { eta: real, cutpoints: ascending },
    '0 … number of cutpoints, counted from the lowest value of the domain',
    'σ(eta − cutpoints[y − 1]) − σ(eta − cutpoints[y])',
    'Levels of a latent logistic variable with location eta, cut at the cutpoints.',
    orderedLogistic,
  ),
  arrayRow(
    'multinomial',
    { n: count, p: simplex },
    'vectors of counts that sum to n',
    'n! Π p[i]^y[i] / y[i]!',
    'How often each of several outcomes came in n trials.',
    multinomial,
  ),
  arrayRow(
    'dirichlet',
    { alpha: positives },
    'vectors of positive numbers that sum to 1',
    'Γ(Σ alpha) Π y[i]^(alpha[i] − 1) / Γ(alpha[i])',
    'On simplices, or any array whose last index sums to 1; one number as alpha stands for all.',
    dirichlet,
  ),
  arrayRow(
    'lkj_corr_cholesky',
    { eta: positive },
    'lower Cholesky factors of correlation matrices',
    '∝ Π L[i, i]^(K − i + 2 eta − 3)',
    'Cholesky factor of a correlation matrix with density ∝ det^(eta − 1); 1 is uniform.',
    lkjCholesky,
  ),
];
