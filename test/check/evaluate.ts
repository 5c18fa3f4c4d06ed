/** Energies of programs at given states by the reference engine, and what is wrong with a program, for tests. */
import { compileText } from '../../src/compile.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import type { Report, Slot } from '../../src/ir/types.ts';
import { type OpenOptions, open } from '../run/kit.ts';

export interface Evaluated {
  /** Of all terms. */
  readonly energy: number;
  readonly terms: Readonly<Record<string, number>>;
  /** Elements of each report. */
  readonly reports: Readonly<Record<string, readonly number[]>>;
  /** The initial value of a parameter. */
  readonly param: (name: string) => readonly number[];
  /** The tables of a set of tuples by its name: one list of positions for each component. */
  readonly set: (name: string) => readonly (readonly number[])[];
}

/** The energy `name` of a program at a state: the elements of each unknown by its name. */
export async function evaluate(
  text: string,
  name: string,
  state: Readonly<Record<string, readonly number[]>>,
  options: OpenOptions = {},
): Promise<Evaluated> {
  const { model: modelOf, compiled, bound } = await open(text, options);
  const model = modelOf(name);
  const arrays = new Map(
    model.unknowns.map((u) => {
      const data = state[u.slot.name];
      if (data?.length !== u.size) throw new Error(`the state has no ${u.slot.name} of ${u.size} elements`);
      return [u.slot, { shape: u.shape, data: Float64Array.from(data) }] as const;
    }),
  );
  const { terms, reports } = model.energy;
  const outputs = [
    ...terms.map((t) => ({ name: `t ${t.name}`, axes: [], node: t.body })),
    ...reports.map((r: Report) => ({ name: `r ${r.name}`, axes: r.value.axes, node: r.value.body })),
  ];
  const run = referenceEngine().compile({ outputs, sizeOf: model.sizeOf }, model.constants).run(arrays);
  const of = (key: string): readonly number[] => Array.from(run.get(key)!.data);
  const values = Object.fromEntries(terms.map((t) => [t.name, of(`t ${t.name}`)[0]]));
  const slotNamed = (slots: Iterable<Slot>, wanted: string): Slot => {
    const found = [...slots].find((s) => s.name === wanted);
    if (!found) throw new Error(`no ${wanted}`);
    return found;
  };
  return {
    energy: Object.values(values).reduce((a, b) => a + b, 0),
    terms: values,
    reports: Object.fromEntries(reports.map((r) => [r.name, of(`r ${r.name}`)])),
    param: (wanted) => Array.from(model.constants.get(slotNamed(model.constants.keys(), wanted))!.data),
    set: (wanted) => {
      const set = compiled.program.tupleSets.find((s) => s.name === wanted);
      if (set?.kind.kind !== 'tuples') throw new Error(`no set ${wanted}`);
      return set.kind.tables.map((t) => Array.from(bound.constants.get(t)!.data));
    },
  };
}

/** Codes and sentences of what is wrong with a program, warnings left out. */
export const faults = (text: string): string[] =>
  compileText(text, 'test.energy')
    .diagnostics.filter((d) => d.severity === 'error')
    .map((d) => `${d.code} ${d.message}`);

/** The one thing that is wrong with a program, with its suggestion. */
export function fault(text: string): { code: string; message: string; suggestion: string } {
  const wrong = compileText(text, 'test.energy').diagnostics.filter((d) => d.severity === 'error');
  if (wrong.length !== 1)
    throw new Error(`${wrong.length} faults: ${wrong.map((d) => d.message).join('; ')}`);
  return { code: wrong[0].code, message: wrong[0].message, suggestion: wrong[0].suggestion ?? '' };
}
