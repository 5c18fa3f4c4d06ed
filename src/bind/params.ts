/** Where learning starts: the initial values of a program's parameters. */
import { type HostArray, sizeOfShape } from '../arrays.ts';
import type { ParamDecl } from '../check/values.ts';
import { rangeOf, showDomain } from '../domain.ts';
import type { Arrays } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Lambda, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { Stream } from '../random/stream.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import { type BoundProgram, type ParamValues, shapeOf } from './bound.ts';
import type { BindCode } from './codes.ts';
import { firstFault } from './vectors.ts';

/**
 * The initial value of every parameter of the program, in its own coordinates.
 * `= expression` is evaluated in double precision on the program's data (it may read
 * other parameters). Weights of networks are normal with mean 0 and standard
 * deviation gain/√(fan-in), fan-in the number of inputs over all blocks of the layer
 * (Y. LeCun et al., "Efficient BackProp", 1998, §4.6), drawn from the stream
 * (seed, 'init', name of the parameter): neither the order of declarations nor other
 * parameters change them.
 * @param seed a whole number in 0 … 2⁵³−1
 * @throws EnergyError E0533 where an initial value is outside the parameter's domain
 */
export function initialParams(bound: BoundProgram, seed: number): ParamValues {
  const decls = new Map(bound.program.params.map((d) => [d.slot, d]));
  const out = new Map<Slot, HostArray>();
  const visit = (d: ParamDecl): void => {
    if (out.has(d.slot)) return;
    if (d.init.kind === 'scaled-normal') {
      out.set(d.slot, scaledNormal(bound, d.slot, d.init, seed));
      return;
    }
    const from = d.init.kind === 'random' ? d.init.args.map((a) => a.body) : [d.init.value.body];
    for (const s of slotsRead(from)) {
      const other = decls.get(s);
      if (other) visit(other);
    }
    const value =
      d.init.kind === 'random'
        ? drawn(bound, d, d.init, out, seed)
        : evaluate(bound, d.slot, d.init.value, out);
    checkDomain(d, value);
    out.set(d.slot, value);
  };
  for (const d of decls.values()) visit(d);
  return new Map([...decls.keys()].map((slot) => [slot, out.get(slot)!]));
}

function evaluate(bound: BoundProgram, slot: Slot, value: Lambda, params: Arrays): HostArray {
  const { axes, body } = value;
  const evaluator = referenceEngine().compile(
    { outputs: [{ name: slot.name, axes, node: body }], sizeOf: bound.sizeOf },
    bound.constants,
  );
  const array = evaluator.run(params).get(slot.name)!;
  evaluator.dispose();
  return array;
}

function scaledNormal(
  bound: BoundProgram,
  slot: Slot,
  init: Extract<ParamDecl['init'], { kind: 'scaled-normal' }>,
  seed: number,
): HostArray {
  const fanIn = init.fanIn.reduce((n, block) => n + sizeOfShape(block.sets.map(bound.sizeOf)), 0);
  const shape = shapeOf(slot, bound.sizeOf);
  const data = new Float64Array(sizeOfShape(shape));
  new Stream(seed, 'init', slot.name).fillNormal(data);
  const sd = init.gain / Math.sqrt(fanIn);
  for (let i = 0; i < data.length; i++) data[i] *= sd;
  return { shape, data };
}

/** `= normal(mean, sd)` or `= uniform(low, high)`, each element from the parameter's own stream. */
function drawn(
  bound: BoundProgram,
  d: ParamDecl,
  init: Extract<ParamDecl['init'], { kind: 'random' }>,
  params: Arrays,
  seed: number,
): HostArray {
  const [x, y] = init.args.map((a) => evaluate(bound, d.slot, a, params));
  const data = new Float64Array(sizeOfShape(x.shape));
  const stream = new Stream(seed, 'init', d.slot.name);
  if (init.distribution === 'normal') stream.fillNormal(data);
  for (let i = 0; i < data.length; i++) {
    const [a, b] = [x.data[i], y.data[i]];
    const fits =
      Number.isFinite(a) && Number.isFinite(b) && (init.distribution === 'normal' ? b >= 0 : a <= b);
    if (!fits)
      throw fault(
        d,
        `\`${d.slot.name}\` starts from ${init.distribution}(${a}, ${b}), which is no distribution`,
        init.distribution === 'normal' ? 'the standard deviation is at least 0' : 'the lower end comes first',
      );
    data[i] = init.distribution === 'normal' ? a + b * data[i] : a + (b - a) * stream.uniform();
  }
  return { shape: x.shape, data };
}

const fault = (d: ParamDecl, message: string, suggestion?: string): EnergyError =>
  new EnergyError([
    { severity: 'error', code: 'E0533' satisfies BindCode, place: at(d.span), message, suggestion },
  ]);

function checkDomain(d: ParamDecl, value: HostArray): void {
  const { domain } = d.slot;
  const { lo, hi } = rangeOf(domain);
  const vector = firstFault(domain, value);
  if (vector) throw fault(d, `\`${d.slot.name}\` starts at a vector that ${vector.why}`);
  const bad = value.data.findIndex((x: number) => !(Number.isFinite(x) && x >= lo && x <= hi));
  if (bad < 0) return;
  throw fault(
    d,
    `\`${d.slot.name}\` starts at ${value.data[bad]}, which is not a value of ${showDomain(domain)}`,
    d.init.kind === 'random' ? 'draw it from what is inside, e.g. `uniform(low, high)`' : undefined,
  );
}
