/** Where the nodes of a diagram stand: in layers, as springs would have them, or where they were put. */
import { Graph, layout as layered } from '@dagrejs/dagre';
import type { Diagram, DiagramNode, PlacedDiagram, Point } from './diagram.ts';
import { sizeOfNode } from './diagram.ts';

const EDGE = 16;
const PLATE_PAD = 14;
/** Room for a plate's name. */
const PLATE_FOOT = 24;

export interface LayerOptions {
  /** From top to bottom, or from left to right. */
  readonly direction?: 'TB' | 'LR';
  readonly betweenNodes?: number;
  readonly betweenLayers?: number;
}

/** In layers along the edges (Gansner, Koutsofios, North and Vo, IEEE Trans. Softw. Eng. 19, 1993), plates kept together. */
export function layeredLayout(d: Diagram, options: LayerOptions = {}): PlacedDiagram {
  const g = new Graph({ compound: true, multigraph: true });
  g.setGraph({
    rankdir: options.direction ?? 'TB',
    nodesep: options.betweenNodes ?? 30,
    ranksep: options.betweenLayers ?? 34,
    edgesep: 14,
  });
  g.setDefaultEdgeLabel(() => ({}));
  const used = new Set(d.nodes.flatMap((n) => (n.plate ? [n.plate] : [])));
  const parents = new Map(d.plates.map((p) => [p.id, p.parent]));
  for (const id of [...used]) for (let p = parents.get(id); p; p = parents.get(p)) used.add(p);
  for (const p of d.plates) if (used.has(p.id)) g.setNode(p.id, {});
  for (const p of d.plates) if (used.has(p.id) && p.parent !== null) g.setParent(p.id, p.parent);
  for (const n of d.nodes) {
    g.setNode(n.key, { ...sizeOfNode(n) });
    if (n.plate) g.setParent(n.key, n.plate);
  }
  d.edges.forEach((e, i) => {
    g.setEdge(e.from, e.to, {}, `e${i}`);
  });
  layered(g);
  const centres = new Map<string, Point>();
  for (const n of d.nodes) {
    const { x = 0, y = 0 } = g.node(n.key);
    centres.set(n.key, { x, y });
  }
  const ways = d.edges.map((e, i): readonly Point[] => {
    const points: readonly Point[] = g.edge({ v: e.from, w: e.to, name: `e${i}` }).points ?? [];
    return points.map(({ x, y }) => ({ x, y }));
  });
  return finished(d, centres, ways);
}

/** Steps of the springs, and how far apart they hold nodes. */
const STEPS = 320;
const SPRING = 46;

/** As springs would have them (Fruchterman and Reingold, Softw. Pract. Exp. 21, 1991), from a circle: always the same. */
export function springLayout(d: Diagram): PlacedDiagram {
  const n = d.nodes.length;
  const index = new Map(d.nodes.map((node, i) => [node.key, i]));
  const radius = (SPRING * n) / (2 * Math.PI);
  const x = Float64Array.from({ length: n }, (_, i) => radius * Math.cos((2 * Math.PI * i) / n));
  const y = Float64Array.from({ length: n }, (_, i) => radius * Math.sin((2 * Math.PI * i) / n));
  const pairs = d.edges.map((e) => [index.get(e.from) ?? 0, index.get(e.to) ?? 0] as const);
  const [fx, fy] = [new Float64Array(n), new Float64Array(n)];
  for (let step = 0; step < STEPS; step++) {
    fx.fill(0);
    fy.fill(0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        const [dx, dy] = [x[i] - x[j], y[i] - y[j]];
        const square = Math.max(dx * dx + dy * dy, 1);
        const push = (SPRING * SPRING) / square;
        fx[i] += dx * push;
        fy[i] += dy * push;
        fx[j] -= dx * push;
        fy[j] -= dy * push;
      }
    for (const [i, j] of pairs) {
      const [dx, dy] = [x[i] - x[j], y[i] - y[j]];
      const pull = Math.hypot(dx, dy) / SPRING;
      fx[i] -= dx * pull;
      fy[i] -= dy * pull;
      fx[j] += dx * pull;
      fy[j] += dy * pull;
    }
    const heat = (radius / 4 + 20) * (1 - step / STEPS) ** 2 + 0.5;
    for (let i = 0; i < n; i++) {
      // What hangs together loosely stays in sight.
      fx[i] -= 0.02 * x[i];
      fy[i] -= 0.02 * y[i];
      const force = Math.hypot(fx[i], fy[i]) || 1;
      const move = Math.min(force, heat);
      x[i] += (fx[i] / force) * move;
      y[i] += (fy[i] / force) * move;
    }
  }
  return straight(d, new Map(d.nodes.map((node, i) => [node.key, { x: x[i], y: y[i] }])));
}

/** Where they were put; nodes without a place go to (0, 0). */
export const givenLayout = (d: Diagram): PlacedDiagram =>
  straight(d, new Map(d.nodes.map((n) => [n.key, n.at ?? { x: 0, y: 0 }])));

function straight(d: Diagram, centres: ReadonlyMap<string, Point>): PlacedDiagram {
  const origin = { x: 0, y: 0 };
  const ways = d.edges.map((e) => [centres.get(e.from) ?? origin, centres.get(e.to) ?? origin]);
  return finished(d, centres, ways);
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Boxes of plates around what stands on them, and everything moved to the first quadrant. */
function finished(
  d: Diagram,
  centres: ReadonlyMap<string, Point>,
  ways: readonly (readonly Point[])[],
): PlacedDiagram {
  const boxOf = (n: DiagramNode): Box => {
    const at = centres.get(n.key) ?? { x: 0, y: 0 };
    const { width, height } = sizeOfNode(n);
    return { x: at.x - width / 2, y: at.y - height / 2, width, height };
  };
  const boxes = new Map<string, Box>();
  const plateBox = (id: string): Box | null => {
    const inner = d.plates.filter((p) => p.parent === id).map((p) => plateBox(p.id));
    const own = d.nodes.filter((n) => n.plate === id).map(boxOf);
    const all = around([...own, ...inner.filter((b) => b !== null)]);
    if (!all) return null;
    const box = {
      x: all.x - PLATE_PAD,
      y: all.y - PLATE_PAD,
      width: Math.max(all.width + 2 * PLATE_PAD, 84),
      height: all.height + PLATE_PAD + PLATE_FOOT,
    };
    boxes.set(id, box);
    return box;
  };
  for (const p of d.plates) if (p.parent === null) plateBox(p.id);
  const corners = ways.flat().map((p) => ({ ...p, width: 0, height: 0 }));
  const all = around([...d.nodes.map(boxOf), ...boxes.values(), ...corners]) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  const [dx, dy] = [EDGE - all.x, EDGE - all.y];
  const moved = <T extends Point>(p: T): T => ({ ...p, x: p.x + dx, y: p.y + dy });
  return {
    ...d,
    width: all.width + 2 * EDGE,
    height: all.height + 2 * EDGE,
    centres: new Map([...centres].map(([k, p]) => [k, moved(p)])),
    ways: ways.map((w) => w.map(moved)),
    boxes: new Map([...boxes].map(([k, b]) => [k, moved(b)])),
  };
}

function around(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  let [left, top, right, low] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const b of boxes) {
    left = Math.min(left, b.x);
    top = Math.min(top, b.y);
    right = Math.max(right, b.x + b.width);
    low = Math.max(low, b.y + b.height);
  }
  return { x: left, y: top, width: right - left, height: low - top };
}
