/**
 * Checking a program: declarations are resolved on demand, so their order does not
 * matter; whatever is wrong is reported once and the rest is still checked.
 */
import type { Builder } from '../ir/build.ts';
import type { IndexSet, Slot } from '../ir/types.ts';
import { limits } from '../limits.ts';
import type { SyntaxCode } from '../syntax/codes.ts';
import type { Diagnostic } from '../syntax/diagnostic.ts';
import type { Expr, Program } from '../syntax/tree.ts';
import { Checker } from './context.ts';
import { checkEnergy } from './energies.ts';
import { checkJob } from './jobs.ts';
import { lints } from './lints.ts';
import { openModules } from './module.ts';
import { type ModuleNode, type Modules, moduleGraph } from './module-graph.ts';
import { checkFunction } from './user-functions.ts';
import type { CheckedEnergy, DataDecl, Job, ParamDecl, Value } from './values.ts';

export interface CheckedProgram {
  readonly file: string;
  readonly builder: Builder;
  readonly data: readonly DataDecl[];
  readonly params: readonly ParamDecl[];
  readonly energies: ReadonlyMap<string, CheckedEnergy>;
  readonly jobs: readonly Job[];
  /** Sets of tuples, in the order in which they can be evaluated. */
  readonly tupleSets: readonly IndexSet[];
  readonly namedSets: readonly IndexSet[];
  /** Data that stand left of a `~`. */
  readonly observed?: ReadonlySet<Slot>;
  /** The files it uses, each before those that it uses itself. */
  readonly modules: readonly ModuleInfo[];
}

/** A file that a program uses, directly or through others. */
export interface ModuleInfo {
  /** What precedes the names of its parameters and data: `stroke` in `stroke.W`. */
  readonly name: string;
  /** From the entry program's folder, or `std/…`. */
  readonly path: string;
  /** What messages call it. */
  readonly file: string;
  /** Whether its parameters are kept as they are when the program is trained. */
  readonly frozen: boolean;
  /** The names of the files that it uses, directly or through others. */
  readonly uses: readonly string[];
}

export interface CheckOptions {
  /** `--set name=value`: overrides of constants. */
  readonly constants?: ReadonlyMap<string, number>;
  /** The files that it uses, all of them, by path (see `resolveUse`). */
  readonly modules?: Modules;
  /** Is told what the expressions of the program are, as far as they are understood. */
  readonly observe?: (e: Expr, value: Value) => void;
}

/** Total: always answers, whatever the tree. */
export function check(
  program: Program,
  options: CheckOptions = {},
): { readonly program: CheckedProgram; readonly diagnostics: readonly Diagnostic[] } {
  const ck = new Checker();
  ck.observe = options.observe ?? null;
  const graph = moduleGraph(program, options.modules ?? new Map());
  ck.diagnostics.push(...graph.diagnostics);
  const modules = openModules(ck, graph.entry, options);
  const { cx, items } = modules.of(graph.entry);

  // Data first: they may declare index sets that others mention.
  const order = [...items].sort(([, a], [, c]) => Number(c.kind === 'data') - Number(a.kind === 'data'));
  for (const [name] of order) ck.attempt(() => cx.scope.lookup(name));
  for (const item of program.items) if (item.kind === 'fn') checkFunction(cx, item);
  const energies = new Map<string, CheckedEnergy>();
  for (const item of program.items) {
    if (item.kind !== 'energy' || energies.has(item.name.text)) continue;
    const e = ck.attempt(() => checkEnergy(cx, item));
    if (e) energies.set(item.name.text, e);
  }
  for (const [name, item] of items) {
    if (item.kind !== 'use') continue;
    const used = ck.attempt(() => cx.scope.lookup(name));
    if (used?.kind === 'fn') checkFunction(used.home, used.item);
    if (used?.kind !== 'energy') continue;
    const e = ck.attempt(() => checkEnergy(used.home, used.item));
    if (e) energies.set(name, { ...e, energy: { ...e.energy, name } });
  }
  const jobs: Job[] = [];
  for (const item of program.items) {
    if (item.kind !== 'run') continue;
    const job = ck.attempt(() => checkJob(cx, item, (name) => energies.get(name)));
    if (job) jobs.push(job);
  }
  while (modules.all().some((m) => m.node !== graph.entry && m.completeSizes()));
  const out: CheckedProgram = {
    file: program.file,
    builder: ck.b,
    data: ck.data,
    params: ck.params.map((p) => ({ ...p, frozen: ck.frozen.get(p.slot) ?? false })),
    energies,
    jobs,
    tupleSets: ck.tupleSets,
    namedSets: ck.namedSets,
    observed: new Set([...ck.drawn].filter((d) => 'role' in d && d.role === 'data') as Slot[]),
    modules: graph.nodes.slice(1).map(moduleInfo),
  };
  if (!ck.diagnostics.some((d) => d.severity === 'error')) lints(ck, out);
  const files = graph.nodes.map((n) => n.tree.file);
  // What the command line adds comes last.
  const fileOf = (d: Diagnostic): number =>
    d.place.kind === 'source' && files.includes(d.place.span.file)
      ? files.indexOf(d.place.span.file)
      : files.length;
  const byPlace = [...ck.diagnostics].sort((a, c) => fileOf(a) - fileOf(c) || startOf(a) - startOf(c));
  ck.b.bounds = null;
  return { program: out, diagnostics: listed(byPlace) };
}

/** No more errors than a person would read; then how many there are besides. */
function listed(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const errors = found.filter((d) => d.severity === 'error');
  const first = errors[limits.diagnostics];
  if (first === undefined) return found;
  const rest = errors.length - limits.diagnostics;
  const message = rest === 1 ? 'one more mistake is not listed' : `${rest} more mistakes are not listed`;
  const code = 'E0119' satisfies SyntaxCode;
  return [...errors.slice(0, limits.diagnostics), { severity: 'error', code, place: first.place, message }];
}

const startOf = (d: Diagnostic): number => (d.place.kind === 'source' ? d.place.span.start : 0);

function moduleInfo(node: ModuleNode): ModuleInfo {
  const seen = new Set<ModuleNode>();
  const visit = (n: ModuleNode): void => {
    for (const to of n.uses.values())
      if (!seen.has(to)) {
        seen.add(to);
        visit(to);
      }
  };
  visit(node);
  return {
    name: node.label,
    path: node.path,
    file: node.tree.file,
    frozen: node.frozen,
    uses: [...seen].map((n) => n.label),
  };
}
