/**
 * Constraint propagation to a fixed point. Pairs: arc consistency by bit masks, variable by variable (AC-3 with the
 * remembered supports of Lecoutre and Hemery, IJCAI 2007). Wide tables: generalised arc consistency by remembered
 * supports, as soon as few enough rows are left to look at. Cliques of differences: all-different, last.
 *
 * What is remembered stays right when the search goes back, so nothing of it is on the trail.
 */
import { type AllDifferent, makeAllDifferent } from './all-different.ts';
import { Domains } from './domains.ts';
import type { Problem, WideTable } from './problem.ts';

/** Rows of a wide table that are looked at for one support; with more left the table waits. */
const MOST_ROWS = 1 << 14;

export class Propagator {
  readonly problem: Problem;
  readonly domains: Domains;
  /** For each variable how often it took part in a dead end (wdeg; Boussemart et al., ECAI 2004), from its degree up. */
  readonly weight: Float64Array;
  /** Checks made so far. */
  work = 0;
  /** For each side of each pair where the remembered words begin; −1 where masks are one word. */
  readonly #wordAt: Int32Array;
  readonly #word: Uint16Array;
  readonly #support: Int32Array;
  readonly #wide: Int32Array;
  readonly #wideQueued: Uint8Array;
  #wideLength = 0;
  readonly #cliques: Int32Array;
  readonly #cliqueQueued: Uint8Array;
  #cliqueLength = 0;
  readonly #different: AllDifferent;
  readonly #states: Int32Array;
  readonly #digits: Int32Array;
  readonly #lists: Int32Array[];
  readonly #lengths: Int32Array;

  constructor(problem: Problem) {
    this.problem = problem;
    this.domains = new Domains(problem.states);
    const { count, relations } = problem;
    this.weight = new Float64Array(count);
    for (let v = 0; v < count; v++)
      this.weight[v] =
        1 + problem.pairFirst[v + 1] - problem.pairFirst[v] + problem.wideFirst[v + 1] - problem.wideFirst[v];
    this.#wordAt = new Int32Array(2 * relations.length).fill(-1);
    let at = 0;
    relations.forEach((r, p) => {
      for (let side = 0; side < 2; side++)
        if (r.of[side].words > 1) {
          this.#wordAt[2 * p + side] = at;
          at += side === 0 ? r.dx : r.dy;
        }
    });
    this.#word = new Uint16Array(at);
    this.#support = new Int32Array(problem.supportCount).fill(-1);
    this.#wide = new Int32Array(problem.wide.length);
    this.#wideQueued = new Uint8Array(problem.wide.length);
    this.#cliques = new Int32Array(problem.cliques.length);
    this.#cliqueQueued = new Uint8Array(problem.cliques.length);
    this.#different = makeAllDifferent(problem, this.domains);
    const most = problem.states.reduce((a, b) => Math.max(a, b), 1);
    const arity = problem.wide.reduce((a, w) => Math.max(a, w.scope.length), 0);
    this.#states = new Int32Array(most);
    this.#digits = new Int32Array(arity);
    this.#lists = Array.from({ length: arity }, () => new Int32Array(most));
    this.#lengths = new Int32Array(arity);
  }

  /** What tables forbid by themselves, then everything once. False: the support is empty. */
  begin(): boolean {
    const { problem, domains } = this;
    if (problem.base === Infinity) return false;
    for (let v = 0; v < problem.count; v++)
      for (let a = 0; a < problem.states[v]; a++)
        if (problem.unary[problem.first[v] + a] === Infinity && !domains.remove(v, a)) return false;
    for (let p = 0; p < problem.relations.length; p++) {
      if (!this.#revise(p, 0) || !this.#revise(p, 1)) return false;
    }
    for (let w = 0; w < problem.wide.length; w++) this.#queueWide(w);
    for (let c = 0; c < problem.cliques.length; c++) this.#queueClique(c);
    return this.run();
  }

  /** Follow up every change of the domains. False at a dead end, whose variables gain weight. */
  run(): boolean {
    const { problem, domains } = this;
    const { pairFirst, pairList, wideFirst, wideList, cliqueFirst, cliqueList } = problem;
    for (;;) {
      const v = domains.next();
      if (v >= 0) {
        if (domains.size[v] === 0) return this.#fail();
        for (let i = wideFirst[v]; i < wideFirst[v + 1]; i++) this.#queueWide(wideList[i]);
        for (let i = cliqueFirst[v]; i < cliqueFirst[v + 1]; i++) this.#queueClique(cliqueList[i]);
        for (let i = pairFirst[v]; i < pairFirst[v + 1]; i++) {
          const entry = pairList[i];
          if (this.#revise(entry >> 1, 1 - (entry & 1))) continue;
          this.weight[problem.pairX[entry >> 1]]++;
          this.weight[problem.pairY[entry >> 1]]++;
          return this.#fail();
        }
      } else if (this.#wideLength > 0) {
        const w = this.#wide[--this.#wideLength];
        this.#wideQueued[w] = 0;
        if (this.#supported(problem.wide[w])) continue;
        for (const u of problem.wide[w].scope) this.weight[u]++;
        return this.#fail();
      } else if (this.#cliqueLength > 0) {
        const c = this.#cliques[--this.#cliqueLength];
        this.#cliqueQueued[c] = 0;
        const kept = this.#different.propagate(c);
        this.work += this.#different.steps;
        if (kept) continue;
        for (const u of problem.cliques[c]) this.weight[u]++;
        return this.#fail();
      } else return true;
    }
  }

  #fail(): false {
    this.domains.forgetChanges();
    while (this.#wideLength > 0) this.#wideQueued[this.#wide[--this.#wideLength]] = 0;
    while (this.#cliqueLength > 0) this.#cliqueQueued[this.#cliques[--this.#cliqueLength]] = 0;
    return false;
  }

  /** Forget what was to be followed up: the search goes back. */
  abandon(): void {
    this.#fail();
  }

  #queueWide(w: number): void {
    if (this.#wideQueued[w]) return;
    this.#wideQueued[w] = 1;
    this.#wide[this.#wideLength++] = w;
  }

  #queueClique(c: number): void {
    if (this.#cliqueQueued[c]) return;
    this.#cliqueQueued[c] = 1;
    this.#cliques[this.#cliqueLength++] = c;
  }

  /** Remove states of one side of a pair (0: x, 1: y) that go with nothing left on the other. */
  #revise(pair: number, side: number): boolean {
    const { problem, domains } = this;
    const relation = problem.relations[pair];
    const own = relation.of[side];
    const v = side === 0 ? problem.pairX[pair] : problem.pairY[pair];
    const other = side === 0 ? problem.pairY[pair] : problem.pairX[pair];
    const left = domains.size[other];
    this.work++;
    if (left > own.conflicts) return true;
    const from = domains.first[v];
    const to = domains.first[v + 1];
    const { words } = domains;
    if (left === 1) {
      const back = relation.of[1 - side];
      const at = domains.lowest(other) * back.words;
      for (let i = from; i < to; i++) if (!domains.keep(v, i, back.masks[at + i - from])) return false;
      return domains.size[v] > 0;
    }
    const theirs = domains.first[other];
    const { masks, words: width } = own;
    this.work += domains.size[v];
    if (width === 1) {
      const allowed = words[theirs];
      for (let i = from; i < to; i++) {
        let gone = 0;
        let w = words[i];
        const base = (i - from) << 5;
        while (w !== 0) {
          const low = w & -w;
          w ^= low;
          if ((masks[base + 31 - Math.clz32(low)] & allowed) === 0) gone |= low;
        }
        if (gone !== 0 && !domains.keep(v, i, ~gone)) return false;
      }
      return true;
    }
    const memory = this.#wordAt[2 * pair + side];
    for (let i = from; i < to; i++) {
      let gone = 0;
      let w = words[i];
      const base = (i - from) << 5;
      while (w !== 0) {
        const low = w & -w;
        w ^= low;
        const a = base + 31 - Math.clz32(low);
        const at = a * width;
        const r = this.#word[memory + a];
        if ((masks[at + r] & words[theirs + r]) !== 0) continue;
        let k = 0;
        while (k < width && (masks[at + k] & words[theirs + k]) === 0) k++;
        this.work += k;
        if (k === width) gone |= low;
        else this.#word[memory + a] = k;
      }
      if (gone !== 0 && !domains.keep(v, i, ~gone)) return false;
    }
    return true;
  }

  /** Remove every state of a wide table's variables that no allowed row is left for. */
  #supported(table: WideTable): boolean {
    const { domains } = this;
    const { scope, strides, supports } = table;
    const k = scope.length;
    let rows = 1;
    for (let i = 0; i < k; i++) rows *= domains.size[scope[i]];
    for (let i = 0; i < k; i++) {
      const v = scope[i];
      if (rows / domains.size[v] > MOST_ROWS) continue;
      const n = domains.list(v, this.#states);
      for (let j = 0; j < n; j++) {
        const a = this.#states[j];
        const known = this.#support[supports[i] + a];
        this.work += k;
        if (known >= 0 && this.#left(table, known)) continue;
        const row = this.#seek(table, i, a);
        if (row < 0) {
          if (!domains.remove(v, a)) return false;
          continue;
        }
        // A row supports all of its states.
        for (let m = 0; m < k; m++)
          this.#support[supports[m] + (Math.floor(row / strides[m]) % this.problem.states[scope[m]])] = row;
      }
    }
    return true;
  }

  /** Whether every state of a row is left. */
  #left({ scope, strides }: WideTable, row: number): boolean {
    for (let m = 0; m < scope.length; m++)
      if (!this.domains.has(scope[m], Math.floor(row / strides[m]) % this.problem.states[scope[m]]))
        return false;
    return true;
  }

  /** An allowed row whose variable `place` is in state a; −1 when none is left. */
  #seek({ scope, strides, energy }: WideTable, place: number, a: number): number {
    const k = scope.length;
    let row = a * strides[place];
    for (let m = 0; m < k; m++) {
      this.#digits[m] = 0;
      if (m === place) continue;
      this.#lengths[m] = this.domains.list(scope[m], this.#lists[m]);
      row += this.#lists[m][0] * strides[m];
    }
    for (;;) {
      this.work++;
      if (energy[row] !== Infinity) return row;
      let m = k - 1;
      for (; m >= 0; m--) {
        if (m === place) continue;
        const list = this.#lists[m];
        const d = ++this.#digits[m];
        if (d < this.#lengths[m]) {
          row += (list[d] - list[d - 1]) * strides[m];
          break;
        }
        this.#digits[m] = 0;
        row -= (list[d - 1] - list[0]) * strides[m];
      }
      if (m < 0) return -1;
    }
  }
}
