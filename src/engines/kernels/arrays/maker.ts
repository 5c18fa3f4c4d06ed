/** Makes nodes of one program, equal ones once; like the builder of `ir/`, but plain: nothing is simplified. */
import type { Axis, FnName, Node } from '../../../ir/types.ts';

type Axes = readonly Axis[];
type Bare<T> = T extends Node ? Omit<T, 'id'> : never;

/** Makes nodes, equal ones once; ids grow, children are older than parents. */
export class Maker {
  private readonly table = new Map<string, Node>();
  private next = 0;

  axis(axis: Axis): Node {
    return this.intern(`a${axis.id}`, { op: 'axis', axis, axes: [axis], uses: 0 });
  }

  const(value: number): Node {
    return this.intern(`c${Object.is(value, -0) ? '-0' : value}`, { op: 'const', value, axes: [], uses: 0 });
  }

  call(fn: FnName, ...args: readonly Node[]): Node {
    return this.intern(`${fn}(${ids(args)})`, {
      op: 'call',
      fn,
      args,
      axes: union(args),
      uses: usesOf(args),
    });
  }

  reduce(kind: 'sum' | 'prod' | 'max' | 'min', over: Axes, body: Node, where: Node | null): Node {
    const parts = where ? [body, where] : [body];
    return this.intern(`${kind}<${over.map((a) => a.id)}>${ids(parts)}`, {
      op: 'reduce',
      kind,
      over,
      where,
      body,
      axes: union(parts).filter((a) => !over.includes(a)),
      uses: usesOf(parts),
    });
  }

  intern(key: string, bare: Bare<Node>): Node {
    const known = this.table.get(key);
    if (known) return known;
    const made = { ...bare, id: this.next++ } as Node;
    this.table.set(key, made);
    return made;
  }
}

export const ids = (nodes: readonly Node[]): string => nodes.map((n) => n.id).join(',');
const usesOf = (nodes: readonly Node[]): number => nodes.reduce((u, n) => u | n.uses, 0);

/** The free axes of the nodes, by id. */
export function union(nodes: readonly { readonly axes: Axes }[]): Axes {
  if (nodes.length === 1) return nodes[0].axes;
  let out: Axes = [];
  for (const { axes } of nodes) {
    if (axes.every((a) => out.includes(a))) continue;
    out = out.every((a) => axes.includes(a))
      ? axes
      : [...new Set([...out, ...axes])].sort((a, b) => a.id - b.id);
  }
  return out;
}
