/**
 * Standard normals by inversion: M. J. Wichura's AS 241 (Applied Statistics 37 (1988) 477) where |p − ½| ≤ 0.425, with
 * the operations of `random/normal-quantile.ts` in their order, so the same bits. Farther out a logarithm is needed,
 * whose last bits are the host's: these p are left to it.
 */
import { centralQuantile } from '../../../random/normal-quantile.ts';
import type { Code } from '../wasm/code.ts';
import { Lanes, type Width } from './lanes.ts';

/**
 * (words, out, tails, count) → number of tails. Two words make a number of `out`, which is z, or p where z is left to
 * the host; the places of these are listed in `tails`. Both have room for `count` rounded up to an even number.
 */
export function writeNormals(c: Code, width: Width): void {
  const v = new Lanes(c, width);
  const [words, out, tails, count] = c.params;
  const [i, at] = [c.local('i32'), c.local('i32')];
  const [p, q, r] = [v.doubles(), v.doubles(), v.doubles()];
  const far = c.local(v.wide ? 'v128' : 'i32');
  const step = v.wide ? 2 : 1;
  c.get(tails).set(at);
  c.for(i, 0, count, step, () => {
    // (k + ½)·2⁻⁵² for the upper 26 bits of either word.
    writeWord(c, v, words, 0);
    c.i32(6);
    v.word('shr_u')
      .convert()
      .constant(2 ** -26)
      .double('mul');
    writeWord(c, v, words, 1);
    c.i32(6);
    v.word('shr_u')
      .convert()
      .constant(0.5)
      .double('add')
      .constant(2 ** -52)
      .double('mul', 'add');
    c.tee(p);
    v.constant(0.5).double('sub');
    c.set(q).get(q);
    v.double('abs').constant(centralQuantile.reach).double('gt');
    c.set(far);
    v.constant(centralQuantile.square);
    c.get(q).get(q);
    v.double('mul', 'sub');
    c.set(r);
    c.get(out).get(p).get(q);
    writePolynomial(centralQuantile.above);
    v.double('mul');
    writePolynomial(centralQuantile.below);
    v.double('div');
    c.get(far);
    v.select();
    c.memory(v.wide ? 'v128.store' : 'f64.store');
    for (let n = 0; n < step; n++) {
      c.get(at).get(i).i32(n).op('i32.add').memory('i32.store');
      c.get(at).get(far);
      if (v.wide) c.op('i64x2.bitmask').i32(n).op('i32.shr_u').i32(1).op('i32.and');
      c.i32(2).op('i32.shl', 'i32.add').set(at);
    }
    c.get(words)
      .i32(8 * step)
      .op('i32.add')
      .set(words);
    c.get(out)
      .i32(8 * step)
      .op('i32.add')
      .set(out);
  });
  c.get(at).get(tails).op('i32.sub').i32(2).op('i32.shr_u');

  function writePolynomial(coefficients: readonly number[]): void {
    v.constant(coefficients[0]);
    for (const a of coefficients.slice(1)) {
      c.get(r);
      v.double('mul').constant(a).double('add');
    }
  }
}

/** The first or second words of the next two blocks, in the lower lanes. */
function writeWord(c: Code, v: Lanes, words: Code['params'][number], which: 0 | 1): void {
  c.get(words);
  if (!v.wide) {
    c.memory('i32.load', 4 * which);
    return;
  }
  c.memory('v128.load').get(words).memory('v128.load');
  c.shuffle([0, 2, 0, 2].flatMap((lane) => [0, 1, 2, 3].map((byte) => (lane + which) * 4 + byte)));
}
