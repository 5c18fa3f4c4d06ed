/**
 * Lower bounds on the energy of what is left, by moving energies between tables and single states without changing
 * any total: soft arc consistency (Larrosa and Schiex, Artificial Intelligence 159, 2004; Cooper et al., ibid. 174,
 * 2010) in the order of sequential reweighted message passing (TRW-S: Kolmogorov, PAMI 28, 2006; SRMP: PAMI 37,
 * 2015). At a variable, every table gives it what each of its states costs at least; the least of the sums goes to
 * the bound; what is left is shared among the tables still ahead in the pass. Everything stays non-negative, so the
 * bound only rises. A state that costs more than the incumbent allows is removed from its domain.
 */
import type { Problem, SoftTable } from './problem.ts';
import { lists } from './problem.ts';
import type { Propagator } from './propagate.ts';

/** Rows of a wide table that one collection looks at; a table with more left waits. */
const MOST_ROWS = 1 << 14;
/** Saved numbers after which deeper nodes make do with the bound they have. */
const MOST_SAVED = 1 << 24;

export class Bound {
  /** No state of the present domains lies below this. */
  lower: number;
  work = 0;
  /** Work after which no further pass is begun: the bound stays as good as it is. */
  limit = Infinity;
  /** The state of each variable that was cheapest when last looked at. */
  readonly cheapest: Int32Array;
  readonly #problem: Problem;
  readonly #propagator: Propagator;
  /** Energies of single states, then what each table has given: cells of both are on the trail. */
  readonly #cells: Float64Array;
  /** Where the cells of each table's variables begin. */
  readonly #given: Int32Array[];
  readonly #least: Float64Array;
  readonly #first: Int32Array;
  readonly #list: Int32Array;
  readonly #order: Int32Array;
  readonly #stamp: Int32Array;
  #now = 1;
  #saved = new Float64Array(1024);
  #savedAt = new Int32Array(1024);
  #savedLength = 0;
  /** For each table of the variable looked at whether others come later in the order (1), earlier (2). */
  readonly #way: Uint8Array;
  readonly #own: Int32Array;
  readonly #theirs: Int32Array;
  readonly #mins: Float64Array;
  readonly #lists: Int32Array[];
  readonly #digits: Int32Array;
  readonly #lengths: Int32Array;

  constructor(problem: Problem, propagator: Propagator) {
    this.#problem = problem;
    this.#propagator = propagator;
    const { count, states, first, soft } = problem;
    let cells = first[count];
    this.#given = soft.map(({ scope }) =>
      Int32Array.from(scope, (v) => {
        const at = cells;
        cells += states[v];
        return at;
      }),
    );
    this.#cells = new Float64Array(cells);
    this.#cells.set(problem.unary);
    this.#stamp = new Int32Array(cells);
    const least = new Map<Float64Array, number>();
    this.lower = problem.base;
    this.#least = Float64Array.from(soft, ({ energy }) => {
      let low = least.get(energy);
      if (low === undefined) {
        low = energy.reduce((a, b) => Math.min(a, b), Infinity);
        least.set(energy, low);
      }
      return low;
    });
    for (const low of this.#least) this.lower += low;
    const touching = lists(
      count,
      soft.flatMap(({ scope }, f) => Array.from(scope, (v, i): [number, number] => [v, f * 64 + i])),
    );
    this.#first = touching.first;
    this.#list = touching.list;
    const order: number[] = [];
    for (let v = 0; v < count; v++) {
      let low = Infinity;
      let varies = touching.first[v + 1] > touching.first[v];
      for (let a = first[v]; a < first[v + 1]; a++) {
        if (problem.unary[a] < low) low = problem.unary[a];
        if (problem.unary[a] !== problem.unary[first[v]]) varies = true;
      }
      if (low === Infinity) continue;
      for (let a = first[v]; a < first[v + 1]; a++) this.#cells[a] -= low;
      this.lower += low;
      if (varies) order.push(v);
    }
    this.#order = Int32Array.from(order);
    this.cheapest = new Int32Array(count);
    const most = states.reduce((a, b) => Math.max(a, b), 1);
    const arity = soft.reduce((a, s) => Math.max(a, s.scope.length), 0);
    let degree = 0;
    for (let v = 0; v < count; v++) degree = Math.max(degree, this.#first[v + 1] - this.#first[v]);
    this.#way = new Uint8Array(degree);
    this.#own = new Int32Array(most);
    this.#theirs = new Int32Array(most);
    this.#mins = new Float64Array(most);
    this.#lists = Array.from({ length: arity }, () => new Int32Array(most));
    this.#digits = new Int32Array(arity);
    this.#lengths = new Int32Array(arity);
  }

  /** How many tables join a variable to others that are open. */
  openTables(v: number): number {
    const { size } = this.#propagator.domains;
    let open = 0;
    for (let e = this.#first[v]; e < this.#first[v + 1]; e++) {
      const { scope } = this.#problem.soft[this.#list[e] >> 6];
      for (let m = 0; m < scope.length; m++)
        if (scope[m] !== v && size[scope[m]] > 1) {
          open++;
          break;
        }
    }
    return open;
  }

  get mark(): number {
    return this.#savedLength;
  }

  /** From here on changes can be undone by themselves. */
  enter(): void {
    this.#now++;
  }

  undo(mark: number, lower: number): void {
    while (this.#savedLength > mark) {
      this.#savedLength--;
      this.#cells[this.#savedAt[this.#savedLength]] = this.#saved[this.#savedLength];
    }
    this.#now++;
    this.lower = lower;
  }

  /**
   * Raise the bound after the domains changed.
   * @param cutoff what the energy must stay below
   * @param from the domains' trail where they were last followed up
   * @param rounds passes at most
   * @param gain the share of what is missing to the cutoff that a pass must bring for another one
   * @returns false at a dead end
   */
  raise(cutoff: number, from: number, rounds: number, gain: number): boolean {
    const { domains } = this.#propagator;
    const keep = this.#savedLength < MOST_SAVED;
    let done = from;
    for (let round = 0; ; round++) {
      const until = domains.mark;
      for (let t = done + 4; t <= until; t += 4) {
        const v = domains.changedBefore(t);
        if (keep && domains.size[v] === 1 && !this.#visit(v, cutoff, 0)) return this.#dead(v);
      }
      done = until;
      if (this.lower >= cutoff) return this.#dead(-1);
      if (!keep || round === rounds || (round > 0 && this.work > this.limit)) break;
      const before = this.lower;
      const order = this.#order;
      const forward = round % 2 === 0;
      for (let k = 0; k < order.length; k++) {
        const v = order[forward ? k : order.length - 1 - k];
        if (domains.size[v] < 2 && round > 0) continue;
        if (!this.#visit(v, cutoff, forward ? 1 : -1)) return this.#dead(v);
      }
      const changed = domains.mark > until;
      if (changed && !this.#propagator.run()) return false;
      const missing = cutoff - before;
      if (!changed && this.lower - before <= (missing < Infinity ? gain * missing : 0)) break;
    }
    return this.lower < cutoff;
  }

  #dead(v: number): false {
    if (v >= 0) this.#propagator.weight[v]++;
    this.#propagator.abandon();
    return false;
  }

  #set(cell: number, value: number): void {
    if (this.#stamp[cell] !== this.#now) {
      this.#stamp[cell] = this.#now;
      if (this.#savedLength === this.#saved.length) {
        const saved = new Float64Array(2 * this.#saved.length);
        saved.set(this.#saved);
        this.#saved = saved;
        const at = new Int32Array(saved.length);
        at.set(this.#savedAt);
        this.#savedAt = at;
      }
      this.#saved[this.#savedLength] = this.#cells[cell];
      this.#savedAt[this.#savedLength++] = cell;
    }
    this.#cells[cell] = value;
  }

  /** Collect at a variable, raise the bound, cut, share. @param way 1 forwards, −1 backwards, 0: nothing is shared */
  #visit(v: number, cutoff: number, way: number): boolean {
    const { domains } = this.#propagator;
    const { soft, first } = this.#problem;
    const cells = this.#cells;
    const own = this.#own;
    let n = domains.list(v, own);
    if (n === 0) return false;
    const at = first[v];
    let ahead = 0;
    let behind = 0;
    for (let e = this.#first[v]; e < this.#first[v + 1]; e++) {
      const entry = this.#list[e];
      const f = entry >> 6;
      const place = entry & 63;
      const table = soft[f];
      const { scope } = table;
      const given = this.#given[f];
      if (scope.length === 2) this.#pairMins(table, f, place, n);
      else if (!this.#wideMins(table, f, place, n)) {
        this.#way[e - this.#first[v]] = 0;
        continue;
      }
      const mine = given[place];
      for (let j = 0; j < n; j++) {
        const a = own[j];
        const low = this.#mins[j];
        if (low === Infinity) {
          if (!domains.remove(v, a)) return false;
          continue;
        }
        const got = low - cells[mine + a];
        if (got === 0) continue;
        this.#set(mine + a, low);
        this.#set(at + a, cells[at + a] + got);
      }
      if (domains.size[v] < n) n = domains.list(v, own);
      let later = false;
      let earlier = false;
      for (let m = 0; m < scope.length; m++) {
        const u = scope[m];
        if (u === v || domains.size[u] === 1) continue;
        if (u > v) later = true;
        else earlier = true;
      }
      if (later) ahead++;
      if (earlier) behind++;
      this.#way[e - this.#first[v]] = (later ? 1 : 0) | (earlier ? 2 : 0);
    }
    let low = Infinity;
    let best = own[0];
    for (let j = 0; j < n; j++) {
      const c = cells[at + own[j]];
      if (c < low) {
        low = c;
        best = own[j];
      }
    }
    this.cheapest[v] = best;
    if (low !== 0) {
      this.lower += low;
      for (let j = 0; j < n; j++) this.#set(at + own[j], cells[at + own[j]] - low);
    }
    if (this.lower >= cutoff) return false;
    if (cutoff < Infinity) {
      const room = cutoff - this.lower;
      for (let j = 0; j < n; j++) if (cells[at + own[j]] >= room && !domains.remove(v, own[j])) return false;
      if (domains.size[v] < n) n = domains.list(v, own);
    }
    const targets = way > 0 ? ahead : behind;
    if (way === 0 || targets === 0 || n < 2) return true;
    const share = 1 / Math.max(ahead, behind);
    const left = 1 - share * targets;
    for (let e = this.#first[v]; e < this.#first[v + 1]; e++) {
      const entry = this.#list[e];
      const f = entry >> 6;
      if ((this.#way[e - this.#first[v]] & (way > 0 ? 1 : 2)) === 0) continue;
      const mine = this.#given[f][entry & 63];
      for (let j = 0; j < n; j++) {
        const c = cells[at + own[j]];
        if (c !== 0) this.#set(mine + own[j], cells[mine + own[j]] - share * c);
      }
    }
    for (let j = 0; j < n; j++) {
      const c = cells[at + own[j]];
      if (c !== 0) this.#set(at + own[j], left > 1e-12 ? left * c : 0);
    }
    return true;
  }

  #rows({ scope }: SoftTable): number {
    let rows = 1;
    for (let m = 0; m < scope.length; m++) rows *= this.#propagator.domains.size[scope[m]];
    return rows;
  }

  /** For each own state the least energy of the table less what the other variable has been given. */
  #pairMins({ scope, strides, energy }: SoftTable, f: number, place: number, n: number): void {
    const { domains } = this.#propagator;
    const cells = this.#cells;
    const own = this.#own;
    const theirs = this.#theirs;
    const k = domains.list(scope[1 - place], theirs);
    const given = this.#given[f][1 - place];
    const mine = strides[place];
    const step = strides[1 - place];
    const base = this.#least[f];
    this.work += n * k;
    for (let j = 0; j < n; j++) {
      const row = own[j] * mine;
      let low = Infinity;
      for (let i = 0; i < k; i++) {
        const b = theirs[i];
        const c = energy[row + b * step] - cells[given + b];
        if (c < low) low = c;
      }
      this.#mins[j] = low - base;
    }
  }

  /** The same for a wide table. False when too many rows are left. */
  #wideMins(table: SoftTable, f: number, place: number, n: number): boolean {
    const rows = this.#rows(table);
    if (rows > MOST_ROWS) return false;
    const { scope, strides, energy } = table;
    const { domains } = this.#propagator;
    const cells = this.#cells;
    const given = this.#given[f];
    const k = scope.length;
    this.work += rows * (k - 1);
    const digits = this.#digits;
    for (let m = 0; m < k; m++) this.#lengths[m] = domains.list(scope[m], this.#lists[m]);
    for (let j = 0; j < n; j++) {
      digits.fill(0, 0, k);
      let row = this.#own[j] * strides[place];
      for (let m = 0; m < k; m++) if (m !== place) row += this.#lists[m][0] * strides[m];
      let low = Infinity;
      for (;;) {
        let c = energy[row];
        if (c !== Infinity) {
          for (let m = 0; m < k; m++) if (m !== place) c -= cells[given[m] + this.#lists[m][digits[m]]];
          if (c < low) low = c;
        }
        let m = k - 1;
        for (; m >= 0; m--) {
          if (m === place) continue;
          const list = this.#lists[m];
          const d = ++digits[m];
          if (d < this.#lengths[m]) {
            row += (list[d] - list[d - 1]) * strides[m];
            break;
          }
          digits[m] = 0;
          row -= (list[d - 1] - list[0]) * strides[m];
        }
        if (m < 0) break;
      }
      this.#mins[j] = low - this.#least[f];
    }
    return true;
  }
}
