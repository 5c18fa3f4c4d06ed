/**
 * The scalar functions as tensor steps, float32. Truth values are 0 and 1.
 *
 * On wasm everything is made of what XNNPACK does fast (sums, products, sigmoid,
 * clip, step), because the other kernels cost 20–500 times as much; what is left
 * goes through the loops of `gaps.ts`. Accuracy: a few units of 2⁻²³ relative,
 * except tanh, 10⁻⁷ absolute, erf, 2·10⁻⁷ absolute, and the functions of Γ
 * (see `gamma.ts`).
 */
import { functions } from '../../ir/functions.ts';
import type { FnName } from '../../ir/types.ts';
import { digammaSteps, lbetaSteps, lgammaSteps, trigammaSteps } from './gamma.ts';
import { map2Loop, mapLoop, sineLoop } from './loops.ts';
import type { BinaryFn, HostLoop, UnaryFn } from './ops.ts';
import { besselRatioSteps, erfcSteps, inverseMillsSteps, logI0Steps, logPhiSteps } from './tails.ts';
import type { Ref, Tape } from './tape.ts';
import { broadcastShape } from './vals.ts';

/** Steps over aligned operands: shapes broadcast by position. */
export class Scalars {
  readonly tape: Tape;
  private readonly fast: boolean;

  constructor(tape: Tape) {
    this.tape = tape;
    this.fast = tape.target.plainArithmetic;
  }

  // ── Building blocks ───────────────────────────────────────────────────────

  map(fn: UnaryFn, x: Ref): Ref {
    return this.tape.emit({ op: 'unary', fn }, [x], this.tape.shape(x));
  }

  private map2(fn: BinaryFn, x: Ref, y: Ref): Ref {
    return this.tape.emit(
      { op: 'binary', fn },
      [x, y],
      broadcastShape([this.tape.shape(x), this.tape.shape(y)]),
    );
  }

  private host(name: string, x: Ref, loop: HostLoop): Ref {
    return this.tape.emit({ op: 'host', name, loop }, [x], this.tape.shape(x));
  }

  private host2(name: string, x: Ref, y: Ref, f: (x: number, y: number) => number): Ref {
    const [p, q] = [this.tape.shape(x), this.tape.shape(y)];
    const shape = broadcastShape([p, q]);
    return this.tape.emit({ op: 'host', name, loop: map2Loop(f, shape, p, q) }, [x, y], shape);
  }

  num = (value: number): Ref => this.tape.scalar(value);

  add(x: Ref, y: Ref): Ref {
    if (this.is(x, 0)) return y;
    if (this.is(y, 0)) return x;
    return this.map2('add', x, y);
  }
  sub(x: Ref, y: Ref): Ref {
    if (this.is(y, 0)) return x;
    if (this.is(x, 0)) return this.neg(y);
    return this.map2('sub', x, y);
  }
  mul(x: Ref, y: Ref): Ref {
    if (this.is(x, 1)) return y;
    if (this.is(y, 1)) return x;
    if (this.is(x, -1)) return this.neg(y);
    if (this.is(y, -1)) return this.neg(x);
    return this.map2('mul', x, y);
  }
  div(x: Ref, y: Ref): Ref {
    if (this.is(y, 1)) return x;
    return this.map2('div', x, y);
  }
  neg = (x: Ref): Ref => this.map('neg', x);
  square = (x: Ref): Ref => this.map('square', x);
  sqrt = (x: Ref): Ref => this.map('sqrt', x);
  abs = (x: Ref): Ref => this.map('abs', x);
  floor = (x: Ref): Ref => this.map('floor', x);
  log = (x: Ref): Ref => this.map('log', x);
  sigmoid = (x: Ref): Ref => this.map('sigmoid', x);
  relu = (x: Ref): Ref => this.map('relu', x);
  /** 1 where x > 0, else 0. */
  step = (x: Ref): Ref => this.map('step', x);

  clip(x: Ref, lo: number, hi: number): Ref {
    return this.tape.emit({ op: 'clip', lo, hi }, [x], this.tape.shape(x));
  }

  /** eˣ. With XNNPACK as σ(x)/σ(−x): both are accurate in relative terms; overflow begins at 87.3. */
  exp(x: Ref): Ref {
    return this.fast ? this.div(this.sigmoid(x), this.sigmoid(this.neg(x))) : this.map('exp', x);
  }

  /** ln(1 + e⁻ᵗ) for t ≥ 0, accurate in relative terms: 2·artanh(s/(2−s)), s = σ(−t), of which s/(2−s) ≤ 1/3. */
  private logOnePlusExpMinus(t: Ref): Ref {
    if (!this.fast) return this.map('log1p', this.map('exp', this.neg(t)));
    const s = this.sigmoid(this.neg(t));
    const z = this.div(s, this.sub(this.num(2), s));
    const z2 = this.square(z);
    return this.mul(z, this.polynomial(z2, [2, 2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13]));
  }

  /** Σ cₖ xᵏ by Horner's rule. */
  polynomial(x: Ref, c: readonly number[]): Ref {
    let y = this.num(c[c.length - 1]);
    for (let k = c.length - 2; k >= 0; k--) y = this.add(this.mul(y, x), this.num(c[k]));
    return y;
  }

  /** eˣ for x ≤ 0. */
  expOfNegative(x: Ref): Ref {
    if (!this.fast) return this.exp(x);
    const s = this.sigmoid(x);
    return this.div(s, this.sub(this.num(1), s));
  }

  /** 0 in place of ±∞ and NaN. */
  finiteOrZero(x: Ref): Ref {
    return this.map('finite', x);
  }

  select(c: Ref, x: Ref, y: Ref): Ref {
    const out = broadcastShape([c, x, y].map((r) => this.tape.shape(r)));
    return this.tape.emit({ op: 'select' }, [c, x, y], out);
  }

  // ── The table ─────────────────────────────────────────────────────────────

  /** @param truth which operands are known to be 0 or 1 */
  call(fn: FnName, args: readonly Ref[], truth: readonly boolean[]): Ref {
    const [x, y, z] = args;
    switch (fn) {
      case 'add':
        return this.add(x, y);
      case 'sub':
        return this.sub(x, y);
      case 'mul':
        return this.mul(x, y);
      case 'div':
        return this.div(x, y);
      case 'neg':
        return this.neg(x);
      case 'square':
        return this.square(x);
      case 'pow':
        return this.pow(x, y);
      case 'exp':
        return this.exp(x);
      case 'expm1':
        return this.map(fn, x);
      case 'log':
        return this.log(x);
      case 'log1p':
        return this.map(fn, x);
      case 'sqrt':
        return this.sqrt(x);
      case 'abs':
        return this.abs(x);
      case 'sign':
        return this.fast ? this.sub(this.step(x), this.step(this.neg(x))) : this.map(fn, x);
      case 'floor':
        return this.floor(x);
      case 'ceil':
        return this.map(fn, x);
      case 'round':
        return this.floor(this.add(x, this.num(0.5)));
      case 'mod':
        return this.sub(x, this.mul(y, this.floor(this.div(x, y))));
      case 'min':
      case 'max':
        return this.extreme(fn, x, y);
      case 'sin':
        return this.fast ? this.host(fn, x, sineLoop(0)) : this.map(fn, x);
      case 'cos':
        return this.fast ? this.host(fn, x, sineLoop(0.25)) : this.map(fn, x);
      case 'tan':
        return this.map(fn, x);
      case 'asin':
        return this.map(fn, x);
      case 'acos':
        return this.map(fn, x);
      case 'atan':
        return this.map(fn, x);
      case 'atan2':
        return this.map2(fn, x, y);
      case 'sinh':
        return this.map(fn, x);
      case 'cosh':
        return this.map(fn, x);
      case 'tanh':
        if (!this.fast) return this.map(fn, x);
        return this.sub(this.mul(this.num(2), this.sigmoid(this.mul(this.num(2), x))), this.num(1));
      case 'sigmoid':
        return this.sigmoid(x);
      case 'softplus':
        return this.add(this.relu(x), this.logOnePlusExpMinus(this.abs(x)));
      case 'silu':
        return this.mul(x, this.sigmoid(x));
      case 'relu':
        return this.relu(x);
      case 'erf':
        return this.map(fn, x);
      case 'lgamma':
        return this.own(fn, x, lgammaSteps);
      case 'digamma':
        return this.own(fn, x, digammaSteps);
      case 'trigamma':
        return this.own(fn, x, trigammaSteps);
      case 'lbeta':
        return this.tape.target.hostLoops
          ? this.host2(fn, x, y, functions.lbeta.eval)
          : lbetaSteps(this, x, y);
      case 'erfc':
        return this.own(fn, x, erfcSteps);
      case 'log_phi':
        return this.own(fn, x, logPhiSteps);
      case 'inverse_mills':
        return this.own(fn, x, inverseMillsSteps);
      case 'log_i0':
        return this.own(fn, x, logI0Steps);
      case 'bessel_ratio':
        return this.tape.target.hostLoops
          ? this.host2(fn, x, y, functions.bessel_ratio.eval)
          : besselRatioSteps(this, x, y);
      case 'logaddexp':
        return this.logaddexp(x, y);
      case 'eq':
        return this.not(this.differs(x, y));
      case 'ne':
        return this.differs(x, y);
      case 'gt':
        return this.greater(x, y);
      case 'lt':
        return this.greater(y, x);
      case 'ge':
        return this.not(this.greater(y, x));
      case 'le':
        return this.not(this.greater(x, y));
      case 'and':
        return this.mul(this.truth(x, truth[0]), this.truth(y, truth[1]));
      case 'or':
        return this.clip(this.add(this.truth(x, truth[0]), this.truth(y, truth[1])), 0, 1);
      case 'not':
        return this.not(this.truth(x, truth[0]));
      case 'select':
        return this.selectCheaply(x, y, z, truth[0]);
      case 'stop_gradient':
        return x;
      case 'pick':
        throw new Error('pick is lowered as a read');
    }
  }

  /** A function of one argument as a loop over the memory, or in steps where that is out of reach. */
  private own(fn: FnName, x: Ref, steps: (s: Scalars, x: Ref) => Ref): Ref {
    return this.tape.target.hostLoops ? this.host(fn, x, mapLoop(functions[fn].eval)) : steps(this, x);
  }

  private is(x: Ref, value: number): boolean {
    return this.tape.scalarValue(x) === value;
  }

  private truth(x: Ref, known: boolean): Ref {
    return known ? x : this.differs(x, this.num(0));
  }

  private not(x: Ref): Ref {
    return this.sub(this.num(1), x);
  }

  /** x > y; on wasm by the sign of the difference, so infinities must not be compared with themselves. */
  private greater(x: Ref, y: Ref): Ref {
    if (this.fast) return this.step(this.sub(x, y));
    return this.map2('greater', x, y);
  }

  private differs(x: Ref, y: Ref): Ref {
    if (this.fast) return this.step(this.abs(this.sub(x, y)));
    return this.map2('notEqual', x, y);
  }

  private extreme(fn: 'min' | 'max', x: Ref, y: Ref): Ref {
    if (!this.fast) return this.map2(fn, x, y);
    for (const [v, c] of [
      [x, this.tape.scalarValue(y)],
      [y, this.tape.scalarValue(x)],
    ] as const)
      if (c !== undefined && Number.isFinite(c))
        return fn === 'min' ? this.clip(v, -Infinity, c) : this.clip(v, c, Infinity);
    return this.map2(fn, x, y);
  }

  private pow(x: Ref, y: Ref): Ref {
    switch (this.tape.scalarValue(y)) {
      case 2:
        return this.square(x);
      case 3:
        return this.mul(x, this.square(x));
      case 4:
        return this.square(this.square(x));
      case -2:
        return this.div(this.num(1), this.square(x));
      case -0.5:
        return this.div(this.num(1), this.sqrt(x));
      case 1.5:
        return this.mul(x, this.sqrt(x));
      default:
        return this.map2('pow', x, y);
    }
  }

  private logaddexp(x: Ref, y: Ref): Ref {
    const top = this.extreme('max', x, y);
    const apart = this.abs(this.sub(x, y));
    // −∞ − −∞ is NaN: the two are equal, so the difference counts as none.
    const t = this.map('nanToZero', apart);
    return this.add(top, this.logOnePlusExpMinus(t));
  }

  private selectCheaply(c: Ref, x: Ref, y: Ref, truth: boolean): Ref {
    if (truth && this.is(x, 1) && this.is(y, 0)) return c;
    if (truth && this.is(x, 0) && this.is(y, 1)) return this.not(c);
    const [p, q] = [this.tape.scalarValue(x), this.tape.scalarValue(y)];
    if (truth && p !== undefined && q !== undefined && Number.isFinite(p) && Number.isFinite(q))
      return this.add(this.mul(c, this.num(p - q)), this.num(q));
    return this.select(c, x, y);
  }
}
