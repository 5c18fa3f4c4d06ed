/**
 * Matrix products in float32, as WebAssembly made for their shapes, in tfjs's own memory.
 *
 * A product is made of tiles of 4 rows and 8 columns that stay in registers while the summed axis runs
 * (K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008). Columns
 * of the right operand are laid side by side beforehand, 8 at a time, as are rows of the left one where it is
 * transposed, so that transposed operands cost no more than others. Long sums are cut into blocks that
 * fit the caches. Where each column is used for a few tiles only, or is short, the right operand is read where it
 * lies, some columns at a time, and tiles follow each other along the rows of the result. Against XNNPACK's kernels, as tfjs calls them, products of 4096 × 256 by 256 × 256 take about
 * 3/5 of the time, and gradients by weights (the left operand transposed) a third.
 *
 * Sums are taken in the order of the summed axis, block after block: the same bits on every machine.
 */
import type { Callable, Code, Local } from '../kernels/wasm/code.ts';
import { ModuleBuilder } from '../kernels/wasm/module.ts';

/** c[m, n] = Σ_k a[m, k]·b[k, n]; an operand that is transposed lies as [k, m], or [n, k]. */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export interface ProductKernel {
  /** Floats of working memory. */
  readonly scratch: number;
  /** Addresses in bytes of the operands, the result and the working memory. */
  run(a: number, b: number, c: number, scratch: number): void;
}

/** Rows and columns of a tile. */
const ROWS = 4;
const COLUMNS = 8;
/** Of the summed axis at a time, and rows of the left operand that are taken through all columns together. */
const DEPTH = 256;
const BAND = 64;
const FLOAT = 4;
/** Rows, or summed elements, up to which laying columns side by side costs more than it saves. */
const FEW = 32;
/** Floats of the right operand that are gone through together where they lie: they stay in the first-level cache. */
const NEAR = 6144;
const MOST_COLUMNS = 512;

/** Whether the right operand is read where it lies. */
const inPlace = ({ m, k, transposeB }: ProductShape): boolean => !transposeB && (m <= FEW || k <= FEW);

/** Whether the shape is one that this makes quicker than tfjs's kernels. */
export const worthwhile = ({ m, n, k }: ProductShape): boolean =>
  n % 4 === 0 && n >= 8 && m >= 8 && k >= 4 && m * n * k >= 1 << 16;

/** The code for a shape, for one memory. */
export function productKernel(memory: WebAssembly.Memory, shape: ProductShape): ProductKernel {
  const { m, n, k, transposeA } = shape;
  const module = new ModuleBuilder();
  const laid = !inPlace(shape);
  const layB = laid ? module.define(null, ['i32', 'i32', 'i32'], [], (c) => layColumns(c, shape)) : null;
  const layA = transposeA ? module.define(null, ['i32', 'i32', 'i32'], [], (c) => layRows(c, shape)) : null;
  const tiles = new Map<string, Callable>();
  const tile = (rows: number, vectors: number): Callable => {
    const key = `${rows},${vectors}`;
    let made = tiles.get(key);
    if (!made) {
      made = module.define(null, ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], [], (c) =>
        writeTiles(c, shape, rows, vectors),
      );
      tiles.set(key, made);
    }
    return made;
  };
  for (const rows of [ROWS, m % ROWS]) for (const vectors of [2, 1]) if (rows > 0) tile(rows, vectors);
  const depth = Math.min(k, DEPTH);
  const columns = laid ? n : 0;
  module.define('product', ['i32', 'i32', 'i32', 'i32'], [], (c) =>
    writeProduct(c, shape, layA, layB, tile, columns * depth * FLOAT),
  );
  const { product } = module.instantiate(memory);
  return {
    scratch: Math.max(1, depth * (columns + (transposeA ? m : 0))),
    run: (a, b, to, scratch) => void product(a, b, to, scratch),
  };
}

/** Adds a multiple of a variable to what is on the stack. */
const plus = (c: Code, x: Local, times: number): Code => c.get(x).i32(times).op('i32.mul', 'i32.add');

/** (from, to, depth): the rows of b of one block, 8 columns at a time (4 at the end). */
function layColumns(c: Code, { n, k, transposeB }: ProductShape): void {
  const [from, to, depth] = c.params;
  const [row, source] = [c.local('i32'), c.local('i32')];
  const panel = (columns: number): void => {
    c.get(from).set(source);
    c.for(row, 0, depth, 1, () => {
      if (transposeB)
        for (let v = 0; v < columns; v++)
          c.get(to)
            .get(source)
            .memory('f32.load', v * k * FLOAT)
            .memory('f32.store', v * FLOAT);
      else
        for (let v = 0; v < columns; v += 4)
          c.get(to)
            .get(source)
            .memory('v128.load', v * FLOAT)
            .memory('v128.store', v * FLOAT);
      c.get(to)
        .i32(columns * FLOAT)
        .op('i32.add')
        .set(to);
      c.get(source)
        .i32(transposeB ? FLOAT : n * FLOAT)
        .op('i32.add')
        .set(source);
    });
    c.get(from)
      .i32((transposeB ? k : 1) * columns * FLOAT)
      .op('i32.add')
      .set(from);
  };
  const j = c.local('i32');
  c.for(j, 0, Math.floor(n / COLUMNS), 1, () => panel(COLUMNS));
  if (n % COLUMNS !== 0) panel(4);
}

/** (from, to, depth): the rows of a, which lie as columns, 4 at a time (fewer at the end). */
function layRows(c: Code, { m }: ProductShape): void {
  const [from, to, depth] = c.params;
  const [row, source] = [c.local('i32'), c.local('i32')];
  const panel = (rows: number): void => {
    c.get(from).set(source);
    c.for(row, 0, depth, 1, () => {
      if (rows === ROWS) c.get(to).get(source).memory('v128.load').memory('v128.store');
      else
        for (let r = 0; r < rows; r++)
          c.get(to)
            .get(source)
            .memory('f32.load', r * FLOAT)
            .memory('f32.store', r * FLOAT);
      c.get(to)
        .i32(rows * FLOAT)
        .op('i32.add')
        .set(to);
      c.get(source)
        .i32(m * FLOAT)
        .op('i32.add')
        .set(source);
    });
    c.get(from)
      .i32(rows * FLOAT)
      .op('i32.add')
      .set(from);
  };
  const i = c.local('i32');
  c.for(i, 0, Math.floor(m / ROWS), 1, () => panel(ROWS));
  if (m % ROWS !== 0) panel(m % ROWS);
}

/** (a, panel of b, c, depth, whether c is added to, how many): tiles side by side, over one block. */
function writeTiles(c: Code, shape: ProductShape, rows: number, vectors: number): void {
  const { n, k, transposeA } = shape;
  const [a, panel, to, depth, more, count] = c.params;
  const [i, tile, left, column] = Array.from({ length: 4 }, () => c.local('i32'));
  const [x, ...y] = Array.from({ length: vectors + 1 }, () => c.local('v128'));
  const sums = Array.from({ length: rows }, () => y.map(() => c.local('v128')));
  const each = (f: (sum: Local, r: number, v: number) => void): void =>
    sums.forEach((s, r) => {
      s.forEach((sum, v) => {
        f(sum, r, v);
      });
    });
  // Of a transposed operand, the rows of a tile lie side by side.
  const [next, step] = transposeA ? [1, rows] : [k, 1];
  const width = 16 * vectors;
  const placed = inPlace(shape);
  c.for(tile, 0, count, 1, () => {
    c.get(a).set(left).get(panel).set(column);
    c.get(more).if(
      () =>
        each((sum, r, v) =>
          c
            .get(to)
            .memory('v128.load', (r * n + 4 * v) * FLOAT)
            .set(sum),
        ),
      () => each((sum) => c.splat('f32x4', 0).set(sum)),
    );
    c.for(i, 0, depth, 1, () => {
      y.forEach((l, v) => {
        c.get(column)
          .memory('v128.load', 16 * v)
          .set(l);
      });
      sums.forEach((s, r) => {
        c.get(left)
          .memory('v128.load32_splat', r * next * FLOAT)
          .set(x);
        s.forEach((sum, v) => {
          c.get(sum).get(x).get(y[v]).op('f32x4.mul', 'f32x4.add').set(sum);
        });
      });
      c.get(left)
        .i32(step * FLOAT)
        .op('i32.add')
        .set(left);
      c.get(column)
        .i32(placed ? n * FLOAT : width)
        .op('i32.add')
        .set(column);
    });
    each((sum, r, v) =>
      c
        .get(to)
        .get(sum)
        .memory('v128.store', (r * n + 4 * v) * FLOAT),
    );
    c.get(to).i32(width).op('i32.add').set(to);
    // Panels that were laid follow each other.
    if (placed) c.get(panel).i32(width).op('i32.add').set(panel);
    else c.get(column).set(panel);
  });
}

/** (a, b, c, scratch): blocks of the summed axis; then bands of rows, panels of columns, tiles, or columns, rows, tiles. */
function writeProduct(
  c: Code,
  { m, n, k, transposeA, transposeB }: ProductShape,
  layA: Callable | null,
  layB: Callable | null,
  tile: (rows: number, vectors: number) => Callable,
  bytesOfB: number,
): void {
  const [a, b, to, scratch] = c.params;
  const [block, depth, band, end, i, j, left, right] = Array.from({ length: 8 }, () => c.local('i32'));
  const wholeRows = m - (m % ROWS);
  const wholeColumns = n - (n % COLUMNS);
  /** Tiles from row `i` and column `j` on, along the row. */
  const tiles = (rows: number, vectors: number, count: () => void): void => {
    // Row i of a, or of what was laid out of it; panel j of b.
    if (transposeA) c.get(left).get(i).get(depth).op('i32.mul').i32(FLOAT).op('i32.mul', 'i32.add');
    else plus(c.get(left), i, k * FLOAT);
    if (layB) c.get(right).get(j).get(depth).op('i32.mul').i32(FLOAT).op('i32.mul', 'i32.add');
    else plus(c.get(right), j, FLOAT);
    plus(plus(c.get(to), i, n * FLOAT), j, FLOAT);
    c.get(depth).get(block);
    count();
    c.call(tile(rows, vectors));
  };
  const oneTile = (rows: number, vectors: number): void => tiles(rows, vectors, () => c.i32(1));
  const panels = (inside: (vectors: number) => void): void => {
    c.for(j, 0, n - (n % COLUMNS), COLUMNS, () => inside(2));
    if (n % COLUMNS !== 0) {
      c.i32(n - 4).set(j);
      inside(1);
    }
  };
  c.for(block, 0, k, DEPTH, () => {
    c.i32(DEPTH).i32(k).get(block).op('i32.sub').i32(k).get(block).op('i32.sub').i32(DEPTH);
    c.op('i32.gt_s', 'select').set(depth);
    plus(c.get(b), block, (transposeB ? 1 : n) * FLOAT).set(right);
    if (layB) c.get(right).get(scratch).get(depth).call(layB).get(scratch).set(right);
    if (layA) {
      c.get(scratch).i32(bytesOfB).op('i32.add').set(left);
      plus(c.get(a), block, m * FLOAT)
        .get(left)
        .get(depth)
        .call(layA);
    } else plus(c.get(a), block, FLOAT).set(left);
    if (!layB) {
      const most =
        COLUMNS * Math.max(1, Math.floor(Math.min(MOST_COLUMNS, NEAR / Math.min(k, DEPTH)) / COLUMNS));
      const along = (rows: number): void => tiles(rows, 2, () => c.get(end).i32(COLUMNS).op('i32.div_s'));
      c.for(j, 0, wholeColumns, most, () => {
        c.i32(most).i32(wholeColumns).get(j).op('i32.sub').i32(wholeColumns).get(j).op('i32.sub').i32(most);
        c.op('i32.gt_s', 'select').set(end);
        c.for(i, 0, wholeRows, ROWS, () => along(ROWS));
        if (wholeRows < m) {
          c.i32(wholeRows).set(i);
          along(m % ROWS);
        }
      });
      if (wholeColumns < n) {
        c.i32(n - 4).set(j);
        c.for(i, 0, wholeRows, ROWS, () => oneTile(ROWS, 1));
        if (wholeRows < m) {
          c.i32(wholeRows).set(i);
          oneTile(m % ROWS, 1);
        }
      }
      return;
    }
    c.for(band, 0, wholeRows, BAND, () => {
      c.get(band).i32(BAND).op('i32.add').i32(wholeRows).get(band).i32(BAND).op('i32.add');
      c.i32(wholeRows).op('i32.lt_s', 'select').set(end);
      panels((vectors) => {
        c.for(i, band, end, ROWS, () => oneTile(ROWS, vectors));
      });
    });
    if (wholeRows < m) {
      c.i32(wholeRows).set(i);
      panels((vectors) => oneTile(m % ROWS, vectors));
    }
  });
}
