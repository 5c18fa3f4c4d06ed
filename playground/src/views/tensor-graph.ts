/** The tensor program of an energy and its gradient: as a graph in layers, and as a list. */

import {
  foldedFirst,
  groupInk,
  groupTitle,
  shapeText,
  shareText,
  tensorDiagram,
} from '../../../src/emit/tensor-diagram.ts';
import type { TensorView } from '../../../src/engines/tensors/view.ts';
import { bareDiagram, type Diagram } from '../../../src/plot/diagram.ts';
import { layeredLayout } from '../../../src/plot/diagram-layout.ts';
import { ink } from '../../../src/plot/theme.ts';
import { h } from '../dom.ts';
import type { InspectedAs } from '../inspections.ts';
import { makeCanvas } from './canvas.ts';
import { inspectPanel, type Panel, type PanelActions } from './inspect-panel.ts';
import { legendView } from './legend.ts';
import { walkNodes } from './node-walk.ts';
import { bytesText, count, timeText } from './plan-words.ts';
import { parseSvg } from './svg.ts';

/** Operations that are listed, at most. */
const MOST_ROWS = 1000;
/** Operations that can be drawn at all. */
const MOST_DRAWN = 400;

export function tensorPanel(host: HTMLElement, actions: PanelActions): Panel {
  const canvas = makeCanvas('Tensor program');
  const details = h('p', { class: 'graph-details', 'aria-live': 'polite' });
  const legend = h('div', { class: 'graph-legend' });
  const list = h('div', {
    class: 'tensor-list table-scroll',
    hidden: true,
    tabindex: 0,
    role: 'region',
    'aria-label': 'Operations',
  });
  const choice = h(
    'select',
    { 'aria-label': 'How it is shown' },
    h('option', { value: 'graph' }, 'graph'),
    h('option', { value: 'list' }, 'list'),
  );
  const fold = h('button', { type: 'button', class: 'tool' }, 'Unfold');
  let now: InspectedAs<'tensors'> | null = null;
  let folded: ReadonlySet<number> = new Set();
  let last = '';

  const draw = (): void => {
    if (!now) return;
    const { tensors, about } = now;
    const asList = choice.value === 'list';
    list.hidden = !asList;
    canvas.element.hidden = asList;
    details.hidden = asList;
    fold.hidden = asList || tensors.groups.every((g) => g.steps === 0);
    const steps = tensors.groups.reduce((n, g) => n + g.steps, 0);
    legend.replaceChildren(
      legendView([
        { label: 'unknown', color: ink('c0'), shape: 'box', opacity: 0.3 },
        ...(tensors.nodes.some((n) => n.role === 'param')
          ? [{ label: 'parameter', color: ink('c3'), shape: 'box' as const, opacity: 0.3 }]
          : []),
        { label: 'known', color: ink('neutral'), shape: 'box', opacity: 0.3 },
        ...tensors.groups.flatMap((g, i) =>
          g.steps === 0
            ? []
            : [{ label: groupTitle(g), color: ink(groupInk(tensors, i)), shape: 'box' as const }],
        ),
      ]),
    );
    if (asList) list.replaceChildren(listOf(tensors));
    else picture(tensors, about.subject.energy, steps);
  };
  const picture = (view: TensorView, energy: string, steps: number): void => {
    const diagram = tensorDiagram(view, folded);
    const placed = layeredLayout(diagram, { betweenNodes: 18, betweenLayers: 30 });
    const svg = parseSvg(bareDiagram({ theme: actions.theme() }, placed, `Tensor program of ${energy}`));
    const titles = new Map(diagram.nodes.map((n) => [n.id, n.title]));
    const around = neighbours(diagram);
    const sum = `${count(steps)} operations, about ${timeText(view.nanoseconds)} on tfjs in WebAssembly, ${bytesText(view.bytes)} at the peak`;
    const say = (id: string | null): void => {
      details.textContent = id === null ? sum : (titles.get(id) ?? sum);
    };
    walkNodes(svg, {
      around: (id) => new Set([id, ...(around.get(id) ?? [])]),
      look: say,
      press: (id) => toggle(view, id),
      focus: (node) => canvas.reveal(node),
    });
    const same = `${energy} ${placed.nodes.length} ${placed.edges.length}`;
    canvas.show(svg, same === last ? 'as it was' : 'readable');
    last = same;
    fold.textContent = folded.size > 0 ? 'Unfold' : 'Fold';
    fold.title = folded.size > 0 ? 'Show every operation' : 'One node for each term';
    say(null);
  };
  /** A folded group opens; an operation closes the group that it is part of. */
  const toggle = (view: TensorView, id: string): void => {
    const group = /^group (\d+)$/.exec(id)?.[1];
    const ref = /^node (\d+)$/.exec(id)?.[1];
    const own = ref === undefined ? null : (view.nodes.find((n) => n.ref === Number(ref))?.group ?? null);
    const next = new Set(folded);
    if (group !== undefined) {
      if (shownWith(view, next) + view.groups[Number(group)].steps > MOST_DRAWN) {
        tooMany();
        return;
      }
      next.delete(Number(group));
    } else if (own !== null && view.groups[own].steps > 1) next.add(own);
    else return;
    folded = next;
    draw();
  };
  const tooMany = (): void => {
    details.textContent = `More than ${MOST_DRAWN} operations are a tangle: the list has them all.`;
  };
  const shownWith = (view: TensorView, closed: ReadonlySet<number>): number =>
    view.groups.reduce((n, g, i) => n + (closed.has(i) ? 0 : g.steps), 0);
  choice.addEventListener('change', draw);
  fold.addEventListener('click', () => {
    if (!now) return;
    const { groups } = now.tensors;
    if (folded.size === 0) folded = new Set(groups.flatMap((g, i) => (g.steps > 1 ? [i] : [])));
    else if (shownWith(now.tensors, new Set()) > MOST_DRAWN) {
      tooMany();
      return;
    } else folded = new Set();
    draw();
  });
  return inspectPanel(
    host,
    {
      kind: 'tensors',
      tools: () => [choice, canvas.tools, fold],
      draw(content, found) {
        if (found !== now) folded = foldedFirst(found.tensors);
        now = found;
        if (!canvas.element.isConnected) content.replaceChildren(legend, canvas.element, details, list);
        draw();
      },
    },
    actions,
  );
}

function neighbours(d: Diagram): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, string[]>();
  for (const { from, to } of d.edges) {
    out.set(from, [...(out.get(from) ?? []), to]);
    out.set(to, [...(out.get(to) ?? []), from]);
  }
  return out;
}

function listOf(view: TensorView): HTMLElement {
  const position = new Map(view.nodes.map((n, i) => [n.ref, i + 1]));
  const nameOf = new Map(
    view.nodes.map((n) => [n.ref, n.kind === 'step' ? `#${position.get(n.ref)}` : n.name]),
  );
  const rows = view.nodes.filter((n) => n.kind === 'step' || n.outputs.length > 0);
  return h(
    'table',
    {},
    h(
      'caption',
      {},
      rows.length > MOST_ROWS ? `The first ${count(MOST_ROWS)} of ${count(rows.length)} operations.` : '',
    ),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...['', 'operation', 'shape', 'reads', 'for', 'time'].map((c) => h('th', { scope: 'col' }, c)),
      ),
    ),
    h(
      'tbody',
      {},
      ...rows.slice(0, MOST_ROWS).map((n) => {
        const group = n.group === null ? undefined : view.groups[n.group];
        return h(
          'tr',
          {},
          h('td', {}, `#${position.get(n.ref)}`),
          h('th', { scope: 'row' }, h('code', {}, n.name)),
          h('td', {}, shapeText(n.shape) || 'number'),
          h('td', {}, n.ins.map((r) => nameOf.get(r) ?? '').join(', ')),
          h('td', {}, group ? groupTitle(group) : '', n.outputs.length > 0 && ' (result)'),
          h('td', {}, shareText(n.nanoseconds, view.nanoseconds)),
        );
      }),
    ),
  );
}
