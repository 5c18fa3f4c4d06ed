/** The list of engines at the foot of the page. */
import { h } from '../dom.ts';
import { chosenEngine, engineLabels, keepEngine, type PageEngine, pageEngines } from '../engine-choice.ts';

export interface EngineChoice {
  /** The engine has been loaded; `fault`: why it is another than the one that was chosen. */
  prepared(engine: string, fault: string | null): void;
}

/** @param choose called with another engine, which has been kept */
export function engineChoice(select: HTMLSelectElement, choose: (engine: PageEngine) => void): EngineChoice {
  select.replaceChildren(...pageEngines.map((name) => h('option', { value: name }, engineLabels[name])));
  select.value = chosenEngine();
  select.addEventListener('change', () => {
    const engine = pageEngines[select.selectedIndex];
    keepEngine(engine);
    choose(engine);
  });
  return {
    prepared(engine, fault) {
      select.title = fault ?? `Computed by ${engine}`;
      if (fault !== null) select.value = 'auto';
    },
  };
}
