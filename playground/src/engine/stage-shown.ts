/** What of an energy is shown on the stage, and how: decided from shapes and domains. */
import { sizeOfShape } from '../../../src/arrays.ts';
import { type Domain, isDiscrete, isVector, valueMap } from '../../../src/domain.ts';
import type { Model } from '../../../src/infer/model.ts';
import { kindOf, latticeShape } from '../../../src/infer/recorder.ts';
import type { IndexSet } from '../../../src/ir/types.ts';
import type { Shown, StageInfo, StageView } from '../staged.ts';

/** Elements of all pictures of a frame together, about. */
const PIXELS = 256 * 1024;
const MOST_PICTURES = 4;
/** A lattice with a shorter side, or with fewer elements, is no picture. */
const LEAST_SIDE = 3;
const LEAST_PICTURE = 9;
/** Reals of a line that each get a column. */
const MOST_COLUMNS = 48;
/** Elements whose shares of values are drawn as bars. */
const MOST_BARS = 24;
const MOST_VALUES = 32;
/** Scalars with traces of their own. */
const MOST_SCALARS = 8;

/** How many chains move together: many where a state is small, so that they make a cloud. */
export function chainsFor(model: Model): number {
  const size = model.unknowns.reduce((n, u) => n + u.size, 0);
  const continuous = model.unknowns.some((u) => !isDiscrete(u.slot.domain));
  if (size <= 4 && continuous) return 32;
  if (size <= 128) return 8;
  return size <= 256 * 256 ? 4 : 1;
}

/** Unknowns in their order, then reports, then the energy. */
export function shownOf(model: Model, chains: number): readonly Shown[] {
  const { sizeOf, energy } = model;
  const out: Shown[] = [];
  const add = (name: string, role: 'unknown' | 'report', sets: readonly IndexSet[], d: Domain): void => {
    const shape = latticeShape(sets, sizeOf);
    const kind = kindOf(d, sizeOf);
    const size = sizeOfShape(shape);
    const view = viewOf(shape, kind.kind, d);
    if (view === null || (view === 'scalar' && scalars(out) >= MOST_SCALARS)) return;
    const many = view === 'picture' || view === 'rows';
    const most = many ? Math.min(MOST_PICTURES, Math.max(1, Math.floor(PIXELS / size))) : chains;
    const values = kind.hi === undefined ? Number.POSITIVE_INFINITY : kind.hi - (kind.lo ?? 0);
    const whole = isDiscrete(d) && role === 'unknown' && values < 256;
    out.push({
      name,
      role,
      view,
      ...kind,
      ...(d.kind === 'angle' ? { lo: -Math.PI, hi: Math.PI } : {}),
      shape,
      size,
      ticks: ticksOf(sets),
      cyclic: d.kind === 'angle' || d.kind === 'cyclic',
      bytes: whole,
      chains: Math.min(chains, most),
    });
  };
  for (const u of model.unknowns) add(u.slot.name, 'unknown', u.slot.sets, u.slot.domain);
  for (const r of energy.reports) {
    const sets = r.value.axes.map((a) => a.set);
    add(r.name, 'report', sets, r.domain);
  }
  if (energy.terms.length === 0) return out;
  out.push({
    name: 'energy',
    role: 'energy',
    view: 'scalar',
    kind: 'real',
    shape: [],
    size: 1,
    cyclic: false,
    bytes: false,
    chains,
  });
  return out;
}

const ticksOf = (sets: readonly IndexSet[]): readonly string[] | undefined =>
  sets.length === 1 && sets[0].kind.kind === 'labels' ? sets[0].kind.labels : undefined;

const scalars = (shown: readonly Shown[]): number => shown.filter((s) => s.view === 'scalar').length;

function viewOf(shape: readonly number[], kind: Shown['kind'], d: Domain): StageView | null {
  const size = sizeOfShape(shape);
  const discrete = isDiscrete(d);
  if (shape.length === 0) {
    if (kind === 'category') return 'shares';
    return 'scalar';
  }
  const [rows, cols] = shape.slice(-2);
  if (shape.length >= 2 && Math.min(rows, cols) >= LEAST_SIDE && rows * cols >= LEAST_PICTURE)
    return size <= PIXELS ? 'picture' : null;
  // Thin tables of reals and vectors of them are lines of their elements.
  if (!discrete) return size <= MOST_COLUMNS ? 'columns' : size <= PIXELS ? 'picture' : null;
  const { offset, scale } = valueMap(d);
  const few = kind === 'category' || scale > 1 || offset >= 0;
  if (size <= MOST_BARS && few) return 'shares';
  return size <= PIXELS ? 'rows' : null;
}

/** The first two real numbers of the state, where there are two that belong together. */
export function planeOf(model: Model, shown: readonly Shown[]): StageInfo['plane'] {
  const numbers = model.unknowns.flatMap((u) => {
    const { domain: d } = u.slot;
    if (isDiscrete(d) || isVector(d) || u.size > 2) return [];
    const at = shown.findIndex((s) => s.role === 'unknown' && s.name === u.slot.name);
    if (at < 0) return [];
    return Array.from({ length: u.size }, (_, element) => ({
      shown: at,
      element,
      name: u.size === 1 ? u.slot.name : `${u.slot.name}[${element}]`,
    }));
  });
  if (numbers.length < 2) return null;
  const [x, y] = numbers;
  const size = model.unknowns.reduce((n, u) => n + u.size, 0);
  return { x, y, whole: size === 2 && numbers.length === 2 };
}

/** The most shares of values that are told apart. */
export const mostShares = MOST_VALUES;
