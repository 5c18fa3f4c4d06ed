/** The chains of one energy as the sliders want them: opened, moved, opened anew from their present states. */
import type { HostArray } from '../../../src/arrays.ts';
import type { CheckedEnergy, Job } from '../../../src/check/values.ts';
import { isDiscrete, rangeOf, valueMap } from '../../../src/domain.ts';
import type { Evaluator, Output } from '../../../src/engines/engine.ts';
import { type Endless, openEndless } from '../../../src/infer/endless.ts';
import {
  batchInputs,
  type Clamp,
  clampOf,
  compile,
  type Model,
  makeModel,
  noClamp,
  type States,
} from '../../../src/infer/model.ts';
import { reweighting } from '../../../src/infer/reweight.ts';
import { makeBatch } from '../../../src/ir/batch.ts';
import type { Slot } from '../../../src/ir/types.ts';
import { slotsRead } from '../../../src/ir/walk.ts';
import { Stream } from '../../../src/random/stream.ts';
import type { Session } from '../../../src/run/session.ts';
import type { StageFrame, StageInfo, StageParam, StagePlane, StageSettings } from '../staged.ts';
import { type EnergyPlane, makePlane } from './stage-plane.ts';
import { chainsFor, planeOf, shownOf } from './stage-shown.ts';

export interface StageChains {
  readonly info: StageInfo;
  readonly settings: StageSettings;
  readonly warming: boolean;
  /** Whether many steps in one call are quicker. */
  readonly repeats: boolean;
  /**
   * Chains of the energy with these weights, from the present states.
   * @throws EnergyError where they cannot move there; they move as before then
   */
  apply(settings: StageSettings): void;
  step(steps: number): void;
  /** The present states, as they are shown. */
  values(): Pick<StageFrame, 'values' | 'terms'>;
  /** The energy around where the chains are; null where the state is not two reals. */
  plane(): StagePlane | null;
  dispose(): void;
}

const WARMUP = 200;
/** After a change: the states are nearly right, only steps must be measured anew. */
const AGAIN = 80;
const SEED = 1;

export function openStage(
  session: Session,
  { energy }: CheckedEnergy,
  job: Job | null,
  first: StageSettings | null,
): StageChains {
  const { bound, engine, program } = session;
  const { builder } = program;
  const weigh = reweighting(builder, energy);
  const params = scalarParams(session, energy);
  let settings: StageSettings = first ?? {
    temperature: 1,
    weights: energy.terms.map(() => 1),
    params: Object.fromEntries(params.map(({ shown }) => [shown.name, shown.value])),
    speed: 1,
    paused: false,
  };
  const valuesOf = ({ params: set }: StageSettings): ReadonlyMap<Slot, HostArray> => {
    const out = new Map(session.params);
    for (const { slot, shown } of params)
      out.set(slot, { shape: [], data: Float64Array.of(set[shown.name] ?? shown.value) });
    return out;
  };
  /** The energy as it is written, with the parameters as they are set. */
  const plainModel = (s: StageSettings): Model => makeModel(bound, energy, valuesOf(s), engine);
  const weightedModel = (s: StageSettings): Model => {
    const weighted = weigh({ terms: s.weights, temperature: s.temperature });
    const all = new Map([...valuesOf(s), ...weighted.values]);
    return makeModel(bound, weighted.energy, all, engine, count);
  };
  const clampFor = (model: Model): Clamp => {
    const given = job?.options.given;
    return given?.kind === 'given' ? clampOf(model, given.entries) : noClamp(model);
  };

  let plain = plainModel(settings);
  const count = chainsFor(plain);
  const all = shownOf(plain, count);
  const plane = planeOf(plain, all);
  // Two numbers that are the whole state are seen in the plane.
  const shown = plane?.whole
    ? all.map((s) => (s.view === 'columns' ? { ...s, view: 'plane' as const } : s))
    : all;
  let opened = 0;
  const open = (s: StageSettings, from: Endless | null): Endless => {
    const model = weightedModel(s);
    return openEndless(model, clampFor(model), {
      chains: count,
      root: new Stream(SEED, 'stage', opened++),
      warmup: from ? AGAIN : WARMUP,
      from: from?.states(),
      standards: from?.standards,
    });
  };
  let chains = open(settings, null);
  let observer = makeObserver(plain, count);
  let ground: EnergyPlane | null = null;

  const continuous = plain.unknowns.some((u) => !isDiscrete(u.slot.domain));
  const info: StageInfo = {
    energy: energy.name,
    job: job?.name ?? null,
    chains: count,
    method: chains.plan.method,
    unit: continuous ? 'transition' : 'sweep',
    terms: energy.terms.map((t) => t.name),
    params: params.map((p) => p.shown),
    shown,
    plane,
  };
  return {
    info,
    get settings() {
      return settings;
    },
    get warming() {
      return chains.warming;
    },
    get repeats() {
      return chains.repeats && !chains.warming;
    },
    apply(next) {
      const old = settings;
      if (sameEnergy(old, next)) {
        settings = next;
        return;
      }
      const fresh = open(next, chains);
      chains.dispose();
      chains = fresh;
      settings = next;
      if (sameNumbers(Object.values(old.params), Object.values(next.params))) return;
      plain = plainModel(next);
      observer.dispose();
      observer = makeObserver(plain, count);
      ground?.dispose();
      ground = null;
    },
    step: (steps) => chains.step(steps),
    values() {
      const states = chains.states();
      const { terms, reports, total } = observer.at(states);
      const values = shown.map((s) => {
        if (s.role === 'energy') return Float32Array.from(total);
        const source =
          s.role === 'report'
            ? reports.get(s.name)!
            : states.get(plain.unknowns.find((u) => u.slot.name === s.name)!.slot)!;
        const own = source.subarray(0, s.chains * s.size);
        return s.bytes ? Uint8Array.from(own, (x) => x - (s.lo ?? 0)) : Float32Array.from(own);
      });
      return { values, terms };
    },
    plane() {
      if (!plane?.whole) return null;
      ground ??= makePlane(plain);
      return ground.around(chains.states(), count, settings);
    },
    dispose() {
      chains.dispose();
      observer.dispose();
      ground?.dispose();
    },
  };
}

/** Whether only how chains are looked at has changed. */
const sameEnergy = (a: StageSettings, b: StageSettings): boolean =>
  a.temperature === b.temperature &&
  sameNumbers(a.weights, b.weights) &&
  sameNumbers(Object.values(a.params), Object.values(b.params));

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

interface Observer {
  /** Means of the terms over the chains, reports chain by chain, the energy of each. */
  at(states: States): {
    readonly terms: Float32Array;
    readonly reports: ReadonlyMap<string, Float64Array>;
    readonly total: Float64Array;
  };
  dispose(): void;
}

/** Evaluates what is told beside the states. */
function makeObserver(model: Model, chains: number): Observer {
  const b = model.builder;
  const axis = b.axis(b.range(chains), 'chain');
  const batch = makeBatch(b, model.energy.unknowns, [axis]);
  const { terms, reports } = model.energy;
  const outputs: Output[] = [
    ...terms.map((t, i) => ({ name: `t${i}`, axes: [axis], node: batch.on(t.body) })),
    ...reports.map((r, i) => ({
      name: `r${i}`,
      axes: [axis, ...r.value.axes],
      node: batch.on(r.value.body),
    })),
  ];
  const run: Evaluator | null = outputs.length > 0 ? compile(model, outputs) : null;
  return {
    at(states) {
      const out = run?.run(batchInputs(model, batch.slots, states, chains));
      const total = new Float64Array(chains);
      const means = terms.map((_, k) => {
        const { data } = out!.get(`t${k}`)!;
        let sum = 0;
        for (let c = 0; c < chains; c++) {
          total[c] += data[c];
          sum += data[c];
        }
        return sum / chains;
      });
      return {
        terms: Float32Array.from(means),
        reports: new Map(reports.map((r, i) => [r.name, Float64Array.from(out!.get(`r${i}`)!.data)])),
        total,
      };
    },
    dispose: () => run?.dispose(),
  };
}

/** Parameters of one number that the energy reads, with the range of a slider. */
function scalarParams(
  session: Session,
  energy: CheckedEnergy['energy'],
): readonly { readonly slot: Slot; readonly shown: StageParam }[] {
  const read = slotsRead([
    ...energy.terms.map((t) => t.body),
    ...energy.support.flatMap((c) => [c.condition, ...(c.where ? [c.where] : [])]),
  ]);
  return session.program.params.flatMap(({ slot }) => {
    const array = session.params.get(slot);
    if (slot.sets.length > 0 || !read.has(slot) || array?.data.length !== 1) return [];
    const [value] = array.data;
    const d = slot.domain;
    const range = rangeOf(d);
    const around = Math.max(2, 3 * Math.abs(value));
    const whole = isDiscrete(d);
    const step = whole ? valueMap(d).scale : 0;
    if (step > 1) return [];
    const lo = Number.isFinite(range.lo) ? range.lo : value - around;
    const hi = Number.isFinite(range.hi) ? range.hi : value + around;
    // An open bound is not a value.
    const inside = whole ? 0 : (hi - lo) * 1e-3;
    return [
      {
        slot,
        shown: {
          name: slot.name,
          value,
          lo: range.lo === lo ? lo + inside : lo,
          hi: range.hi === hi ? hi - inside : hi,
          whole,
        },
      },
    ];
  });
}
