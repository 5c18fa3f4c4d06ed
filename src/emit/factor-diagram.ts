/** Factor graphs as diagrams: which colour, shape and name everything gets, and where elements of a lattice stand. */
import type { FactorGraph, GraphFactor, GraphVariable, PlateGraph } from '../analyse/factor-graph.ts';
import type { GraphInstance, GraphSite, SiteGraph } from '../analyse/site-graph.ts';
import type { ChartContext } from '../plot/context.ts';
import {
  type Diagram,
  type DiagramEdge,
  type DiagramNode,
  framedDiagram,
  type PlacedDiagram,
  type Point,
} from '../plot/diagram.ts';
import { givenLayout, layeredLayout, springLayout } from '../plot/diagram-layout.ts';
import type { LegendItem } from '../plot/frame.ts';
import { plural } from '../plot/text.ts';
import { type Ink, ink, seriesInk } from '../plot/theme.ts';

export type GraphDetail = 'plates' | 'sites';

const roleInk: Readonly<Record<GraphVariable['role'], Ink>> = { unknown: 'c0', param: 'c3', data: 'neutral' };
const roleWord: Readonly<Record<GraphVariable['role'], string>> = {
  unknown: 'unknown',
  param: 'parameter',
  data: 'data',
};

/** The graph of declarations: unknowns above what is known, factors between. */
export function plateDiagram(g: PlateGraph, blocks: Readonly<Record<string, number>> = {}): Diagram {
  const names = new Map(g.variables.map((v) => [v.id, v.name]));
  const terms = new Map(g.factors.map((f) => [f.id, f.term]));
  const order = new Map(g.variables.map((v, i) => [v.id, rank(v) * 1000 + i]));
  const nodes: DiagramNode[] = [
    ...g.variables.map((v): DiagramNode => {
      const many = v.elements === 1 ? '' : `, ${plural(v.elements, 'number')}`;
      return {
        key: v.id,
        id: v.id,
        shape: 'pill',
        label: v.name,
        note: v.domain,
        ink: roleInk[v.role],
        fill: v.role === 'data' ? 'soft' : v.role === 'param' ? 'soft' : 'none',
        dots: v.role === 'unknown' && (blocks[v.name] ?? 0) > 1 ? blocks[v.name] : undefined,
        plate: v.plate,
        title: `${roleWord[v.role]} ${v.name}: ${v.domain}${many}`,
      };
    }),
    ...g.factors.map(
      (f): DiagramNode => ({
        key: f.id,
        id: f.id,
        shape: 'box',
        label: f.kind === 'support' ? 'require' : f.term,
        ink: f.kind === 'support' ? 'c1' : f.kind === 'prior' ? 'c3' : 'c7',
        fill: 'full',
        plate: f.plate,
        title: factorTitle(f),
      }),
    ),
  ];
  const edges = g.links.map((l): DiagramEdge => {
    // What is drawn around others stands below them: the last variable of a factor hangs under it.
    const own = g.links.filter((x) => x.factor === l.factor).map((x) => order.get(x.variable) ?? 0);
    const namesake = g.links.find(
      (x) => x.factor === l.factor && names.get(x.variable) === terms.get(x.factor),
    );
    const last = namesake ? namesake === l : Math.max(...own) === order.get(l.variable);
    const text = l.reads > 1 ? `×${l.reads}` : undefined;
    return last
      ? { from: l.factor, to: l.variable, label: text }
      : { from: l.variable, to: l.factor, label: text };
  });
  return {
    nodes,
    edges,
    plates: g.plates.map((p) => ({ id: p.id, label: p.label, note: p.size, parent: p.parent })),
  };
}

const rank = (v: GraphVariable): number => (v.role === 'param' ? 0 : v.role === 'unknown' ? 1 : 2);

function factorTitle(f: GraphFactor): string {
  const many = f.instances === 1 ? '' : `, ${plural(f.instances, 'instance')}`;
  switch (f.kind) {
    case 'energy':
      return `term ${f.term}${many}`;
    case 'support':
      return `requirement${many}`;
    case 'prior':
      return `prior${many}`;
  }
}

/** Pixels between neighbours of a lattice. */
const STEP = 46;
/** Lines of one site beyond which they are drawn faintly. */
const MANY_LINES = 24;

/** The graph of single elements. */
export function siteDiagram(g: SiteGraph): Diagram {
  const unknowns = [...new Set(g.sites.map((s) => s.unknown))];
  const siteInk = (s: GraphSite): Ink => (s.block === null ? 'c0' : seriesInk(s.block));
  const places = placesOf(g);
  const small = g.layout === 'lattice';
  // One unknown with one term: its name need not stand at every factor.
  const alone = unknowns.length === 1 && new Set(g.factors.map((f) => f.term)).size === 1;
  const lines = new Map<string, number>();
  for (const f of g.factors) for (const s of f.sites) lines.set(s, (lines.get(s) ?? 0) + 1);
  const nodes: DiagramNode[] = g.sites.map((s) => ({
    key: s.id,
    id: s.id,
    shape: small && s.at ? 'dot' : 'pill',
    label: s.name,
    ink: siteInk(s),
    fill: s.block === null ? 'none' : 'soft',
    at: places.get(s.id),
    title: `${s.name}${s.block === null || (g.blocks[s.unknown] ?? 0) < 2 ? '' : `, block ${s.block + 1}`}`,
  }));
  const edges: DiagramEdge[] = [];
  const square = (f: GraphInstance, key: string, at: Point | undefined): DiagramNode => ({
    key,
    id: f.id,
    shape: small || alone ? 'square' : 'box',
    label: `${f.kind === 'support' ? 'require' : f.term}${f.count > 1 ? ` ×${f.count}` : ''}`,
    ink: f.kind === 'support' ? 'c1' : 'c7',
    fill: 'full',
    at,
    title: `${f.kind === 'support' ? 'requirement' : `term ${f.term}`}${f.count > 1 ? `, ${f.count} times` : ''}`,
  });
  for (const f of g.factors) {
    if (f.cut && f.sites.length < 2) continue;
    const ends = f.sites.map((s) => places.get(s));
    const at = small ? centre(ends) : undefined;
    const far = small && !g.ring && f.sites.length === 2 && apart(ends) > 1.5 * STEP && unknowns.length === 1;
    if (far && isTorn(ends)) {
      // A bond across the seam of a torus: a stub on either side.
      f.sites.forEach((s, i) => {
        const here = ends[i];
        const there = ends[1 - i];
        if (!here || !there) return;
        const key = `${f.id} ${i}`;
        nodes.push(square(f, key, outward(here, there)));
        edges.push({ from: s, to: key });
      });
      continue;
    }
    nodes.push(square(f, f.id, at && f.sites.length === 1 ? { x: at.x + 15, y: at.y - 15 } : at));
    for (const [i, s] of f.sites.entries()) {
      const faint = (lines.get(s) ?? 0) > MANY_LINES || f.sites.length > 4;
      const down = small || i === f.sites.length - 1;
      edges.push(down ? { from: f.id, to: s, faint } : { from: s, to: f.id, faint });
    }
  }
  return { nodes, edges, plates: [] };
}

/** Lattice places in px; what has none stands in a column beside it. */
function placesOf(g: SiteGraph): ReadonlyMap<string, Point> {
  const out = new Map<string, Point>();
  if (g.layout === 'free') return out;
  const loose = g.sites.filter((s) => s.at === null);
  const height = Math.max(...g.sites.map((s) => s.at?.y ?? 0)) * STEP;
  const n = g.sites.length - loose.length;
  for (const s of g.sites)
    if (s.at) out.set(s.id, g.ring ? onRing(s.at.x, n) : { x: s.at.x * STEP, y: s.at.y * STEP });
  loose.forEach((s, i) => {
    out.set(s.id, { x: -2.6 * STEP, y: (height * (i + 0.5)) / loose.length });
  });
  return out;
}

function onRing(i: number, n: number): Point {
  const radius = Math.max(1, n / (2 * Math.PI)) * STEP;
  const turn = (2 * Math.PI * i) / n - Math.PI / 2;
  return { x: radius * Math.cos(turn), y: radius * Math.sin(turn) };
}

function centre(points: readonly (Point | undefined)[]): Point | undefined {
  const known = points.filter((p) => p !== undefined);
  if (known.length === 0) return undefined;
  const sum = known.reduce((a, p) => ({ x: a.x + p.x, y: a.y + p.y }), { x: 0, y: 0 });
  return { x: sum.x / known.length, y: sum.y / known.length };
}

const apart = ([p, q]: readonly (Point | undefined)[]): number =>
  p && q ? Math.max(Math.abs(p.x - q.x), Math.abs(p.y - q.y)) : 0;

/** Whether two places are on one line of the lattice, or next to it, and far from each other. */
const isTorn = ([p, q]: readonly (Point | undefined)[]): boolean =>
  p !== undefined &&
  q !== undefined &&
  Math.min(Math.abs(p.x - q.x), Math.abs(p.y - q.y)) <= 1.01 * STEP &&
  apart([p, q]) > 2.5 * STEP;

function outward(here: Point, there: Point): Point {
  const [dx, dy] = [here.x - there.x, here.y - there.y];
  const far = Math.abs(dx) > Math.abs(dy);
  return far
    ? { x: here.x + Math.sign(dx) * STEP * 0.55, y: here.y }
    : { x: here.x, y: here.y + Math.sign(dy) * STEP * 0.55 };
}

/** The diagram of a graph with everything in its place. */
export function placedGraph(g: FactorGraph, detail: GraphDetail): PlacedDiagram {
  if (detail === 'plates' || g.sites === null) return layeredLayout(plateDiagram(g.plates, g.sites?.blocks));
  const d = siteDiagram(g.sites);
  if (g.sites.layout === 'lattice') return givenLayout(d);
  const unknowns = new Set(g.sites.sites.map((s) => s.unknown));
  return unknowns.size === 1 && g.sites.sites.length > 3 ? springLayout(d) : layeredLayout(d);
}

/** Factors an element of a lattice beyond which a picture of them is a tangle. */
const TANGLE = 5;

/** Elements of a lattice, or of one unknown that has few; declarations otherwise. */
export function bestDetail({ sites }: FactorGraph): GraphDetail {
  if (sites === null || sites.factors.length > TANGLE * sites.sites.length) return 'plates';
  const unknowns = [...new Set(sites.sites.map((s) => s.unknown))];
  const loose = sites.sites.filter((s) => s.at === null).length;
  const clear = sites.layout === 'lattice' ? loose <= 2 : unknowns.length === 1 && sites.sites.length > 3;
  return clear ? 'sites' : 'plates';
}

/** The keys of a graph: what its colours mean. */
export function graphLegend(g: FactorGraph, detail: GraphDetail): readonly LegendItem[] {
  const box = (label: string, name: Ink, opacity?: number): LegendItem => ({
    label,
    color: ink(name),
    shape: 'box',
    opacity,
  });
  if (detail === 'sites' && g.sites) {
    const most = Math.max(0, ...Object.values(g.sites.blocks));
    return most < 2
      ? [box('unknown', 'c0', 0.3), box('factor', 'c7')]
      : Array.from({ length: Math.min(most, 8) }, (_, i) => box(`block ${i + 1}`, seriesInk(i), 0.4));
  }
  const { variables, factors } = g.plates;
  return [
    box('unknown', 'c0', 0.05),
    ...(variables.some((v) => v.role === 'param') ? [box('parameter', 'c3', 0.3)] : []),
    ...(variables.some((v) => v.role === 'data') ? [box('data', 'neutral', 0.4)] : []),
    box('term', 'c7'),
    ...(factors.some((f) => f.kind === 'support') ? [box('requirement', 'c1')] : []),
  ];
}

/** The factor graph of an energy as an SVG file. */
export function graphSvg(ctx: ChartContext, g: FactorGraph, detail: GraphDetail = bestDetail(g)): string {
  const what =
    detail === 'sites' && g.sites
      ? `${plural(g.sites.sites.length, 'element')}, ${plural(g.sites.factors.length, 'factor')}${g.sites.part ? ` · ${g.sites.part}` : ''}`
      : `${plural(g.plates.variables.length, 'variable')}, ${plural(g.plates.factors.length, 'factor')}`;
  return framedDiagram(ctx, placedGraph(g, detail), {
    title: `Factor graph of ${g.energy}`,
    subtitle: what,
    legend: graphLegend(g, detail),
  });
}
