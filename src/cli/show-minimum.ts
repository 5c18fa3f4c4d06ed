/** A state of least energy as words and as JSON. */
import type { Minimum } from '../infer/minimize/index.ts';
import type { Quantity } from '../stats/draws.ts';
import { short, textTable } from './terminal.ts';

type Cell = number | string;
type Nested = Cell | readonly Nested[];

/** The keys of `run.json` and of `--json`. */
export const minimumFacts = (r: Minimum): Readonly<Record<string, unknown>> => ({
  energy: r.energy,
  state: stateOf(r),
  terms: valuesOf(r, 'term'),
  reports: valuesOf(r, 'report'),
  proved_optimal: r.provedOptimal,
  bound: r.bound,
  method: r.method,
  how: r.how,
  restarts: r.restarts,
  reached: r.reached,
  evaluations: r.evaluations,
  gradient: r.gradient,
  complete: r.complete,
});

/** Unknowns as nested arrays, categories with names by their names: what `--given` reads. */
export const stateOf = (r: Minimum): Readonly<Record<string, unknown>> => valuesOf(r, 'unknown');

function valuesOf(r: Minimum, role: Quantity['role']): Readonly<Record<string, Nested>> {
  return Object.fromEntries(
    r.state.quantities
      .filter((q) => q.role === role)
      .map((q) => [
        q.name,
        nested(
          Array.from(q.values, (x) => cellOf(q, x)),
          q.shape,
        ),
      ]),
  );
}

const named = ({ labels }: Quantity): boolean => labels?.some((l, i) => l !== String(i)) ?? false;

const cellOf = (q: Quantity, x: number): Cell => (named(q) ? (q.labels?.[x] ?? x) : x);

function nested(cells: readonly Cell[], shape: readonly number[]): Nested {
  if (shape.length === 0) return cells[0];
  const [n, ...rest] = shape;
  if (rest.length === 0) return cells;
  const size = cells.length / Math.max(1, n);
  return Array.from({ length: n }, (_, i) => nested(cells.slice(i * size, (i + 1) * size), rest));
}

/** The line that says how low, and how sure. */
export function minimumText(r: Minimum): string {
  const sure = r.provedOptimal
    ? 'proved to be the least'
    : r.bound !== null
      ? `none is below ${short(r.bound)}`
      : 'not proved to be the least';
  const again = r.restarts > 1 ? `; ${r.reached} of ${r.restarts} searches ended here` : '';
  return `energy ${full(r.energy)}, ${sure}${r.complete ? '' : ' (stopped early)'}: ${r.how}${again}`;
}

const full = (x: number): string => String(Number(x.toPrecision(10)));

/** Terms, where there are several, and the state as far as it fits on a screen. */
export function minimumLines(r: Minimum): readonly string[] {
  const of = (role: Quantity['role']): readonly Quantity[] =>
    r.state.quantities.filter((q) => q.role === role);
  const terms = of('term');
  return [
    ...(terms.length > 1
      ? [
          textTable(
            ['term', 'energy'],
            terms.map((q) => [q.name, short(q.values[0])]),
          ),
        ]
      : []),
    ...[...of('unknown'), ...of('report')].flatMap(quantityLines),
  ];
}

/** Sides of a grid and lengths of a list that are printed. */
const MOST_SIDE = 40;
const MOST_LIST = 64;

function quantityLines(q: Quantity): readonly string[] {
  const cells = Array.from(q.values.length > MOST_SIDE * MOST_SIDE ? [] : q.values, (x) => {
    const cell = cellOf(q, x);
    return typeof cell === 'number' ? (q.kind === 'real' ? short(cell) : String(cell)) : cell;
  });
  const [rows, columns] = q.shape.length === 2 ? q.shape : [1, q.values.length];
  const size = q.shape.length === 0 ? '' : ` (${q.shape.join(' × ')})`;
  if (q.shape.length === 0) return [`${q.name} = ${cells[0]}`];
  if (
    q.shape.length > 2 ||
    q.values.length > MOST_SIDE * MOST_SIDE ||
    columns > (q.shape.length === 2 ? MOST_SIDE : MOST_LIST)
  )
    return [`${q.name}${size}: in state.json`];
  if (q.shape.length === 1) return [`${q.name} = [${cells.join(', ')}]`];
  const width = cells.reduce((w, c) => Math.max(w, c.length), 0);
  return [
    `${q.name}${size}`,
    ...Array.from(
      { length: rows },
      (_, i) =>
        `  ${cells
          .slice(i * columns, (i + 1) * columns)
          .map((c) => c.padStart(width))
          .join(' ')}`,
    ),
  ];
}
