/** Tensor programs as diagrams: operations in layers, coloured by what they are for, groups folded into one node. */
import type { TensorGroup, TensorView, TensorViewNode } from '../engines/tensors/view.ts';
import type { Diagram, DiagramEdge, DiagramNode } from '../plot/diagram.ts';
import { type Ink, seriesInk } from '../plot/theme.ts';

/** Groups with fewer operations are never folded. */
const SMALL_GROUP = 3;
/** Operations that are drawn one by one, at most. */
export const MANY_STEPS = 30;
/** Inputs of one record that stand by themselves, at most. */
const MANY_FIELDS = 4;

/** The ink of a group. */
export const groupInk = (view: TensorView, group: number): Ink =>
  view.groups[group]?.kind === 'shared' ? 'neutral' : seriesInk(group);

/** The groups that are folded when a program is first seen: the largest, until what is left can be drawn. */
export function foldedFirst(view: TensorView): ReadonlySet<number> {
  const order = view.groups
    .map((g, i) => ({ steps: g.steps, i }))
    .filter((g) => g.steps >= SMALL_GROUP)
    .sort((x, y) => y.steps - x.steps);
  let shown = view.groups.reduce((n, g) => n + g.steps, 0);
  const folded = new Set<number>();
  for (const { steps, i } of order) {
    if (shown <= MANY_STEPS) break;
    folded.add(i);
    shown -= steps;
  }
  return folded;
}

/** `24 × 24`; nothing for a number. */
export const shapeText = (shape: readonly number[]): string => shape.join(' × ');

export const shareText = (part: number, whole: number): string => {
  const percent = (100 * part) / Math.max(whole, 1e-9);
  return percent < 0.5 ? '' : `${percent.toFixed(0)} %`;
};

export const groupTitle = (g: TensorGroup): string => {
  switch (g.kind) {
    case 'term':
      return `term ${g.name}`;
    case 'support':
      return 'requirement';
    case 'gradient':
      return `gradient by ${g.name}`;
    case 'shared':
      return 'shared by several';
  }
};

/** @param folded positions of groups that are one node */
export function tensorDiagram(view: TensorView, folded: ReadonlySet<number>): Diagram {
  const nodes: DiagramNode[] = [];
  const edges = new Map<string, DiagramEdge>();
  const byRef = new Map(view.nodes.map((n) => [n.ref, n]));
  const records = recordsOf(view);
  const isScalar = (n: TensorViewNode | undefined): boolean => n?.kind === 'constant' && n.shape.length === 0;
  const keyOf = (ref: number): string => {
    const n = byRef.get(ref);
    const record = records.get(ref);
    if (record !== undefined) return `record ${record}`;
    return n?.kind === 'step' && n.group !== null && folded.has(n.group) ? `group ${n.group}` : `node ${ref}`;
  };
  const connect = (from: string, to: string): void => {
    if (from !== to) edges.set(`${from}\n${to}`, { from, to, arrow: true });
  };
  view.groups.forEach((g, i) => {
    if (!folded.has(i) || g.steps === 0) return;
    const share = shareText(g.nanoseconds, view.nanoseconds);
    nodes.push({
      key: `group ${i}`,
      id: `group ${i}`,
      shape: 'box',
      label: groupTitle(g),
      note: `${g.steps} operations${share ? ` · ${share}` : ''}`,
      ink: groupInk(view, i),
      fill: 'full',
      title: `${groupTitle(g)}: ${g.steps} operations, folded`,
    });
  });
  for (const record of new Set(records.values())) {
    const fields = [...records.values()].filter((r) => r === record).length;
    const role = view.nodes.find((n) => records.get(n.ref) === record)?.role;
    nodes.push({
      key: `record ${record}`,
      id: `record ${record}`,
      shape: 'pill',
      label: record,
      note: `${fields} ${role === 'param' ? 'arrays' : 'fields'}`,
      ink: role === 'param' ? 'c3' : 'c0',
      fill: 'soft',
      title: `${record}, ${fields} inputs`,
    });
  }
  const results = new Set<string>();
  for (const n of view.nodes) {
    if (isScalar(n) && n.outputs.length === 0) continue;
    const key = keyOf(n.ref);
    if (key === `node ${n.ref}`) nodes.push(nodeOf(n, view, byRef));
    for (const r of n.ins) if (!isScalar(byRef.get(r))) connect(keyOf(r), key);
    for (const name of n.outputs) {
      const group =
        view.groups.find((g) => g.name === name && g.kind !== 'shared') ?? groupAround(view, name);
      const out = `output ${group?.kind ?? ''} ${group?.name ?? name}`;
      connect(key, out);
      if (results.has(out)) continue;
      results.add(out);
      nodes.push({
        key: out,
        id: out,
        shape: 'pill',
        label: group?.kind === 'gradient' ? `∂E/∂${group.name}` : (group?.name ?? name),
        ink: n.group === null ? 'c7' : groupInk(view, n.group),
        fill: 'full',
        title: group ? groupTitle(group) : name,
      });
    }
  }
  return { nodes, edges: [...edges.values()], plates: [] };
}

/** The group of a field: that of its record. */
const groupAround = (view: TensorView, name: string): TensorGroup | undefined =>
  view.groups.find((g) => g.kind === 'gradient' && name.startsWith(`${g.name}.`));

/** Inputs that are drawn as one: the fields of a record, the arrays of a network, where they are many. */
function recordsOf(view: TensorView): ReadonlyMap<number, string> {
  const byRecord = new Map<string, number[]>();
  for (const n of view.nodes) {
    if (n.kind !== 'input' || !n.name.includes('.')) continue;
    const record = n.name.split('.')[0];
    byRecord.set(record, [...(byRecord.get(record) ?? []), n.ref]);
  }
  return new Map(
    [...byRecord].flatMap(([record, refs]) =>
      refs.length > MANY_FIELDS ? refs.map((r) => [r, record] as const) : [],
    ),
  );
}

function nodeOf(
  n: TensorViewNode,
  view: TensorView,
  byRef: ReadonlyMap<number, TensorViewNode>,
): DiagramNode {
  const key = `node ${n.ref}`;
  const shape = shapeText(n.shape);
  if (n.kind !== 'step') {
    const what = n.kind === 'constant' ? 'known' : n.role === 'param' ? 'parameter' : (n.role ?? 'input');
    return {
      key,
      id: key,
      shape: 'pill',
      label: n.name,
      note: shape === '' ? 'number' : shape,
      ink: n.kind === 'constant' || n.role === 'data' ? 'neutral' : n.role === 'param' ? 'c3' : 'c0',
      fill: 'soft',
      title: `${what} ${n.name}${shape ? `, ${shape}` : ''}`,
    };
  }
  const numbers = n.ins.flatMap((r) => {
    const other = byRef.get(r);
    return other?.kind === 'constant' && other.shape.length === 0 ? [other.name] : [];
  });
  const share = shareText(n.nanoseconds, view.nanoseconds);
  return {
    key,
    id: key,
    shape: 'box',
    label: [n.name, ...numbers].join(' '),
    note: [shape === '' ? 'number' : shape, share].filter((s) => s !== '').join(' · '),
    ink: groupInk(view, n.group ?? -1),
    fill: 'soft',
    title: `${n.name}${shape ? `, ${shape}` : ''}${share ? `, ${share} of the time` : ''}`,
  };
}
