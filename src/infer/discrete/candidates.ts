/**
 * Several sites at once by exact draws from among candidates: the sites of a random block in all their joint states,
 * or those near a random centre. Energies of all candidates of all chains are one program.
 *
 * `block`: block Gibbs sampling (Jensen, Kjærulff & Kong, Int. J. Human-Computer Studies 42 (1995) 647) of a few sites
 * chosen at random, with their joint states enumerated.
 *
 * `ball`: the Hamming ball sampler, Titsias & Yau, JASA 112 (2017) 1598: within a random block a centre u is drawn
 * uniformly from the states that differ from x in at most one site, then the new state from the target restricted to
 * the states so near to u. Balls are of one size, so u needs no weight; two sites may change in one move.
 */
import type { Slot } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import type { Model } from '../model.ts';
import type { Transition } from '../transition.ts';
import { Codes, type Sites } from './sites.ts';
import { type Evaluated, energiesOf, refuseNotFinite } from './target.ts';

export type BlockRule = 'block' | 'ball';

/** Joint states of a block. */
const MAX_JOINT = 64;
/** Sites of a block in which balls lie (DISCS, Goshvadi et al., NeurIPS 2023). */
const BALL_BLOCK = 10;

/** One sweep makes so many blocks that as many sites are in one as there are sites. */
export function blockSampler(model: Model, sites: Sites, chains: number, rule: BlockRule): Transition {
  const { count, states: sizes, layouts, of, element, offset, scale } = sites;
  const largest = sizes.reduce((x, y) => Math.max(x, y), 1);
  const width =
    rule === 'ball'
      ? Math.min(BALL_BLOCK, count)
      : Math.min(count, Math.max(1, Math.floor(Math.log(MAX_JOINT) / Math.log(Math.max(2, largest)) + 1e-9)));
  /** As many for every block; those that a block has less are copies that are not drawn. */
  const most = rule === 'ball' ? 1 + width * (largest - 1) : Math.max(1, largest ** width);
  const energies = energiesOf(model, chains * most);
  const codes = new Codes(sites, chains);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const block = new Int32Array(chains * width);
  const centre = new Int32Array(width);
  const swapped = new Int32Array(width);
  const numbers = new Int32Array(chains);
  const trial = new Map(
    model.unknowns.map((u) => [u.slot, new Float64Array(chains * most * u.size)] as const),
  );
  const arrays = layouts.map((u) => trial.get(u.slot)!);
  /** Codes of the block's sites, by chain and candidate. */
  const joint = new Int32Array(chains * most * width);
  const weight = new Float64Array(most);
  let read = false;

  /** Different sites, by exchanges that are undone: what a chain chooses does not depend on what others chose. */
  function choose(c: number, stream: Stream): void {
    for (let k = 0; k < width; k++) {
      const j = k + stream.int(count - k);
      swapped[k] = j;
      swap(k, j);
      block[c * width + k] = order[k];
    }
    for (let k = width - 1; k >= 0; k--) swap(k, swapped[k]);
  }

  function swap(i: number, j: number): void {
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }

  /** Writes the candidates of one chain. @returns how many there are */
  function list(c: number, stream: Stream): number {
    const own = (k: number): number => block[c * width + k];
    const put = (j: number, k: number, v: number): void => {
      joint[(c * most + j) * width + k] = v;
    };
    for (let k = 0; k < width; k++) centre[k] = codes.data[c * count + own(k)];
    if (rule === 'block') {
      let n = 1;
      for (let k = 0; k < width; k++) n *= sizes[own(k)];
      for (let j = 0; j < n; j++) {
        let rest = j;
        for (let k = width - 1; k >= 0; k--) {
          const s = sizes[own(k)];
          put(j, k, rest % s);
          rest = Math.floor(rest / s);
        }
      }
      return n;
    }
    let n = 1;
    for (let k = 0; k < width; k++) n += sizes[own(k)] - 1;
    let u = stream.int(n) - 1;
    for (let k = 0; k < width && u >= 0; k++) {
      const s = sizes[own(k)] - 1;
      if (u < s) centre[k] = u < centre[k] ? u : u + 1;
      u -= s;
    }
    for (let j = 0; j < n; j++) for (let k = 0; k < width; k++) put(j, k, centre[k]);
    let j = 1;
    for (let k = 0; k < width; k++)
      for (let v = 0; v < sizes[own(k)]; v++) if (v !== centre[k]) put(j++, k, v);
    return n;
  }

  function fill(states: ReadonlyMap<Slot, Float64Array>): void {
    for (const u of model.unknowns) {
      const from = states.get(u.slot)!;
      const to = trial.get(u.slot)!;
      for (let c = 0; c < chains; c++) {
        const x = from.subarray(c * u.size, (c + 1) * u.size);
        for (let j = 0; j < most; j++) to.set(x, (c * most + j) * u.size);
      }
    }
    for (let c = 0; c < chains; c++)
      for (let j = 0; j < numbers[c]; j++)
        for (let k = 0; k < width; k++) {
          const i = block[c * width + k];
          const at = (c * most + j) * layouts[of[i]].size + element[i];
          arrays[of[i]][at] = offset[i] + scale[i] * joint[(c * most + j) * width + k];
        }
  }

  function draw(c: number, { energy, broken }: Evaluated, stream: Stream, beta: number): number {
    const from = c * most;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < numbers[c]; j++) least = Math.min(least, broken ? broken[from + j] : 0);
    const allowed = (j: number): boolean => broken === null || broken[from + j] === least;
    let low = Number.POSITIVE_INFINITY;
    for (let j = 0; j < numbers[c]; j++) if (allowed(j) && energy[from + j] < low) low = energy[from + j];
    let sum = 0;
    for (let j = 0; j < numbers[c]; j++) {
      const e = energy[from + j];
      const w = low === Number.POSITIVE_INFINITY ? 1 : Math.exp(beta * (low - e));
      weight[j] = allowed(j) ? w : 0;
      sum += weight[j];
    }
    let u = stream.uniform() * sum;
    let last = 0;
    for (let j = 0; j < numbers[c]; j++) {
      if (weight[j] === 0) continue;
      last = j;
      u -= weight[j];
      if (u < 0) break;
    }
    return last;
  }

  function once(states: Map<Slot, Float64Array>, streams: readonly Stream[], beta: number): void {
    for (let c = 0; c < chains; c++) {
      choose(c, streams[c]);
      numbers[c] = list(c, streams[c]);
    }
    fill(states);
    const found = energies.evaluate(trial);
    refuseNotFinite(model, trial, found);
    for (let c = 0; c < chains; c++) {
      const j = draw(c, found, streams[c], beta);
      for (let k = 0; k < width; k++) {
        const i = block[c * width + k];
        const code = joint[(c * most + j) * width + k];
        codes.data[c * count + i] = code;
        states.get(layouts[of[i]].slot)![c * layouts[of[i]].size + element[i]] = offset[i] + scale[i] * code;
      }
    }
  }

  return {
    name: rule,
    step(states, streams, { beta, sweeps }) {
      if (!read) codes.read(states, chains);
      read = true;
      for (let i = sweeps * Math.ceil(count / width); i > 0; i--) once(states, streams, beta);
    },
    changed() {
      read = false;
    },
    dispose: () => energies.dispose(),
  };
}
