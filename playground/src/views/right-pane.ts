/** The right-hand side: tabs, of which all but the first are loaded when they are first looked at. */
import { byId } from '../dom.ts';
import type { Theme } from '../theme.ts';
import type { Panel, PanelActions, PanelKind } from './inspect-panel.ts';
import { makeTabs } from './tabs.ts';

export interface RightPane {
  /** The program changed: what is shown is asked anew. */
  changed(): void;
  /** Shows a tab: `run`, `plan`, `graph`, `tensors`. */
  show(tab: string): void;
  setTheme(theme: Theme): void;
}

const kinds: Readonly<Record<string, PanelKind>> = { plan: 'plan', graph: 'graph', tensors: 'tensors' };

export function rightPane(actions: PanelActions): RightPane {
  const panels = new Map<PanelKind, Promise<Panel>>();
  const panelOf = (kind: PanelKind): Promise<Panel> => {
    let panel = panels.get(kind);
    if (!panel) {
      panel = load(kind, byId(`${kind}-panel`, HTMLElement), actions);
      panels.set(kind, panel);
    }
    return panel;
  };
  const tabs = makeTabs(byId('tabs', HTMLElement), (name) => {
    for (const [kind, panel] of panels) if (kind !== kinds[name]) void panel.then((p) => p.rest());
    refresh();
  });
  function refresh(): void {
    const kind = kinds[tabs.shown];
    if (kind) void panelOf(kind).then((p) => p.refresh());
  }
  return {
    changed: refresh,
    show: (tab) => tabs.show(tab),
    setTheme(theme) {
      for (const panel of panels.values()) void panel.then((p) => p.setTheme(theme));
    },
  };
}

async function load(kind: PanelKind, host: HTMLElement, actions: PanelActions): Promise<Panel> {
  switch (kind) {
    case 'plan':
      return (await import('./plan.ts')).planPanel(host, actions);
    case 'graph':
      return (await import('./factor-graph.ts')).graphPanel(host, actions);
    case 'tensors':
      return (await import('./tensor-graph.ts')).tensorPanel(host, actions);
  }
}
