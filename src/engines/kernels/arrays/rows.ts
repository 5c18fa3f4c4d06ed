/** Rows of matrices as WebAssembly: what solving triangular systems spends its time on. */
import type { SubtractRows } from '../../linear/triangular.ts';
import type { Code, Local } from '../wasm/code.ts';
import type { Exports, ModuleBuilder } from '../wasm/module.ts';

const NAME = 'subtract rows';

/** Defines the function that `subtractRows` calls. */
export function defineSubtractRows(m: ModuleBuilder): void {
  m.define(NAME, ['i32', 'i32', 'i32', 'i32', 'i32'], [], write);
}

/** `subtractRows` of arrays in the memory of the instance; the same numbers to the last bit. */
export const subtractRowsOf =
  (exports: Exports): SubtractRows =>
  (a, at, from, end, x, row, to, m) => {
    if (from < end && m > 0)
      exports[NAME](
        a.byteOffset + 8 * (at + from),
        end - from,
        x.byteOffset + 8 * (to + from * m),
        x.byteOffset + 8 * row,
        8 * m,
      );
  };

/** Addresses of coefficients, of the first row, and of the row to change; how many rows, and bytes of each. */
function write(c: Code): void {
  const [coefficients, count, rows, row, bytes] = c.params;
  const column = c.local('i32');
  const left = c.local('i32');
  const a = c.local('i32');
  const x = [0, 1, 2, 3].map(() => c.local('i32'));
  const b = [0, 1, 2, 3].map(() => c.local('v128'));
  const sums = [0, 1, 2, 3].map(() => c.local('v128'));
  const number = c.local('f64');

  /** `width` pairs of columns, or a single one, of all rows. */
  const columns = (width: number): void => {
    const single = width === 0;
    const form = single ? 'f64' : 'f64x2';
    const pairs = Math.max(1, width);
    const load = (offset: number): Code => c.memory(single ? 'f64.load' : 'v128.load', offset);
    const target = (): Code => c.get(row).get(column).op('i32.add');
    const sum = (k: number): Local => (single ? number : sums[k]);
    const coefficient = (k: number): void => {
      c.get(b[k]);
      if (single) c.lane('f64x2.extract_lane', 0);
    };
    for (let w = 0; w < pairs; w++) {
      target();
      load(16 * w).set(sum(w));
    }
    c.get(coefficients).set(a);
    c.get(rows).get(column).op('i32.add').set(x[0]);
    c.get(count).set(left);
    /** As many rows at a time, as long as there are. */
    const together = (n: number): void => {
      c.block((end) => {
        c.loop((again) => {
          c.get(left).i32(n).op('i32.lt_s').branchIf(end);
          for (let k = 0; k < n; k++) {
            c.get(a)
              .memory('v128.load64_splat', 8 * k)
              .set(b[k]);
            if (k > 0)
              c.get(x[k - 1])
                .get(bytes)
                .op('i32.add')
                .set(x[k]);
          }
          for (let w = 0; w < pairs; w++) {
            c.get(sum(w));
            for (let k = 0; k < n; k++) {
              coefficient(k);
              c.get(x[k]);
              load(16 * w).op(`${form}.mul`);
              if (k % 2 === 1) c.op(`${form}.add`);
            }
            if (n === 4) c.op(`${form}.add`);
            c.op(`${form}.sub`).set(sum(w));
          }
          c.get(x[n - 1])
            .get(bytes)
            .op('i32.add')
            .set(x[0]);
          c.get(a)
            .i32(8 * n)
            .op('i32.add')
            .set(a);
          c.get(left).i32(n).op('i32.sub').set(left);
          c.branch(again);
        });
      });
    };
    together(4);
    together(1);
    for (let w = 0; w < pairs; w++) {
      target()
        .get(sum(w))
        .memory(single ? 'f64.store' : 'v128.store', 16 * w);
    }
  };

  c.i32(0).set(column);
  for (const width of [4, 1, 0]) {
    const step = width === 0 ? 8 : 16 * width;
    c.block((end) => {
      c.loop((again) => {
        c.get(bytes).get(column).op('i32.sub').i32(step).op('i32.lt_s').branchIf(end);
        columns(width);
        c.get(column).i32(step).op('i32.add').set(column).branch(again);
      });
    });
  }
}
