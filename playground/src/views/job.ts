/** One job: its button, how far it is, its live views, its result. */

import { formatNumber } from '../../../src/plot/numbers.ts';
import type { RunEvent } from '../../../src/run/results.ts';
import { h, icon } from '../dom.ts';
import type { JobInfo, LiveFrame, Problem, ShownResult } from '../protocol.ts';
import type { Beside, Film } from '../staged.ts';
import type { Theme } from '../theme.ts';
import { type BesideView, besideView } from './beside.ts';
import { type ChartsView, chartsView } from './charts.ts';
import { type FilmView, filmView } from './film.ts';
import { type JobLive, jobLive } from './job-live.ts';
import { problemList } from './problems.ts';
import { resultView } from './results.ts';

export interface JobActions {
  readonly run: (job: string) => void;
  readonly reveal: (line: number, column: number) => void;
  readonly theme: () => Theme;
  /** Sets the chains of an energy in motion, with what a job gives. */
  readonly watch: (energy: string, job: string | null) => void;
  /** Goes on with the job that was stopped last. */
  readonly resume: () => void;
  /** Whether an unknown's values are on a circle. */
  readonly cyclic: (energy: string | null, unknown: string) => boolean;
}

export interface JobView {
  readonly element: HTMLElement;
  /** The job as it is now: a result of an older one is marked. */
  update(info: JobInfo): void;
  /** Whether its button can be pressed. */
  enable(on: boolean): void;
  event(event: RunEvent): void;
  live(frame: LiveFrame): void;
  /** Its pictures, ahead of the result. */
  film(film: Film): void;
  result(result: ShownResult, beside: Beside | null): void;
  faults(problems: readonly Problem[]): void;
  crashed(message: string): void;
  /** Whether it can go on from where it was stopped. */
  resumable(on: boolean): void;
  /** It waits, or goes on. */
  pause(on: boolean): void;
  /** The run is over, whether this job came to an end or not. */
  settle(): void;
  setTheme(theme: Theme): void;
}

type State = 'idle' | 'running' | 'done' | 'stopped' | 'failed';

export function jobView(first: JobInfo, actions: JobActions): JobView {
  let info = first;
  let ranOn: string | null = null;
  let state: State = 'idle';
  let paused = false;
  /** What its status says besides. */
  let said = '';
  let charts: ChartsView | null = null;
  let live: JobLive | null = null;
  let film: FilmView | null = null;
  let near: BesideView | null = null;
  let rate = '';

  const button = h(
    'button',
    { type: 'button', class: 'job-run', 'aria-label': `Run ${info.name}`, title: `Run ${info.name}` },
    icon('play'),
  );
  button.addEventListener('click', () => actions.run(info.name));
  const resume = h('button', { type: 'button', class: 'quiet-button', hidden: true }, 'Resume');
  resume.setAttribute('aria-label', `Resume ${info.name}`);
  resume.addEventListener('click', () => actions.resume());
  const watch = h('button', { type: 'button', class: 'quiet-button job-watch', hidden: true }, 'Watch');
  watch.setAttribute('aria-label', `Watch the chains of ${info.name}`);
  watch.addEventListener('click', () => {
    if (info.energy !== null) actions.watch(info.energy, info.name);
  });
  const status = h('span', { class: 'job-status', 'aria-live': 'polite' });
  const bar = h('div', {
    class: 'job-bar',
    role: 'progressbar',
    'aria-label': `Progress of ${info.name}`,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  const what = h('span', { class: 'job-what' });
  const body = h('div', { class: 'job-body' });
  const element = h(
    'section',
    { class: 'job', 'data-job': info.name, 'aria-label': `Job ${info.name}` },
    h('header', { class: 'job-head' }, button, h('h2', {}, info.name), what, status, resume, watch),
    bar,
    // Filled by `job-options.ts`.
    h('div', { class: 'job-options' }),
    body,
  );

  const become = (next: State, text: string): void => {
    state = next;
    element.dataset.state = next;
    // Counters are not read out, ends are.
    status.setAttribute('aria-live', next === 'running' ? 'off' : 'polite');
    said = text;
    if (next !== 'running') paused = false;
    bar.toggleAttribute('data-paused', paused);
    status.textContent = paused ? `paused · ${text}` : text;
    if (next !== 'running') bar.style.removeProperty('--done');
  };
  const clear = (): void => {
    body.replaceChildren();
    film?.end();
    film = charts = null;
    live = jobLive((name) => actions.cyclic(info.energy, name));
    body.append(live.element);
  };
  const stale = (): void => {
    element.toggleAttribute('data-stale', ranOn !== null && ranOn !== info.basis && state !== 'running');
  };
  const update = (next: JobInfo): void => {
    info = next;
    what.replaceChildren(
      h('code', {}, `${info.verb}${info.energy ? `(${info.energy})` : ''}`),
      ` ${info.doc}`,
    );
    watch.hidden = info.verb !== 'sample' || info.energy === null;
    stale();
  };
  update(first);
  become('idle', '');

  return {
    element,
    update,
    enable(on) {
      button.disabled = resume.disabled = watch.disabled = !on;
    },
    event(e) {
      switch (e.event) {
        case 'start':
          clear();
          resume.hidden = true;
          ranOn = info.basis;
          become('running', 'preparing');
          stale();
          return;
        case 'progress': {
          bar.style.setProperty('--done', String(e.done / Math.max(1, e.total)));
          bar.setAttribute('aria-valuenow', ((100 * e.done) / Math.max(1, e.total)).toFixed(0));
          if (e.phase === 'summing') {
            become('running', `summing up ${((100 * e.done) / e.total).toFixed(0)} %`);
            return;
          }
          if (e.phase === 'searching') {
            const low = e.value === null ? '' : ` · lowest energy ${formatNumber(e.value, 6)}`;
            become('running', `searching ${((100 * e.done) / e.total).toFixed(0)} %${low}`);
            return;
          }
          rate = e.rate > 0 ? ` · ${Math.round(e.rate).toLocaleString('en')} a second` : '';
          if (e.phase !== 'sampling') {
            const word = e.phase === 'warmup' ? 'warming up' : e.phase;
            become(
              'running',
              `${word} ${e.done.toLocaleString('en')} of ${e.total.toLocaleString('en')}${rate}`,
            );
          }
          live?.progress(e);
          return;
        }
        case 'plan':
          return;
      }
    },
    live(frame) {
      // It goes on where it was stopped.
      film?.end();
      film?.element.remove();
      film = null;
      live?.live(frame);
      if (frame.phase === 'sampling')
        become(
          'running',
          `draw ${frame.recorded.toLocaleString('en')} of ${frame.draws.toLocaleString('en')}${rate}`,
        );
    },
    film(shown) {
      film?.end();
      film?.element.remove();
      film = filmView(shown, (name) => actions.cyclic(info.energy, name));
      live?.end(true);
      body.prepend(film.element);
      become('running', 'summing up');
    },
    result(result, beside) {
      live?.end(film !== null);
      // What a stop showed gives way to what came of going on.
      body.replaceChildren(film?.element ?? '', live?.element ?? '');
      const complete = !('complete' in result) || result.complete;
      become(complete ? 'done' : 'stopped', complete ? 'done' : 'stopped early');
      charts = chartsView(result, actions.theme());
      const [first, ...others] = resultView(result);
      near = beside && (beside.points || beside.pictures.length > 0) ? besideView(beside) : null;
      body.append(first, near?.element ?? '', ...others, charts.element);
    },
    faults(problems) {
      become('failed', 'failed');
      body.replaceChildren(problemList(problems, actions.reveal));
    },
    crashed(message) {
      become('failed', 'failed');
      body.replaceChildren(
        h(
          'p',
          { class: 'crash' },
          `This is a fault of ours, not of the program: ${message}. Please report it.`,
        ),
      );
    },
    resumable(on) {
      resume.hidden = !on;
    },
    pause(on) {
      if (state !== 'running') return;
      paused = on;
      become('running', said);
    },
    settle() {
      if (state === 'running') become('stopped', 'stopped');
      stale();
    },
    setTheme(theme) {
      charts?.setTheme(theme);
      live?.redraw();
      near?.redraw();
    },
  };
}
