/**
 * Nanoseconds for each number that a perturbation draws, with WebAssembly for whole arrays and without: 128 rows, 32
 * recoveries each, by kinds of domain. Both take turns in one process.
 *
 *   npx tsc -p tsconfig.json --noEmit false --outDir dist
 *   node dist/bench/perturbations.js [rounds]
 */
import type { Domain } from '../src/domain.ts';
import { isArranged, isDiscrete, stateCount, valueMap } from '../src/domain.ts';
import { bulkDraws, openDraws } from '../src/engines/kernels/random/draws.ts';
import { Builder, staticSize } from '../src/ir/build.ts';
import { makePerturbation } from '../src/learn/perturb.ts';
import { Stream } from '../src/random/stream.ts';

const rounds = Number(process.argv[2] ?? 9);
const [rows, draws] = [128, 32];
const b = new Builder();
const sizeOf = (s: Parameters<typeof staticSize>[0]): number => staticSize(s)!;
const line = { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
const kinds: readonly (readonly [string, Domain, number])[] = [
  ['32 bits', { kind: 'bit' }, 32],
  ['32 categories of 8', { kind: 'category', values: b.range(8) }, 32],
  ['32 ordered of 10', { kind: 'ordinal', size: 10 }, 32],
  ['32 cyclic of 24', { kind: 'cyclic', size: 24 }, 32],
  ['32 reals', { kind: 'real', ...line }, 32],
  ['32 bounded reals', { kind: 'real', lo: 0, hi: 1 }, 32],
  ['one bit', { kind: 'bit' }, 1],
  ['one real', { kind: 'real', ...line }, 1],
];
const times = { edge: 0.1, category: 0.1, ordered: 0.005, cyclic: 0.005, real: 0.1 };
const median = (x: readonly number[]): number => [...x].sort((p, q) => p - q)[x.length >> 1];
const ways = [null, openDraws(1), bulkDraws()];
console.log('ns a number, medians [lowest–highest]: JavaScript, WebAssembly without lanes, with lanes');
for (const [name, domain, elements] of kinds) {
  const u = b.slot('unknown', 'u', domain, [b.range(elements)], undefined);
  const map = isDiscrete(domain) && !isArranged(domain) ? valueMap(domain) : { offset: 0, scale: 1 };
  const states = isDiscrete(domain) && !isArranged(domain) ? stateCount(domain, sizeOf) : 2;
  const stream = new Stream(1);
  const data = Float64Array.from({ length: rows * elements }, () =>
    isDiscrete(domain) ? map.offset + map.scale * stream.int(states) : stream.uniform(),
  );
  const columns = new Map([[u, { shape: [rows, elements], data }]]);
  const made = ways.map((bulk) =>
    makePerturbation({ unknowns: [u], sizeOf, columns, rows, draws, times }, bulk),
  );
  const found = ways.map((): number[] => []);
  for (let r = -2; r < rounds; r++)
    made.forEach((p, k) => {
      const repeats = Math.ceil(100 / elements);
      const before = process.cpuUsage().user;
      for (let i = 0; i < repeats * 10; i++) p.draw(new Map([[u, data]]), stream);
      const ns = (process.cpuUsage().user - before) * 1000;
      if (r >= 0) found[k].push(ns / (repeats * 10 * rows * (draws + 1) * elements));
    });
  const row = found.map(
    (x) => `${median(x).toFixed(2)} [${Math.min(...x).toFixed(2)}–${Math.max(...x).toFixed(2)}]`,
  );
  console.log(
    `${name.padEnd(20)} ${row.join('   ')}   ${(median(found[0]) / median(found[2])).toFixed(1)} times`,
  );
}
