/**
 * Scales of links before kernels are made. Few different multiples of tables become tables of their own, so that
 * nothing is left to multiply; of many, each link keeps a positive scale, of its table or of the negative of it.
 */
import type { SiteTable, TableConditional } from '../site-tables.ts';

/** Numbers in tables that are multiplied out: they should stay in the cache next to the states. */
const MAX_NUMBERS = 2 ** 14;

export interface Scaled {
  readonly conditional: TableConditional;
  /** By table, 1 if its links have scales; these are not negative. All others are 1. */
  readonly scaled: Uint8Array;
}

/** @param room numbers in tables that are multiplied out */
export function withPositiveScales(t: TableConditional, room = MAX_NUMBERS): Scaled {
  if (!t.scale) return { conditional: t, scaled: new Uint8Array(t.tables.length) };
  return multipliedOut(t, t.scale, room) ?? signed(t, t.scale);
}

/** Null if the tables would be too large. */
function multipliedOut(t: TableConditional, scale: Float64Array, room: number): Scaled | null {
  const known = t.tables.map(() => new Map<number, number>());
  const made: Made[] = [];
  const table = new Int32Array(t.table.length);
  let numbers = 0;
  for (let l = 0; l < table.length; l++) {
    const of = t.table[l];
    let n = known[of].get(scale[l]);
    if (n === undefined) {
      n = made.length;
      known[of].set(scale[l], n);
      made.push({ of, table: multiple(t.tables[of], scale[l]) });
      numbers += t.tables[of].energy.length;
      if (numbers > room && made.length > t.tables.length) return null;
    }
    table[l] = n;
  }
  const { tables } = inOrder(made, table);
  return { conditional: { ...t, table, scale: null, tables }, scaled: new Uint8Array(tables.length) };
}

/** A table and its negative, where there are links of either sign. */
function signed(t: TableConditional, scale: Float64Array): Scaled {
  const multiplied = new Uint8Array(t.tables.length);
  for (let l = 0; l < scale.length; l++) if (scale[l] !== 1) multiplied[t.table[l]] = 1;
  const numberOf = new Int32Array(2 * t.tables.length).fill(-1);
  const made: Made[] = [];
  const table = new Int32Array(t.table.length);
  for (let l = 0; l < table.length; l++) {
    const of = t.table[l];
    const key = 2 * of + (scale[l] < 0 ? 1 : 0);
    if (numberOf[key] < 0) {
      numberOf[key] = made.length;
      made.push({ of, table: multiple(t.tables[of], scale[l] < 0 ? -1 : 1) });
    }
    table[l] = numberOf[key];
  }
  const { tables, of } = inOrder(made, table);
  return {
    conditional: { ...t, table, scale: scale.map(Math.abs), tables },
    scaled: Uint8Array.from(of, (n) => multiplied[n]),
  };
}

/** A multiple of the table of this number. */
interface Made {
  readonly of: number;
  readonly table: SiteTable;
}

/** Multiples in the order of what they are multiples of, so that sites alike have links alike; renumbers links. */
function inOrder(
  made: readonly Made[],
  table: Int32Array,
): { readonly tables: readonly SiteTable[]; readonly of: readonly number[] } {
  const order = made.map((_, n) => n).sort((x, y) => made[x].of - made[y].of || x - y);
  const place = new Int32Array(made.length);
  order.forEach((n, at) => {
    place[n] = at;
  });
  for (let l = 0; l < table.length; l++) table[l] = place[table[l]];
  return { tables: order.map((n) => made[n].table), of: order.map((n) => made[n].of) };
}

const multiple = (t: SiteTable, scale: number): SiteTable =>
  scale === 1 ? t : { ...t, energy: t.energy.map((e) => scale * e) };
