/**
 * The state of a local search: for every variable and every state of it what the energy would be with that state,
 * less a constant of the variable, kept up to date move by move. Forbidden rows cost a weight of their table, which
 * the search raises where it gets stuck (breakout: Morris, AAAI 1993).
 */
import type { DiscreteGraph } from '../graph.ts';
import { lists } from './problem.ts';

export class Moves {
  readonly graph: DiscreteGraph;
  readonly count: number;
  readonly states: Int32Array;
  /** Where a variable's states begin in `cost`; count + 1. */
  readonly first: Int32Array;
  /** With weights in place of +∞. */
  readonly cost: Float64Array;
  readonly codes: Uint16Array;
  /** Variables whose single states are forbidden never take them: +∞ stays in `cost`. */
  readonly weights: Float64Array;
  /** Tables whose present row is forbidden, and where each is among them (−1: not). */
  readonly broken: Int32Array;
  brokenCount = 0;
  readonly #brokenAt: Int32Array;
  /** Energies of what is finite now; forbidden rows count nothing. */
  energy = 0;
  work = 0;
  readonly #hard: Uint8Array;
  readonly #row: Int32Array;
  readonly #strides: Int32Array[];
  /** The tables of each variable, and its place in their scopes. */
  readonly touchFirst: Int32Array;
  readonly touchFactor: Int32Array;
  readonly touchPlace: Int32Array;

  /** @param weight what a forbidden row costs at first */
  constructor(graph: DiscreteGraph, weight: number) {
    this.graph = graph;
    const { states, factors } = graph;
    const n = states.length;
    this.count = n;
    this.states = states;
    this.first = new Int32Array(n + 1);
    for (let v = 0; v < n; v++) this.first[v + 1] = this.first[v] + states[v];
    this.cost = new Float64Array(this.first[n]);
    this.codes = new Uint16Array(n);
    this.weights = new Float64Array(factors.length).fill(weight);
    this.broken = new Int32Array(factors.length);
    this.#brokenAt = new Int32Array(factors.length).fill(-1);
    this.#row = new Int32Array(factors.length);
    this.#hard = new Uint8Array(factors.length);
    const forbids = new Map<Float64Array, boolean>();
    this.#strides = factors.map(({ scope, energy }, f) => {
      let hard = forbids.get(energy);
      if (hard === undefined) {
        hard = energy.includes(Infinity);
        forbids.set(energy, hard);
      }
      if (hard) this.#hard[f] = 1;
      const strides = new Int32Array(scope.length);
      for (let i = scope.length - 1, s = 1; i >= 0; i--) {
        strides[i] = s;
        s *= states[scope[i]];
      }
      return strides;
    });
    const touching = lists(
      n,
      factors.flatMap(({ scope }, f) => Array.from(scope, (v, i): [number, number] => [v, f * 64 + i])),
    );
    this.touchFirst = touching.first;
    this.touchFactor = touching.list.map((e) => e >> 6);
    this.touchPlace = touching.list.map((e) => e & 63);
  }

  /** Start from a state. */
  reset(codes: ArrayLike<number>): void {
    const { factors } = this.graph;
    this.codes.set(codes);
    this.cost.fill(0);
    this.brokenCount = 0;
    this.#brokenAt.fill(-1);
    this.energy = this.graph.constant;
    for (let f = 0; f < factors.length; f++) {
      const { scope, energy } = factors[f];
      const strides = this.#strides[f];
      let row = 0;
      for (let i = 0; i < scope.length; i++) row += strides[i] * codes[scope[i]];
      this.#row[f] = row;
      this.#count(f, energy[row], 1);
      for (let i = 0; i < scope.length; i++) {
        const u = scope[i];
        const from = row - strides[i] * codes[u];
        for (let a = 0; a < this.states[u]; a++) {
          const e = energy[from + a * strides[i]];
          this.cost[this.first[u] + a] += e === Infinity && scope.length > 1 ? this.weights[f] : e;
        }
        this.work += this.states[u];
      }
    }
  }

  /** A table's row comes in (1) or goes out (−1). */
  #count(f: number, e: number, way: number): void {
    if (e !== Infinity) {
      this.energy += way * e;
      return;
    }
    if (way > 0) {
      this.#brokenAt[f] = this.brokenCount;
      this.broken[this.brokenCount++] = f;
    } else {
      const last = this.broken[--this.brokenCount];
      const at = this.#brokenAt[f];
      this.broken[at] = last;
      this.#brokenAt[last] = at;
      this.#brokenAt[f] = -1;
    }
  }

  /** By how much the weighted energy would change. */
  delta(v: number, a: number): number {
    const at = this.first[v];
    return this.cost[at + a] - this.cost[at + this.codes[v]];
  }

  move(v: number, a: number): void {
    const { factors } = this.graph;
    const { cost, first, states, weights } = this;
    const old = this.codes[v];
    if (a === old) return;
    for (let t = this.touchFirst[v]; t < this.touchFirst[v + 1]; t++) {
      const f = this.touchFactor[t];
      const place = this.touchPlace[t];
      const { scope, energy } = factors[f];
      const strides = this.#strides[f];
      const row = this.#row[f];
      const shift = (a - old) * strides[place];
      if (this.#hard[f] === 1) {
        this.#count(f, energy[row], -1);
        this.#count(f, energy[row + shift], 1);
      } else this.energy += energy[row + shift] - energy[row];
      this.#row[f] = row + shift;
      for (let i = 0; i < scope.length; i++) {
        if (i === place) continue;
        const u = scope[i];
        const stride = strides[i];
        let from = row - stride * this.codes[u];
        const at = first[u];
        const d = states[u];
        this.work += d;
        if (this.#hard[f] === 0)
          for (let b = 0; b < d; b++, from += stride) cost[at + b] += energy[from + shift] - energy[from];
        else {
          const w = weights[f];
          for (let b = 0; b < d; b++, from += stride) {
            const before = energy[from];
            const after = energy[from + shift];
            if (before !== after)
              cost[at + b] += (after === Infinity ? w : after) - (before === Infinity ? w : before);
          }
        }
      }
    }
    this.codes[v] = a;
  }

  /** Raise the weight of a table. */
  raise(f: number, by: number): void {
    this.weights[f] += by;
    const { scope, energy } = this.graph.factors[f];
    const strides = this.#strides[f];
    for (let i = 0; i < scope.length; i++) {
      const u = scope[i];
      const from = this.#row[f] - strides[i] * this.codes[u];
      this.work += this.states[u];
      for (let b = 0; b < this.states[u]; b++)
        if (energy[from + b * strides[i]] === Infinity) this.cost[this.first[u] + b] += by;
    }
  }
}
