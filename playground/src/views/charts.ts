/** The charts of a result, drawn one after another so that the page stays awake, again when the theme turns. */
import { h } from '../dom.ts';
import type { ShownResult } from '../protocol.ts';
import type { Theme } from '../theme.ts';
import type { Chart } from './chart-list.ts';

export interface ChartsView {
  readonly element: HTMLElement;
  setTheme(theme: Theme): void;
}

export function chartsView(result: ShownResult, first: Theme): ChartsView {
  const element = h('div', { class: 'charts' });
  let theme = first;
  let charts: Promise<readonly Chart[]> | undefined;
  let turn = 0;
  const draw = async (): Promise<void> => {
    const mine = ++turn;
    charts ??= import('./chart-list.ts').then((m) => m.chartsOf(result));
    const list = await charts;
    const figures = list.map(
      (_, i) => element.children[i] ?? element.appendChild(h('figure', { class: 'chart' })),
    );
    for (const [i, chart] of list.entries()) {
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== turn) return;
      figures[i].replaceChildren(parseSvg(chart.draw({ document, theme })));
    }
  };
  void draw();
  return {
    element,
    setTheme(next) {
      theme = next;
      void draw();
    },
  };
}

function parseSvg(text: string): Node {
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
  return document.importNode(parsed.documentElement, true);
}
