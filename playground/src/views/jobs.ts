/** The right-hand side: the program's jobs in order, each with what came of it. */

import type { RunMessage } from '../compiler.ts';
import { h } from '../dom.ts';
import type { EnergyInfo, JobInfo, Problem, ShownRun } from '../protocol.ts';
import type { Theme } from '../theme.ts';
import { type JobActions, type JobView, jobView } from './job.ts';
import { outlineView } from './outline.ts';
import { problemList } from './problems.ts';
import { type RunCard, runCard } from './run-card.ts';

export interface JobsView {
  /** The jobs of the text as it is now. Results of those that keep their name stay. */
  show(energies: readonly EnergyInfo[], jobs: readonly JobInfo[]): void;
  /** Forgets everything: another program. */
  clear(): void;
  /** Whether jobs can be started now. */
  enable(on: boolean): void;
  /** A run begins: what was said in general is over. */
  begin(): void;
  message(m: RunMessage): void;
  /** The run waits, or goes on. */
  pause(on: boolean): void;
  /** A run of the command line, read from its folder: above the program's own jobs, until it is closed. */
  showRun(name: string, run: ShownRun): void;
  setTheme(theme: Theme): void;
}

export interface RunActions {
  /** Opens the program of a run that was read from its folder. */
  readonly openProgram: (file: string, text: string) => void;
}

/** @param stage where chains move that are watched */
export function jobsView(
  host: HTMLElement,
  outer: Omit<JobActions, 'cyclic'> & RunActions,
  stage: HTMLElement,
): JobsView {
  let energies: readonly EnergyInfo[] = [];
  const actions: JobActions & RunActions = {
    ...outer,
    cyclic: (energy, unknown) =>
      energies
        .find((e) => e.name === energy)
        ?.unknowns.some((u) => u.name === unknown && /^(angle|cyclic)\b/.test(u.domain)) ?? false,
  };
  const views = new Map<string, JobView>();
  const list = h('div', { class: 'jobs' });
  const outline = h('div', { class: 'outlines' });
  const general = h('div', { class: 'general' });
  const hint = h(
    'p',
    { class: 'hint' },
    'Press ',
    h('kbd', {}, 'Ctrl'),
    ' ',
    h('kbd', {}, 'Enter'),
    ' to run. Chains are drawn here while they move.',
  );
  const runs = h('div', { class: 'runs' });
  const cards = new Map<string, RunCard>();
  host.replaceChildren(runs, outline, stage, general, list, hint);
  let enabled = false;
  let current: string | null = null;

  /** A job that starts low in the pane is moved to its top: its results grow downwards. */
  const bringUp = (element: HTMLElement): void => {
    const pane = host.getBoundingClientRect();
    if (element.getBoundingClientRect().top - pane.top > pane.height * 0.4)
      host.scrollTop += element.getBoundingClientRect().top - pane.top - 16;
  };
  const tell = (problems: readonly Problem[]): void =>
    general.replaceChildren(problemList(problems, actions.reveal));

  return {
    show(known, jobs) {
      energies = known;
      outline.replaceChildren(...outlineView(energies, (energy) => actions.watch(energy, null)));
      for (const [name, view] of views) {
        if (jobs.some((j) => j.name === name)) continue;
        view.element.remove();
        views.delete(name);
      }
      jobs.forEach((job, i) => {
        let view = views.get(job.name);
        if (view) view.update(job);
        else {
          view = jobView(job, actions);
          view.enable(enabled);
          views.set(job.name, view);
        }
        if (list.children[i] !== view.element) list.insertBefore(view.element, list.children[i] ?? null);
      });
    },
    clear() {
      views.clear();
      list.replaceChildren();
      outline.replaceChildren();
      general.replaceChildren();
      hint.hidden = false;
    },
    enable(on) {
      enabled = on;
      for (const v of views.values()) v.enable(on);
    },
    begin() {
      general.replaceChildren();
      hint.hidden = true;
    },
    message(m) {
      switch (m.type) {
        case 'event': {
          const view = views.get(m.event.job);
          view?.event(m.event);
          if (m.event.event !== 'start') return;
          current = m.event.job;
          if (view) bringUp(view.element);
          return;
        }
        case 'live':
          views.get(m.live.job)?.live(m.live);
          return;
        case 'film':
          views.get(m.job)?.film(m.film);
          return;
        case 'result':
          views.get(m.job)?.result(m.result, m.beside);
          return;
        case 'faults': {
          const view = m.job === null ? undefined : views.get(m.job);
          if (view) view.faults(m.problems);
          else tell(m.problems);
          return;
        }
        case 'crashed': {
          const view = views.get(m.job ?? current ?? '');
          if (view) view.crashed(m.message);
          else
            general.replaceChildren(
              h('p', { class: 'crash' }, `This is a fault of ours: ${m.message}. Please report it.`),
            );
          return;
        }
        case 'resumable':
          for (const [name, v] of views) v.resumable(name === m.job);
          return;
        case 'ended':
          for (const v of views.values()) v.settle();
          return;
      }
    },
    pause(on) {
      for (const v of views.values()) v.pause(on);
    },
    showRun(name, run) {
      cards.get(name)?.element.remove();
      const close = (): void => {
        card.element.remove();
        cards.delete(name);
      };
      const card = runCard(name, run, actions.theme(), {
        close,
        openProgram: (file, text) => actions.openProgram(file, text),
      });
      cards.set(name, card);
      runs.prepend(card.element);
      host.scrollTo({ top: 0 });
      card.element.focus();
    },
    setTheme(theme) {
      for (const c of cards.values()) c.setTheme(theme);
      for (const v of views.values()) v.setTheme(theme);
    },
  };
}
