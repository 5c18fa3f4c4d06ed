/** What a bound program would take in memory and time, refused before it is taken. */
import { sizeOfShape } from '../arrays.ts';
import { axesOfLoop } from '../ir/scan.ts';
import type { Axis, Energy, IndexSet, Node } from '../ir/types.ts';
import { visit } from '../ir/walk.ts';
import { limits } from '../limits.ts';
import { at, EnergyError } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { type BoundProgram, shapeOf } from './bound.ts';
import type { BindCode } from './codes.ts';

type SizeOf = (set: IndexSet) => number;

const tooLarge = (span: Span | undefined, message: string, suggestion: string): EnergyError =>
  new EnergyError([
    {
      severity: 'error',
      code: 'E0540' satisfies BindCode,
      place: span ? at(span) : { kind: 'data', file: '' },
      message,
      suggestion,
    },
  ]);

/** A count for people: all digits up to a million million, then powers. */
const shown = (n: number): string => (n < 1e12 ? String(n) : n.toExponential(2));

/**
 * The parameters of a program have `limits.elements` numbers at most, together.
 * @throws EnergyError E0540 at the one that is too much
 */
export function checkParameters(bound: BoundProgram, has: (set: IndexSet) => boolean): void {
  let total = 0;
  for (const { slot, span, init } of bound.program.params) {
    // That nothing gives a set its size is said where a value is asked for.
    if (!slot.sets.every(has)) continue;
    total += sizeOfShape(shapeOf(slot, bound.sizeOf));
    if (total > limits.elements)
      throw tooLarge(
        slot.span ?? span,
        `with \`${slot.name}\` the parameters have ${shown(total)} numbers; the most is ${limits.elements}`,
        'index it by fewer or smaller sets',
      );
    const starts = init.kind === 'value' ? [init.value] : init.kind === 'random' ? init.args : [];
    const places = Math.max(0, ...starts.map((l) => placesOf([l.body], l.axes, bound.sizeOf)));
    if (places > limits.positions)
      throw tooLarge(
        slot.span ?? span,
        `where \`${slot.name}\` starts is worked out at ${shown(places)} places; the most is ${limits.positions}`,
        'start from a simpler value',
      );
  }
}

/**
 * The unknowns of an energy have `limits.elements` numbers at most, together.
 * @throws EnergyError E0540 at the one that is too much
 */
export function checkUnknowns(energy: Energy, sizeOf: SizeOf): void {
  let total = 0;
  for (const slot of energy.unknowns) {
    total += sizeOfShape(shapeOf(slot, sizeOf));
    if (total > limits.elements)
      throw tooLarge(
        slot.span ?? energy.span,
        `with \`${slot.name}\` the unknowns of \`${energy.name}\` have ${shown(total)} numbers; the most is ${limits.elements}`,
        'index it by fewer or smaller sets',
      );
  }
}

/**
 * A comprehension looks at `limits.positions` places at most.
 * @throws EnergyError E0540 at the set
 */
export function checkComprehension(
  set: IndexSet,
  source: { readonly axes: readonly Axis[]; readonly where: Node | null; readonly elements: readonly Node[] },
  sizeOf: SizeOf,
): void {
  const roots = source.where ? [source.where, ...source.elements] : source.elements;
  const places = placesOf(roots, source.axes, sizeOf);
  if (places > limits.positions)
    throw tooLarge(
      set.span,
      `${set.name ? `the set \`${set.name}\`` : 'this set'} is looked for among ${shown(places)} places; the most is ${limits.positions}`,
      'make it of smaller sets, or list its elements in a data file',
    );
}

/**
 * The neighbours on a lattice fill tables of `limits.elements` numbers at most.
 * @throws EnergyError E0540 at the set
 */
export function checkNeighbours(set: IndexSet, lattice: IndexSet): void {
  if (lattice.kind.kind !== 'lattice') return;
  const { dims } = lattice.kind;
  const numbers = sizeOfShape(dims) * dims.length * 2;
  if (numbers > limits.elements)
    throw tooLarge(
      set.span,
      `the neighbours on ${dims.join('×')} sites fill tables of ${shown(numbers)} numbers; the most is ${limits.elements}`,
      'use a smaller lattice',
    );
}

/** At how many places the expressions are evaluated: the most of any loop in them, the loops around it counted. */
function placesOf(roots: readonly Node[], outer: readonly Axis[], sizeOf: SizeOf): number {
  const volume = (axes: Iterable<Axis>): number => [...axes].reduce((n, a) => n * sizeOf(a.set), 1);
  let most = volume(outer);
  visit(roots, (n) => {
    const bound =
      n.op === 'reduce' || n.op === 'scatter'
        ? n.over
        : n.op === 'at'
          ? n.params
          : n.op === 'scan'
            ? axesOfLoop(n.loop)
            : [];
    if (n.op === 'matrix')
      for (const a of n.args) most = Math.max(most, volume(new Set([...n.axes, ...a.axes])));
    if (bound.length > 0) most = Math.max(most, volume(new Set([...n.axes, ...bound])));
  });
  return most;
}
