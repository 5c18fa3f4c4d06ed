/**
 * `encode` and `mlp`. An encoding is a list of blocks that keep their index sets:
 * numbers of a record stand together, a category is one-hot over its values, an
 * array keeps its own indices. A network's first layer has one weight array for
 * each block, so nothing is ever flattened or concatenated.
 */
import { type Domain, isNumeric } from '../domain.ts';
import type { Axis, FnName, IndexSet, Node, Slot } from '../ir/types.ts';
import { limits } from '../limits.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { Arg, Expr } from '../syntax/tree.ts';
import { asArray } from './arrays.ts';
import { constInteger } from './constants.ts';
import { type Cx, declaredIn } from './context.ts';
import { elaborate } from './expressions.ts';
import { asSet } from './sets.ts';
import {
  type ArrayValue,
  type DataDecl,
  describe,
  type EncodingBlock,
  type Net,
  type NetLayer,
  number,
  type Shape,
  showSet,
  type Value,
} from './values.ts';

const MAX_HIDDEN = limits.units;

/** Fields of a shape, flattened, with their domains and index sets. */
function leaves(shape: Shape, outer: readonly IndexSet[] = [], path: readonly string[] = []): Leaf[] {
  const sets = [...outer, ...shape.sets];
  if (shape.domain.kind !== 'record') return [{ domain: shape.domain, sets, path }];
  return shape.domain.record.fields.flatMap((f) => leaves(f.type, sets, [...path, f.name]));
}
interface Leaf {
  readonly domain: Domain;
  readonly sets: readonly IndexSet[];
  readonly path: readonly string[];
}

/** How many numbers one value becomes; a category instead gets an axis over its values. */
const featuresOf = (d: Domain): number => (d.kind === 'cyclic' || d.kind === 'angle' ? 2 : 1);

/** The blocks of `encode` on a type, in the order of `encodeValue`. */
export function encodingBlocks(cx: Cx, shape: Shape): EncodingBlock[] {
  const b = cx.ck.b;
  const all = leaves(shape);
  const scalars = all.filter((l) => l.sets.length === 0 && isNumeric(l.domain));
  const blocks: EncodingBlock[] = [];
  const n = scalars.reduce((s, l) => s + featuresOf(l.domain), 0);
  if (n > 0) blocks.push({ sets: [b.range(n)] });
  for (const l of all) {
    if (scalars.includes(l)) continue;
    if (l.domain.kind === 'category' || l.domain.kind === 'permutation')
      blocks.push({ sets: [...l.sets, l.domain.values] });
    else if (featuresOf(l.domain) > 1) blocks.push({ sets: [...l.sets, b.range(featuresOf(l.domain))] });
    else blocks.push({ sets: l.sets });
  }
  return blocks;
}

/** `encode(r, like = data)` */
export function encodeValue(cx: Cx, v: Value, like: DataDecl | null, span: Span): Value {
  const b = cx.ck.b;
  const all = valueLeaves(cx, v, [], span);
  const scalars: Node[] = [];
  const items: ArrayValue[] = [];
  for (const { value, path } of all) {
    const scale = scaleOf(cx, value, path, like, span);
    if (value.elem.kind === 'element') {
      const k = b.axis(value.elem.set);
      items.push({
        kind: 'array',
        elem: number(true),
        axes: [...value.axes, k],
        node: b.call('eq', value.node, b.axisNode(k)),
      });
      continue;
    }
    const features = numericFeatures(cx, value, scale);
    if (value.axes.length === 0) scalars.push(...features);
    else if (features.length === 1)
      items.push({ kind: 'array', elem: number(), axes: value.axes, node: features[0] });
    else {
      const k = b.axis(b.range(features.length));
      items.push({
        kind: 'array',
        elem: number(),
        axes: [...value.axes, k],
        node: b.call('pick', b.axisNode(k), ...features),
      });
    }
  }
  if (scalars.length > 0) {
    const k = b.axis(b.range(scalars.length), 'feature');
    items.unshift({
      kind: 'array',
      elem: number(),
      axes: [k],
      node: b.call('pick', b.axisNode(k), ...scalars),
    });
  }
  return { kind: 'blocks', items };
}

function valueLeaves(
  cx: Cx,
  v: Value,
  path: readonly string[],
  span: Span,
): { value: ArrayValue; path: readonly string[] }[] {
  if (v.kind === 'record')
    return [...v.fields].flatMap(([name, f]) => valueLeaves(cx, f, [...path, name], span));
  return [{ value: asArray(cx, v, span, 'something to encode'), path }];
}

function numericFeatures(
  cx: Cx,
  v: ArrayValue,
  scale: { readonly shift: Node; readonly width: Node } | null,
): Node[] {
  const b = cx.ck.b;
  if (v.domain?.kind === 'cyclic') {
    const angle = b.mul(v.node, b.const((2 * Math.PI) / v.domain.size));
    return [b.call('cos', angle), b.call('sin', angle)];
  }
  if (v.domain?.kind === 'angle') return [b.call('cos', v.node), b.call('sin', v.node)];
  return [scale ? b.div(b.sub(v.node, scale.shift), scale.width) : v.node];
}

/**
 * Reals are standardised by the data they are `like`; bounded whole numbers by the
 * mean and standard deviation of the uniform distribution on their range.
 */
function scaleOf(
  cx: Cx,
  v: ArrayValue,
  path: readonly string[],
  like: DataDecl | null,
  span: Span,
): { readonly shift: Node; readonly width: Node } | null {
  const b = cx.ck.b;
  const d = v.domain;
  if (d?.kind === 'int' || d?.kind === 'ordinal') {
    const [lo, hi] = d.kind === 'int' ? [d.lo, d.hi] : [0, d.size - 1];
    const n = hi - lo + 1;
    return { shift: b.const((lo + hi) / 2), width: b.const(Math.sqrt((n * n - 1) / 12) || 1) };
  }
  if (v.elem.kind === 'element' || like === null || (d && d.kind !== 'real')) return null;
  const name = path.length === 0 ? null : path.join('.');
  const slot = like.fields.find((f) => f.field === name)?.slot;
  if (!slot || slot.sets.length !== v.axes.length + 1)
    return cx.ck.fail(
      'E0306',
      span,
      `\`${like.name}\` has no rows like ${name ? `the field \`${name}\`` : 'this value'}`,
    );
  const row = b.axis(slot.sets[0], 'row');
  const x = b.read(slot, [b.axisNode(row), ...v.axes.map((a) => b.axisNode(a))]);
  const shift = b.mean([row], x);
  const variance = b.mean([row], b.call('square', b.sub(x, shift)));
  const width = b.call('select', b.call('gt', variance, b.const(0)), b.call('sqrt', variance), b.const(1));
  return { shift, width };
}

const activations: Readonly<Record<Net['activation'], FnName>> = {
  silu: 'silu',
  relu: 'relu',
  tanh: 'tanh',
  softplus: 'softplus',
  sigmoid: 'sigmoid',
};

/** `param net = mlp(inputs, hidden = […], act = …, out = …)` */
export function declareMlp(cx: Cx, name: string, args: readonly Arg[], span: Span): Net {
  const b = cx.ck.b;
  const positional = args.filter((a) => a.name === null);
  const named = new Map(args.flatMap((a) => (a.name ? [[a.name.text, a] as const] : [])));
  for (const [key, a] of named)
    if (!['hidden', 'act', 'out'].includes(key))
      cx.ck.fail('E0206', a.name?.span ?? a.span, `\`mlp\` has no option \`${key}\``, {
        suggestion: didYouMean(key, ['hidden', 'act', 'out']) ?? 'its options are hidden, act and out',
      });
  if (positional.length !== 1)
    cx.ck.fail('E0305', span, '`mlp` takes its inputs: a number, an index set or an encoding', {
      suggestion: 'for example `mlp(encode(Row), hidden = [128, 128])`',
    });
  const inputs = inputBlocks(cx, positional[0].value);
  const hiddenArg = named.get('hidden')?.value;
  const hidden =
    hiddenArg === undefined
      ? [64, 64]
      : hiddenArg.kind === 'vector'
        ? hiddenArg.items.map((h) => constInteger(cx, h, 'a number of units'))
        : cx.ck.fail('E0306', hiddenArg.span, '`hidden` is a list of layer sizes, e.g. `[128, 128]`');
  for (const h of hidden)
    if (h < 1 || h > MAX_HIDDEN)
      cx.ck.fail('E0306', hiddenArg?.span ?? span, `a layer has 1 to ${MAX_HIDDEN} units, not ${h}`);
  const actArg = named.get('act')?.value;
  const activation = actArg === undefined ? 'silu' : activationOf(cx, actArg);
  const outArg = named.get('out')?.value;
  const output = outArg === undefined ? [] : [asSet(cx, elaborate(cx, outArg), outArg.span)];
  const layers: NetLayer[] = [];
  let blocks: readonly EncodingBlock[] = inputs;
  const real: Domain = { kind: 'real', lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
  const zero = b.const(0);
  const layer = (outs: readonly IndexSet[], gain: number): void => {
    const n = layers.length + 1;
    const weights: Slot[] = blocks.map((block, i) => {
      const slot = b.slot(
        'param',
        `${name}.weight${n}${blocks.length > 1 ? `.${i + 1}` : ''}`,
        real,
        [...block.sets, ...outs],
        span,
      );
      declaredIn(cx).push({ slot, init: { kind: 'scaled-normal', fanIn: blocks, gain }, prior: null, span });
      return slot;
    });
    const bias = b.slot('param', `${name}.bias${n}`, real, outs, span);
    declaredIn(cx).push({
      slot: bias,
      init: { kind: 'value', value: { axes: outs.map((s) => b.axis(s)), body: zero } },
      prior: null,
      span,
    });
    layers.push({ weights, bias });
    blocks = [{ sets: outs }];
  };
  for (const h of hidden)
    layer([b.range(h)], activation === 'tanh' || activation === 'sigmoid' ? 1 : Math.SQRT2);
  layer(output, 1);
  return { name, inputs, layers, activation, output };
}

function inputBlocks(cx: Cx, e: Expr): readonly EncodingBlock[] {
  const v = elaborate(cx, e);
  if (v.kind === 'encoding') return v.blocks;
  if (v.kind === 'type') return encodingBlocks(cx, v.shape);
  return [{ sets: [asSet(cx, v, e.span)] }];
}

function activationOf(cx: Cx, e: Expr): Net['activation'] {
  if (e.kind === 'name' && Object.hasOwn(activations, e.name)) return e.name as Net['activation'];
  const near =
    e.kind === 'name' ? (e.name === 'swish' ? 'silu' : suggest(e.name, Object.keys(activations))) : undefined;
  return cx.ck.fail('E0306', e.span, `\`act\` is one of ${Object.keys(activations).join(', ')}`, {
    suggestion: near ? `did you mean \`${near}\`?` : undefined,
  });
}

const didYouMean = (word: string, words: readonly string[]): string | undefined => {
  const near = suggest(word, words);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
};

/** What a network takes, in words. */
function inputsOf(net: Net): string {
  const [first] = net.inputs;
  return net.inputs.length === 1 && first.sets.length > 0
    ? `an array over [${first.sets.map(showSet).join(', ')}]`
    : `an encoding of ${net.inputs.length === 1 ? 'a value' : `${net.inputs.length} values`}`;
}

/** `net(x)` */
export function applyNet(cx: Cx, net: Net, x: Value, span: Span): ArrayValue {
  const b = cx.ck.b;
  if (x.kind === 'record')
    cx.ck.fail('E0306', span, `\`${net.name}\` takes ${inputsOf(net)}, found ${describe(x)}`, {
      suggestion: `encode it: \`${net.name}(encode(…))\``,
    });
  const items = x.kind === 'blocks' ? x.items : [asArray(cx, x, span, 'the inputs of a network')];
  const fits =
    items.length === net.inputs.length &&
    items.every((v, i) => {
      const sets = net.inputs[i].sets;
      return (
        v.axes.length >= sets.length &&
        sets.every((s, k) => v.axes[v.axes.length - sets.length + k].set === s)
      );
    });
  if (!fits)
    cx.ck.fail('E0306', span, `\`${net.name}\` takes ${inputsOf(net)}, found ${describe(x)}`, {
      suggestion:
        'its inputs are what it was declared with, e.g. `mlp(encode(T), …)` takes `encode(x)` of an x of type T',
    });
  const extra = items[0].axes.slice(0, items[0].axes.length - net.inputs[0].sets.length);
  let inputs: readonly { node: Node; axes: readonly Axis[] }[] = items.map((v, i) => {
    const axes = v.axes.slice(v.axes.length - net.inputs[i].sets.length);
    return { node: v.node, axes };
  });
  let outs: readonly Axis[] = [];
  net.layers.forEach((layer, l) => {
    outs = layer.bias.sets.map((s) => b.axis(s, `h${l + 1}`));
    const o = outs.map((a) => b.axisNode(a));
    const parts = inputs.map(({ node, axes }, i) =>
      b.sum(axes, b.mul(b.read(layer.weights[i], [...axes.map((a) => b.axisNode(a)), ...o]), node)),
    );
    const z = b.add(b.addAll(parts), b.read(layer.bias, o));
    const last = l === net.layers.length - 1;
    inputs = [{ node: last ? z : b.call(activations[net.activation], z), axes: outs }];
  });
  return { kind: 'array', elem: number(), axes: [...extra, ...outs], node: inputs[0].node };
}
