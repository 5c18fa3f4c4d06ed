/**
 * Checking a program: declarations are resolved on demand, so their order does not
 * matter; whatever is wrong is reported once and the rest is still checked.
 */
import { type Builder, staticSize } from '../ir/build.ts';
import type { IndexSet } from '../ir/types.ts';
import { at, type Diagnostic } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { DataItem, FnItem, Item, ParamItem, Program } from '../syntax/tree.ts';
import { asArray } from './arrays.ts';
import { builtinNames } from './calls.ts';
import { constNumber } from './constants.ts';
import { Checker, type Cx, inner, Scope } from './context.ts';
import { materialise, resolveShape } from './domains.ts';
import { checkEnergy, densityOf } from './energies.ts';
import { elaborate } from './expressions.ts';
import { checkJob } from './jobs.ts';
import { lints } from './lints.ts';
import { declareMlp } from './networks.ts';
import { asSet, indexSet, nameSet } from './sets.ts';
import {
  type CheckedEnergy,
  type DataDecl,
  describe,
  type Job,
  number,
  type ParamDecl,
  type RecordType,
  scalar,
  showSet,
  type Value,
} from './values.ts';

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
}

export interface CheckOptions {
  /** `--set name=value`: overrides of constants. */
  readonly constants?: ReadonlyMap<string, number>;
}

/** Total: always answers, whatever the tree. */
export function check(
  program: Program,
  options: CheckOptions = {},
): { readonly program: CheckedProgram; readonly diagnostics: readonly Diagnostic[] } {
  const ck = new Checker();
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
  const values = new Map<string, Value>([
    ['inf', scalar(ck.b.const(Number.POSITIVE_INFINITY))],
    ['pi', scalar(ck.b.const(Math.PI))],
  ]);
  const resolving = new Set<string>();
  const root = new Scope(
    null,
    (name) => {
      const known = values.get(name);
      if (known) return known;
      const item = items.get(name);
      if (!item) return builtinNames.includes(name) ? { kind: 'builtin', name } : undefined;
      if (resolving.has(name)) {
        ck.fail('E0203', item.span, `\`${name}\` depends on itself`);
      }
      resolving.add(name);
      const value = ck.attempt(() => resolveItem(name, item)) ?? { kind: 'poison' as const };
      resolving.delete(name);
      if (!values.has(name)) values.set(name, value);
      return values.get(name);
    },
    () => [...items.keys(), ...values.keys(), ...builtinNames],
  );
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
        const values = ck.b.set(name, { kind: 'labels', labels }, item.name.span);
        return { kind: 'type', name, shape: { domain: { kind: 'category', values }, sets: [] } };
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
        return declareData(cx, item, declaredSets, (set) => values.set(set.name, { kind: 'set', set }));
      case 'param':
        return declareParam(cx, item);
      case 'fn':
        return { kind: 'fn', item };
      case 'energy':
        return { kind: 'energy', item };
      case 'run':
        return { kind: 'job', name };
      case 'use':
        return ck.fail('E0901', item.span, '`use` is not available in this version', {
          suggestion: 'write the declarations into this file',
        });
    }
  };

  // Data first: they may declare index sets that others mention.
  const order = [...items].sort(([, a], [, c]) => Number(c.kind === 'data') - Number(a.kind === 'data'));
  for (const [name] of order) ck.attempt(() => root.lookup(name));
  for (const item of program.items) if (item.kind === 'fn') checkFunction(cx, item);
  const energies = new Map<string, CheckedEnergy>();
  for (const item of program.items) {
    if (item.kind !== 'energy' || energies.has(item.name.text)) continue;
    const e = ck.attempt(() => checkEnergy(cx, item));
    if (e) energies.set(item.name.text, e);
  }
  const jobs: Job[] = [];
  for (const item of program.items) {
    if (item.kind !== 'run') continue;
    const job = ck.attempt(() => checkJob(cx, item, (name) => energies.get(name)));
    if (job) jobs.push(job);
  }
  const out: CheckedProgram = {
    file: program.file,
    builder: ck.b,
    data: ck.data,
    params: ck.params,
    energies,
    jobs,
    tupleSets: ck.tupleSets,
    namedSets: ck.namedSets,
  };
  if (!ck.diagnostics.some((d) => d.severity === 'error')) lints(ck, out);
  const byPlace = [...ck.diagnostics].sort((a, c) => startOf(a) - startOf(c));
  return { program: out, diagnostics: byPlace };
}

const startOf = (d: Diagnostic): number => (d.place.kind === 'source' ? d.place.span.start : 0);

function declaredNames(item: Item): readonly { readonly text: string; readonly span: Span }[] {
  return item.kind === 'use' ? item.names.map((n) => n.as ?? n.name) : [item.name];
}

function declareData(
  cx: Cx,
  item: DataItem,
  declaredSets: readonly string[],
  define: (set: IndexSet) => void,
): Value {
  const shape = resolveShape(cx, item.domain, (name, span) => {
    const set = cx.ck.b.set(name, { kind: 'open' }, span);
    const near = suggest(name, declaredSets);
    if (near)
      cx.ck.report('warning', 'W0201', span, `\`${name}\` is a new index set here`, {
        suggestion: `did you mean \`${near}\`? Else declare \`index ${name}\``,
      });
    define(set);
    cx.ck.namedSets.push(set);
    return set;
  });
  const { value, slots } = materialise(cx, 'data', item.name.text, shape, item.name.span);
  const decl: DataDecl = {
    name: item.name.text,
    shape,
    fields: slots,
    from: item.from,
    oneBased: item.oneBased,
    span: item.name.span,
  };
  cx.ck.data.push(decl);
  return { kind: 'data', decl, value };
}

function declareParam(cx: Cx, item: ParamItem): Value {
  const { ck } = cx;
  const name = item.name.text;
  if (item.domain === null) {
    const e = item.init;
    if (e?.kind === 'call' && e.callee.kind === 'name' && e.callee.name === 'mlp') {
      const net = declareMlp(cx, name, e.args, e.span);
      ck.nets.push(net);
      return { kind: 'net', net };
    }
    return ck.fail('E0306', item.span, `\`${name}\` needs a domain: \`param ${name} : real = 0\``);
  }
  const shape = resolveShape(cx, item.domain);
  if (shape.domain.kind !== 'real')
    return ck.fail('E0310', item.domain.span, 'a parameter is real: it is learned by gradients');
  const { lo, hi } = shape.domain;
  const { value, slots } = materialise(cx, 'param', name, shape, item.name.span);
  const slot = slots[0].slot;
  const axes = slot.sets.map((s) => ck.b.axis(s));
  let body = ck.b.const(startValue(lo, hi));
  if (item.init) {
    const init = asArray(cx, elaborate(cx, item.init), item.init.span);
    if (init.axes.length > 0) {
      // A written-out vector has an anonymous index of its own: it fits a set with as many elements.
      const fits = (from: IndexSet, to: IndexSet): boolean =>
        from === to ||
        (from.name === '' && staticSize(from) !== undefined && staticSize(from) === staticSize(to));
      if (init.axes.length !== axes.length || init.axes.some((a, i) => !fits(a.set, axes[i].set)))
        ck.fail(
          'E0302',
          item.init.span,
          `\`${name}\` is indexed by [${slot.sets.map(showSet).join(', ')}]; this is ${describe(init)}`,
        );
      body = ck.b.substitute(
        init.node,
        init.axes,
        axes.map((a) => ck.b.axisNode(a)),
      );
    } else body = init.node;
    if (body.op === 'const' && !(body.value >= lo && body.value <= hi))
      ck.fail(
        'E0306',
        item.init.span,
        `\`${name}\` starts at ${body.value}, outside its domain real(${lo}, ${hi})`,
      );
  }
  let prior = null;
  if (item.prior) {
    const target = asArray(cx, value, item.span);
    const d = densityOf(cx, target, item.prior, item.span);
    prior = ck.b.neg(ck.b.sum(d.axes, d.node));
  }
  ck.params.push({ slot, init: { kind: 'value', value: { axes, body } }, prior, span: item.name.span });
  return value;
}

/** Where a parameter without an initial value starts: 0 where that is inside, else one unit from the bound. */
function startValue(lo: number, hi: number): number {
  if (lo < 0 && hi > 0) return 0;
  if (Number.isFinite(lo) && Number.isFinite(hi)) return (lo + hi) / 2;
  return Number.isFinite(lo) ? lo + 1 : hi - 1;
}

/** Checks a function once on arguments of its declared domains, so that mistakes show before it is called. */
function checkFunction(cx: Cx, item: FnItem): void {
  const { ck } = cx;
  const own = inner(cx, { stack: [item.name.text] });
  ck.attempt(() => {
    for (const p of item.params) {
      const shape = resolveShape(own, p.domain, (name, span) => {
        const set = ck.b.set(name, { kind: 'open' }, span);
        own.scope.define(name, { kind: 'set', set });
        return set;
      });
      own.scope.define(p.name.text, materialise(own, 'input', p.name.text, shape, p.span).value);
    }
    for (const s of item.body) {
      if (s.kind === 'let') own.scope.define(s.name.text, elaborate(own, s.value));
    }
    elaborate(own, item.value);
  });
}
