/**
 * The right operand of a product read through a table of windows, as convolutions do: what a gather would lay out in
 * memory, many times as large as the array itself, is read from it where it is needed.
 */
import type { Code } from '../kernels/wasm/code.ts';

/**
 * Row a·windows + w and column p·inner + t of the operand is element (a, table[w·places + p], t) of an array
 * [outer, n, inner], 0 where the table has −1.
 */
export interface Windows {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly windows: number;
  readonly places: number;
}

const FLOAT = 4;

/**
 * (from, to, depth, first, columns, table): rows of whole windows of one block, 8 columns at a time (4 at the end) from
 * `first` on; `from` is where the block's first array begins.
 */
export function layWindows(c: Code, { n, inner, windows, places }: Windows): void {
  const [from, to, depth, first, columns, table] = c.params;
  const names = ['j', 'end', 'v', 'width', 'w', 'p', 't', 'a', 'many', 'source', 'target', 'place'] as const;
  const l = Object.fromEntries(names.map((name) => [name, c.local('i32')])) as Record<
    (typeof names)[number],
    ReturnType<Code['local']>
  >;
  const stride = n * inner * FLOAT;
  c.get(depth).i32(windows).op('i32.div_u').set(l.many);
  c.get(first).get(columns).op('i32.add').set(l.end);
  c.for(l.j, first, l.end, 8, () => {
    // Bytes of a row of the panel: 32, or 16 at the end.
    c.i32(32).i32(16);
    c.get(l.end).get(l.j).op('i32.sub').i32(8).op('i32.ge_s', 'select').set(l.width);
    c.for(l.v, 0, l.width, 16, () => {
      c.get(l.j).get(l.v).i32(2).op('i32.shr_u', 'i32.add').tee(l.t);
      c.i32(inner).op('i32.div_u').set(l.p);
      c.get(l.t).get(l.p).i32(inner).op('i32.mul', 'i32.sub').i32(2).op('i32.shl').set(l.t);
      c.for(l.w, 0, windows, 1, () => {
        c.get(to).get(l.v).op('i32.add').get(l.w).get(l.width).op('i32.mul', 'i32.add').set(l.target);
        c.get(table).get(l.w).i32(places).op('i32.mul').get(l.p).op('i32.add').i32(2);
        c.op('i32.shl', 'i32.add').memory('i32.load').tee(l.place).i32(0).op('i32.ge_s');
        const each = (value: () => void, next: () => void): void => {
          c.for(l.a, 0, l.many, 1, () => {
            c.get(l.target);
            value();
            c.memory('v128.store');
            c.get(l.target).get(l.width).i32(windows).op('i32.mul', 'i32.add').set(l.target);
            next();
          });
        };
        c.if(
          () => {
            c.get(from)
              .get(l.place)
              .i32(inner * FLOAT)
              .op('i32.mul', 'i32.add')
              .get(l.t)
              .op('i32.add')
              .set(l.source);
            each(
              () => c.get(l.source).memory('v128.load'),
              () => c.get(l.source).i32(stride).op('i32.add').set(l.source),
            );
          },
          () =>
            each(
              () => c.splat('i32x4', 0),
              () => {},
            ),
        );
      });
    });
    c.get(to).get(depth).get(l.width).op('i32.mul', 'i32.add').set(to);
  });
}
