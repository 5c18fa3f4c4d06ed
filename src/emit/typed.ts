/** A checked program as its declarations with what the checker found of them, for `energy emit typed`. */
import type { CheckedProgram } from '../check/program.ts';
import type { ParamDecl, Shape } from '../check/values.ts';
import type { Compiled } from '../compile.ts';
import { showShape } from '../domain.ts';
import { staticSize } from '../ir/build.ts';
import { showSet } from '../ir/show.ts';
import type { Energy, IndexSet, Node, Slot } from '../ir/types.ts';
import { slotsRead } from '../ir/walk.ts';
import { signature } from '../reference/library.ts';
import { printExpression } from '../syntax/print.ts';

export interface TypedSet {
  readonly name: string;
  /** `grid(3, 4)`, `pairs of site`, `values clerk, nurse`. */
  readonly is: string;
  /** Null where only data say it. */
  readonly size: number | null;
  /** Of tuples: the sets that their parts belong to. */
  readonly components: readonly string[];
}

/** An array by itself: an unknown, a parameter, data or one field of a record. */
export interface TypedSlot {
  readonly name: string;
  /** As the language writes it: `real(0, inf)[school]`. */
  readonly domain: string;
  readonly sets: readonly string[];
  /** How many numbers it holds; null where only data say it. */
  readonly numbers: number | null;
}

/** What an expression depends on. */
export interface Dependence {
  readonly unknowns: readonly string[];
  readonly params: readonly string[];
  readonly data: readonly string[];
}

export interface TypedEnergy {
  readonly name: string;
  /** Over index sets that only a call decides. */
  readonly generic: boolean;
  readonly arguments: readonly { readonly name: string; readonly domain: string }[];
  readonly unknowns: readonly TypedSlot[];
  readonly terms: readonly ({ readonly name: string; readonly line: number } & Dependence)[];
  readonly requirements: readonly ({
    readonly line: number;
    /** The index sets over which it holds. */
    readonly over: readonly string[];
    /** Whether the domain of an unknown says it. */
    readonly implied: boolean;
  } & Dependence)[];
  readonly reports: readonly ({
    readonly domain: string;
    readonly name: string;
    readonly line: number;
  } & Dependence)[];
}

export interface TypedProgram {
  readonly file: string;
  readonly modules: readonly { readonly name: string; readonly path: string; readonly frozen: boolean }[];
  readonly constants: readonly { readonly name: string; readonly value: string }[];
  readonly sets: readonly TypedSet[];
  readonly types: readonly string[];
  readonly functions: readonly string[];
  readonly data: readonly (TypedSlot & {
    readonly from: string | null;
    readonly oneBased: boolean;
    readonly fields: readonly TypedSlot[];
  })[];
  readonly params: readonly (TypedSlot & {
    readonly start: 'value' | 'random' | 'scaled';
    readonly prior: boolean;
    readonly frozen: boolean;
  })[];
  readonly energies: readonly TypedEnergy[];
  readonly jobs: readonly {
    readonly name: string;
    readonly verb: string;
    readonly energy: string | null;
    readonly options: readonly string[];
  }[];
}

const setText = (s: IndexSet): string => s.name || showSet(s);

/** The parts of the view that have no meaning beyond the text come from the tree, all others from the checker. */
export function typedProgram({ tree, program, sources }: Compiled): TypedProgram {
  const lineOf = (file: string, offset: number): number => sources.get(file)?.positionAt(offset).line ?? 0;
  const named = <K extends string>(kind: K) =>
    tree.items.filter((i): i is Extract<typeof i, { kind: K }> => i.kind === kind);
  return {
    file: program.file,
    modules: program.modules.map(({ name, path, frozen }) => ({ name, path, frozen })),
    constants: named('const').map((c) => ({ name: c.name.text, value: printExpression(c.value) })),
    sets: uniqueSets(program).map(typedSet),
    types: named('type').map(signature),
    functions: named('fn').map(signature),
    data: program.data.map((d) => ({
      ...(d.fields.length === 1 && d.fields[0].field === null
        ? typedSlot(d.fields[0].slot)
        : typedRecord(d.name, d.shape)),
      from: d.from,
      oneBased: d.oneBased,
      fields: d.fields.flatMap((f) => (f.field === null ? [] : [typedSlot(f.slot)])),
    })),
    params: program.params.map((p) => ({
      ...typedSlot(p.slot),
      start: startOf(p),
      prior: p.prior !== null,
      frozen: p.frozen,
    })),
    energies: [...program.energies.values()].map(({ energy, args, generic }) => ({
      ...typedEnergy(energy, lineOf),
      generic,
      arguments: args.map((a) => ({ name: a.name, domain: shapeText(a.shape) })),
    })),
    jobs: program.jobs.map((j) => ({
      name: j.name,
      verb: j.verb,
      energy: j.energy,
      options: Object.keys(j.options),
    })),
  };
}

const startOf = (p: ParamDecl): 'value' | 'random' | 'scaled' =>
  p.init.kind === 'scaled-normal' ? 'scaled' : p.init.kind;

function uniqueSets(program: CheckedProgram): readonly IndexSet[] {
  return [...new Set([...program.namedSets, ...program.tupleSets])].filter((s) => s.name !== '');
}

function typedSet(s: IndexSet): TypedSet {
  const k = s.kind;
  const components = k.kind === 'tuples' ? k.components.map(setText) : [];
  return { name: s.name, is: kindText(s), size: staticSize(s) ?? null, components };
}

function kindText(s: IndexSet): string {
  const k = s.kind;
  switch (k.kind) {
    case 'open':
      return 'as many as data say';
    case 'range':
      return `${k.size} elements`;
    case 'lattice': {
      const name = k.dims.length > 1 ? 'grid' : k.wrap ? 'ring' : 'line';
      return `${name}(${k.dims.join(', ')})`;
    }
    case 'labels':
      return `values ${k.labels.join(', ')}`;
    case 'tuples': {
      const over = k.components.map(setText).join(', ');
      return k.components.length === 1 ? `elements of ${over}` : `tuples (${over})`;
    }
  }
}

const typedSlot = (s: Slot): TypedSlot => ({
  name: s.name,
  domain: showShape(s.domain, s.sets),
  sets: s.sets.map(setText),
  numbers: product(s.sets),
});

function product(sets: readonly IndexSet[]): number | null {
  let n = 1;
  for (const s of sets) {
    const size = staticSize(s);
    if (size === undefined) return null;
    n *= size;
  }
  return n;
}

const typedRecord = (name: string, shape: Shape): TypedSlot => ({
  name,
  domain: shapeText(shape),
  sets: shape.sets.map(setText),
  numbers: null,
});

function shapeText({ domain, sets }: Shape): string {
  if (domain.kind !== 'record') return showShape(domain, sets);
  return `${domain.record.name}${sets.length === 0 ? '' : `[${sets.map(setText).join(', ')}]`}`;
}

function dependence(roots: readonly Node[]): Dependence {
  const names = (role: Slot['role']): string[] =>
    [...new Set([...slotsRead(roots)].flatMap((s) => (s.role === role ? [s.name] : [])))].sort();
  return { unknowns: names('unknown'), params: names('param'), data: names('data') };
}

type LineOf = (file: string, offset: number) => number;

function typedEnergy(e: Energy, lineOf: LineOf): Omit<TypedEnergy, 'generic' | 'arguments'> {
  const line = (span: { readonly file: string; readonly start: number }): number =>
    lineOf(span.file, span.start);
  return {
    name: e.name,
    unknowns: e.unknowns.map(typedSlot),
    terms: e.terms.map((t) => ({ name: t.name, line: line(t.span), ...dependence([t.body]) })),
    requirements: e.support.map((c) => ({
      line: line(c.span),
      over: c.axes.map((a) => setText(a.set)),
      implied: c.implied !== undefined,
      ...dependence(c.where ? [c.condition, c.where] : [c.condition]),
    })),
    reports: e.reports.map((r) => ({
      name: r.name,
      line: line(r.span),
      domain: showShape(
        r.domain,
        r.value.axes.map((a) => a.set),
      ),
      ...dependence([r.value.body]),
    })),
  };
}

/** The view as text: one line a declaration, what an energy is made of below it. */
export function typedText(p: TypedProgram): string {
  const list = (d: Dependence): string => {
    const all = [...d.unknowns, ...d.params, ...d.data];
    return all.length === 0 ? 'constant' : `of ${all.join(', ')}`;
  };
  const count = (n: number | null): string => (n === null || n === 1 ? '' : `  ${n} numbers`);
  const lines: string[] = [];
  const rows = (items: readonly string[]): void => {
    if (items.length > 0 && lines.length > 0) lines.push('');
    lines.push(...items);
  };
  rows(p.modules.map((m) => `use ${m.path} as ${m.name}${m.frozen ? ' frozen' : ''}`));
  rows(p.constants.map((c) => `const ${c.name} = ${c.value}`));
  rows(
    p.sets.map(
      (s) =>
        `set ${s.name}: ${s.is}${s.size === null || s.is.startsWith(`${s.size} `) ? '' : `, ${s.size} elements`}`,
    ),
  );
  rows([...p.types, ...p.functions]);
  rows(
    p.data.flatMap((d) => [
      `data ${d.name} : ${d.domain}${count(d.numbers)}${d.from === null ? '' : `  from ${JSON.stringify(d.from)}`}${d.oneBased ? ' one_based' : ''}`,
      ...d.fields.map((f) => `  ${f.name} : ${f.domain}`),
    ]),
  );
  rows(
    p.params.map((x) => {
      const marks = [
        x.start === 'value' ? '' : 'starts at random',
        x.prior ? 'has a prior' : '',
        x.frozen ? 'frozen' : '',
      ];
      const shown = marks.filter((m) => m !== '').join(', ');
      return `param ${x.name} : ${x.domain}${count(x.numbers)}${shown === '' ? '' : `  ${shown}`}`;
    }),
  );
  for (const e of p.energies) {
    rows([
      `energy ${e.name}(${e.arguments.map((a) => `${a.name} : ${a.domain}`).join(', ')})${e.generic ? '  called by others only' : ''}`,
      ...e.unknowns.map((u) => `  unknown ${u.name} : ${u.domain}${count(u.numbers)}`),
      ...e.terms.map((t) => `  term ${t.name}  ${list(t)}  line ${t.line}`),
      ...e.requirements.map(
        (r) =>
          `  require  ${list(r)}${r.over.length === 0 ? '' : ` over ${r.over.join(', ')}`}  ${r.implied ? 'from a domain' : `line ${r.line}`}`,
      ),
      ...e.reports.map((r) => `  report ${r.name} : ${r.domain}  ${list(r)}  line ${r.line}`),
    ]);
  }
  rows(
    p.jobs.map(
      (j) =>
        `run ${j.name} = ${j.verb}(${[...(j.energy === null ? [] : [j.energy]), ...j.options].join(', ')})`,
    ),
  );
  return `${lines.join('\n')}\n`;
}
