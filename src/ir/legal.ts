/**
 * What makes a node legal: the invariants of `types.ts`, one rule each. Used in
 * tests and after passes that make nodes; a violation is a fault of the compiler.
 */
import { functions } from './functions.ts';
import { matrixFunctions } from './matrix.ts';
import { axesOfLoop, usesOfLoop } from './scan.ts';
import { type Axis, type Energy, type Node, Uses } from './types.ts';
import { children } from './walk.ts';

/** A node that breaks a rule: an internal error. */
export class IllegalNode extends Error {
  readonly rule: string;

  constructor(rule: string, node: Node, detail: string) {
    super(`illegal IR (${rule}) in node ${node.id} (${node.op}): ${detail}`);
    this.name = 'IllegalNode';
    this.rule = rule;
  }
}

interface Rule {
  readonly name: string;
  /** What is wrong, or null. */
  readonly check: (n: Node) => string | null;
}

const names = (axes: readonly Axis[]): string => `{${axes.map((a) => `${a.name}#${a.id}`).join(', ')}}`;
const distinct = (axes: readonly Axis[]): boolean => new Set(axes).size === axes.length;

/** The free axes by definition, in order of id. */
function freeAxes(n: Node): readonly Axis[] {
  const of = (nodes: readonly Node[]): Axis[] => nodes.flatMap((p) => [...p.axes]);
  const free = (): Axis[] => {
    switch (n.op) {
      case 'axis':
        return [n.axis];
      case 'at':
        return [...of([n.body]).filter((a) => !n.params.includes(a)), ...of(n.indices)];
      case 'reduce':
        return of(children(n)).filter((a) => !n.over.includes(a));
      case 'matrix':
        return [
          ...n.args.flatMap(({ axes, body }) => of([body]).filter((a) => !axes.includes(a))),
          ...of(n.indices),
        ];
      case 'scan':
        return of(n.indices);
      case 'scatter':
        return [...n.into, ...of(children(n)).filter((a) => !n.over.includes(a))];
      default:
        return of(children(n));
    }
  };
  return [...new Set(free())].sort((a, b) => a.id - b.id);
}

/** Equal text for equal structure. */
function structure(n: Node): string {
  const ids = (nodes: readonly Node[]): string => nodes.map((p) => p.id).join(',');
  const axes = (list: readonly Axis[]): string => list.map((a) => a.id).join(',');
  switch (n.op) {
    case 'const':
      return `const ${Object.is(n.value, -0) ? '-0' : n.value}`;
    case 'axis':
      return `axis ${n.axis.id}`;
    case 'size':
      return `size ${n.set.id}`;
    case 'read':
      return `read ${n.slot.id} ${ids(n.indices)}`;
    case 'at':
      return `at ${axes(n.params)} ${n.body.id} ${ids(n.indices)}`;
    case 'call':
      return `call ${n.fn} ${ids(n.args)}`;
    case 'reduce':
      return `reduce ${n.kind} ${axes(n.over)} ${n.where?.id} ${n.body.id}`;
    case 'matrix':
      return `matrix ${n.fn} ${n.args.map((a) => `${axes(a.axes)}:${a.body.id}`).join(' ')} ${ids(n.indices)}`;
    case 'scan':
      return `scan ${n.loop.state.id} ${ids(n.indices)}`;
    case 'scatter':
      return `scatter ${axes(n.into)} ${axes(n.over)} ${ids(n.indices)} ${n.where?.id} ${n.body.id}`;
  }
}

export const rules: readonly Rule[] = [
  {
    name: 'axes are the free axes in order of id',
    check: (n) => {
      const want = freeAxes(n);
      return want.length === n.axes.length && want.every((a, i) => a === n.axes[i])
        ? null
        : `has ${names(n.axes)}, expected ${names(want)}`;
    },
  },
  {
    name: 'children are older than parents',
    check: (n) => {
      const child = children(n).find((p) => p.id >= n.id);
      return child ? `part ${child.id} is not older` : null;
    },
  },
  {
    name: 'uses are the roles read',
    check: (n) => {
      const own = n.op === 'read' ? Uses[n.slot.role] : n.op === 'scan' ? usesOfLoop(n.loop) : 0;
      const want = (n.op === 'scan' ? n.indices : children(n)).reduce((u, p) => u | p.uses, own);
      return n.uses === want ? null : `has ${n.uses}, expected ${want}`;
    },
  },
  {
    name: 'a call has as many arguments as its function',
    check: (n) => {
      if (n.op !== 'call') return null;
      const { arity } = functions[n.fn];
      const fits = arity < 0 ? n.args.length >= 2 : n.args.length === arity;
      return fits ? null : `${n.fn} takes ${arity < 0 ? 'at least 2' : arity}, found ${n.args.length}`;
    },
  },
  {
    name: 'one index for each dimension',
    check: (n) => {
      if (n.op === 'matrix')
        return n.indices.length === matrixFunctions[n.fn].rank
          ? null
          : `expected ${matrixFunctions[n.fn].rank}, found ${n.indices.length}`;
      const want =
        n.op === 'read'
          ? n.slot.sets
          : n.op === 'at'
            ? n.params
            : n.op === 'scatter'
              ? n.into
              : n.op === 'scan'
                ? axesOfLoop(n.loop)
                : null;
      return want !== null && 'indices' in n && n.indices.length !== want.length
        ? `expected ${want.length}, found ${n.indices.length}`
        : null;
    },
  },
  {
    name: 'bound axes are distinct',
    check: (n) => {
      const lists =
        n.op === 'at'
          ? [n.params]
          : n.op === 'matrix'
            ? n.args.map((a) => a.axes)
            : n.op === 'reduce'
              ? [n.over]
              : n.op === 'scatter'
                ? [n.over, n.into]
                : [];
      const bad = lists.find((l) => !distinct(l));
      return bad ? names(bad) : null;
    },
  },
  {
    name: 'a reduction runs over an axis or has a condition',
    check: (n) => (n.op === 'reduce' && n.over.length === 0 && n.where === null ? 'neither' : null),
  },
  {
    name: 'a matrix has rows and columns',
    check: (n) => {
      if (n.op !== 'matrix') return null;
      const { arity } = matrixFunctions[n.fn];
      if (n.args.length !== arity) return `${n.fn} takes ${arity}, found ${n.args.length}`;
      const batch = n.args.flatMap((a) => a.body.axes.filter((x) => !a.axes.includes(x)));
      const bad = n.args.find((a) => a.axes.length !== 2 || a.axes.some((x) => batch.includes(x)));
      return bad ? names(bad.axes) : null;
    },
  },
  {
    name: 'a recurrence is closed',
    check: (n) => {
      if (n.op !== 'scan') return null;
      const { params, over, axes, state, init, body } = n.loop;
      const start = [...params, ...axes];
      if (!distinct([...start, over])) return names([...start, over]);
      const loose = [
        ...init.axes.filter((a) => !start.includes(a)),
        ...body.axes.filter((a) => a !== over && !start.includes(a)),
      ];
      if (loose.length > 0) return names(loose);
      const shape = state.sets.length === start.length && start.every((a, d) => a.set === state.sets[d]);
      return shape ? null : 'its state has another shape';
    },
  },
  {
    name: 'a recurrence is read at distinct axes for its params',
    check: (n) => {
      if (n.op !== 'scan') return null;
      const at = n.indices.slice(0, n.loop.params.length);
      return at.every((i) => i.op === 'axis') && new Set(at).size === at.length
        ? null
        : at.map((i) => i.op).join(', ');
    },
  },
  {
    name: 'axes scattered into do not occur in the parts',
    check: (n) => {
      if (n.op !== 'scatter') return null;
      const bad = n.into.filter((a) => n.over.includes(a) || children(n).some((p) => p.axes.includes(a)));
      return bad.length > 0 ? names(bad) : null;
    },
  },
  {
    name: 'a constant is a number',
    check: (n) => (n.op === 'const' && Number.isNaN(n.value) ? 'NaN' : null),
  },
];

/**
 * Checks every rule on every node that `roots` are made of, and that no two of
 * them have equal structure (interning).
 * @throws IllegalNode that names the rule
 */
export function checkLegal(...roots: readonly Node[]): void {
  const seen = new Set<Node>(roots);
  const known = new Map<string, Node>();
  const stack = [...seen];
  for (let n = stack.pop(); n; n = stack.pop()) {
    for (const { name, check } of rules) {
      const detail = check(n);
      if (detail !== null) throw new IllegalNode(name, n, detail);
    }
    const same = known.get(structure(n));
    if (same) throw new IllegalNode('equal structure means the same object', n, `equals node ${same.id}`);
    known.set(structure(n), n);
    for (const p of children(n))
      if (!seen.has(p)) {
        seen.add(p);
        stack.push(p);
      }
  }
}

/**
 * Checks all expressions of an energy, and that they have no free axes but their own.
 * @throws IllegalNode that names the rule
 */
export function checkLegalEnergy(energy: Energy): void {
  const closed: readonly (readonly [Node, readonly Axis[]])[] = [
    ...energy.terms.map((t) => [t.body, []] as const),
    ...energy.support.map((c) => [c.condition, c.axes] as const),
    ...energy.support.flatMap((c) => (c.where ? [[c.where, c.axes] as const] : [])),
    ...energy.reports.map((r) => [r.value.body, r.value.axes] as const),
    ...(energy.hierarchies ?? []).flatMap((h) =>
      [h.loc, h.scale, h.logDensity].flatMap((n) => (n ? [[n, h.axes] as const] : [])),
    ),
  ];
  checkLegal(...new Set(closed.map(([n]) => n)));
  for (const [n, axes] of closed) {
    const loose = n.axes.filter((a) => !axes.includes(a));
    if (loose.length > 0) throw new IllegalNode('an energy has no free axes', n, names(loose));
  }
}
