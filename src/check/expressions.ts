/** From syntax to values: one case for each form of expression. */
import { staticSize } from '../ir/build.ts';
import type { FnName, Node } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { BinaryOp, Expr, IndexArg } from '../syntax/tree.ts';
import { align, asArray, asNumber, lift, liftValues, matmul } from './arrays.ts';
import { call } from './calls.ts';
import { constInteger } from './constants.ts';
import { type Cx, Stop, unknownName } from './context.ts';
import { asCondition, bindGenerator } from './generators.ts';
import { elementAt, type IndexValue, indexArray } from './indexing.ts';
import { commonElem, isCategory, refuseTexts } from './kinds.ts';
import { elaborateScan } from './scan.ts';
import { comprehensionSet, coordinateNames, isGeneric, latticeField } from './sets.ts';
import {
  type ArrayValue,
  bool,
  describe,
  type Elem,
  elemOf,
  number,
  scalar,
  showSet,
  type Value,
} from './values.ts';

export function elaborate(cx: Cx, e: Expr): Value {
  cx.ck.enter(e.span);
  const value = elaborateForm(cx, e);
  cx.ck.leave();
  // Bodies that are written out where they are called are told where they are declared.
  if (cx.ck.observe !== null && cx.stack.length <= 1) cx.ck.observe(e, value);
  return value;
}

function elaborateForm(cx: Cx, e: Expr): Value {
  const b = cx.ck.b;
  switch (e.kind) {
    case 'number':
      return scalar(b.const(e.value), number(Number.isInteger(e.value) && !/[.eE]/.test(e.text)));
    case 'boolean':
      return scalar(b.const(e.value ? 1 : 0), bool);
    case 'string':
      return { kind: 'string', value: e.value };
    case 'name': {
      const v = cx.scope.lookup(e.name) ?? unknownName(cx, e.name, e.span);
      if (v.kind === 'poison') throw new Stop();
      return v.kind === 'data' ? v.value : v;
    }
    case 'field':
      return field(cx, elaborate(cx, e.target), e);
    case 'index':
      return index(cx, e);
    case 'call':
      return call(cx, e);
    case 'unary': {
      const v = elaborate(cx, e.operand);
      if (e.op === 'not') {
        const c = asArray(cx, v, e.span, 'a condition');
        return lift(cx, e.span, 'not', [asCondition(cx, c, e.operand.span)], bool);
      }
      return liftValues(cx, e.span, [v], ([x]) => {
        const n = asNumber(cx, x, e.operand.span);
        // Folded here because the builder keeps what is not finite: `-inf` is a bound.
        if (n.node.op === 'const') return scalar(b.const(-n.node.value), numberLike(n));
        return lift(cx, e.span, 'neg', [n], numberLike(n));
      });
    }
    case 'binary':
      return binary(cx, e);
    case 'if': {
      const c = asCondition(
        cx,
        asArray(cx, elaborate(cx, e.condition), e.condition.span, 'a condition'),
        e.condition.span,
      );
      const x = asArray(cx, elaborate(cx, e.then), e.then.span);
      const y = asArray(cx, elaborate(cx, e.otherwise), e.otherwise.span);
      const elem = x.elem.kind === y.elem.kind ? x.elem : number();
      const oneSet = x.elem.kind === 'element' && y.elem.kind === 'element' && x.elem.set === y.elem.set;
      if ((x.elem.kind === 'element' || isCategory(y)) && !oneSet)
        cx.ck.fail('E0301', e.span, `both branches must be of one kind: ${describe(x)} and ${describe(y)}`);
      return lift(cx, e.span, 'select', [c, x, y], elem);
    }
    case 'for':
      return cx.ck.fail('E0301', e.span, '`for` belongs inside a reduction or brackets', {
        suggestion: 'write `sum(… for i in S)` or `[… for i in S]`',
      });
    case 'vector': {
      if (e.items.length === 0)
        cx.ck.fail('E0301', e.span, 'an array has at least one element, this has none');
      const items = e.items.map((i) => asArray(cx, elaborate(cx, i), i.span));
      const { axes, nodes } = align(cx, e.span, items);
      const k = b.axis(b.range(items.length), 'k');
      const elem = commonElem(cx, e.items, items);
      return {
        kind: 'array',
        elem:
          elem.kind === 'number'
            ? number(items.every((i) => i.elem.kind === 'number' && i.elem.integer))
            : elem,
        axes: [k, ...axes],
        node: b.call('pick', b.axisNode(k), ...nodes),
      };
    }
    case 'array': {
      const g = bindGenerator(cx, e.generator);
      if (g.where)
        cx.ck.fail(
          'E0301',
          e.generator.where?.span ?? e.span,
          'an array has every element: `where` is for sums and sets',
          {
            suggestion: 'use `if … then … else`, or declare a subset with `set`',
          },
        );
      const body = asArray(g.cx, elaborate(g.cx, e.body), e.body.span);
      return { ...body, axes: [...g.axes, ...body.axes], domain: undefined };
    }
    case 'set':
      return comprehensionSet(cx, e);
    case 'tuple':
      return { kind: 'tuple', items: e.items.map((i) => elaborate(cx, i)) };
    case 'record':
      return cx.ck.fail(
        'E0301',
        e.span,
        '`{ … = … }` conditions an energy: it is the value of the option `given`',
      );
    case 'scan':
      return elaborateScan(cx, e);
    case 'error':
      throw new Stop();
  }
}

function field(cx: Cx, target: Value, e: Expr & { kind: 'field' }): Value {
  const b = cx.ck.b;
  const name = e.field.text;
  switch (target.kind) {
    case 'record': {
      const v = target.fields.get(name);
      if (v) return v;
      const near = suggest(
        name,
        target.type.fields.map((f) => f.name),
      );
      return cx.ck.fail('E0204', e.field.span, `${target.type.name} has no field \`${name}\``, {
        suggestion: near
          ? `did you mean \`${near}\`?`
          : `its fields are ${target.type.fields.map((f) => f.name).join(', ')}`,
      });
    }
    case 'type': {
      if (target.shape.domain.kind === 'category') {
        const set = target.shape.domain.values;
        const labels = set.kind.kind === 'labels' ? set.kind.labels : [];
        const code = labels.indexOf(name);
        if (code >= 0) return scalar(b.const(code), elemOf(target.shape.domain));
        const near = suggest(name, labels);
        return cx.ck.fail('E0204', e.field.span, `${target.name} has no value \`${name}\``, {
          suggestion: near
            ? `did you mean \`${near}\`?`
            : `its values are ${labels.slice(0, 12).join(', ')}${labels.length > 12 ? ', …' : ''}`,
        });
      }
      break;
    }
    case 'array': {
      // Coordinates of a lattice site; those of a set that stands for any are any.
      if (target.elem.kind === 'element' && isGeneric(target.elem.set) && coordinateNames.includes(name))
        return { ...target, elem: number(true), domain: undefined };
      if (target.elem.kind === 'element' && target.elem.set.kind.kind === 'lattice') {
        const { dims, coordinates } = target.elem.set.kind;
        const d = coordinates.indexOf(name);
        if (d >= 0) {
          const below = dims.slice(d + 1).reduce((a, c) => a * c, 1);
          let node = target.node;
          // Half a site more, because 49 · (1/49) < 1 in floating point.
          if (below > 1) node = b.call('floor', b.div(b.add(node, b.const(0.5)), b.const(below)));
          if (d > 0) node = b.call('mod', node, b.const(dims[d]));
          cx.ck.coordinates.set(node, dims[d]);
          return { ...target, elem: number(true), node, domain: undefined };
        }
        return cx.ck.fail(
          'E0204',
          e.field.span,
          `${showSet(target.elem.set)} has no coordinate \`${name}\``,
          {
            suggestion: `its coordinates are ${coordinates.join(', ')}`,
          },
        );
      }
      if (target.elem.kind === 'element' && target.elem.ordered && coordinateNames.includes(name))
        cx.ck.fail('E0204', e.field.span, `${describe(target)} has no coordinate \`${name}\``, {
          suggestion: `only lattices have: \`index ${target.elem.set.name || 'site'} = grid(…)\``,
        });
      break;
    }
    case 'set':
      return latticeField(cx, target.set, name, e.field.span);
    case 'distribution': {
      if (name === 'log_density') return { kind: 'builtin', name: 'log_density' };
      const near = suggest(name, ['log_density']) ? 'did you mean `log_density`?' : undefined;
      return cx.ck.fail('E0204', e.field.span, `${describe(target)} has no field \`${name}\``, {
        suggestion: near ?? 'its one field is `log_density`',
      });
    }
    default:
  }
  return cx.ck.fail('E0204', e.field.span, `${describe(target)} has no field \`${name}\``);
}

function index(cx: Cx, e: Expr & { kind: 'index' }): Value {
  const target = elaborate(cx, e.target);
  const indices = e.indices.map((i) => indexValue(cx, i));
  const name = e.target.kind === 'name' ? `\`${e.target.name}\`` : 'this array';
  if (target.kind === 'set') return elementAt(cx, e.span, target.set, indices, name);
  if (target.kind === 'record') return indexRecord(cx, e.span, target, indices, name);
  return indexArray(cx, e.span, asArray(cx, target, e.target.span, 'an array'), indices, name);
}

/** Every field at the same leading indices; a field may be a record itself. */
function indexRecord(
  cx: Cx,
  span: Span,
  target: Value & { kind: 'record' },
  indices: readonly IndexValue[],
  name: string,
): Value {
  const fields = [...target.fields].map(([key, v]): readonly [string, Value] => [
    key,
    v.kind === 'record'
      ? indexRecord(cx, span, v, indices, name)
      : indexLeading(cx, span, asArray(cx, v, span), indices, name),
  ]);
  return { ...target, fields: new Map(fields) };
}

/** A record of arrays is indexed by its leading index sets only. */
function indexLeading(
  cx: Cx,
  span: Span,
  v: ArrayValue,
  indices: readonly IndexValue[],
  name: string,
): ArrayValue {
  const rest = v.axes
    .slice(indices.length)
    .map((): IndexValue => ({ kind: 'slice', from: null, to: null, span }));
  return indexArray(cx, span, v, [...indices, ...rest], name);
}

function indexValue(cx: Cx, i: IndexArg): IndexValue {
  if (i.kind === 'at') return { kind: 'value', value: elaborate(cx, i.value), span: i.value.span };
  const bound = (x: Expr | null): number | null =>
    x === null ? null : constInteger(cx, x, 'the bound of a slice');
  return { kind: 'slice', from: bound(i.from), to: bound(i.to), span: i.span };
}

const arithmetic: Partial<Record<BinaryOp, FnName>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '^': 'pow',
};
const comparison: Partial<Record<BinaryOp, FnName>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
};

function binary(cx: Cx, e: Expr & { kind: 'binary' }): Value {
  // A long sum is a tree that is deep on its left.
  const spine = [e];
  for (let l = e.left; l.kind === 'binary'; l = l.left) spine.push(l);
  let value = elaborate(cx, spine[spine.length - 1].left);
  for (const operation of spine.reverse()) value = binaryOf(cx, operation, value);
  return value;
}

function binaryOf(cx: Cx, e: Expr & { kind: 'binary' }, left: Value): Value {
  const right = elaborate(cx, e.right);
  const array = (v: Value, x: Expr): ArrayValue => asArray(cx, v, x.span);
  switch (e.op) {
    case '..': {
      const lo = constInteger(cx, e.left, 'the bound of a range');
      const hi = constInteger(cx, e.right, 'the bound of a range');
      if (hi <= lo) cx.ck.fail('E0306', e.span, `the range ${lo}..${hi} is empty: its end is not part of it`);
      return { kind: 'range', lo, hi };
    }
    case 'and':
    case 'or':
      return lift(
        cx,
        e.span,
        e.op,
        [
          asCondition(cx, array(left, e.left), e.left.span),
          asCondition(cx, array(right, e.right), e.right.span),
        ],
        bool,
      );
    case '@':
      if (left.kind === 'blocks' || right.kind === 'blocks')
        cx.ck.fail(
          'E0301',
          e.span,
          '`@` does not take an encoding; use a network, e.g. `mlp(encode(T), hidden = [])`',
        );
      return matmul(cx, e.span, array(left, e.left), array(right, e.right));
    default:
  }
  const compare = comparison[e.op];
  if (compare) refuseTexts(cx, e, left, right);
  if (compare) return compareValues(cx, e.span, compare, array(left, e.left), array(right, e.right), e);
  const fn = arithmetic[e.op]!;
  return liftValues(
    cx,
    e.span,
    [left, right],
    ([x, y]) => {
      const moved = elementArithmetic(cx, e, fn, x, y);
      if (moved) return moved;
      const l = asNumber(cx, x, e.left.span);
      const r = asNumber(cx, y, e.right.span);
      return lift(
        cx,
        e.span,
        fn,
        [l, r],
        number(fn !== 'div' && fn !== 'pow' && isInteger(l) && isInteger(r)),
      );
    },
    [e.left.span, e.right.span],
  );
}

const isInteger = (v: ArrayValue): boolean =>
  v.elem.kind === 'bool' || (v.elem.kind === 'number' && v.elem.integer);
const numberLike = (v: ArrayValue): Elem => number(isInteger(v));

/** `t - 1` of an ordered index is an index of the same set; on a ring it wraps. */
function elementArithmetic(
  cx: Cx,
  e: Expr & { kind: 'binary' },
  fn: FnName,
  x: ArrayValue,
  y: ArrayValue,
): ArrayValue | undefined {
  const b = cx.ck.b;
  if (x.elem.kind !== 'element' || !x.elem.ordered || (fn !== 'add' && fn !== 'sub')) return undefined;
  if (y.elem.kind === 'element' || !isInteger(y)) return undefined;
  const { set } = x.elem;
  if (set.kind.kind === 'lattice' && set.kind.dims.length > 1)
    return cx.ck.fail(
      'E0303',
      e.span,
      `${showSet(set)} has coordinates: say which, e.g. \`s[p.row + 1, p.col]\``,
    );
  const { axes, nodes } = align(cx, e.span, [x, y]);
  let node: Node = b.call(fn, nodes[0], nodes[1]);
  if (set.kind.kind === 'lattice' && set.kind.wrap) node = b.call('mod', node, b.size(set));
  return { kind: 'array', elem: x.elem, axes, node };
}

const SIGNS: Readonly<Partial<Record<FnName, string>>> = { ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };

function compareValues(
  cx: Cx,
  span: Span,
  fn: FnName,
  left: ArrayValue,
  right: ArrayValue,
  e: Expr & { kind: 'binary' },
): ArrayValue {
  const l = left.elem;
  const r = right.elem;
  if (l.kind === 'element' && r.kind === 'element') {
    if (l.set !== r.set)
      cx.ck.fail(
        'E0302',
        span,
        `elements of different sets are never compared: ${showSet(l.set)} and ${showSet(r.set)}`,
        l.ordered && r.ordered
          ? { suggestion: `compare their positions, e.g. \`i - j ${SIGNS[fn] ?? '=='} 0\`` }
          : {},
      );
    if (fn !== 'eq' && fn !== 'ne' && !(l.ordered && r.ordered))
      cx.ck.fail('E0307', span, `the values of ${showSet(l.set)} have no order: use \`==\` or \`!=\``);
    return lift(cx, span, fn, [left, right], bool);
  }
  const element = l.kind === 'element' ? l : r.kind === 'element' ? r : undefined;
  const other = l.kind === 'element' ? right : left;
  if (element) {
    // A loop variable is a number; a value of a category is named by a whole number where it has no name.
    if (!element.ordered && (element.set.kind.kind === 'labels' || !isInteger(other)))
      cx.ck.fail(
        'E0307',
        span,
        `${describe(l.kind === 'element' ? left : right)} is not compared with ${describe(other)}`,
        {
          suggestion:
            element.set.kind.kind === 'labels'
              ? `compare it with one of its values, e.g. \`${element.set.name}.${element.set.kind.labels[0]}\``
              : undefined,
        },
      );
    if (!element.ordered && fn !== 'eq' && fn !== 'ne')
      cx.ck.fail(
        'E0307',
        span,
        `${describe(l.kind === 'element' ? left : right)} has no order: use \`==\` or \`!=\``,
        {
          suggestion: 'what has an order is an `ordinal` or an `int`',
        },
      );
    const size = staticSize(element.set);
    // Of a loop variable, `t < size` is meant.
    const most = size === undefined || element.ordered ? size : size - 1;
    if (
      other.node.op === 'const' &&
      isInteger(other) &&
      size !== undefined &&
      most !== undefined &&
      (other.node.value < 0 || other.node.value > most)
    )
      cx.ck.fail(
        'E0303',
        (l.kind === 'element' ? e.right : e.left).span,
        `${element.set.name ? `${showSet(element.set)} has the elements` : `${describe(l.kind === 'element' ? left : right)} is`} 0 to ${size - 1}; ${other.node.value} is none`,
      );
    return lift(cx, span, fn, [left, right], bool);
  }
  return lift(cx, span, fn, [left, right], bool);
}
