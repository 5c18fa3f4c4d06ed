/**
 * Reads outside arrays, found when data are bound: engines clamp what is out of
 * range (guards rely on it), so an unguarded read would be silently wrong.
 *
 * Every read is followed with the conditions under which it is evaluated (`where`,
 * `if`, the left side of `and`). Only what is known without the unknowns is judged:
 * a read at an index, or behind a guard of the index, that depends on them is left
 * alone, unless nothing guards it and the index is a sum of unknowns that reaches outside.
 */
import { isDiscrete, stateCount, valueMap } from '../domain.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Builder } from '../ir/build.ts';
import { resultSets } from '../ir/matrix.ts';
import { axesOfLoop } from '../ir/scan.ts';
import { type Axis, type Energy, type IndexSet, type Node, type Slot, Uses } from '../ir/types.ts';
import { children, visit } from '../ir/walk.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import type { BoundProgram } from './bound.ts';
import type { BindCode } from './codes.ts';

/** Positions at which one index is evaluated, at most; larger index maps are not looked at. */
const MAX_POSITIONS = 2 ** 17;

/** Expressions with their guards that are followed in one term, at most: the rest is not looked at. */
const MAX_GUARDED = 2 ** 15;

/** Where an expression stands in the program. */
interface Root {
  readonly what: string;
  readonly span: Span;
  readonly node: Node;
  readonly guards: readonly Node[];
}

/** @throws EnergyError E0538 for the first read that is outside */
export function checkReads(bound: BoundProgram, energy: Energy): void {
  const roots: Root[] = [
    ...energy.terms.map((t) => ({ what: `the term \`${t.name}\``, span: t.span, node: t.body, guards: [] })),
    ...energy.support.map((c) => ({
      what: 'this requirement',
      span: c.span,
      node: c.condition,
      guards: c.where ? [c.where] : [],
    })),
    ...energy.reports.map((r) => ({
      what: `the report \`${r.name}\``,
      span: r.span,
      node: r.value.body,
      guards: [],
    })),
  ];
  const doubtful = doubtfulIn(
    roots.flatMap((r) => [r.node, ...r.guards]),
    bound,
  );
  for (const root of roots) {
    const seen = new Set<string>();
    for (const g of root.guards) follow(bound, root, g, [], seen, doubtful);
    follow(bound, root, root.node, root.guards, seen, doubtful);
  }
}

/** Expressions with a read in them whose index might be outside; guards of all others need not be followed. */
function doubtfulIn(roots: readonly Node[], { sizeOf, program }: BoundProgram): ReadonlySet<Node> {
  const out = new Set<Node>();
  const inside = (indices: readonly Node[], sets: readonly IndexSet[]): boolean =>
    indices.every((index, d) => stays(index, sets[d], sizeOf(sets[d]), sizeOf));
  visit(roots, (n) => {
    const safe =
      n.op === 'read'
        ? inside(n.indices, n.slot.sets)
        : n.op === 'at'
          ? inside(
              n.indices,
              n.params.map((a) => a.set),
            )
          : n.op === 'scan'
            ? inside(
                n.indices,
                axesOfLoop(n.loop).map((a) => a.set),
              )
            : n.op !== 'call' ||
              n.fn !== 'pick' ||
              inside([n.args[0]], [program.builder.range(n.args.length - 1)]);
    if (!safe || children(n).some((c) => out.has(c))) out.add(n);
  });
  return out;
}

type Guards = readonly Node[];

function follow(
  bound: BoundProgram,
  root: Root,
  n: Node,
  guards: Guards,
  seen: Set<string>,
  doubtful: ReadonlySet<Node>,
): void {
  if (!doubtful.has(n) || seen.size > MAX_GUARDED) return;
  const key = `${n.id}|${guards.map((g) => g.id).join(',')}`;
  if (seen.has(key)) return;
  seen.add(key);
  const b = bound.program.builder;
  const go = (m: Node, more: Guards = []): void =>
    follow(bound, root, m, guarding(guards, more), seen, doubtful);
  switch (n.op) {
    case 'const':
    case 'axis':
    case 'size':
      return;
    case 'read':
      for (const i of n.indices) go(i);
      n.indices.forEach((index, d) => {
        judge(bound, root, n.slot.name, n.slot.sets[d], index, guards);
      });
      return;
    case 'at':
      for (const i of n.indices) go(i);
      n.indices.forEach((index, d) => {
        judge(bound, root, 'this array', n.params[d].set, index, guards);
      });
      go(n.body);
      return;
    case 'call': {
      const [x, ...rest] = n.args;
      go(x);
      if (n.fn === 'select') {
        go(rest[0], [x]);
        go(rest[1], [b.call('not', x)]);
      } else if (n.fn === 'and') go(rest[0], [x]);
      else if (n.fn === 'or') go(rest[0], [b.call('not', x)]);
      else if (n.fn === 'pick') {
        judge(bound, root, 'this array', b.range(rest.length), x, guards);
        rest.forEach((item, k) => {
          go(item, [b.call('eq', x, b.const(k))]);
        });
      } else for (const a of rest) go(a);
      return;
    }
    case 'reduce':
      if (n.where) go(n.where);
      go(n.body, n.where ? [n.where] : []);
      return;
    case 'matrix':
      for (const i of n.indices) go(i);
      resultSets(n).forEach((set, d) => {
        judge(bound, root, 'this matrix', set, n.indices[d], guards);
      });
      for (const a of n.args) go(a.body);
      return;
    case 'scan': {
      const { loop, indices } = n;
      for (const i of indices) go(i);
      axesOfLoop(loop).forEach(({ set }, d) => {
        judge(bound, root, 'this array', set, indices[d], guards);
      });
      // All its steps are taken, whatever guards the read of one.
      for (const part of [loop.init, loop.body]) follow(bound, root, part, [], seen, doubtful);
      return;
    }
    case 'scatter':
      throw new Error('a derivative among the terms of an energy');
  }
}

/** One guard more, if it is not among them. */
const guarding = (guards: Guards, more: Guards): Guards =>
  more.every((g) => guards.includes(g)) ? guards : [...guards, ...more];

const isStatic = (n: Node): boolean => (n.uses & (Uses.unknown | Uses.param | Uses.input | Uses.state)) === 0;

/** Whether one index of a read leaves its set at some position where the guards hold. */
function judge(
  bound: BoundProgram,
  root: Root,
  name: string,
  set: IndexSet,
  index: Node,
  guards: Guards,
): void {
  const size = bound.sizeOf(set);
  if (stays(index, set, size, bound.sizeOf)) return;
  const known = judgeable(index, guards);
  if (known === null) return;
  if (!isStatic(index)) {
    const reach = guards.length === 0 ? reachOf(index, bound.sizeOf) : null;
    const bad = reach?.find((v) => v < 0 || v >= size);
    if (bad !== undefined) throw outside(root, name, set, size, bad, ' for some values of the unknowns');
    return;
  }
  const b = bound.program.builder;
  const wrong = b.call('or', b.call('lt', index, b.const(0)), b.call('ge', index, b.const(size)));
  const axes = [...new Set([index, ...known].flatMap((n) => n.axes))];
  if (axes.reduce((n, a) => n * bound.sizeOf(a.set), 1) > MAX_POSITIONS) return;
  const outputs = [
    { name: 'at', axes, node: tame(b, index, bound.sizeOf) },
    {
      name: 'wrong',
      axes,
      node: tame(
        b,
        known.reduceRight((n, g) => b.call('and', g, n), wrong),
        bound.sizeOf,
      ),
    },
  ];
  const run = referenceEngine().compile({ outputs, sizeOf: bound.sizeOf }, bound.constants).run(new Map());
  const first = run.get('wrong')!.data.findIndex((x: number) => x !== 0);
  if (first >= 0)
    throw outside(root, name, set, size, run.get('at')!.data[first], placeOf(axes, first, bound.sizeOf));
}

/**
 * The guards that are known now. One that is not known but says the same of every position of the index is
 * left out: it may hold. Null where an unknown guard may keep some positions out and not others.
 */
function judgeable(index: Node, guards: Guards): Guards | null {
  const parts = guards.flatMap(conjuncts);
  const open = parts.filter((g) => !isStatic(g));
  return open.some((g) => g.axes.some((a) => index.axes.includes(a))) ? null : parts.filter(isStatic);
}

const conjuncts = (n: Node): Guards => (n.op === 'call' && n.fn === 'and' ? n.args.flatMap(conjuncts) : [n]);

/** Indices that cannot be outside, by their form. */
function stays(index: Node, set: IndexSet, size: number, sizeOf: (set: IndexSet) => number): boolean {
  switch (index.op) {
    case 'axis':
      return index.axis.set === set || sizeOf(index.axis.set) <= size;
    case 'const':
      return Number.isInteger(index.value) && index.value >= 0 && index.value < size;
    case 'read': {
      const d = index.slot.domain;
      return (
        (d.kind === 'category' || d.kind === 'permutation') && (d.values === set || sizeOf(d.values) <= size)
      );
    }
    case 'call':
      return index.fn === 'mod' && index.args[1].op === 'const' && index.args[1].value <= size;
    default:
      return false;
  }
}

/**
 * The least and the largest value of an index that depends on discrete unknowns, both of which it takes: sums
 * and products of variables that occur once. Null for anything else.
 */
function reachOf(index: Node, sizeOf: (set: IndexSet) => number): readonly [number, number] | null {
  const seen = new Set<Node>();
  const go = (n: Node): readonly [number, number] | null => {
    if (n.op === 'const') return [n.value, n.value];
    if (n.op === 'size') return [sizeOf(n.set), sizeOf(n.set)];
    if (seen.has(n)) return null;
    seen.add(n);
    if (n.op === 'axis') return [0, sizeOf(n.axis.set) - 1];
    if (n.op === 'read') return n.slot.role === 'unknown' ? domainReach(n.slot, sizeOf) : null;
    if (n.op !== 'call') return null;
    const parts = n.args.map(go);
    if (parts.some((p) => p === null)) return null;
    const [x, y] = parts as (readonly [number, number])[];
    switch (n.fn) {
      case 'add':
        return [x[0] + y[0], x[1] + y[1]];
      case 'sub':
        return [x[0] - y[1], x[1] - y[0]];
      case 'neg':
        return [-x[1], -x[0]];
      case 'mul': {
        const ends = x.flatMap((a) => y.map((b) => a * b));
        return [Math.min(...ends), Math.max(...ends)];
      }
      default:
        return null;
    }
  };
  return go(index);
}

function domainReach(slot: Slot, sizeOf: (set: IndexSet) => number): readonly [number, number] | null {
  const d = slot.domain;
  if (!isDiscrete(d)) return null;
  const { offset, scale } = valueMap(d);
  return [offset, offset + scale * (stateCount(d, sizeOf) - 1)];
}

/** The expression with reads outside their arrays made −1: they are judged by themselves. */
export const tame = (b: Builder, root: Node, sizeOf: (set: IndexSet) => number): Node =>
  b.mapReads(root, (slot, indices) => {
    const inside = insideOf(b, slot, indices, sizeOf);
    return inside === null ? undefined : b.call('select', inside, b.read(slot, indices), b.const(-1));
  });

/** Whether indices lie in an array's index sets, as an expression; null where they must. */
export function insideOf(
  b: Builder,
  slot: Slot,
  indices: readonly Node[],
  sizeOf: (set: IndexSet) => number,
): Node | null {
  const all = indices.flatMap((i, d) => {
    const set = slot.sets[d];
    const size = sizeOf(set);
    return stays(i, set, size, sizeOf) ? [] : [b.call('ge', i, b.const(0)), b.call('lt', i, b.const(size))];
  });
  return all.length === 0 ? null : all.reduce((x, y) => b.call('and', x, y));
}

/** ` (t = 3)` for the loop variables of a flat position. */
function placeOf(axes: readonly Axis[], position: number, sizeOf: (set: IndexSet) => number): string {
  const parts: string[] = [];
  let rest = position;
  for (const a of [...axes].reverse()) {
    const n = sizeOf(a.set);
    parts.unshift(`${a.name} = ${rest % n}`);
    rest = Math.floor(rest / n);
  }
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function outside(
  { what, span }: Root,
  name: string,
  set: IndexSet,
  size: number,
  value: number,
  where: string,
): EnergyError {
  const index = set.name ? `\`${set.name}\`` : 'its index';
  const array = name === 'this array' ? 'an array' : name === 'this matrix' ? 'a matrix' : `\`${name}\``;
  const lattice = set.kind.kind === 'lattice' && set.kind.dims.length > 1 ? set.kind.dims : null;
  const message = lattice
    ? `${what} reads ${array} outside the ${lattice.join('×')} sites of ${index}${where}`
    : `${what} reads ${array} at ${value}${where}, but ${index} runs from 0 to ${size - 1}`;
  return new EnergyError([
    {
      severity: 'error',
      code: 'E0538' satisfies BindCode,
      place: at(span),
      message,
      suggestion: `leave it out with \`where …\` or \`if … then … else …\`${
        set.kind.kind === 'lattice' && !lattice ? '; `ring(n)` wraps by itself' : ''
      }`,
    },
  ]);
}
