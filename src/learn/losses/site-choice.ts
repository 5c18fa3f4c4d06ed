/** Which elements of rows a step looks at, and with which of very many values it compares them. */
import type { DiscreteDomain } from '../../domain.ts';
import type { Stream } from '../../random/stream.ts';

/**
 * `count` different elements of `elements` for each of `rows`, [rows, count]: one order of all elements for the step,
 * dealt out to the rows in turn, so that over the rows all elements are looked at about equally often. Each is as
 * likely as any other; all of them in order, where count = elements.
 */
export class Deal {
  readonly picks: Int32Array;
  readonly #order: Int32Array;
  readonly #count: number;

  constructor(rows: number, count: number, elements: number) {
    this.#count = count;
    this.#order = Int32Array.from({ length: elements }, (_, i) => i);
    this.picks = Int32Array.from({ length: rows * count }, (_, i) => i % elements);
  }

  draw(stream: Stream): void {
    const order = this.#order;
    if (this.#count === order.length) return;
    for (let i = 0; i < order.length; i++) order[i] = i;
    stream.shuffle(order);
    const { picks } = this;
    for (let i = 0, at = 0; i < picks.length; i++) {
      picks[i] = order[at];
      if (++at === order.length) at = 0;
    }
  }
}

/**
 * `width` different state numbers with `present` first. The set is as likely from each of its members: of ordered
 * domains a window around `present`, joined at the ends, of stride 1, 2, 4, … at random, so that near and far values
 * are compared; of others any.
 */
export function candidates(
  domain: DiscreteDomain,
  states: number,
  present: number,
  width: number,
  stream: Stream,
  out: Int32Array,
): void {
  out[0] = present;
  if (domain.kind === 'int' || domain.kind === 'ordinal' || domain.kind === 'cyclic') {
    const stride = 2 ** stream.int(1 + Math.floor(Math.log2(states / width)));
    const place = stream.int(width);
    for (let i = 0, k = 1; i < width; i++)
      if (i !== place) out[k++] = (((present + (i - place) * stride) % states) + states) % states;
    return;
  }
  for (let k = 1; k < width; ) {
    const state = stream.int(states);
    let known = false;
    for (let i = 0; i < k; i++) if (out[i] === state) known = true;
    if (!known) out[k++] = state;
  }
}
