/**
 * One site after another, of many links each: a dense spin glass. The fields of all sites of the group are kept: a
 * site that keeps its value costs a comparison, sixteen sites at a time; one that flips adds a row to all fields.
 *
 * Fields are kept for as many chains as fit into a pool, together with the neighbours' values that they belong to. A
 * call first brings them up to date with what has changed since, whoever changed it, so they are never stale; being
 * exact (`dense-matrix.ts`), they are the same whether they were kept, brought up to date or made anew.
 */
import type { SiteGroup } from '../site-tables.ts';
import type { Callable, Code, Local } from '../wasm/code.ts';
import type { Exports } from '../wasm/module.ts';
import { emitLogit } from './dense-logit.ts';
import type { DenseMatrix } from './dense-matrix.ts';
import { emitNext, loadRandom, storeRandom } from './random.ts';
import type { GroupKernel, Stage } from './stage.ts';

/** Bytes of the pool, or one entry where that is more. */
const POOL = 2 ** 21;
const MAX_ENTRIES = 4096;
/** An entry: 64 bytes of which the first four are the address of the chain's state, values, fields. */
const HEAD = 64;

const up = (n: number, to: number): number => Math.ceil(n / to) * to;

export function denseSingle(
  stage: Stage,
  group: SiteGroup,
  d: DenseMatrix,
): (exports: Exports) => GroupKernel {
  const { heap, module } = stage;
  const { count, from } = group;
  const c = group.conditional;
  if (c.kind !== 'field') throw new Error('dense kernels are made from fields');
  const stride = up(count, 16);
  const rowBytes = 4 * stride;
  const matrix = heap.allocate(d.rows * rowBytes);
  const field = heap.allocate(4 * stride);
  const scale = heap.allocate(4 * stride);
  const threshold = heap.allocate(4 * stride);
  // Vector loads of the last values may reach beyond them.
  const fieldsAt = HEAD + up(d.rows + 16, 64);
  const entryBytes = fieldsAt + up(rowBytes, 64);
  const entries = Math.max(1, Math.min(MAX_ENTRIES, Math.floor(POOL / entryBytes)));
  const pool = heap.allocate(entries * entryBytes);
  const numbers = heap.i32(matrix, d.rows * stride);
  for (let p = 0; p < count; p++)
    for (let l = c.start[p]; l < c.start[p + 1]; l++) numbers[d.row[l] * stride + p] += d.weight[l];
  heap.i32(field, count).set(d.field);
  const own = d.runs.find((r) => r.from <= from && from + count <= r.from + r.count);
  if (!own) throw new Error('the rows of the group are one run');
  const ownRow = own.row + from - own.from;
  const name = `dense single ${group.slot.id} ${from}`;

  const addRow = module.define(null, ['i32', 'i32', 'i32'], [], (w) => writeAddRow(w, stride));
  const catchUp = module.define(null, ['i32', 'i32', 'i32', 'i32', 'i32'], [], (w) =>
    writeCatchUp(w, addRow, rowBytes),
  );
  module.define(name, ['i32', 'i32'], ['i32'], (w) => {
    const [state, random] = w.params;
    const [i, end, kept, fields] = [w.local('i32'), w.local('i32'), w.local('i32'), w.local('i32')];
    w.get(state).i32(stage.pitch).op('i32.div_u').i32(entries).op('i32.rem_u');
    w.i32(entryBytes).op('i32.mul').i32(pool).op('i32.add').tee(kept).i32(fieldsAt).op('i32.add').set(fields);
    // An entry of another chain starts from values 0.
    w.get(kept).memory('i32.load').get(state).op('i32.ne');
    w.if(() => {
      w.get(kept).get(state).memory('i32.store');
      w.get(kept).i32(HEAD).op('i32.add').i32(0).i32(d.rows).fillMemory();
      w.get(fields).i32(field).i32(rowBytes).copyMemory();
    });
    for (const run of d.runs) {
      const whole = run.count - (run.count % 16);
      const call = (mask: number, at: () => void): void => {
        w.get(state).i32(run.from).op('i32.add');
        at();
        w.op('i32.add')
          .get(kept)
          .i32(HEAD + run.row)
          .op('i32.add');
        at();
        w.op('i32.add')
          .get(fields)
          .i32(matrix + run.row * rowBytes);
        at();
        w.i32(rowBytes).op('i32.mul', 'i32.add').i32(mask).call(catchUp);
      };
      w.for(i, 0, whole, 16, () => call(0xffff, () => w.get(i)));
      if (whole < run.count) call((1 << (run.count - whole)) - 1, () => w.i32(whole));
    }
    const generator = loadRandom(w, random);
    const words = w.local('v128');
    w.for(i, 0, rowBytes, 16, () => {
      emitNext(w, generator);
      w.set(words).get(i);
      emitLogit(w, words);
      w.get(i).memory('v128.load', scale).op('f32x4.mul', 'i32x4.trunc_sat_f32x4_s');
      w.memory('v128.store', threshold);
    });
    storeRandom(w, random, generator);
    w.i32(0).set(i);
    w.i32(count - (count % 16)).set(end);
    const sixteen = (mask: number): void => {
      writeSixteen(w, { i, state, kept, fields, from, ownRow, matrix, rowBytes, threshold, mask, addRow });
    };
    w.for(i, 0, end, 16, () => sixteen(0xffff));
    if (count % 16 > 0) {
      w.get(end).set(i);
      sixteen((1 << (count % 16)) - 1);
    }
    w.i32(-1);
  });

  return (exports) => ({
    form: `kept fields of ${d.rows} neighbours`,
    prepare(beta) {
      const to = heap.f32(scale, count);
      const inverse = Math.min(1 / beta, 1e18);
      d.units.forEach((u, p) => {
        to[p] = u * inverse;
      });
    },
    run: (state, random) => exports[name](state, random),
    entry: exports[name],
    dispose() {
      for (const at of [matrix, field, scale, threshold, pool]) heap.release(at);
    },
  });
}

/** (fields, row, whether to add it or to subtract) */
function writeAddRow(w: Code, stride: number): void {
  const [fields, row, add] = w.params;
  const end = w.local('i32');
  w.get(fields)
    .i32(4 * stride)
    .op('i32.add')
    .set(end);
  const all = (op: string): void => {
    w.loop((again) => {
      for (let j = 0; j < 4; j++) {
        w.get(fields)
          .get(fields)
          .memory('v128.load', 16 * j)
          .get(row)
          .memory('v128.load', 16 * j);
        w.op(op).memory('v128.store', 16 * j);
      }
      w.get(row).i32(64).op('i32.add').set(row);
      w.get(fields).i32(64).op('i32.add').tee(fields).get(end).op('i32.lt_u').branchIf(again);
    });
  };
  w.get(add).if(
    () => all('i32x4.add'),
    () => all('i32x4.sub'),
  );
}

/**
 * (values, values that the fields are of, fields, row of the first, mask): of sixteen values those of the mask that
 * differ are taken into the fields.
 */
function writeCatchUp(w: Code, addRow: Callable, rowBytes: number): void {
  const [values, old, fields, row, mask] = w.params;
  const [rest, k, value] = [w.local('i32'), w.local('i32'), w.local('i32')];
  w.get(values).memory('v128.load').get(old).memory('v128.load').op('i8x16.ne', 'i8x16.bitmask');
  w.get(mask).op('i32.and').tee(rest);
  w.if(() => {
    w.loop((again) => {
      w.get(rest).op('i32.ctz').set(k);
      w.get(old).get(k).op('i32.add');
      w.get(values).get(k).op('i32.add').memory('i32.load8_u').tee(value).memory('i32.store8');
      w.get(fields).get(row).get(k).i32(rowBytes).op('i32.mul', 'i32.add').get(value).call(addRow);
      w.get(rest).get(rest).i32(1).op('i32.sub', 'i32.and').tee(rest).branchIf(again);
    });
  });
}

interface Sixteen {
  readonly i: Local;
  readonly state: Local;
  readonly kept: Local;
  readonly fields: Local;
  readonly from: number;
  readonly ownRow: number;
  readonly matrix: number;
  readonly rowBytes: number;
  readonly threshold: number;
  readonly mask: number;
  readonly addRow: Callable;
}

/** Sites i … i + 15 in order: the first that changes, then those behind it against the fields after that, and so on. */
function writeSixteen(w: Code, s: Sixteen): void {
  const [values, rest, site, value] = [w.local('i32'), w.local('i32'), w.local('i32'), w.local('i32')];
  const at = w.local('i32');
  const limits = [0, 1, 2, 3].map(() => w.local('v128'));
  w.get(s.i).i32(2).op('i32.shl').set(at);
  limits.forEach((l, j) => {
    w.get(at)
      .memory('v128.load', s.threshold + 16 * j)
      .set(l);
  });
  w.get(s.fields).get(at).op('i32.add').set(at);
  w.get(s.state).get(s.i).op('i32.add').memory('v128.load', s.from);
  w.i32(7).op('i8x16.shl', 'i8x16.bitmask').set(values);
  w.i32(s.mask).set(rest);
  w.loop((again) => {
    const below = (j: number): void => {
      w.get(at)
        .memory('v128.load', 16 * j)
        .get(limits[j])
        .op('i32x4.lt_s');
    };
    below(0);
    below(1);
    w.op('i16x8.narrow_i32x4_s');
    below(2);
    below(3);
    w.op('i16x8.narrow_i32x4_s', 'i8x16.narrow_i16x8_s', 'i8x16.bitmask');
    w.get(values).op('i32.xor').get(rest).op('i32.and').tee(rest);
    w.if(() => {
      // Of the sites that would change the first does; those before it are done.
      w.get(rest).op('i32.ctz').set(site);
      w.i32(-2).get(site).op('i32.shl').i32(s.mask).op('i32.and').set(rest);
      w.get(values).i32(1).get(site).op('i32.shl', 'i32.xor').tee(values);
      w.get(site).op('i32.shr_u').i32(1).op('i32.and').set(value);
      w.get(s.i).get(site).op('i32.add').set(site);
      w.get(s.state).get(site).op('i32.add').get(value).memory('i32.store8', s.from);
      w.get(s.kept)
        .get(site)
        .op('i32.add')
        .get(value)
        .memory('i32.store8', HEAD + s.ownRow);
      w.get(s.fields)
        .get(site)
        .i32(s.rowBytes)
        .op('i32.mul')
        .i32(s.matrix + s.ownRow * s.rowBytes);
      w.op('i32.add').get(value).call(s.addRow);
      w.get(rest).branchIf(again);
    });
  });
  w.release(values, rest, site, value, at, ...limits);
}
