/**
 * A state of lowest energy, by bucket elimination with minima in the place of sums (Dechter 1999, section 5). The
 * states that were best are kept, a byte or two for each joint state of a separator.
 */
import { workOff } from './buckets.ts';
import type { DiscreteGraph } from './graph.ts';
import { energyOf } from './graph.ts';
import { joinedData } from './sum.ts';
import { addUp, walk } from './tables.ts';

export interface Best {
  readonly codes: Uint16Array;
  readonly energy: number;
}

interface Choice {
  readonly variable: number;
  readonly separator: Int32Array;
  readonly best: Uint8Array | Uint16Array;
}

/** @returns null where no state is allowed. Of several best states, always the same one. */
export function bestOf(graph: DiscreteGraph, order: Int32Array): Best | null {
  const { states } = graph;
  const choices: Choice[] = [];
  const some = workOff<{ scope: Int32Array; data: Float64Array }>(graph, order, {
    table: (scope, data) => (data.some((e) => e < Number.POSITIVE_INFINITY) ? { scope, data } : null),
    joined: (a, b, scope) => ({
      scope,
      data: joinedData([a.data, b.data], [a.scope, b.scope], scope, states, addUp),
    }),
    bucket: ({ variable, separator, tables }) => {
      const k = states[variable];
      const w = walk(
        separator,
        tables.map((t) => t.scope),
        states,
        k,
      );
      const size = w.block * w.blocks;
      const best = k <= 256 ? new Uint8Array(size) : new Uint16Array(size);
      choices.push({ variable, separator, best });
      const out = new Float64Array(size);
      const room = new Float64Array(w.block * k);
      const data = tables.map((t) => t.data);
      let least = Number.POSITIVE_INFINITY;
      for (let b = 0; b < w.blocks; b++) {
        addUp(room, k, data, w.block, w.base, w.offset);
        for (let i = 0, at = 0, to = b * w.block; i < w.block; i++, to++) {
          let low = room[at];
          let state = 0;
          for (let v = 1; v < k; v++)
            if (room[at + v] < low) {
              low = room[at + v];
              state = v;
            }
          at += k;
          out[to] = low;
          best[to] = state;
          if (low < least) least = low;
        }
        w.advance();
      }
      return least < Number.POSITIVE_INFINITY ? { scope: separator, data: out } : null;
    },
  });
  if (!some || graph.constant === Number.POSITIVE_INFINITY) return null;
  const codes = new Uint16Array(states.length);
  for (let i = choices.length - 1; i >= 0; i--) {
    const { variable, separator, best } = choices[i];
    let at = 0;
    for (const v of separator) at = at * states[v] + codes[v];
    codes[variable] = best[at];
  }
  return { codes, energy: energyOf(graph, codes) };
}
