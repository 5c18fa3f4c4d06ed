/** Sliders of the stage: speed, temperature, the weight of each term, parameters. */
import { formatNumber } from '../../../src/plot/numbers.ts';
import { h } from '../dom.ts';
import type { StageInfo, StageSettings } from '../staged.ts';

export interface StageControls {
  readonly element: HTMLElement;
  readonly settings: StageSettings;
  pause(on: boolean): void;
}

/** Terms and parameters with sliders, at most. */
const MOST = 12;
/** Positions of a slider on a logarithmic scale. */
const STEPS = 100;
const COLDEST = 0.05;
const HOTTEST = 10;
const FASTEST = 1000;

interface Scale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly toValue: (position: number) => number;
  readonly toPosition: (value: number) => number;
  readonly text: (value: number) => string;
}

const logScale = (
  lo: number,
  hi: number,
): Pick<Scale, 'min' | 'max' | 'step' | 'toValue' | 'toPosition'> => ({
  min: 0,
  max: STEPS,
  step: 1,
  toValue: (p) => lo * (hi / lo) ** (p / STEPS),
  toPosition: (v) => Math.round((STEPS * Math.log(v / lo)) / Math.log(hi / lo)),
});

/** @param changed called with every movement */
export function stageControls(
  info: StageInfo,
  first: StageSettings,
  changed: (settings: StageSettings, energy: boolean) => void,
): StageControls {
  let settings = first;
  const set = (next: Partial<StageSettings>, energy = true): void => {
    settings = { ...settings, ...next };
    changed(settings, energy);
  };
  const resets: (() => void)[] = [];

  /** @param home the value that a double click on its name goes back to */
  const slider = (
    name: string,
    label: Node | string,
    value: number,
    home: number,
    scale: Scale,
    on: (value: number) => void,
  ): HTMLElement => {
    const input = h('input', {
      type: 'range',
      min: scale.min,
      max: scale.max,
      step: scale.step,
      'aria-label': name,
      'data-slider': name,
    });
    const out = h('output', {});
    const say = (v: number): void => {
      out.textContent = scale.text(v);
      input.setAttribute('aria-valuetext', scale.text(v));
    };
    const put = (v: number): void => {
      input.value = String(scale.toPosition(v));
      say(v);
    };
    put(value);
    let now = value;
    input.addEventListener('input', () => {
      now = scale.toValue(Number(input.value));
      say(now);
      on(now);
    });
    const reset = (): void => {
      if (now === home) return;
      now = home;
      put(home);
      on(home);
    };
    resets.push(reset);
    const text = h('span', { class: 'slider-name', title: 'Double-click: as it was' }, label);
    text.addEventListener('dblclick', reset);
    return h('label', { class: 'slider' }, text, out, input);
  };

  const unit = info.unit === 'sweep' ? 'sweeps' : 'transitions';
  // The last position is as fast as it goes.
  const speeds = logScale(1, FASTEST);
  const speed = slider(
    `Speed: ${unit} a frame`,
    `${unit} a frame`,
    settings.speed ?? Number.POSITIVE_INFINITY,
    settings.speed ?? Number.POSITIVE_INFINITY,
    {
      ...speeds,
      toValue: (p) => (p >= STEPS ? Number.POSITIVE_INFINITY : Math.round(speeds.toValue(p))),
      toPosition: (v) => (Number.isFinite(v) ? Math.min(STEPS - 1, speeds.toPosition(v)) : STEPS),
      text: (v) => (Number.isFinite(v) ? String(v) : 'max'),
    },
    (v) => set({ speed: Number.isFinite(v) ? v : null }, false),
  );
  resets.pop();

  const temperature = slider(
    'Temperature T',
    h('span', {}, 'temperature ', h('i', {}, 'T')),
    settings.temperature,
    1,
    {
      ...logScale(COLDEST, HOTTEST),
      toValue: (p) => {
        const t = COLDEST * (HOTTEST / COLDEST) ** (p / STEPS);
        // The temperature of the program is one of the positions.
        return Math.abs(Math.log(t)) < 0.027 ? 1 : Number(t.toPrecision(3));
      },
      text: (v) => formatNumber(v, 3),
    },
    (v) => set({ temperature: v }),
  );
  const weights = info.terms.slice(0, MOST).map((name, k) =>
    slider(
      `Weight of ${name}`,
      h('span', {}, '× ', h('i', {}, name)),
      settings.weights[k],
      1,
      {
        min: -2,
        max: 3,
        step: 0.05,
        toValue: (p) => Math.round(p * 100) / 100,
        toPosition: (v) => v,
        text: (v) => v.toFixed(2).replace(/0$/, ''),
      },
      (v) => set({ weights: settings.weights.map((w, i) => (i === k ? v : w)) }),
    ),
  );
  const params = info.params.slice(0, MOST).map((p) =>
    slider(
      `Parameter ${p.name}`,
      h('i', {}, p.name),
      settings.params[p.name] ?? p.value,
      p.value,
      {
        min: 0,
        max: p.whole ? p.hi - p.lo : 200,
        step: 1,
        toValue: (at) => (p.whole ? p.lo + at : p.lo + (at / 200) * (p.hi - p.lo)),
        toPosition: (v) => (p.whole ? v - p.lo : (200 * (v - p.lo)) / (p.hi - p.lo)),
        text: (v) => formatNumber(v, 3),
      },
      (v) => set({ params: { ...settings.params, [p.name]: v } }),
    ),
  );
  const reset = h('button', { type: 'button', class: 'quiet-button' }, 'Reset sliders');
  reset.addEventListener('click', () => {
    for (const r of resets) r();
  });
  const group = (title: string, items: readonly HTMLElement[]): HTMLElement | null =>
    items.length === 0 ? null : h('fieldset', {}, h('legend', {}, title), ...items);
  return {
    element: h(
      'div',
      { class: 'stage-controls' },
      group('Speed', [speed]),
      group('Energy', [temperature, ...weights]),
      group('Parameters', params),
      reset,
    ),
    get settings() {
      return settings;
    },
    pause: (paused) => set({ paused }, false),
  };
}
