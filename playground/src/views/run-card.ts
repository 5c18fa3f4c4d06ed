/** A run of the command line, read from its folder: a card to look at, above the program's own jobs. */
import { h } from '../dom.ts';
import type { ShownRun } from '../protocol.ts';
import type { Theme } from '../theme.ts';
import { type ChartsView, chartsView } from './charts.ts';
import { resultView } from './results.ts';

export interface RunCard {
  readonly element: HTMLElement;
  setTheme(theme: Theme): void;
}

/** @param openProgram opens the program of the run in the editor */
export function runCard(
  name: string,
  run: ShownRun,
  theme: Theme,
  actions: { readonly close: () => void; readonly openProgram: (file: string, text: string) => void },
): RunCard {
  const charts: ChartsView | null = run.result ? chartsView(run.result, theme) : null;
  const { program } = run;
  const close = h(
    'button',
    { type: 'button', class: 'card-close', 'aria-label': `Close the run ${name}`, title: 'Close' },
    '×',
  );
  close.addEventListener('click', actions.close);
  const open = h('button', { type: 'button', class: 'card-program' }, 'Open its program');
  if (program) open.addEventListener('click', () => actions.openProgram(program.file, program.text));
  const element = h(
    'section',
    {
      class: 'job run-card',
      'data-run': name,
      'data-state': 'done',
      'aria-label': `Run ${name}`,
      tabindex: -1,
    },
    h(
      'header',
      { class: 'job-head' },
      h('h2', {}, name),
      h(
        'span',
        { class: 'job-what' },
        h('code', {}, `${run.verb}${run.energy === null ? '' : `(${run.energy})`}`),
        ' from a folder',
      ),
      program ? open : '',
      close,
    ),
    h(
      'div',
      { class: 'job-body' },
      ...(run.result ? resultView(run.result) : []),
      ...run.warnings.map((w) => h('p', { class: 'warning' }, w)),
      ...(run.result
        ? []
        : [
            h(
              'table',
              { class: 'facts' },
              h(
                'tbody',
                {},
                ...run.facts.map((f) => h('tr', {}, h('th', { scope: 'row' }, f.name), h('td', {}, f.value))),
              ),
            ),
          ]),
      charts?.element ?? '',
    ),
  );
  return { element, setTheme: (next) => charts?.setTheme(next) };
}
