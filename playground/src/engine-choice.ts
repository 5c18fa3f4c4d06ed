/**
 * Which engine the page's workers take. A worker is told by its name (`run:webgl`), because it loads the engine
 * once; the choice is kept in the browser, and `?engine=webgl` in the address goes before it.
 */

/** What can be chosen, the first by itself. */
export const pageEngines = ['auto', 'kernels', 'wasm', 'webgl', 'cpu'] as const;

export type PageEngine = (typeof pageEngines)[number];

export const engineLabels: Readonly<Record<PageEngine, string>> = {
  auto: 'quickest engine',
  kernels: 'kernels (float64)',
  wasm: 'tfjs on WebAssembly',
  webgl: 'tfjs on WebGL',
  cpu: 'tfjs in JavaScript',
};

const KEY = 'energy-engine';

const isPageEngine = (name: string | null | undefined): name is PageEngine =>
  (pageEngines as readonly (string | null | undefined)[]).includes(name);

export function chosenEngine(): PageEngine {
  const asked = new URLSearchParams(location.search).get('engine');
  if (isPageEngine(asked)) return asked;
  try {
    const kept = localStorage.getItem(KEY);
    return isPageEngine(kept) ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

export function keepEngine(engine: PageEngine): void {
  try {
    localStorage.setItem(KEY, engine);
  } catch {
    // Storage may be switched off; the choice then lasts as long as the page.
  }
}

/** The name of a worker that takes this engine. */
export const workerName = (what: string, engine: PageEngine): string => `${what}:${engine}`;

/** What the worker of this name takes. */
export function engineOfWorker(name: string): PageEngine {
  const said = name.split(':')[1];
  return isPageEngine(said) ? said : 'auto';
}
