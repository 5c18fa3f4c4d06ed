/**
 * Blocks of many sites, of many links each: a layer of a restricted Boltzmann machine. The fields of a block are a
 * matrix times the neighbours' values: the rows of the neighbours that are 1 are listed once, and the columns are
 * worked off in tiles whose sums stay in registers. With several chains each tile serves a number of them while it
 * is in the cache.
 */
import type { SiteGroup } from '../site-tables.ts';
import type { Callable, Code } from '../wasm/code.ts';
import type { Exports } from '../wasm/module.ts';
import { emitLogit } from './dense-logit.ts';
import type { DenseMatrix } from './dense-matrix.ts';
import { emitNext, loadRandom, RANDOM_BYTES, storeRandom } from './random.ts';
import type { GroupKernel, Stage } from './stage.ts';

/** Columns of a tile; the last of a block may have half of them. */
const WIDE = 32;
/** Chains whose lists are made before their tiles. */
const CHAINS = 32;
/** i32 of a tile in the table: address of its numbers, number of its first column, its first site, its width. */
const TILE = 4;

interface Tile {
  /** Of the columns of all tiles. */
  readonly column: number;
  /** First site, and how many. */
  readonly site: number;
  readonly sites: number;
  readonly width: 16 | 32;
  /** Where its numbers start, in numbers. */
  readonly offset: number;
}

export function denseBlocks(
  stage: Stage,
  group: SiteGroup,
  d: DenseMatrix,
): (exports: Exports) => GroupKernel {
  const { heap, module } = stage;
  const c = group.conditional;
  if (c.kind !== 'field') throw new Error('dense kernels are made from fields');
  // A row of zeros behind the others makes lists even.
  const rows = d.rows + 1;
  const { tiles, blockOf, columns, numbers } = tilesOf(group, rows);
  const matrix = heap.allocate(4 * numbers);
  const field = heap.allocate(4 * columns);
  const scale = heap.allocate(4 * columns);
  const keep = heap.allocate(columns);
  const table = heap.allocate(4 * TILE * tiles.length);
  const blocks = heap.allocate(4 * blockOf.length);
  const listBytes = 4 * (d.rows + 5);
  const lists = heap.allocate(CHAINS * listBytes);
  const ends = heap.allocate(4 * CHAINS);
  fill();
  const name = `dense blocks ${group.slot.id} ${group.from}`;

  const makeList = module.define(null, ['i32', 'i32'], ['i32'], (w) => writeList(w, d));
  const places: Places = { field, scale, keep };
  const wide = module.define(null, tileParams, [], (w) => writeTile(w, 32, places));
  const narrow = tiles.some((t) => t.width === 16)
    ? module.define(null, tileParams, [], (w) => writeTile(w, 16, places))
    : null;
  module.define(name, ['i32', 'i32', 'i32'], [], (w) => {
    const [state, random, chains] = w.params;
    const [block, first, now, k, list] = [0, 1, 2, 3, 4].map(() => w.local('i32'));
    const [tile, lastTile, at, generator] = [0, 1, 2, 3].map(() => w.local('i32'));
    const eachChain = (inside: () => void): void => {
      w.get(first).i32(stage.pitch).op('i32.mul').get(state).op('i32.add').set(at);
      w.get(first).i32(RANDOM_BYTES).op('i32.mul').get(random).op('i32.add').set(generator);
      w.i32(lists).set(list);
      w.for(k, 0, now, 4, () => {
        inside();
        w.get(at).i32(stage.pitch).op('i32.add').set(at);
        w.get(generator).i32(RANDOM_BYTES).op('i32.add').set(generator);
        w.get(list).i32(listBytes).op('i32.add').set(list);
      });
    };
    w.for(block, 0, 4 * (blockOf.length - 1), 4, () => {
      w.for(first, 0, chains, CHAINS, () => {
        // Four times the number of chains of this round: offsets into `ends`.
        w.get(chains).get(first).op('i32.sub').tee(now).i32(CHAINS).get(now).i32(CHAINS);
        w.op('i32.lt_s', 'select').i32(2).op('i32.shl').set(now);
        eachChain(() => {
          w.get(k).get(at).get(list).call(makeList).memory('i32.store', ends);
        });
        w.get(block).memory('i32.load', blocks).set(tile);
        w.get(block)
          .memory('i32.load', blocks + 4)
          .set(lastTile);
        w.loop((again) => {
          eachChain(() => {
            const call = (f: Callable): void => {
              w.get(at).get(tile).memory('i32.load', 8).op('i32.add').get(generator).get(list);
              w.get(k).memory('i32.load', ends);
              w.get(tile).memory('i32.load').get(tile).memory('i32.load', 4).call(f);
            };
            if (narrow)
              w.get(tile)
                .memory('i32.load', 12)
                .i32(16)
                .op('i32.eq')
                .if(
                  () => call(narrow),
                  () => call(wide),
                );
            else call(wide);
          });
          w.get(tile)
            .i32(4 * TILE)
            .op('i32.add')
            .tee(tile)
            .get(lastTile)
            .op('i32.lt_u')
            .branchIf(again);
        });
      });
    });
  });

  function fill(): void {
    if (c.kind !== 'field') return;
    const m = heap.i32(matrix, numbers);
    const f = heap.i32(field, columns);
    const kept = heap.u8(keep, columns);
    const t32 = heap.i32(table, TILE * tiles.length);
    tiles.forEach((t, n) => {
      t32.set([matrix + 4 * t.offset, t.column, group.from + t.site, t.width], TILE * n);
      for (let j = 0; j < t.sites; j++) {
        const p = t.site + j;
        kept[t.column + j] = 255;
        f[t.column + j] = d.field[p];
        for (let l = c.start[p]; l < c.start[p + 1]; l++) m[t.offset + d.row[l] * t.width + j] += d.weight[l];
      }
    });
    heap.i32(blocks, blockOf.length).set(blockOf.map((n) => table + 4 * TILE * n));
  }

  return (exports) => ({
    form: `matrix of ${d.rows} neighbours`,
    prepare(beta) {
      const to = heap.f32(scale, columns);
      const inverse = Math.min(1 / beta, 1e18);
      for (const t of tiles)
        for (let j = 0; j < t.sites; j++) to[t.column + j] = d.units[t.site + j] * inverse;
    },
    run(state, random) {
      exports[name](state, random, 1);
      return -1;
    },
    runMany(state, random, chains) {
      exports[name](state, random, chains);
    },
    dispose() {
      for (const at of [matrix, field, scale, keep, table, blocks, lists, ends]) heap.release(at);
    },
  });
}

/** Block b is the tiles blockOf[b] … blockOf[b + 1] − 1. */
function tilesOf(group: SiteGroup, rows: number) {
  const tiles: Tile[] = [];
  const blockOf = [0];
  let column = 0;
  let offset = 0;
  for (let b = 0; b + 1 < group.blocks.length; b++) {
    for (let site = group.blocks[b]; site < group.blocks[b + 1]; ) {
      const sites = Math.min(WIDE, group.blocks[b + 1] - site);
      const width = sites > 16 ? 32 : 16;
      tiles.push({ column, site, sites, width, offset });
      column += width;
      offset += rows * width;
      site += sites;
    }
    blockOf.push(tiles.length);
  }
  return { tiles, blockOf, columns: column, numbers: offset };
}

/**
 * (state, list): writes the numbers of the neighbours that are 1, times the bytes of a row of a wide tile, and one
 * more entry: the row of zeros.
 * @returns the end of the list, without that entry
 */
function writeList(w: Code, d: DenseMatrix): void {
  const [state, list] = w.params;
  const [i, at, row] = [w.local('i32'), w.local('i32'), w.local('i32')];
  const bytes = 4 * WIDE;
  const one = (offset: number): void => {
    w.get(list).get(row).memory('i32.store');
    w.get(list).get(at).memory('i32.load8_u', offset).i32(2).op('i32.shl', 'i32.add').set(list);
    w.get(row).i32(bytes).op('i32.add').set(row);
  };
  for (const run of d.runs) {
    w.get(state).i32(run.from).op('i32.add').set(at);
    w.i32(run.row * bytes).set(row);
    w.for(i, 0, run.count - (run.count % 4), 4, () => {
      for (let j = 0; j < 4; j++) one(j);
      w.get(at).i32(4).op('i32.add').set(at);
    });
    for (let j = 0; j < run.count % 4; j++) one(j);
  }
  // Lists are read two entries at a time: the last may be this one.
  w.get(list)
    .i32(d.rows * bytes)
    .memory('i32.store')
    .get(list);
}

interface Places {
  readonly field: number;
  readonly scale: number;
  readonly keep: number;
}

/** Address of the first site's value, generator, list, end of the list, numbers, first column. */
const tileParams = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;

function writeTile(w: Code, width: 16 | 32, places: Places): void {
  const [values, random, list, end, numbers, column] = w.params;
  const at = w.local('i32');
  const sums = Array.from({ length: width / 4 }, () => w.local('v128'));
  w.get(column).i32(2).op('i32.shl').set(at);
  sums.forEach((s, j) => {
    w.get(at)
      .memory('v128.load', places.field + 16 * j)
      .set(s);
  });
  const row = w.local('i32');
  const next = (offset: number): void => {
    w.get(list).memory('i32.load', offset);
    if (width === 16) w.i32(1).op('i32.shr_u');
    w.get(numbers).op('i32.add').set(row);
    sums.forEach((s, j) => {
      w.get(s)
        .get(row)
        .memory('v128.load', 16 * j)
        .op('i32x4.add')
        .set(s);
    });
  };
  // The entry behind the last is a row of zeros.
  w.get(list)
    .get(end)
    .op('i32.lt_u')
    .if(() => {
      w.loop((again) => {
        next(0);
        next(4);
        w.get(list).i32(8).op('i32.add').tee(list).get(end).op('i32.lt_u').branchIf(again);
      });
    });
  const generator = loadRandom(w, random);
  const words = w.local('v128');
  const below = (j: number): void => {
    emitNext(w, generator);
    w.set(words).get(sums[j]);
    emitLogit(w, words);
    w.get(at)
      .memory('v128.load', places.scale + 16 * j)
      .op('f32x4.mul', 'i32x4.trunc_sat_f32x4_s', 'i32x4.lt_s');
  };
  for (let h = 0; h < width / 16; h++) {
    const drawn = w.local('v128');
    for (const j of [0, 2]) {
      below(4 * h + j);
      below(4 * h + j + 1);
      w.op('i16x8.narrow_i32x4_s');
    }
    w.op('i8x16.narrow_i16x8_s').splat('i8x16', 1).op('v128.and').set(drawn);
    // Values behind the last site are left as they are.
    w.get(values)
      .get(drawn)
      .get(values)
      .memory('v128.load', 16 * h);
    w.get(column)
      .memory('v128.load', places.keep + 16 * h)
      .op('v128.bitselect')
      .memory('v128.store', 16 * h);
    w.release(drawn);
  }
  storeRandom(w, random, generator);
}
