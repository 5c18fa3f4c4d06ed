/** The factor graph beside the program: who touches whom, colours of blocks, how each unknown is drawn. */
import type { FactorGraph } from '../../../src/analyse/factor-graph.ts';
import {
  bestDetail,
  type GraphDetail,
  graphLegend,
  graphSvg,
  placedGraph,
} from '../../../src/emit/factor-diagram.ts';
import { bareDiagram } from '../../../src/plot/diagram.ts';
import type { Span } from '../../../src/syntax/span.ts';
import { h } from '../dom.ts';
import type { InspectedAs } from '../inspections.ts';
import { makeCanvas } from './canvas.ts';
import { inspectPanel, type Panel, type PanelActions } from './inspect-panel.ts';
import { legendView } from './legend.ts';
import { walkNodes } from './node-walk.ts';
import { prose } from './plan-words.ts';
import { download, parseSvg } from './svg.ts';

interface NodeInfo {
  readonly title: string;
  /** How it is drawn, of unknowns. */
  readonly drawn: string | null;
  readonly span: Span | null;
}

export function graphPanel(host: HTMLElement, actions: PanelActions): Panel {
  const canvas = makeCanvas('Factor graph');
  const details = h('p', { class: 'graph-details', 'aria-live': 'polite' });
  const legend = h('div', { class: 'graph-legend' });
  const choice = h('select', { 'aria-label': 'What the nodes are' });
  const save = h('button', { type: 'button', class: 'tool', title: 'Save the picture' }, 'Save SVG');
  let now: InspectedAs<'graph'> | null = null;
  let detail: GraphDetail | null = null;
  let last = '';

  const shownDetail = (graph: FactorGraph): GraphDetail =>
    detail === null || graph.sites === null ? bestDetail(graph) : detail;
  const draw = (): void => {
    if (!now) return;
    const { graph, drawn } = now;
    const kind = shownDetail(graph);
    choice.replaceChildren(
      h('option', { value: 'plates' }, 'declarations'),
      h('option', { value: 'sites', disabled: graph.sites === null }, 'single elements'),
    );
    choice.value = kind;
    choice.title = graph.sitesWhy === null ? '' : `Single elements are not drawn, because ${graph.sitesWhy}`;
    const placed = placedGraph(graph, kind);
    const svg = parseSvg(bareDiagram({ theme: actions.theme() }, placed, `Factor graph of ${graph.energy}`));
    const near = neighbours(graph, kind);
    const infos = infosOf(graph, kind, drawn);
    const count = `${placed.nodes.length} nodes, ${placed.edges.length} edges${kind === 'sites' && graph.sites?.part ? ` · ${graph.sites.part}` : ''}`;
    const say = (info: NodeInfo | null): void =>
      details.replaceChildren(
        ...(info
          ? [h('b', {}, info.title), ...(info.drawn === null ? [] : [' · ', ...prose(info.drawn)])]
          : [count]),
      );
    walkNodes(svg, {
      around: (id) => blanketOf(id, near),
      look: (id) => say(id === null ? null : (infos.get(id) ?? null)),
      press: (id) => {
        const span = infos.get(id)?.span;
        if (span && span.file === actions.file()) actions.revealAt(span.start);
      },
      focus: (node) => canvas.reveal(node),
    });
    // The same picture in other colours stays where it was moved to.
    const same = `${graph.energy} ${kind} ${placed.nodes.length} ${placed.edges.length}`;
    const nameless = svg.querySelector('.dg-dot') !== null;
    canvas.show(svg, same === last ? 'as it was' : nameless ? 'whole' : 'readable');
    last = same;
    say(null);
    legend.replaceChildren(legendView(graphLegend(graph, kind)));
  };
  choice.addEventListener('change', () => {
    detail = choice.value === 'sites' ? 'sites' : 'plates';
    draw();
  });
  save.addEventListener('click', () => {
    if (!now) return;
    const { graph } = now;
    const svg = graphSvg({ document, theme: 'auto' }, graph, shownDetail(graph));
    download(`${graph.energy}-graph.svg`, svg, 'image/svg+xml');
  });
  return inspectPanel(
    host,
    {
      kind: 'graph',
      tools: () => [choice, canvas.tools, save],
      draw(content, found) {
        now = found;
        if (!canvas.element.isConnected) content.replaceChildren(legend, canvas.element, details);
        draw();
      },
    },
    actions,
  );
}

type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

function neighbours(
  graph: FactorGraph,
  kind: GraphDetail,
): { readonly of: Neighbours; readonly factors: ReadonlySet<string> } {
  const of = new Map<string, Set<string>>();
  const join = (a: string, b: string): void => {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ]) {
      const set = of.get(x) ?? new Set<string>();
      set.add(y);
      of.set(x, set);
    }
  };
  const factors = new Set<string>();
  if (kind === 'sites' && graph.sites) {
    for (const f of graph.sites.factors) {
      factors.add(f.id);
      for (const s of f.sites) join(f.id, s);
    }
  } else {
    for (const f of graph.plates.factors) factors.add(f.id);
    for (const l of graph.plates.links) join(l.factor, l.variable);
  }
  return { of, factors };
}

/** A factor with what it reads; a variable with its Markov blanket: its factors and what else they read. */
function blanketOf(id: string, { of, factors }: ReturnType<typeof neighbours>): ReadonlySet<string> {
  const out = new Set([id, ...(of.get(id) ?? [])]);
  if (!factors.has(id)) for (const f of of.get(id) ?? []) for (const v of of.get(f) ?? []) out.add(v);
  return out;
}

function infosOf(
  graph: FactorGraph,
  kind: GraphDetail,
  drawn: Readonly<Record<string, string>>,
): ReadonlyMap<string, NodeInfo> {
  const out = new Map<string, NodeInfo>();
  const wayOf = (unknown: string): string | null =>
    drawn[unknown] ?? Object.entries(drawn).find(([name]) => name.startsWith(`${unknown}.`))?.[1] ?? null;
  if (kind === 'sites' && graph.sites) {
    for (const s of graph.sites.sites) {
      const block =
        s.block === null || (graph.sites.blocks[s.unknown] ?? 0) < 2 ? '' : `, block ${s.block + 1}`;
      out.set(s.id, { title: `${s.name}${block}`, drawn: wayOf(s.unknown), span: s.span });
    }
    for (const f of graph.sites.factors) {
      const times = f.count > 1 ? `, ${f.count} times` : '';
      const title = f.kind === 'support' ? `requirement${times}` : `term ${f.term}${times}`;
      out.set(f.id, { title, drawn: null, span: f.span });
    }
    return out;
  }
  for (const v of graph.plates.variables) {
    const many = v.elements === 1 ? '' : `, ${v.elements.toLocaleString('en')} numbers`;
    const way = v.role === 'unknown' ? wayOf(v.name) : null;
    out.set(v.id, { title: `${v.name}: ${v.domain}${many}`, drawn: way, span: v.span });
  }
  for (const f of graph.plates.factors) {
    const many = f.instances === 1 ? '' : `, ${f.instances.toLocaleString('en')} instances`;
    const title =
      f.kind === 'support'
        ? `requirement${many}`
        : f.kind === 'prior'
          ? `prior${many}`
          : `term ${f.term}${many}`;
    out.set(f.id, { title, drawn: null, span: f.span });
  }
  return out;
}
