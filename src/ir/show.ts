/**
 * The IR as mathematical text, for `energy emit ir` and for messages of tests.
 * Parentheses are minimal; a shared expression that is more than one operation on
 * leaves gets a name, with the axes that it depends on: `t1[i] = …`.
 */
import { showDomain } from '../domain.ts';
import type { Axis, CallNode, Energy, FnName, IndexSet, Lambda, Node, Slot } from './types.ts';
import { children, visit } from './walk.ts';

/** The text of one expression; definitions of shared parts come first, one a line. */
export function showNode(node: Node): string {
  const printer = new Printer([node]);
  const body = printer.text(node, 0);
  return [...printer.definitions, body].join('\n');
}

/** `[i in site] body`, the text of an array. */
export function showLambda(f: Lambda): string {
  const printer = new Printer([f.body]);
  const axes = printer.binders(f.axes);
  const body = printer.text(f.body, 0);
  return [...printer.definitions, `${axes === '' ? '' : `[${axes}] `}${body}`].join('\n');
}

/** The text of an energy: its unknowns, shared expressions, terms, support and reports. */
export function showEnergy(energy: Energy): string {
  const roots = [
    ...energy.terms.map((t) => t.body),
    ...energy.support.flatMap((c) => (c.where ? [c.condition, c.where] : [c.condition])),
    ...energy.reports.map((r) => r.value.body),
  ];
  const printer = new Printer(roots);
  const lines: string[] = [];
  for (const t of energy.terms) lines.push(`term ${t.name} = ${printer.text(t.body, 0)}`);
  for (const c of energy.support) {
    const binders = printer.binders(c.axes);
    const where = c.where ? ` where ${printer.text(c.where, 0)}` : '';
    const loop = binders === '' ? '' : ` for ${binders}`;
    lines.push(`require ${printer.text(c.condition, 0)}${loop}${where}`);
  }
  for (const r of energy.reports) {
    const binders = printer.binders(r.value.axes);
    const loop = binders === '' ? '' : `[${binders}] `;
    lines.push(`report ${r.name} = ${loop}${printer.text(r.value.body, 0)}`);
  }
  const header = `energy ${energy.name}(${energy.unknowns.map(showSlot).join(', ')})`;
  return [header, ...[...printer.definitions, ...lines].map((l) => `  ${l}`)].join('\n');
}

/** `s : spin[site]` */
export const showSlot = (s: Slot): string =>
  `${s.name} : ${showDomain(s.domain)}${s.sets.length === 0 ? '' : `[${s.sets.map(showSet).join(', ')}]`}`;

/** The name of an index set, or what it is if it has none. */
export function showSet(s: IndexSet): string {
  if (s.name !== '') return s.name;
  switch (s.kind.kind) {
    case 'open':
      return '?';
    case 'range':
      return `0..${s.kind.size}`;
    case 'lattice':
      return `grid(${s.kind.dims.join(', ')})`;
    case 'labels':
      return `{${s.kind.labels.join(', ')}}`;
    case 'tuples':
      return `(${s.kind.components.map(showSet).join(', ')})`;
  }
}

// ── Precedence ──────────────────────────────────────────────────────────────

const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARE = 4;
const ADD = 5;
/** A minus sign or a `sum[…]` in front: takes a product. */
const PREFIX = 6;
const MUL = 7;
const POWER = 8;
const ATOM = 9;

/** Operator, its precedence, and those that its operands need. */
const infix: Partial<Record<FnName, readonly [text: string, own: number, left: number, right: number]>> = {
  or: [' or ', OR, OR, AND],
  and: [' and ', AND, AND, NOT],
  eq: [' == ', COMPARE, ADD, ADD],
  ne: [' != ', COMPARE, ADD, ADD],
  lt: [' < ', COMPARE, ADD, ADD],
  le: [' <= ', COMPARE, ADD, ADD],
  gt: [' > ', COMPARE, ADD, ADD],
  ge: [' >= ', COMPARE, ADD, ADD],
  add: [' + ', ADD, ADD, PREFIX],
  sub: [' - ', ADD, ADD, PREFIX],
  mul: ['*', MUL, MUL, POWER],
  div: ['/', MUL, MUL, POWER],
  pow: ['^', POWER, ATOM, ATOM],
};

/** How high an expression grows before a part of it gets a name of its own. */
const STEP = 100;

class Printer {
  readonly definitions: string[] = [];
  private readonly uses = new Map<Node, number>();
  private readonly named = new Map<Node, string>();
  private readonly axisNames = new Map<Axis, string>();
  private readonly taken = new Set<string>();
  /** Steps on the way up a long expression, children first: they get names, so that no text is deep in texts. */
  private long: Node[] = [];

  constructor(roots: readonly Node[]) {
    const stack = [...roots];
    for (let n = stack.pop(); n; n = stack.pop()) {
      const before = this.uses.get(n) ?? 0;
      this.uses.set(n, before + 1);
      if (before > 0) continue;
      if (n.op === 'read') this.taken.add(n.slot.name);
      stack.push(...children(n));
    }
    const heights = new Map<Node, number>();
    visit(roots, (n) => {
      const height = 1 + children(n).reduce((most, c) => Math.max(most, heights.get(c) ?? 0), 0);
      heights.set(n, height % STEP);
      if (height === STEP && !isSmall(n)) this.long.push(n);
    });
  }

  binders(axes: readonly Axis[]): string {
    return axes.map((a) => `${this.axis(a)} in ${showSet(a.set)}`).join(', ');
  }

  /** @param least parentheses are put around what binds less tightly */
  text(n: Node, least: number): string {
    if (this.long.length > 0) {
      const { long } = this;
      this.long = [];
      for (const step of long) {
        this.uses.set(step, 2);
        this.text(step, 0);
      }
    }
    if ((this.uses.get(n) ?? 0) < 2 || isSmall(n)) return this.raw(n, least);
    let name = this.named.get(n);
    if (name === undefined) {
      const args = n.axes.map((a) => this.axis(a)).join(', ');
      const body = this.raw(n, 0);
      name = `${this.fresh('t', this.named.size + 1)}${args === '' ? '' : `[${args}]`}`;
      this.named.set(n, name);
      this.definitions.push(`${name} = ${body}`);
    }
    return name;
  }

  private raw(n: Node, least: number): string {
    const [text, own] = this.parts(n);
    return own < least ? `(${text})` : text;
  }

  private list(nodes: readonly Node[]): string {
    return nodes.map((n) => this.text(n, 0)).join(', ');
  }

  /** The text and its precedence. */
  private parts(n: Node): readonly [string, number] {
    switch (n.op) {
      case 'const':
        return [showNumber(n.value), n.value < 0 || Object.is(n.value, -0) ? PREFIX : ATOM];
      case 'axis':
        return [this.axis(n.axis), ATOM];
      case 'size':
        return [`|${showSet(n.set)}|`, ATOM];
      case 'read':
        return [n.indices.length === 0 ? n.slot.name : `${n.slot.name}[${this.list(n.indices)}]`, ATOM];
      case 'at':
        return [`[${this.text(n.body, 0)} for ${this.binders(n.params)}][${this.list(n.indices)}]`, ATOM];
      case 'call':
        return this.call(n);
      case 'reduce': {
        const where = n.where ? ` where ${this.text(n.where, 0)}` : '';
        return [`${n.kind}[${this.binders(n.over)}${where}] ${this.text(n.body, PREFIX)}`, PREFIX];
      }
      case 'matrix': {
        const matrices = n.args.map((a) => `[${this.text(a.body, 0)} for ${this.binders(a.axes)}]`);
        const at = n.indices.length === 0 ? '' : `[${this.list(n.indices)}]`;
        return [`${n.fn}(${matrices.join(', ')})${at}`, ATOM];
      }
      case 'scan': {
        const { params, over, axes, backward, init, body, state } = n.loop;
        const [each, lead] = [this.binders(axes), this.binders(params)];
        const start = `${each === '' ? '' : `[${each}] `}${this.text(init, 0)}`;
        const time = `${this.binders([over])}${backward ? ' backwards' : ''}`;
        const step = `${each === '' ? '' : `[${each}] `}${this.text(body, 0)}`;
        const scan = `${lead === '' ? '' : `[${lead}] `}scan[${time}, ${state.name} = ${start}] ${step}`;
        return [`(${scan})[${this.list(n.indices)}]`, ATOM];
      }
      case 'scatter': {
        const into = n.into.map((a, d) => `${this.axis(a)} = ${this.text(n.indices[d], ADD)}`).join(', ');
        const where = n.where ? ` where ${this.text(n.where, 0)}` : '';
        return [`scatter[${into} for ${this.binders(n.over)}${where}] ${this.text(n.body, PREFIX)}`, PREFIX];
      }
    }
  }

  private call(n: CallNode): readonly [string, number] {
    const [x, y, z] = n.args;
    const operator = infix[n.fn];
    if (operator) {
      const [text, own, left, right] = operator;
      const second = this.text(y, right);
      return [
        `${this.text(x, left)}${text}${own === ADD && second.startsWith('-') ? `(${second})` : second}`,
        own,
      ];
    }
    switch (n.fn) {
      case 'neg':
        return [`-${this.text(x, MUL)}`, PREFIX];
      case 'square':
        return [`${this.text(x, ATOM)}^2`, POWER];
      case 'not':
        return [`not ${this.text(x, NOT)}`, NOT];
      case 'select':
        return [`if ${this.text(x, OR)} then ${this.text(y, OR)} else ${this.text(z, 0)}`, 0];
      case 'pick':
        return [`[${this.list(n.args.slice(1))}][${this.text(x, 0)}]`, ATOM];
      default:
        return [`${n.fn}(${this.list(n.args)})`, ATOM];
    }
  }

  private axis(a: Axis): string {
    let name = this.axisNames.get(a);
    if (name === undefined) {
      name = this.taken.has(a.name) ? this.fresh(a.name, 2) : this.fresh(a.name, null);
      this.axisNames.set(a, name);
    }
    return name;
  }

  /** A name not in use: `stem`, or `stem` and the first free number. */
  private fresh(stem: string, from: number | null): string {
    let name = from === null ? stem : `${stem}${from}`;
    for (let k = from ?? 2; this.taken.has(name); k++) name = `${stem}${k}`;
    this.taken.add(name);
    return name;
  }
}

const isLeaf = (n: Node): boolean =>
  n.op === 'const' ||
  n.op === 'axis' ||
  n.op === 'size' ||
  (n.op === 'read' && n.indices.every((i) => isLeaf(i)));

/** At most one operation on leaves: repeating it reads better than a name. */
const isSmall = (n: Node): boolean => isLeaf(n) || (n.op === 'call' && n.args.every(isLeaf));

const showNumber = (x: number): string =>
  x === Number.POSITIVE_INFINITY
    ? 'inf'
    : x === Number.NEGATIVE_INFINITY
      ? '-inf'
      : Object.is(x, -0)
        ? '-0'
        : String(x);
