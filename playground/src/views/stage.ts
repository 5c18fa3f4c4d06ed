/** The stage: chains of one energy in motion, with sliders for how they move. */
import { formatNumber } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import type { Problem } from '../protocol.ts';
import type { Shown, StageFrame, StageInfo, StagePlane, StageSettings } from '../staged.ts';
import { problemList } from './problems.ts';
import { columnsPart } from './stage-columns.ts';
import { type StageControls, stageControls } from './stage-controls.ts';
import type { StagePart } from './stage-part.ts';
import { picturePart, rowsPart } from './stage-pictures.ts';
import { type PlaneView, planeView } from './stage-plane.ts';
import { scalarPart } from './stage-scalars.ts';
import { sharesPart } from './stage-shares.ts';
import { type TermsChart, termsChart } from './stage-terms.ts';

export interface StageActions {
  readonly set: (settings: StageSettings) => void;
  readonly drawn: () => void;
  /** Opens the same chains anew, with these settings. */
  readonly restart: (settings: StageSettings | null) => void;
  readonly close: () => void;
  readonly reveal: (line: number, column: number) => void;
}

export interface StageView {
  readonly element: HTMLElement;
  opened(info: StageInfo): void;
  frame(frame: StageFrame): void;
  plane(plane: StagePlane): void;
  fault(problems: readonly Problem[], crash: string | null, over: boolean): void;
  /** A run has the machine to itself. */
  hold(on: boolean): void;
}

/** @param energy whose chains; @param job what they are given, if a job says so */
export function stageView(energy: string, job: string | null, actions: StageActions): StageView {
  let info: StageInfo | null = null;
  let controls: StageControls | null = null;
  /** In the order of what is shown. */
  let parts: readonly (StagePart | null)[] = [];
  let terms: TermsChart | null = null;
  let plane: PlaneView | null = null;
  let latest: StageFrame | null = null;
  let asked = false;
  /** Frames that the worker does not know to be drawn. */
  let undrawn = 0;
  let held = false;
  let over = false;

  const status = h('span', { class: 'stage-status' }, 'preparing');
  const button = (text: string, name: string, on: () => void): HTMLButtonElement => {
    const b = h('button', { type: 'button', class: 'quiet-button', 'data-stage-action': name }, text);
    b.addEventListener('click', on);
    return b;
  };
  const pause = button('Pause', 'pause', () => toggle());
  const restart = button('Restart', 'restart', () => {
    over = false;
    message.replaceChildren();
    actions.restart(controls ? { ...controls.settings, paused: false } : null);
  });
  const close = button('Stop', 'close', () => actions.close());
  const message = h('div', { class: 'stage-message', 'aria-live': 'polite' });
  const body = h('div', { class: 'stage-body' });
  const element = h(
    'section',
    { class: 'stage', 'aria-label': `${energy} in motion` },
    h(
      'header',
      { class: 'stage-head' },
      h('h2', {}, energy),
      job !== null && h('span', { class: 'stage-job' }, `as in ${job}`),
      status,
      pause,
      restart,
      close,
    ),
    message,
    body,
  );
  element.addEventListener('keydown', (e) => {
    if (e.key !== ' ' || (e.target instanceof HTMLElement && e.target.closest('button, input'))) return;
    e.preventDefault();
    toggle();
  });

  function toggle(): void {
    if (!controls || over) return;
    const on = !controls.settings.paused;
    controls.pause(on);
    pause.textContent = on ? 'Resume' : 'Pause';
    say();
  }
  function say(): void {
    if (over) status.textContent = 'ended';
    else if (held) status.textContent = 'waits for the run';
    else if (controls?.settings.paused) status.textContent = 'paused';
    else if (latest && info) {
      const { steps, perFrame, rate, warming } = latest;
      const word = info.unit === 'sweep' ? 'sweeps' : 'transitions';
      status.textContent = `${warming ? 'finding its step · ' : ''}${steps.toLocaleString('en')} ${word} · ${perFrame.toLocaleString('en')} a frame · ${formatNumber(rate, 2)} a second`;
    }
  }
  const forget = (): void => {
    for (const p of parts) p?.changed();
    plane?.changed();
  };
  const draw = (): void => {
    asked = false;
    if (!info) return;
    for (const p of parts) p?.draw();
    plane?.draw();
    terms?.draw();
    say();
    for (; undrawn > 0; undrawn--) actions.drawn();
  };

  return {
    element,
    opened(next) {
      info = next;
      latest = null;
      undrawn = 0;
      over = false;
      const kept = controls?.settings;
      const start: StageSettings = kept
        ? { ...kept, paused: false }
        : {
            temperature: 1,
            weights: next.terms.map(() => 1),
            params: Object.fromEntries(next.params.map((p) => [p.name, p.value])),
            speed: startSpeed(next),
            paused: false,
          };
      const make = stageControls(next, start, (settings, energyChanged) => {
        actions.set(settings);
        message.replaceChildren();
        if (energyChanged) forget();
      });
      controls = make;
      actions.set(start);
      pause.textContent = 'Pause';
      parts = next.shown.map(partFor);
      const elements = (small: boolean): HTMLElement[] =>
        next.shown.flatMap((s, i) => ((s.view === 'scalar') === small ? (parts[i]?.element ?? []) : []));
      plane = next.plane ? planeView(next.plane, next.chains) : null;
      terms = next.terms.length > 1 ? termsChart(next.terms) : null;
      body.replaceChildren(
        h(
          'div',
          { class: 'stage-main' },
          h('div', { class: 'stage-views' }, plane?.element ?? null, ...elements(false)),
          make.element,
        ),
        h('div', { class: 'stage-scalars' }, terms?.element ?? null, ...elements(true)),
      );
    },
    frame(frame) {
      // What was drawn while steps were being found is not counted.
      if (latest?.warming && !frame.warming) forget();
      latest = frame;
      undrawn++;
      if (!info) return;
      frame.values.forEach((v, i) => {
        parts[i]?.add(v);
      });
      terms?.add(frame.terms);
      if (plane && info.plane) {
        const { x, y } = info.plane;
        const pick = (axis: typeof x): number[] => {
          const { size } = info!.shown[axis.shown];
          const values = frame.values[axis.shown];
          return Array.from({ length: info!.chains }, (_, c) => values[c * size + axis.element]);
        };
        plane.add(pick(x), pick(y));
      }
      if (asked) return;
      asked = true;
      requestAnimationFrame(draw);
    },
    plane: (found) => plane?.ground(found),
    fault(problems, crash, ended) {
      over = ended;
      const text = crash ?? (problems.length === 0 ? 'The chains are gone. Restart sets out anew.' : null);
      message.replaceChildren(
        text === null ? problemList(problems, actions.reveal) : h('p', { class: 'crash' }, text),
      );
      say();
    },
    hold(on) {
      held = on;
      say();
    },
  };
}

/** Pictures and clouds are followed by eye; of anything else as much as there is time for. */
const startSpeed = (info: StageInfo): number | null =>
  info.plane !== null || info.shown.some((s) => s.view === 'picture' || s.view === 'rows') ? 1 : null;

function partFor(shown: Shown): StagePart | null {
  switch (shown.view) {
    case 'picture':
      return picturePart(shown);
    case 'rows':
      return rowsPart(shown);
    case 'columns':
      return columnsPart(shown);
    case 'shares':
      return sharesPart(shown);
    case 'scalar':
      return scalarPart(shown);
    case 'plane':
      return null;
  }
}
