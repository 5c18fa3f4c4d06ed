/** One file of a program: its declarations are resolved on demand, in a scope of their own. */
import type { IndexSet, Slot } from '../ir/types.ts';
import { at } from '../syntax/diagnostic.ts';
import { resolveData } from '../syntax/module-path.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { DataItem, Item, ParamItem, UseItem } from '../syntax/tree.ts';
import { builtinNames } from './calls.ts';
import { constNumber } from './constants.ts';
import { type Checker, type Cx, Scope, Stop } from './context.ts';
import { materialise, resolveShape } from './domains.ts';
import { elaborate } from './expressions.ts';
import type { ModuleNode } from './module-graph.ts';
import { declareParam } from './params.ts';
import { asSet, indexSet, nameSet } from './sets.ts';
import { type DataDecl, number, type RecordType, scalar, type Value } from './values.ts';

/** Names that every file knows unless it declares them itself. */
const numbers: readonly (readonly [string, number])[] = [
  ['inf', Number.POSITIVE_INFINITY],
  ['pi', Math.PI],
];

/** A file whose declarations can be asked for. */
export interface OpenModule {
  readonly node: ModuleNode;
  /** Its outermost context. */
  readonly cx: Cx;
  readonly items: ReadonlyMap<string, Item>;
  /**
   * What another file sees under a name, as the `use` line `item` asks for it.
   * @throws Stop after a report where there is nothing of that name to use
   */
  readonly exported: (name: string, item: UseItem, span: Span) => Value;
  /** Resolves data that give an index set in use its size, where nothing else does. @returns whether there were any */
  readonly completeSizes: () => boolean;
}

export interface OpenModules {
  readonly of: (node: ModuleNode) => OpenModule;
  /** Every file that was opened, in that order. */
  readonly all: () => readonly OpenModule[];
}

export interface ModuleOptions {
  /** Overrides of the entry program's constants. */
  readonly constants?: ReadonlyMap<string, number>;
}

/** The files of a program, each opened when it is first asked for. */
export function openModules(ck: Checker, entry: ModuleNode, options: ModuleOptions): OpenModules {
  const opened = new Map<ModuleNode, OpenModule>();
  const of = (node: ModuleNode): OpenModule => {
    let m = opened.get(node);
    if (!m) {
      m = openModule(ck, node, of, node === entry ? options : {});
      opened.set(node, m);
    }
    return m;
  };
  return { of, all: () => [...opened.values()] };
}

function openModule(
  ck: Checker,
  node: ModuleNode,
  of: (node: ModuleNode) => OpenModule,
  options: ModuleOptions,
): OpenModule {
  const program = node.tree;
  const items = new Map<string, Item>();
  for (const item of program.items) {
    for (const name of declaredNames(item)) {
      const first = items.get(name.text);
      if (first)
        ck.report('error', 'E0202', name.span, `\`${name.text}\` is declared twice`, {
          notes: [{ message: 'the first declaration', place: at(first.span) }],
        });
      else items.set(name.text, item);
    }
  }
  const declaredSets = program.items.flatMap((i) =>
    i.kind === 'index' || i.kind === 'set' || i.kind === 'enum' ? [i.name.text] : [],
  );
  const shapedBy = openSets(program.items, items);
  const values = new Map<string, Value>();
  for (const [name, value] of numbers) if (!items.has(name)) values.set(name, scalar(ck.b.const(value)));
  const resolving = new Set<string>();
  const named = (name: string): string => (node.label === '' ? name : `${node.label}.${name}`);

  const resolve = (name: string): Value | undefined => {
    const known = values.get(name);
    if (known) return known;
    const item = items.get(name);
    if (!item) {
      const data = shapedBy.get(name);
      if (data && !data.some((d) => resolving.has(d.name.text))) {
        resolve(data[0].name.text);
        if (values.has(name)) return values.get(name);
      }
      return builtinNames.includes(name) ? { kind: 'builtin', name } : undefined;
    }
    if (resolving.has(name)) {
      const open = [...resolving];
      const through = open.slice(open.indexOf(name) + 1).map((n) => `\`${n}\``);
      const how = through.length > 0 ? ` through ${through.join(', ')}` : '';
      ck.fail('E0203', item.span, `\`${name}\` depends on itself${how}`);
    }
    resolving.add(name);
    const value = ck.attempt(() => resolveItem(name, item)) ?? { kind: 'poison' as const };
    resolving.delete(name);
    if (!values.has(name)) values.set(name, value);
    return values.get(name);
  };
  const root = new Scope(null, resolve, () => [...items.keys(), ...shapedBy.keys(), ...values.keys()]);
  const cx: Cx = { ck, scope: root, around: { axes: [], where: null }, constraints: null, stack: [] };

  const resolveItem = (name: string, item: Item): Value => {
    switch (item.kind) {
      case 'const': {
        const given = options.constants?.get(name);
        const n = given ?? constNumber(cx, item.value, 'a number');
        const integer = item.type
          ? item.type.name.text === 'int'
          : item.value.kind === 'number' && Number.isInteger(n) && !/[.eE]/.test(item.value.text);
        if (integer && !Number.isInteger(n))
          ck.fail('E0306', item.value.span, `\`${name}\` is a whole number; it is set to ${n}`);
        return scalar(ck.b.const(n), number(integer || (given !== undefined && Number.isInteger(n))));
      }
      case 'index': {
        const set = indexSet(cx, name, item.value, item.name.span);
        ck.namedSets.push(set);
        return { kind: 'set', set };
      }
      case 'set': {
        const v = elaborate(cx, item.value);
        const set = nameSet(asSet(cx, v, item.value.span), name, item.name.span);
        ck.namedSets.push(set);
        return { kind: 'set', set };
      }
      case 'enum': {
        const labels = item.members.map((m) => m.text);
        item.members.forEach((m, i) => {
          if (labels.indexOf(m.text) < i) ck.fail('E0202', m.span, `\`${name}\` lists \`${m.text}\` twice`);
        });
        const set = ck.b.set(name, { kind: 'labels', labels }, item.name.span);
        for (const l of labels) if (!ck.labels.has(l)) ck.labels.set(l, `${name}.${l}`);
        return { kind: 'type', name, shape: { domain: { kind: 'category', values: set }, sets: [] } };
      }
      case 'type': {
        const fields = item.fields.map((f, i) => {
          if (item.fields.findIndex((g) => g.name.text === f.name.text) < i)
            ck.fail('E0202', f.name.span, `\`${name}\` has the field \`${f.name.text}\` twice`);
          return { name: f.name.text, type: resolveShape(cx, f.domain) };
        });
        const record: RecordType = { name, fields };
        return { kind: 'type', name, shape: { domain: { kind: 'record', record }, sets: [] } };
      }
      case 'data':
        return declareData(cx, node, item, named(name), declaredSets, (set) =>
          values.set(set.name, { kind: 'set', set }),
        );
      case 'param':
        return declareOwned(cx, node, item);
      case 'fn':
        return { kind: 'fn', item, home: cx };
      case 'energy':
        return { kind: 'energy', item, home: cx };
      case 'run':
        return { kind: 'job', name };
      case 'use': {
        const target = node.uses.get(item);
        const asked = item.names.find((n) => (n.as ?? n.name).text === name);
        // Why there is no such file was said where the files were looked for.
        if (!target || !asked) throw new Stop();
        return of(target).exported(asked.name.text, item, asked.name.span);
      }
    }
  };

  const exported = (name: string, use: UseItem, span: Span): Value => {
    const item = items.get(name);
    const file = `\`${use.from}\``;
    if (item?.kind === 'run')
      ck.fail('E0201', span, `\`${name}\` is a job of ${file}: jobs belong to the file that says \`run\``);
    if (item?.kind === 'use')
      ck.fail('E0201', span, `${file} uses \`${name}\` but does not declare it`, {
        notes: [{ message: 'it is used here', place: at(item.fromSpan) }],
        suggestion: 'use it from the file that declares it',
      });
    if (!item && !shapedBy.has(name)) {
      const all = [...items].flatMap(([n, i]) => (i.kind === 'use' || i.kind === 'run' ? [] : [n]));
      const near = suggest(name, all);
      ck.fail('E0201', span, `${file} declares no \`${name}\``, {
        suggestion: near ? `did you mean \`${near}\`?` : declares(all),
      });
    }
    const value = root.lookup(name);
    if (value === undefined || value.kind === 'poison') throw new Stop();
    return value;
  };

  const completeSizes = (): boolean => {
    const shaped = new Set(ck.data.flatMap((d) => d.fields.flatMap((f) => f.slot.sets)));
    let more = false;
    for (const [name, data] of openSets(program.items, null)) {
      const v = values.get(name);
      if (v?.kind !== 'set' || v.set.kind.kind !== 'open' || shaped.has(v.set)) continue;
      if (data.some((d) => values.has(d.name.text))) continue;
      ck.attempt(() => resolve(data[0].name.text));
      more = true;
    }
    return more;
  };

  return { node, cx, items, exported, completeSizes };
}

function declares(names: readonly string[]): string {
  if (names.length === 0) return 'it declares nothing';
  const most = 12;
  return `it declares ${names.slice(0, most).join(', ')}${names.length > most ? ', …' : ''}`;
}

function declaredNames(item: Item): readonly { readonly text: string; readonly span: Span }[] {
  return item.kind === 'use' ? item.names.map((n) => n.as ?? n.name) : [item.name];
}

/**
 * Index sets by the data that are shaped by them, first data first.
 * @param declared leaves out what is declared (null: leaves out nothing)
 */
function openSets(
  items: readonly Item[],
  declared: ReadonlyMap<string, Item> | null,
): ReadonlyMap<string, readonly DataItem[]> {
  const out = new Map<string, DataItem[]>();
  for (const item of items) {
    if (item.kind !== 'data') continue;
    for (const dim of item.domain.dims) {
      if (dim.kind !== 'name' || declared?.has(dim.name)) continue;
      const list = out.get(dim.name);
      if (list) list.push(item);
      else out.set(dim.name, [item]);
    }
  }
  return out;
}

function declareData(
  cx: Cx,
  node: ModuleNode,
  item: DataItem,
  name: string,
  declaredSets: readonly string[],
  define: (set: IndexSet) => void,
): Value {
  const shape = resolveShape(cx, item.domain, (open, span) => {
    const set = cx.ck.b.set(open, { kind: 'open' }, span);
    const near = suggest(open, declaredSets);
    if (near)
      cx.ck.report('warning', 'W0201', span, `\`${open}\` is a new index set here`, {
        suggestion: `did you mean \`${near}\`? Else declare \`index ${open}\``,
      });
    define(set);
    cx.ck.namedSets.push(set);
    return set;
  });
  const { value, slots } = materialise(cx, 'data', name, shape, item.name.span);
  const decl: DataDecl = {
    name,
    local: item.name.text,
    shape,
    fields: slots,
    from: item.from === null ? null : resolveData(node.path, item.from),
    oneBased: item.oneBased,
    span: item.name.span,
  };
  cx.ck.data.push(decl);
  return { kind: 'data', decl, value };
}

/** Parameters go under the name of their file, and are kept from training where the file is frozen. */
function declareOwned(cx: Cx, node: ModuleNode, item: ParamItem): Value {
  const { ck } = cx;
  const before = ck.params.length;
  try {
    return declareParam(cx, item);
  } finally {
    // What a parameter needs may have been declared meanwhile, by this file or another one, and is theirs.
    for (const { slot } of ck.params.slice(before)) {
      if (ck.frozen.has(slot)) continue;
      ck.frozen.set(slot, node.frozen);
      if (node.label !== '') rename(slot, `${node.label}.${slot.name}`);
    }
  }
}

function rename(slot: Slot, name: string): void {
  (slot as { name: string }).name = name;
}
