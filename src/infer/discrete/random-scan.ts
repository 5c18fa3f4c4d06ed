/**
 * Single sites in random order, with exact conditionals.
 *
 * `random_scan`: Gibbs sampling of a site chosen uniformly (Geman & Geman, IEEE PAMI 6 (1984) 721; Liu, Wong & Kong,
 * JRSS B 57 (1995) 157 on the order of scans). `metropolised`: Liu, *Peskun's theorem and a modified discrete-state
 * Gibbs sampler*, Biometrika 83 (1996) 681: another value y ≠ x is proposed with probability p(y)/(1 − p(x)) and taken
 * with probability min(1, (1 − p(x))/(1 − p(y))), which leaves a site more often than Gibbs does.
 */
import { siteBlocks } from '../../analyse/blocks.ts';
import { conditional } from '../../analyse/conditional.ts';
import { factorsOf } from '../../analyse/factors.ts';
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { chainsOf } from '../chains.ts';
import { notFinite } from '../faulty-term.ts';
import { batchInputs, type Model } from '../model.ts';
import type { Transition } from '../transition.ts';
import { Codes, type Sites, setSite } from './sites.ts';

export type ScanRule = 'random_scan' | 'metropolised';

/** One sweep updates as many sites as there are. */
export function randomScan(model: Model, sites: Sites, chains: number, rule: ScanRule): Transition {
  const b = model.builder;
  const { batch, compile } = chainsOf(model, chains);
  const factors = factorsOf(b, model.energy);
  const parts = sites.layouts.map((u) => {
    const info = siteBlocks(b, u.slot, factors, model, model.kernels ?? undefined);
    const cond = conditional(b, info, batch, { kind: 'each' }, model);
    const outputs = [{ name: 'energy', axes: cond.axes, node: cond.energy }];
    if (cond.violations) outputs.push({ name: 'broken', axes: cond.axes, node: cond.violations });
    return { cond, run: compile(outputs, cond.tables) };
  });
  const codes = new Codes(sites, chains);
  const { count, of, element, states: sizes } = sites;
  const weight = new Float64Array(sizes.reduce((x, y) => Math.max(x, y), 1));
  const at = new Int32Array(chains);
  let read = false;
  const proposed = new Float64Array(chains);
  const taken = new Float64Array(chains);

  function once(states: Map<Slot, Float64Array>, streams: readonly Stream[], beta: number): void {
    for (let c = 0; c < chains; c++) at[c] = streams[c].int(count);
    for (const [k, { cond, run }] of parts.entries()) {
      if (!at.some((i) => of[i] === k)) continue;
      const inputs = batchInputs(model, batch.slots, states, chains);
      if (cond.siteSlot)
        inputs.set(cond.siteSlot, {
          shape: [chains],
          data: Int32Array.from(at, (i) => (of[i] === k ? element[i] : 0)),
        });
      const out = run.run(inputs);
      const energy = out.get('energy')!.data;
      const broken = out.get('broken')?.data;
      for (let c = 0; c < chains; c++) {
        const i = at[c];
        if (of[i] !== k) continue;
        const s = sizes[i];
        const x = codes.data[c * count + i];
        if (!weigh(energy, broken, c * s, s, beta)) throw notFinite(model, slotOf(k), states, c, element[i]);
        const to = rule === 'random_scan' ? drawn(s, streams[c]) : moved(s, x, c, streams[c]);
        if (to === x) continue;
        codes.data[c * count + i] = to;
        setSite(sites, states, c, i, to);
      }
    }
  }

  const slotOf = (k: number): Slot => sites.layouts[k].slot;

  /** Probabilities of a site's states. @returns false where an energy is not a number */
  function weigh(
    energy: ArrayLike<number>,
    broken: ArrayLike<number> | undefined,
    from: number,
    s: number,
    beta: number,
  ): boolean {
    let least = Number.POSITIVE_INFINITY;
    for (let v = 0; v < s; v++) least = Math.min(least, broken ? broken[from + v] : 0);
    let low = Number.POSITIVE_INFINITY;
    for (let v = 0; v < s; v++) {
      if (broken && broken[from + v] > least) continue;
      const e = energy[from + v];
      if (!(e > Number.NEGATIVE_INFINITY)) return false;
      if (e < low) low = e;
    }
    let sum = 0;
    for (let v = 0; v < s; v++) {
      const forbidden = broken !== undefined && broken[from + v] > least;
      // Every value has probability zero, as at a random start: any will do until one has not.
      weight[v] = forbidden
        ? 0
        : low === Number.POSITIVE_INFINITY
          ? 1
          : Math.exp(beta * (low - energy[from + v]));
      sum += weight[v];
    }
    for (let v = 0; v < s; v++) weight[v] /= sum;
    return true;
  }

  function drawn(s: number, stream: Stream): number {
    let u = stream.uniform();
    for (let v = 0; v < s; v++) {
      u -= weight[v];
      if (u < 0) return v;
    }
    return s - 1;
  }

  function moved(s: number, x: number, c: number, stream: Stream): number {
    proposed[c]++;
    // Sums without what is left out: 1 − p would lose the digits of small probabilities.
    const without = (v: number): number => {
      let sum = 0;
      for (let w = 0; w < s; w++) if (w !== v) sum += weight[w];
      return sum;
    };
    const leave = without(x);
    if (leave === 0) return x;
    let u = stream.uniform() * leave;
    let to = -1;
    for (let v = 0; v < s; v++) {
      if (v === x || weight[v] === 0) continue;
      to = v;
      u -= weight[v];
      if (u < 0) break;
    }
    const back = without(to);
    if (stream.uniform() * back >= leave) return x;
    taken[c]++;
    return to;
  }

  return {
    name: rule,
    step(states, streams, { beta, sweeps }) {
      if (!read) codes.read(states, chains);
      read = true;
      for (let i = sweeps * count; i > 0; i--) once(states, streams, beta);
    },
    changed() {
      read = false;
    },
    freeze() {
      proposed.fill(0);
      taken.fill(0);
    },
    info: (chain) => (proposed[chain] === 0 ? {} : { acceptance: taken[chain] / proposed[chain] }),
    dispose() {
      for (const p of parts) p.run.dispose();
    },
  };
}
