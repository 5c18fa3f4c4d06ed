/** Nodes of a picture for pointer and keys: one is chosen, its neighbours are lit, arrow keys go to the nearest one. */

export interface NodeWalk {
  /** Forgets what was chosen. */
  clear(): void;
}

export interface NodeWalkEvents {
  /** What is lit with a node: ids of nodes, itself among them. */
  readonly around: (id: string) => ReadonlySet<string>;
  /** A node is looked at; null: none is any more. */
  readonly look: (id: string | null) => void;
  /** A node is pressed. */
  readonly press: (id: string) => void;
  /** A node got the focus by keys. */
  readonly focus: (node: Element) => void;
}

/** @param svg nodes carry `data-node`, edges `data-from` and `data-to`; a title child names a node */
export function walkNodes(svg: SVGSVGElement, events: NodeWalkEvents): NodeWalk {
  const nodes = [...svg.querySelectorAll<SVGGElement>('[data-node]')];
  const byId = new Map<string, SVGGElement[]>();
  const edges = new Map<string, SVGGElement[]>();
  const add = (m: Map<string, SVGGElement[]>, id: string, e: SVGGElement): void => {
    m.set(id, [...(m.get(id) ?? []), e]);
  };
  for (const n of nodes) {
    add(byId, n.dataset.node ?? '', n);
    n.setAttribute('role', 'button');
    n.setAttribute('tabindex', '-1');
    n.setAttribute('aria-label', n.querySelector('title')?.textContent ?? n.dataset.node ?? '');
  }
  nodes[0]?.setAttribute('tabindex', '0');
  for (const e of svg.querySelectorAll<SVGGElement>('[data-from]')) {
    add(edges, e.dataset.from ?? '', e);
    add(edges, e.dataset.to ?? '', e);
  }
  let lit: Element[] = [];
  const light = (id: string | null): void => {
    for (const e of lit) e.classList.remove('lit', 'chosen');
    lit = [];
    svg.classList.toggle('dimmed', id !== null);
    if (id === null) return;
    const around = events.around(id);
    for (const other of around) for (const n of byId.get(other) ?? []) lit.push(n);
    for (const other of around)
      for (const e of edges.get(other) ?? [])
        if (around.has(e.dataset.from ?? '') && around.has(e.dataset.to ?? '')) lit.push(e);
    for (const e of lit) e.classList.add('lit');
    for (const n of byId.get(id) ?? []) n.classList.add('chosen');
  };
  const look = (id: string | null): void => {
    light(id);
    events.look(id);
  };
  const nodeOf = (e: Event): SVGGElement | null =>
    e.target instanceof Element ? e.target.closest<SVGGElement>('[data-node]') : null;
  svg.addEventListener('pointerover', (e) => {
    const n = nodeOf(e);
    if (n) look(n.dataset.node ?? null);
  });
  svg.addEventListener('pointerleave', () => look(focused()));
  const focused = (): string | null => {
    const active = document.activeElement;
    return active && svg.contains(active) ? ((active as SVGGElement).dataset.node ?? null) : null;
  };
  svg.addEventListener('focusin', (e) => {
    const n = nodeOf(e);
    if (!n) return;
    for (const other of nodes)
      if (other.getAttribute('tabindex') === '0') other.setAttribute('tabindex', '-1');
    n.setAttribute('tabindex', '0');
    look(n.dataset.node ?? null);
    if (n.matches(':focus-visible')) events.focus(n);
  });
  svg.addEventListener('focusout', () => look(null));
  svg.addEventListener('click', (e) => {
    const n = nodeOf(e);
    if (n && !svg.closest('[data-dragged]')) events.press(n.dataset.node ?? '');
  });
  svg.addEventListener('keydown', (e) => {
    const n = nodeOf(e);
    if (!n) return;
    if (e.key === 'Enter' || e.key === ' ') events.press(n.dataset.node ?? '');
    else {
      const to = nearest(n, nodes, e.key);
      if (!to) return;
      to.focus();
    }
    e.preventDefault();
    e.stopPropagation();
  });
  return { clear: () => look(null) };
}

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The nearest node in a direction: what lies beside it counts three times as far. */
function nearest(from: SVGGElement, nodes: readonly SVGGElement[], key: string): SVGGElement | null {
  const direction = directions[key];
  if (!direction) return null;
  const [ux, uy] = direction;
  const centre = (n: SVGGElement): readonly [number, number] => {
    const { x, y, width, height } = n.getBBox();
    return [x + width / 2, y + height / 2];
  };
  const [x, y] = centre(from);
  let best: SVGGElement | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const n of nodes) {
    if (n === from) continue;
    const [nx, ny] = centre(n);
    const ahead = (nx - x) * ux + (ny - y) * uy;
    const aside = Math.abs((nx - x) * uy) + Math.abs((ny - y) * ux);
    if (ahead <= 1) continue;
    const far = ahead + 3 * aside;
    if (far < least) [best, least] = [n, far];
  }
  return best;
}
