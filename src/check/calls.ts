/** Calls: reductions, scalar functions, sets, networks, functions, energies, distributions. */
import type { FnName } from '../ir/types.ts';
import { suggest } from '../syntax/suggest.ts';
import type { Arg, Expr } from '../syntax/tree.ts';
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
import { type Cx, inner } from './context.ts';
import { type Distribution, distributions } from './distributions.ts';
import { resolveShape } from './domains.ts';
import { callEnergy, failCircle } from './energies.ts';
import { elaborate } from './expressions.ts';
import { bindGenerator } from './generators.ts';
import { applyNet, encodeValue, encodingBlocks } from './networks.ts';
import { asSet, neighbours } from './sets.ts';
import { type ArrayValue, bool, describe, type Elem, number, scalar, showSet, type Value } from './values.ts';

type Call = Expr & { kind: 'call' };

/** Scalar functions by the name that users write. */
export const scalarFunctions: Readonly<Record<string, { readonly fn: FnName; readonly arity: number }>> = {
  exp: { fn: 'exp', arity: 1 },
  expm1: { fn: 'expm1', arity: 1 },
  log: { fn: 'log', arity: 1 },
  log1p: { fn: 'log1p', arity: 1 },
  sqrt: { fn: 'sqrt', arity: 1 },
  square: { fn: 'square', arity: 1 },
  abs: { fn: 'abs', arity: 1 },
  sign: { fn: 'sign', arity: 1 },
  floor: { fn: 'floor', arity: 1 },
  ceil: { fn: 'ceil', arity: 1 },
  round: { fn: 'round', arity: 1 },
  mod: { fn: 'mod', arity: 2 },
  pow: { fn: 'pow', arity: 2 },
  sin: { fn: 'sin', arity: 1 },
  cos: { fn: 'cos', arity: 1 },
  tan: { fn: 'tan', arity: 1 },
  asin: { fn: 'asin', arity: 1 },
  acos: { fn: 'acos', arity: 1 },
  atan: { fn: 'atan', arity: 1 },
  atan2: { fn: 'atan2', arity: 2 },
  sinh: { fn: 'sinh', arity: 1 },
  cosh: { fn: 'cosh', arity: 1 },
  tanh: { fn: 'tanh', arity: 1 },
  sigmoid: { fn: 'sigmoid', arity: 1 },
  inv_logit: { fn: 'sigmoid', arity: 1 },
  softplus: { fn: 'softplus', arity: 1 },
  silu: { fn: 'silu', arity: 1 },
  relu: { fn: 'relu', arity: 1 },
  erf: { fn: 'erf', arity: 1 },
  lgamma: { fn: 'lgamma', arity: 1 },
  digamma: { fn: 'digamma', arity: 1 },
  logaddexp: { fn: 'logaddexp', arity: 2 },
  stop_gradient: { fn: 'stop_gradient', arity: 1 },
};

/** Functions whose values are whole numbers, and those that are on whole numbers. */
const toInteger: readonly string[] = ['floor', 'ceil', 'round', 'sign'];
const keepInteger: readonly string[] = ['mod', 'abs', 'square'];
const isInteger = (e: Elem): boolean => e.kind === 'bool' || (e.kind === 'number' ? e.integer : e.ordered);

const otherFunctions = [
  'neighbours',
  'size',
  'encode',
  'mlp',
  'softmin',
  'all_different',
  'grid',
  'ring',
  'line',
];

export const builtinNames: readonly string[] = [
  ...reductions,
  ...Object.keys(scalarFunctions),
  ...distributions.keys(),
  ...otherFunctions,
];

export function call(cx: Cx, e: Call): Value {
  if (e.callee.kind === 'name') {
    const v = cx.scope.lookup(e.callee.name);
    if (v === undefined || v.kind === 'builtin') return builtin(cx, e.callee.name, e);
  }
  if (e.callee.kind === 'field' && e.callee.field.text === 'log_density') {
    const d = elaborate(cx, e.callee.target);
    if (d.kind === 'distribution') return logDensity(cx, e, d.dist, d.args);
  }
  const callee = elaborate(cx, e.callee);
  switch (callee.kind) {
    case 'fn':
      return callFunction(cx, e, callee);
    case 'energy':
      return scalar(
        callEnergy(
          cx,
          callee.item,
          positional(
            cx,
            e,
            callee.item.params.map((p) => p.name.text),
          ),
          e.span,
        ),
      );
    case 'net': {
      const [x] = exactly(cx, e, 1);
      return applyNet(cx, callee.net, elaborate(cx, x.value), e.span);
    }
    default:
      return cx.ck.fail('E0301', e.callee.span, `${describe(callee)} cannot be called`);
  }
}

function exactly(cx: Cx, e: Call, n: number): readonly Arg[] {
  const name = e.callee.kind === 'name' ? `\`${e.callee.name}\`` : 'this';
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

/** Arguments in the order of the parameters' names; named ones may come in any order. */
function positional(cx: Cx, e: Call, names: readonly string[]): Value[] {
  const out = new Array<Value | undefined>(names.length).fill(undefined);
  let next = 0;
  for (const a of e.args) {
    let i: number;
    if (a.name) {
      i = names.indexOf(a.name.text);
      if (i < 0) {
        const near = suggest(a.name.text, names);
        cx.ck.fail('E0206', a.name.span, `there is no argument \`${a.name.text}\``, {
          suggestion: near ? `did you mean \`${near}\`?` : `the arguments are ${names.join(', ')}`,
        });
      }
    } else i = next++;
    if (i >= names.length || out[i] !== undefined)
      cx.ck.fail(
        'E0305',
        a.span,
        `expected ${names.length} argument${names.length === 1 ? '' : 's'} (${names.join(', ')}), found ${e.args.length}`,
      );
    out[i] = elaborate(cx, a.value);
  }
  return out.map((v, i) =>
    v === undefined
      ? cx.ck.fail(
          'E0305',
          e.span,
          `the argument \`${names[i]}\` is missing; expected ${names.length} (${names.join(', ')})`,
        )
      : v,
  );
}

function builtin(cx: Cx, name: string, e: Call): Value {
  if ((reductions as readonly string[]).includes(name)) return reduction(cx, name as Reduction, e);
  const scalarFn = scalarFunctions[name];
  if (scalarFn && Object.hasOwn(scalarFunctions, name)) {
    const args = exactly(cx, e, scalarFn.arity);
    return liftValues(
      cx,
      e.span,
      args.map((a) => elaborate(cx, a.value)),
      (xs) =>
        lift(
          cx,
          e.span,
          scalarFn.fn,
          xs.map((x, i) => asNumber(cx, x, args[i].span)),
          number(
            toInteger.includes(name) || (keepInteger.includes(name) && xs.every((x) => isInteger(x.elem))),
          ),
        ),
    );
  }
  const dist = distributions.get(name);
  if (dist) {
    const args = positional(cx, e, dist.params).map((v, i) =>
      asNumber(cx, asArray(cx, v, e.args[i].span), e.args[i].span),
    );
    return { kind: 'distribution', dist, args, span: e.span };
  }
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
      const near = suggest(name, [...builtinNames, ...cx.scope.candidates()]);
      return cx.ck.fail('E0205', e.callee.span, `there is no function or distribution \`${name}\``, {
        suggestion: near ? `did you mean \`${near}\`?` : undefined,
      });
    }
  }
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

function logDensity(cx: Cx, e: Call, dist: Distribution, args: readonly ArrayValue[]): Value {
  const [y] = exactly(cx, e, 1);
  const v = asNumber(cx, asArray(cx, elaborate(cx, y.value), y.span), y.span);
  const { axes, nodes } = align(cx, e.span, [v, ...args]);
  return { kind: 'array', elem: number(), axes, node: dist.density(cx.ck.b, nodes[0], nodes.slice(1)) };
}

/** A function of the user's: its body with the arguments in place; extra leading indices map elementwise. */
function callFunction(cx: Cx, e: Call, callee: Value & { kind: 'fn' }): Value {
  const { item } = callee;
  const name = item.name.text;
  if (cx.stack.includes(name)) failCircle(cx, name, e.span);
  const args = positional(
    cx,
    e,
    item.params.map((p) => p.name.text),
  );
  const body = inner({ ...cx, scope: cx.scope }, { stack: [...cx.stack, name] });
  const generic = inner(body);
  const prepared = args.map((v, i) => {
    const p = item.params[i];
    if (v.kind !== 'array') return { v, extra: [] as ArrayValue['axes'] };
    const declared = p.domain.dims.length;
    if (v.axes.length < declared)
      cx.ck.fail(
        'E0306',
        e.args[i]?.span ?? e.span,
        `\`${p.name.text}\` of \`${name}\` has ${declared} ${declared === 1 ? 'index' : 'indices'}; this is ${describe(v)}`,
      );
    const own = v.axes.slice(v.axes.length - declared);
    resolveShape(generic, p.domain, (set, _span) => {
      const at = p.domain.dims.findIndex((d) => d.kind === 'name' && d.name === set);
      const actual = own[at].set;
      generic.scope.define(set, { kind: 'set', set: actual });
      return actual;
    }).sets.forEach((s, k) => {
      if (s !== own[k].set)
        cx.ck.fail(
          'E0302',
          e.args[i]?.span ?? e.span,
          `\`${p.name.text}\` of \`${name}\` is indexed by ${showSet(s)}; this is indexed by ${showSet(own[k].set)}`,
        );
    });
    return { v: { ...v, axes: own }, extra: v.axes.slice(0, v.axes.length - declared) };
  });
  const lead = prepared.reduce((m, p) => (p.extra.length > m.length ? p.extra : m), [] as ArrayValue['axes']);
  prepared.forEach((p, i) => {
    let v = p.v;
    if (v.kind === 'array' && p.extra.length > 0 && p.extra !== lead) {
      const { nodes } = align(cx, e.span, [
        { kind: 'array', elem: number(), axes: lead, node: cx.ck.b.const(0) },
        { ...v, axes: p.extra },
      ]);
      v = { ...v, node: nodes[1] };
    }
    generic.scope.define(item.params[i].name.text, v);
  });
  for (const s of item.body) {
    if (s.kind === 'let') generic.scope.define(s.name.text, elaborate(generic, s.value));
    else cx.ck.fail('E0901', s.span, 'parameters owned by a function are not available in this version');
  }
  const out = elaborate(generic, item.value);
  return lead.length === 0
    ? out
    : { ...asArray(cx, out, e.span), axes: [...lead, ...asArray(cx, out, e.span).axes], domain: undefined };
}
