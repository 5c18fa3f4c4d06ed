/** Calls: reductions, scalar functions, sets, networks, functions, energies, distributions. */
import { suggest } from '../syntax/suggest.ts';
import type { Arg, Expr } from '../syntax/tree.ts';
import { argumentNames } from './algebra.ts';
import { argumentsInOrder } from './arguments.ts';
import { mapFunctions, type SummaryFunction, summarise, summaryFunctions } from './array-functions.ts';
import {
  align,
  asArray,
  asNumber,
  lift,
  liftValues,
  type Reduction,
  reduceAll,
  reduceOver,
  reductions,
} from './arrays.ts';
import { constBoolean } from './constants.ts';
import type { Cx } from './context.ts';
import { distributionValue, logDensity } from './densities.ts';
import { distributions } from './distributions.ts';
import { callEnergy } from './energies.ts';
import { elaborate } from './expressions.ts';
import { bindGenerator } from './generators.ts';
import { callInstance } from './instances.ts';
import { type MatrixFunction, matrixFunctions } from './matrices.ts';
import { applyNet, encodeValue, encodingBlocks } from './networks.ts';
import { functionElsewhere } from './other-names.ts';
import { type ScalarFunction, scalarFunctions } from './scalar-functions.ts';
import { asSet, neighbours, unionSet } from './sets.ts';
import { specialFunctions } from './special-functions.ts';
import { argumentSpans, callFunction } from './user-functions.ts';
import { bool, describe, type Elem, number, scalar, type Value } from './values.ts';

type Call = Expr & { kind: 'call' };

const isInteger = (e: Elem): boolean => e.kind === 'bool' || (e.kind === 'number' ? e.integer : e.ordered);

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

export const builtinNames: readonly string[] = unique([
  ...distributions.keys(),
  ...scalarFunctions.keys(),
  ...mapFunctions.keys(),
  ...summaryFunctions.keys(),
  ...matrixFunctions.keys(),
  ...specialFunctions.map((f) => f.name),
]);

export function call(cx: Cx, e: Call): Value {
  if (e.callee.kind === 'name') {
    const v = cx.scope.lookup(e.callee.name);
    if (v === undefined || v.kind === 'builtin') return builtin(cx, e.callee.name, e);
  }
  if (e.callee.kind === 'field' && e.callee.field.text === 'log_density') {
    const d = elaborate(cx, e.callee.target);
    if (d.kind === 'distribution') {
      const [y] = exactly(cx, e, 1);
      return logDensity(cx, asArray(cx, elaborate(cx, y.value), y.span), d, e.span);
    }
  }
  const callee = elaborate(cx, e.callee);
  switch (callee.kind) {
    case 'fn': {
      const names = callee.item.params.map((p) => p.name.text);
      return callFunction(cx, callee, positional(cx, e, names), argumentSpans(e, names), e.span);
    }
    case 'instance': {
      const names = callee.instance.open.map((p) => p.name.text);
      const args = positional(cx, e, names);
      return callInstance(cx, callee.instance, args, argumentSpans(e, names), e.span);
    }
    case 'energy': {
      const names = argumentNames(cx, callee, e.span);
      return scalar(callEnergy(cx, callee, positional(cx, e, names), argumentSpans(e, names), e.span));
    }
    case 'net': {
      const [x] = exactly(cx, e, 1);
      return applyNet(cx, callee.net, elaborate(cx, x.value), e.span);
    }
    default:
      // An unknown called `gamma` or `mean` does not hide the function: only the function can be called.
      if (e.callee.kind === 'name' && builtinNames.includes(e.callee.name))
        return builtin(cx, e.callee.name, e);
      return cx.ck.fail('E0301', e.callee.span, `${describe(callee)} cannot be called`);
  }
}

function exactly(cx: Cx, e: Call, n: number): readonly Arg[] {
  const name =
    e.callee.kind === 'name'
      ? `\`${e.callee.name}\``
      : e.callee.kind === 'field'
        ? `\`${e.callee.field.text}\``
        : 'this';
  if (e.args.length !== n)
    cx.ck.fail(
      'E0305',
      e.span,
      `${name} takes ${n === 1 ? 'one argument' : `${n} arguments`}, not ${e.args.length}`,
    );
  for (const a of e.args)
    if (a.name) cx.ck.fail('E0206', a.name.span, `${name} has no option \`${a.name.text}\``);
  return e.args;
}

/** Values of the arguments in the order of the parameters' names. */
const positional = (cx: Cx, e: Call, names: readonly string[]): Value[] =>
  argumentsInOrder(cx, e.args, names, e.span).map((a) => elaborate(cx, a.value));

function builtin(cx: Cx, name: string, e: Call): Value {
  if ((reductions as readonly string[]).includes(name)) return reduction(cx, name as Reduction, e);
  if (name === 'log_sum_exp') return reduction(cx, 'logsumexp', e);
  const scalarFn = scalarFunctions.get(name);
  const dist = distributions.get(name);
  // One name for both (logistic): the number of arguments decides.
  if (scalarFn && (!dist || (e.args.length === scalarFn.params.length && !e.args.some((a) => a.name))))
    return scalarCall(cx, scalarFn, e);
  if (dist) {
    const args = argumentsInOrder(cx, e.args, dist.params, e.span);
    const values = args.map((a) => asNumber(cx, asArray(cx, elaborate(cx, a.value), a.span), a.span));
    return distributionValue(
      cx,
      dist,
      values,
      args.map((a) => a.span),
      e.span,
    );
  }
  const map = mapFunctions.get(name);
  if (map) {
    const [a] = exactly(cx, e, 1);
    return map.apply(cx, asArray(cx, elaborate(cx, a.value), a.span, 'an array'), a.span);
  }
  const ofMatrices = matrixFunctions.get(name);
  if (ofMatrices) return matrixCall(cx, ofMatrices, e);
  const summary = summaryFunctions.get(name);
  if (summary) return summaryCall(cx, summary, e);
  switch (name) {
    case 'neighbours': {
      const wrap = e.args.find((a) => a.name?.text === 'wrap');
      const bad = e.args.find((a) => a.name && a.name.text !== 'wrap');
      if (bad)
        cx.ck.fail('E0206', bad.span, `\`neighbours\` has no option \`${bad.name!.text}\``, {
          suggestion: 'its option is wrap = true',
        });
      const site = e.args.filter((a) => !a.name);
      if (site.length !== 1)
        cx.ck.fail('E0305', e.span, '`neighbours` takes one lattice, e.g. `neighbours(site, wrap = true)`');
      return neighbours(
        cx,
        asSet(cx, elaborate(cx, site[0].value), site[0].span),
        wrap ? constBoolean(cx, wrap.value) : false,
        e.span,
      );
    }
    case 'union': {
      if (e.args.length < 2 || e.args.some((a) => a.name))
        cx.ck.fail('E0305', e.span, '`union` takes two or more sets of tuples, e.g. `union(bond, diagonal)`');
      const sets = e.args.map((a) => ({ set: asSet(cx, elaborate(cx, a.value), a.span), span: a.span }));
      return unionSet(cx, sets, e.span);
    }
    case 'size': {
      const [a] = exactly(cx, e, 1);
      return scalar(cx.ck.b.size(asSet(cx, elaborate(cx, a.value), a.span)), number(true));
    }
    case 'encode':
      return encode(cx, e);
    case 'softmin': {
      // −log Σ exp(−E): exact marginalisation of a finite unknown.
      const b = cx.ck.b;
      const g = generatorBody(cx, e);
      if (!g)
        return cx.ck.fail(
          'E0305',
          e.span,
          '`softmin` takes energies over values: `softmin(E(x, y) for y in D)`',
        );
      const body = asNumber(g.cx, asArray(g.cx, g.value, e.span), e.span);
      return {
        ...body,
        elem: number(),
        domain: undefined,
        node: b.neg(b.reduce('logsumexp', g.axes, b.neg(body.node), g.where)),
      };
    }
    case 'all_different':
      return allDifferent(cx, e);
    case 'grid':
    case 'ring':
    case 'line':
      return cx.ck.fail(
        'E0301',
        e.span,
        `\`${name}\` makes an index set: declare it with \`index site = ${name}(…)\``,
      );
    case 'mlp':
      return cx.ck.fail('E0301', e.span, '`mlp` makes parameters: declare it with `param net = mlp(…)`');
    default: {
      const density = /^(.+)_l?p[dm]f$/.exec(name)?.[1];
      const near = functionElsewhere(name) ?? suggest(name, [...builtinNames, ...cx.scope.candidates()]);
      return cx.ck.fail('E0205', e.callee.span, `there is no function or distribution \`${name}\``, {
        suggestion:
          density && distributions.has(density)
            ? `a log-density is \`${density}(…).log_density(x)\``
            : near
              ? `did you mean \`${near}\`?`
              : undefined,
      });
    }
  }
}

function matrixCall(cx: Cx, f: MatrixFunction, e: Call): Value {
  const args = argumentsInOrder(cx, e.args, f.params, e.span);
  if (f.takes === 'set') return f.apply(cx, asSet(cx, elaborate(cx, args[0].value), args[0].span));
  const values = args.map((a) => ({
    v: asArray(cx, elaborate(cx, a.value), a.span, 'an array'),
    span: a.span,
  }));
  return f.apply(cx, values, e.span);
}

function scalarCall(cx: Cx, f: ScalarFunction, e: Call): Value {
  const most = f.params.length;
  const args = exactly(cx, e, Math.max(most - f.optional, Math.min(most, e.args.length)));
  return liftValues(
    cx,
    e.span,
    args.map((a) => elaborate(cx, a.value)),
    (xs) => {
      const whole = xs.every((x) => isInteger(x.elem));
      const numbers = xs.map((x, i) => asNumber(cx, x, args[i].span));
      const { axes, nodes } = align(cx, e.span, numbers);
      const elem = number(f.whole === 'always' || (f.whole === 'kept' && whole));
      return { kind: 'array', elem, axes, node: f.build(cx.ck.b, nodes, whole) };
    },
    args.map((a) => a.span),
  );
}

/** `variance(x)`, `variance(expr for i in S where c)`. */
function summaryCall(cx: Cx, f: SummaryFunction, e: Call): Value {
  const g = generatorBody(cx, e);
  if (!g) {
    const [a] = exactly(cx, e, 1);
    return summarise(cx, f, asArray(cx, elaborate(cx, a.value), a.span, 'an array'), a.span);
  }
  const v = asNumber(g.cx, asArray(g.cx, g.value, g.span), g.span);
  return { kind: 'array', elem: number(), axes: v.axes, node: f.apply(g.cx, g.axes, v.node, g.where) };
}

/** The body of `f(expr for …)` under its binders. */
function generatorBody(cx: Cx, e: Call) {
  if (e.args.length !== 1 || e.args[0].name || e.args[0].value.kind !== 'for') return undefined;
  const { body, generator } = e.args[0].value;
  const g = bindGenerator(cx, generator);
  return { ...g, value: elaborate(g.cx, body), span: body.span };
}

function reduction(cx: Cx, kind: Reduction, e: Call): Value {
  const g = generatorBody(cx, e);
  if (g) {
    const v =
      g.value.kind === 'blocks' ? reduceAll(g.cx, g.span, kind, g.value) : asArray(g.cx, g.value, g.span);
    return {
      ...reduceOver(cx, e.span, kind, { ...v, axes: [...g.axes, ...v.axes] }, g.axes, g.where),
      domain: undefined,
    };
  }
  if ((kind === 'max' || kind === 'min') && e.args.length === 2) {
    const args = exactly(cx, e, 2);
    return liftValues(
      cx,
      e.span,
      args.map((a) => elaborate(cx, a.value)),
      (xs) =>
        lift(
          cx,
          e.span,
          kind,
          xs.map((x, i) => asNumber(cx, x, args[i].span)),
          number(xs.every((x) => isInteger(x.elem))),
        ),
    );
  }
  const [a] = exactly(cx, e, 1);
  return reduceAll(cx, a.span, kind, elaborate(cx, a.value));
}

function encode(cx: Cx, e: Call): Value {
  const likeArg = e.args.find((a) => a.name?.text === 'like');
  const bad = e.args.find((a) => a.name && a.name.text !== 'like');
  if (bad)
    cx.ck.fail('E0206', bad.span, `\`encode\` has no option \`${bad.name!.text}\``, {
      suggestion: 'its option is like = data',
    });
  const rest = e.args.filter((a) => !a.name);
  if (rest.length !== 1) cx.ck.fail('E0305', e.span, '`encode` takes one value or type');
  const v = elaborate(cx, rest[0].value);
  if (v.kind === 'type') return { kind: 'encoding', blocks: encodingBlocks(cx, v.shape) };
  if (!likeArg) return encodeValue(cx, v, null, e.span);
  const like = likeArg.value.kind === 'name' ? cx.scope.lookup(likeArg.value.name) : undefined;
  if (like?.kind !== 'data')
    return cx.ck.fail('E0306', likeArg.value.span, '`like` names data, e.g. `like = adults`');
  return encodeValue(cx, v, like.decl, e.span);
}

/** All pairs differ; written out as pairs so that blankets and tables can be made of it. */
function allDifferent(cx: Cx, e: Call): Value {
  const b = cx.ck.b;
  const g = generatorBody(cx, e);
  const v = g
    ? asArray(g.cx, g.value, g.span)
    : asArray(cx, elaborate(cx, exactly(cx, e, 1)[0].value), e.span, 'an array');
  const axes = g ? g.axes : v.axes;
  if (axes.length === 0)
    cx.ck.fail('E0301', e.args[0].span, `\`all_different\` expects an array, found ${describe(v)}`);
  if (g && (g.where || v.axes.length > 0))
    cx.ck.fail('E0306', e.span, '`all_different` takes one value for each index, without `where`');
  const second = axes.map((a) => b.axis(a.set, `${a.name}'`));
  const other = b.substitute(
    v.node,
    axes,
    second.map((a) => b.axisNode(a)),
  );
  // Row-major order of the axes: each unordered pair once.
  const flat = (list: readonly (typeof second)[number][]) =>
    list.reduce((acc, a) => b.add(b.mul(acc, b.size(a.set)), b.axisNode(a)), b.const(0));
  const ordered = b.call('lt', flat(axes), flat(second));
  return scalar(b.reduce('min', [...axes, ...second], b.call('ne', v.node, other), ordered), bool);
}
