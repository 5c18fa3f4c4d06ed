/**
 * Matrix products in float32, as WebAssembly made for their shapes, in tfjs's own memory.
 *
 * A product is made of tiles of 4 rows and 8 columns that stay in registers while the summed axis runs
 * (K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008). Columns
 * of the right operand are laid side by side beforehand, 8 at a time, as are rows of the left one where it is
 * transposed, so that transposed operands cost no more than others. Long sums are cut into blocks that
 * fit the caches. Against XNNPACK's kernels, as tfjs calls them, products of 4096 × 256 by 256 × 256 take about
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

/** Whether the shape is one that this makes quicker than tfjs's kernels. */
export const worthwhile = ({ m, n, k }: ProductShape): boolean =>
  n % 4 === 0 && n >= 8 && m >= 8 && k >= 4 && m * n * k >= 1 << 16;

/** The code for a shape, for one memory. */
export function productKernel(memory: WebAssembly.Memory, shape: ProductShape): ProductKernel {
  const { m, n, k, transposeA } = shape;
  const module = new ModuleBuilder();
  const layB = module.define(null, ['i32', 'i32', 'i32'], [], (c) => layColumns(c, shape));
  const layA = transposeA ? module.define(null, ['i32', 'i32', 'i32'], [], (c) => layRows(c, shape)) : null;
  const tiles = new Map<string, Callable>();
  const tile = (rows: number, vectors: number): Callable => {
    const key = `${rows},${vectors}`;
    let made = tiles.get(key);
    if (!made) {
      made = module.define(null, ['i32', 'i32', 'i32', 'i32', 'i32'], [], (c) =>
        writeTile(c, shape, rows, vectors),
      );
      tiles.set(key, made);
    }
    return made;
  };
  for (const rows of [ROWS, m % ROWS]) for (const vectors of [2, 1]) if (rows > 0) tile(rows, vectors);
  const depth = Math.min(k, DEPTH);
  module.define('product', ['i32', 'i32', 'i32', 'i32'], [], (c) =>
    writeProduct(c, shape, layA, layB, tile, n * depth * FLOAT),
  );
  const { product } = module.instantiate(memory);
  return {
    scratch: depth * (n + (transposeA ? m : 0)),
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

/** (a, panel of b, c, depth, whether c is added to): one tile over one block. */
function writeTile(c: Code, { n, k, transposeA }: ProductShape, rows: number, vectors: number): void {
  const [a, panel, to, depth, more] = c.params;
  const i = c.local('i32');
  const [x, ...y] = Array.from({ length: vectors + 1 }, () => c.local('v128'));
  const sums = Array.from({ length: rows }, () => y.map(() => c.local('v128')));
  const each = (f: (sum: Local, r: number, v: number) => void): void =>
    sums.forEach((s, r) => {
      s.forEach((sum, v) => {
        f(sum, r, v);
      });
    });
  c.get(more).if(() =>
    each((sum, r, v) =>
      c
        .get(to)
        .memory('v128.load', (r * n + 4 * v) * FLOAT)
        .set(sum),
    ),
  );
  // Of a transposed operand, the rows of a tile lie side by side.
  const [next, step] = transposeA ? [1, rows] : [k, 1];
  c.for(i, 0, depth, 1, () => {
    y.forEach((l, v) => {
      c.get(panel)
        .memory('v128.load', 16 * v)
        .set(l);
    });
    sums.forEach((s, r) => {
      c.get(a)
        .memory('v128.load32_splat', r * next * FLOAT)
        .set(x);
      s.forEach((sum, v) => {
        c.get(sum).get(x).get(y[v]).op('f32x4.mul', 'f32x4.add').set(sum);
      });
    });
    c.get(a)
      .i32(step * FLOAT)
      .op('i32.add')
      .set(a);
    c.get(panel)
      .i32(16 * vectors)
      .op('i32.add')
      .set(panel);
  });
  each((sum, r, v) =>
    c
      .get(to)
      .get(sum)
      .memory('v128.store', (r * n + 4 * v) * FLOAT),
  );
}

/** (a, b, c, scratch): blocks of the summed axis, bands of rows, panels of columns, tiles. */
function writeProduct(
  c: Code,
  { m, n, k, transposeA, transposeB }: ProductShape,
  layA: Callable | null,
  layB: Callable,
  tile: (rows: number, vectors: number) => Callable,
  bytesOfB: number,
): void {
  const [a, b, to, scratch] = c.params;
  const [block, depth, band, end, i, j, left] = Array.from({ length: 7 }, () => c.local('i32'));
  const wholeRows = m - (m % ROWS);
  const oneTile = (rows: number, vectors: number): void => {
    // Row i of a, or of what was laid out of it; panel j of b.
    if (transposeA) c.get(left).get(i).get(depth).op('i32.mul').i32(FLOAT).op('i32.mul', 'i32.add');
    else plus(c.get(left), i, k * FLOAT);
    c.get(scratch).get(j).get(depth).op('i32.mul').i32(FLOAT).op('i32.mul', 'i32.add');
    plus(plus(c.get(to), i, n * FLOAT), j, FLOAT);
    c.get(depth).get(block).call(tile(rows, vectors));
  };
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
    plus(c.get(b), block, (transposeB ? 1 : n) * FLOAT)
      .get(scratch)
      .get(depth)
      .call(layB);
    if (layA) {
      c.get(scratch).i32(bytesOfB).op('i32.add').set(left);
      plus(c.get(a), block, m * FLOAT)
        .get(left)
        .get(depth)
        .call(layA);
    } else plus(c.get(a), block, FLOAT).set(left);
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
