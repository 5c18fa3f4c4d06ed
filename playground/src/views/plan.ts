/** The plan of an energy as a page: what serves which unknowns and why, colours, costs, steps of fits. */
import type { UnknownPlan } from '../../../src/plan/plan.ts';
import type { BlockSizes, EnergyPlan, PlannedTerm, StepPlanOfJob } from '../../../src/run/planned.ts';
import { h } from '../dom.ts';
import { inspectPanel, type Panel, type PanelActions } from './inspect-panel.ts';
import { bytesText, count, methodName, prose, timeText } from './plan-words.ts';
import { type Tile, tiles } from './tiles.ts';

export function planPanel(host: HTMLElement, actions: PanelActions): Panel {
  return inspectPanel(
    host,
    {
      kind: 'plan',
      draw(content, { plan, steps }) {
        content.replaceChildren(
          headline(plan),
          section('Unknowns', 'Which method draws each of them, and why', unknowns(plan)),
          section('Terms', 'What the energy is the sum of', terms(plan.terms, actions)),
          section('Cost', 'Of an evaluation for 4 chains, as the cost model has it', costs(plan)),
          ...(steps.length === 0 ? [] : [section('Fits', 'What a step takes', steps.map(step))]),
        );
      },
    },
    actions,
  );
}

const section = (title: string, about: string, body: readonly HTMLElement[]): HTMLElement =>
  h(
    'section',
    { class: 'plan-section', 'aria-label': title },
    h('h2', {}, title, h('small', {}, about)),
    ...body,
  );

function headline({ plan, alone }: EnergyPlan): HTMLElement {
  const { defaults } = plan;
  const list: Tile[] = [
    { label: 'drawn by', value: plan.method === 'none' ? 'nothing is free' : methodName(plan.method) },
    { label: 'evaluated by', value: plan.engine, ...(plan.engineWhy ? { note: plan.engineWhy } : {}) },
    ...(plan.states === null ? [] : [{ label: 'joint states', value: count(plan.states) }]),
    { label: 'ln Z by', value: methodName(plan.logz), note: plan.logzWhy.replaceAll('`', '') },
    {
      label: 'a run by default',
      value: `${defaults.chains} × ${count(defaults.draws)}`,
      note: `after ${count(defaults.warmup)} to warm up`,
    },
  ];
  const page = h('div', { class: 'plan-head' }, tiles(list));
  if (plan.tempering) page.append(h('p', { class: 'plan-why' }, `Tempering: ${plan.tempering.why}`));
  if (alone !== null)
    page.append(
      h('p', { class: 'plan-why' }, ...prose(`All chains are drawn by one worker, because ${alone}.`)),
    );
  return page;
}

function unknowns({ plan, blocks }: EnergyPlan): readonly HTMLElement[] {
  // What is told of several alike is told once.
  const alike = new Map<string, UnknownPlan[]>();
  for (const u of plan.unknowns) {
    const key = u.blocks === null ? `${u.method} ${u.why}` : u.unknown;
    alike.set(key, [...(alike.get(key) ?? []), u]);
  }
  return [...alike.values()].map((us) =>
    us.length === 1
      ? unknownCard(us[0], blocks.find((b) => b.unknown === us[0].unknown) ?? null)
      : severalCard(us),
  );
}

function severalCard(us: readonly UnknownPlan[]): HTMLElement {
  return h(
    'article',
    { class: 'plan-unknown', 'data-method': us[0].method },
    h(
      'header',
      {},
      h(
        'ul',
        { class: 'plan-names' },
        ...us.map((u) =>
          h(
            'li',
            {},
            h('b', { class: 'plan-name' }, u.unknown),
            h('code', {}, u.domain),
            u.elements > 1 && h('span', { class: 'plan-size' }, count(u.elements)),
          ),
        ),
      ),
      h('span', { class: 'badge' }, methodName(us[0].method)),
    ),
    h('p', { class: 'plan-why' }, ...prose(sentence(us[0].why))),
  );
}

function unknownCard(u: UnknownPlan, blocks: BlockSizes | null): HTMLElement {
  const size = u.free === u.elements ? count(u.elements) : `${count(u.free)} of ${count(u.elements)}`;
  const classes = u.method === 'gibbs' || (blocks !== null && u.blocks !== null) ? blocks : null;
  return h(
    'article',
    { class: 'plan-unknown', 'data-method': u.method },
    h(
      'header',
      {},
      h('b', { class: 'plan-name' }, u.unknown),
      h('code', {}, u.domain),
      u.elements > 1 && h('span', { class: 'plan-size' }, `${size} elements`),
      h('span', { class: 'badge' }, methodName(u.method)),
    ),
    h('p', { class: 'plan-why' }, ...prose(sentence(u.why))),
    classes && classes.sizes.length > 0 && blockBar(u, classes),
  );
}

const sentence = (why: string): string => `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;

/** Colours that a bar tells apart. */
const MOST_CLASSES = 24;

function blockBar(u: UnknownPlan, b: BlockSizes): HTMLElement {
  const shown = b.sizes.slice(0, MOST_CLASSES);
  const blanket =
    u.blanket === null
      ? 'some factor touches all of them'
      : `at most ${count(u.blanket)} factors touch one of them`;
  const classes = b.sizes.length === 1 ? 'one block' : `${count(b.sizes.length)} blocks`;
  return h(
    'figure',
    { class: 'plan-blocks' },
    h(
      'div',
      {
        class: 'block-bar',
        role: 'img',
        'aria-label': `${classes} of ${b.sizes.map(count).join(', ')} elements`,
      },
      ...shown.map((n, i) =>
        h(
          'span',
          {
            style: `flex-grow: ${n}; --block: var(--c${i % 8})`,
            title: `block ${i + 1}: ${count(n)} elements`,
          },
          shown.length <= 8 ? count(n) : '',
        ),
      ),
    ),
    h(
      'figcaption',
      {},
      `${classes}, drawn one after another; ${blanket}`,
      b.touching.length > 0 && ': ',
      ...b.touching.flatMap((t, i) => [
        i === 0 ? '' : ', ',
        h('code', {}, t.term),
        t.most === null ? ' (all)' : t.most === 1 ? '' : ` ×${count(t.most)}`,
      ]),
      '.',
    ),
  );
}

function terms(list: readonly PlannedTerm[], actions: PanelActions): readonly HTMLElement[] {
  return [
    h(
      'div',
      { class: 'table-scroll' },
      h(
        'table',
        { class: 'plan-terms' },
        h(
          'thead',
          {},
          h('tr', {}, ...['term', 'instances', 'unknowns'].map((c) => h('th', { scope: 'col' }, c))),
        ),
        h(
          'tbody',
          {},
          ...list.map((t) => {
            const name = t.kind === 'support' ? 'require' : t.name;
            const there = t.span.file === actions.file();
            const label = there ? h('button', { type: 'button', class: 'link' }, name) : h('span', {}, name);
            if (there) label.addEventListener('click', () => actions.revealAt(t.span.start));
            return h(
              'tr',
              {},
              h('th', { scope: 'row' }, label),
              h('td', {}, count(t.instances)),
              h(
                'td',
                {},
                t.unknowns.length === 0 ? h('i', {}, 'constant') : h('code', {}, t.unknowns.join(', ')),
              ),
            );
          }),
        ),
      ),
    ),
  ];
}

/** Engines that a page has. */
const HERE: ReadonlySet<string> = new Set(['kernels', 'tfjs:wasm', 'tfjs:cpu']);

/** Bars on a logarithmic scale: engines are factors apart. */
function costs({ costs: list, work, plan }: EnergyPlan): readonly HTMLElement[] {
  const all = list.flatMap((c) => (c.gradient === null ? [c.energy] : [c.energy, c.gradient]));
  const [lo, hi] = [Math.log(Math.min(...all)) - 0.7, Math.log(Math.max(...all))];
  const bar = (ns: number, what: string): HTMLElement =>
    h(
      'div',
      { class: 'cost-row' },
      h('span', {
        class: 'cost-bar',
        style: `--share: ${((Math.log(ns) - lo) / (hi - lo)).toFixed(3)}`,
        'data-of': what,
      }),
      h('span', { class: 'cost-time' }, timeText(ns), h('small', {}, ` ${what}`)),
    );
  const sorted = [...list].sort((x, y) => x.energy - y.energy);
  return [
    h(
      'dl',
      { class: 'costs' },
      ...sorted.flatMap((c) => [
        h(
          'dt',
          { 'data-chosen': c.engine === plan.engine },
          h('code', {}, c.engine),
          c.engine === plan.engine && h('span', { class: 'badge' }, 'chosen'),
          !HERE.has(c.engine) && h('small', {}, 'not in a page'),
        ),
        h('dd', {}, bar(c.energy, 'energy'), c.gradient !== null && bar(c.gradient, 'with gradient')),
      ]),
    ),
    h(
      'p',
      { class: 'plan-note' },
      `${count(work.operations)} operations on ${count(work.elements + work.transcendentals)} elements`,
      work.products > 0 ? `, ${count(work.products)} multiplications in sums of products` : '',
      work.recurrences > 0 ? `, ${count(work.recurrences)} elements in recurrences` : '',
      '. Bars are on a logarithmic scale.',
    ),
  ];
}

const step = (s: StepPlanOfJob): HTMLElement =>
  h(
    'article',
    { class: 'plan-unknown' },
    h(
      'header',
      {},
      h('b', { class: 'plan-name' }, s.job),
      h('span', {}, `fits ${s.energy} by `, h('code', {}, s.loss)),
      h('span', { class: 'badge' }, s.engine),
    ),
    tiles([
      {
        label: 'rows of a step',
        value: count(s.rows),
        ...(s.slices > 1 ? { note: `in ${s.slices} slices` } : {}),
      },
      ...(s.memory === null
        ? []
        : [
            {
              label: 'memory of a step',
              value: bytesText(s.memory),
              ...(s.slices > 1 ? { note: 'a slice' } : {}),
            },
          ]),
      ...(s.engineWhy ? [{ label: 'why this engine', value: s.engine, note: s.engineWhy }] : []),
    ]),
  );
