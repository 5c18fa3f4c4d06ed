/** Where the stage stands: one energy's chains at a time. */
import type { StageMessage } from '../compiler.ts';
import { h } from '../dom.ts';
import type { StageSettings } from '../staged.ts';
import { type StageView, stageView } from './stage.ts';

export interface StageHostActions {
  /** @param settings null: as the energy is written */
  readonly watch: (energy: string, job: string | null, settings: StageSettings | null) => void;
  readonly set: (settings: StageSettings) => void;
  readonly drawn: () => void;
  readonly close: () => void;
  readonly reveal: (line: number, column: number) => void;
}

export interface StageHost {
  readonly element: HTMLElement;
  /** Sets an energy's chains in motion, instead of those before. */
  watch(energy: string, job: string | null): void;
  message(m: StageMessage): void;
  /** A run has the machine to itself. */
  hold(on: boolean): void;
  close(): void;
}

export function stageHost(actions: StageHostActions): StageHost {
  const element = h('div', { class: 'stage-host' });
  let view: StageView | null = null;
  let held = false;
  const close = (): void => {
    if (!view) return;
    view = null;
    element.replaceChildren();
    actions.close();
  };
  return {
    element,
    watch(energy, job) {
      view = stageView(energy, job, {
        ...actions,
        restart: (settings) => actions.watch(energy, job, settings),
        close,
      });
      view.hold(held);
      element.replaceChildren(view.element);
      // Into view, without moving anything but the pane.
      const pane = element.parentElement;
      if (pane) pane.scrollTop += element.getBoundingClientRect().top - pane.getBoundingClientRect().top - 16;
      actions.watch(energy, job, null);
    },
    message(m) {
      switch (m.type) {
        case 'stage-opened':
          view?.opened(m.stage);
          return;
        case 'stage-frame':
          view?.frame(m.frame);
          return;
        case 'stage-plane':
          view?.plane(m.plane);
          return;
        case 'stage-fault':
          view?.fault(m.problems, m.crash, m.over);
          return;
      }
    },
    hold(on) {
      held = on;
      view?.hold(on);
    },
    close,
  };
}
