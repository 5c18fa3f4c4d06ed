/** Graphs as pictures: nodes with names, edges, plates around nodes; laid out elsewhere, drawn here. */
import type { ChartContext } from './context.ts';
import { CHART_MARGIN, drawFrame, type LegendItem } from './frame.ts';
import { element, escapeText, label } from './markup.ts';
import { textWidth } from './text.ts';
import { type Ink, ink, seriesInk, stylesheet } from './theme.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface DiagramNode {
  /** Unlike all others. */
  readonly key: string;
  /** What it stands for: several nodes may stand for one thing. */
  readonly id: string;
  /** `pill` and `box` hold their names; `dot` and `square` are small and have theirs as a title only. */
  readonly shape: 'pill' | 'box' | 'dot' | 'square';
  readonly label: string;
  /** A quieter second line. */
  readonly note?: string;
  readonly ink: Ink;
  /** Outlined, lightly filled, or filled. */
  readonly fill: 'none' | 'soft' | 'full';
  /** Colours beside the name: so many classes. */
  readonly dots?: number;
  /** The plate it stands on. */
  readonly plate?: string | null;
  /** Its centre, where that is known before layout. */
  readonly at?: Point;
  /** What a listener is told, and a pointer that rests. */
  readonly title: string;
}

export interface DiagramEdge {
  /** Keys of nodes. */
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  readonly arrow?: boolean;
  readonly faint?: boolean;
}

export interface DiagramPlate {
  readonly id: string;
  readonly label: string;
  readonly note: string;
  readonly parent: string | null;
}

export interface Diagram {
  readonly nodes: readonly DiagramNode[];
  readonly edges: readonly DiagramEdge[];
  readonly plates: readonly DiagramPlate[];
}

/** A diagram with all places known. */
export interface PlacedDiagram extends Diagram {
  readonly width: number;
  readonly height: number;
  /** Centres, by key. */
  readonly centres: ReadonlyMap<string, Point>;
  /** The way of each edge, from node to node. */
  readonly ways: readonly (readonly Point[])[];
  readonly boxes: ReadonlyMap<string, Point & { readonly width: number; readonly height: number }>;
}

const NAME = 13;
const NOTE = 10.5;
/** Classes that are shown as dots beside a name. */
const MOST_DOTS = 6;

/** How large a node is drawn, in px. */
export function sizeOfNode(n: DiagramNode): { readonly width: number; readonly height: number } {
  switch (n.shape) {
    case 'dot':
      return { width: 22, height: 22 };
    case 'square':
      return { width: 8, height: 8 };
    case 'pill':
    case 'box': {
      const dots = 11 * Math.min(n.dots ?? 0, MOST_DOTS);
      const text = Math.max(textWidth(n.label, NAME) + dots, n.note ? textWidth(n.note, NOTE) : 0);
      const sides = n.shape === 'pill' ? 30 : 20;
      return {
        width: Math.round(Math.max(text + sides, 36)),
        height: n.note ? 40 : n.shape === 'pill' ? 30 : 24,
      };
    }
  }
}

/** The whole as markup from (0, 0). Nodes carry `data-node`, edges `data-from` and `data-to`, all of them ids. */
export function diagramMarkup(d: PlacedDiagram): string {
  const ids = new Map(d.nodes.map((n) => [n.key, n.id]));
  return [
    ...d.plates.map((p) => plate(p, d)),
    ...d.edges.map((e, i) => edge(e, d.ways[i], ids)),
    ...d.nodes.map((n) => node(n, d.centres.get(n.key) ?? { x: 0, y: 0 })),
  ].join('');
}

function plate(p: DiagramPlate, d: PlacedDiagram): string {
  const box = d.boxes.get(p.id);
  if (!box) return '';
  const right = box.x + box.width - 10;
  const low = box.y + box.height - 8;
  const note = textWidth(p.note, NOTE);
  return element(
    'g',
    { class: 'dg-plate' },
    element('rect', {
      x: box.x,
      y: box.y,
      width: box.width,
      height: box.height,
      rx: 12,
      fill: ink('neutral'),
      'fill-opacity': 0.07,
      stroke: ink('neutral'),
      'stroke-opacity': 0.7,
    }),
    label(right, low, p.note, { size: NOTE, anchor: 'end', ink: 'muted' }),
    label(right - (p.note === '' ? 0 : note + 6), low, p.label, { size: 11.5, anchor: 'end', weight: 600 }),
  );
}

function edge(e: DiagramEdge, way: readonly Point[], ids: ReadonlyMap<string, string>): string {
  const at = way[Math.floor(way.length / 2)];
  const line = element('path', {
    d: curve(way),
    fill: 'none',
    stroke: ink('neutral'),
    'stroke-width': e.faint ? 0.8 : 1.3,
    'stroke-opacity': e.faint ? 0.45 : 0.9,
  });
  const head = e.arrow ? arrowHead(way) : '';
  const text = e.label === undefined ? '' : label(at.x + 6, at.y + 3, e.label, { size: 10.5, ink: 'muted' });
  const [from, to] = [ids.get(e.from), ids.get(e.to)];
  return element('g', { class: 'dg-edge', 'data-from': from, 'data-to': to }, line, head, text);
}

/** Through all points, smooth between the ends. */
function curve(way: readonly Point[]): string {
  const p = (q: Point): string => `${q.x.toFixed(1)},${q.y.toFixed(1)}`;
  if (way.length < 3) return way.map((q, i) => `${i === 0 ? 'M' : 'L'}${p(q)}`).join('');
  let d = `M${p(way[0])}`;
  for (let i = 1; i < way.length - 1; i++) {
    const last = i === way.length - 2;
    const to = last ? way[i + 1] : { x: (way[i].x + way[i + 1].x) / 2, y: (way[i].y + way[i + 1].y) / 2 };
    d += `Q${p(way[i])} ${p(to)}`;
  }
  return d;
}

function arrowHead(way: readonly Point[]): string {
  const tip = way[way.length - 1];
  const back = way[way.length - 2];
  const length = Math.hypot(tip.x - back.x, tip.y - back.y) || 1;
  const [ux, uy] = [(tip.x - back.x) / length, (tip.y - back.y) / length];
  const corner = (side: number): string =>
    `${(tip.x - 7 * ux + 3.5 * side * uy).toFixed(1)},${(tip.y - 7 * uy - 3.5 * side * ux).toFixed(1)}`;
  return element('path', {
    d: `M${tip.x.toFixed(1)},${tip.y.toFixed(1)}L${corner(1)}L${corner(-1)}Z`,
    fill: ink('neutral'),
  });
}

function node(n: DiagramNode, at: Point): string {
  const { width, height } = sizeOfNode(n);
  const box = {
    x: at.x - width / 2,
    y: at.y - height / 2,
    width,
    height,
    rx: n.shape === 'pill' ? height / 2 : n.shape === 'dot' ? width / 2 : n.shape === 'box' ? 5 : 1.5,
  };
  const full = n.fill === 'full';
  const ground = element('rect', { ...box, fill: ink('bg') });
  const face = element('rect', {
    ...box,
    class: 'dg-face',
    fill: n.fill === 'none' ? 'none' : ink(n.ink),
    'fill-opacity': full ? 1 : 0.16,
    stroke: ink(n.ink),
    'stroke-width': n.shape === 'square' ? 1 : 1.4,
  });
  return element(
    'g',
    { class: `dg-node dg-${n.shape}`, 'data-node': n.id },
    element('title', {}, escapeText(n.title)),
    full ? '' : ground,
    face,
    n.shape === 'pill' || n.shape === 'box' ? names(n, at, height) : '',
  );
}

function names(n: DiagramNode, at: Point, height: number): string {
  const shown = Math.min(n.dots ?? 0, MOST_DOTS);
  const text: Ink = n.fill === 'full' ? 'bg' : 'fg';
  const top = n.note ? at.y - height / 2 + 17 : at.y + 4.5;
  const width = textWidth(n.label, NAME) * 0.86;
  const from = at.x + (width - 11 * shown) / 2 + 9;
  return [
    label(at.x - 5.5 * shown - (shown > 0 ? 1 : 0), top, n.label, {
      size: NAME,
      anchor: 'middle',
      weight: 600,
      ink: text,
    }),
    ...Array.from({ length: shown }, (_, i) =>
      element('circle', { cx: from + 11 * i, cy: top - 4.5, r: 4, fill: ink(seriesInk(i)) }),
    ),
    n.note
      ? label(at.x, top + 14, n.note, {
          size: NOTE,
          anchor: 'middle',
          ink: n.fill === 'full' ? 'bg' : 'muted',
        })
      : '',
  ].join('');
}

/** By itself, as large as it is: for a page that zooms and moves it. */
export function bareDiagram(ctx: Pick<ChartContext, 'theme'>, d: PlacedDiagram, description: string): string {
  const body = diagramMarkup(d);
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: `ec ec-${ctx.theme}`,
      width: Math.ceil(d.width),
      height: Math.ceil(d.height),
      viewBox: `0 0 ${Math.ceil(d.width)} ${Math.ceil(d.height)}`,
      role: 'group',
      'aria-label': description,
      'font-family': 'system-ui, sans-serif',
      color: '#1c2127',
    },
    element('style', {}, stylesheet(ctx.theme, body)),
    body,
  );
}

/** As a file: with a title and keys. */
export function framedDiagram(
  ctx: ChartContext,
  d: PlacedDiagram,
  frame: { readonly title: string; readonly subtitle?: string; readonly legend?: readonly LegendItem[] },
): string {
  const width = Math.max(360, Math.ceil(d.width) + 2 * CHART_MARGIN);
  const left = (width - d.width) / 2;
  const body = element('g', { transform: `translate(${left.toFixed(1)},8)` }, diagramMarkup(d));
  return drawFrame(ctx, { ...frame, width, body: { height: Math.ceil(d.height) + 16, markup: body } });
}
