/** `run name = verb(E, …)`: options checked against the one table of `options.ts`. */

import type { Slot } from '../ir/types.ts';
import { type OptionSpec, type OptionType, type VerbSpec, verbNamed, verbs } from '../options.ts';
import { at } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { Arg, Expr, RunItem } from '../syntax/tree.ts';
import { align, asArray } from './arrays.ts';
import { constBoolean, constNumber } from './constants.ts';
import { type Cx, inner } from './context.ts';
import { elaborate } from './expressions.ts';
import { bindGenerator } from './generators.ts';
import {
  type CheckedEnergy,
  type DataDecl,
  type DataRows,
  describe,
  type Given,
  type Job,
  type OptionValue,
  showSet,
  type Value,
} from './values.ts';

/** Finds a compiled energy by name. */
export type EnergyNamed = (name: string, span: Span) => CheckedEnergy | undefined;

export function checkJob(cx: Cx, item: RunItem, energyNamed: EnergyNamed): Job | undefined {
  const e = item.value;
  if (e.kind === 'error') return undefined;
  if (e.kind !== 'call' || e.callee.kind !== 'name')
    return cx.ck.fail('E0601', e.span, 'a job is a verb applied to an energy, e.g. `sample(E, chains = 4)`');
  const verb = verbNamed(e.callee.name);
  if (!verb) {
    const near = suggest(
      e.callee.name,
      verbs.map((v) => v.name),
    );
    return cx.ck.fail('E0601', e.callee.span, `there is no verb \`${e.callee.name}\``, {
      suggestion: near ? `did you mean \`${near}\`?` : `the verbs are ${verbs.map((v) => v.name).join(', ')}`,
    });
  }
  const args = [...e.args];
  let energy: CheckedEnergy | null = null;
  if (verb.takesEnergy) {
    const first = args.shift();
    if (!first || first.name || first.value.kind !== 'name')
      return cx.ck.fail(
        'E0601',
        first?.span ?? e.span,
        `\`${verb.name}\` takes an energy first, e.g. \`${verb.name}(E)\``,
      );
    const known = cx.scope.lookup(first.value.name);
    if (known?.kind !== 'energy') {
      elaborate(cx, first.value);
      return cx.ck.fail('E0601', first.span, `\`${first.value.name}\` is not an energy`);
    }
    energy = energyNamed(first.value.name, first.span) ?? null;
    if (!energy) return undefined;
    if (energy.generic)
      cx.ck.fail(
        'E0314',
        first.span,
        `\`${first.value.name}\` is over index sets that only a call decides: it has no states of its own`,
        { suggestion: `call it in an energy whose index sets are declared, and name that one here` },
      );
  }
  return {
    name: item.name.text,
    verb: verb.name,
    energy: energy?.energy.name ?? null,
    options: checkOptions(cx, verb, verb.options, args, energy, e.span),
    span: item.span,
  };
}

function checkOptions(
  cx: Cx,
  owner: { readonly name: string },
  specs: readonly OptionSpec[],
  args: readonly Arg[],
  energy: CheckedEnergy | null,
  span: Span,
): Readonly<Record<string, OptionValue>> {
  const out: Record<string, OptionValue> = {};
  const byPosition = specs.filter((s) => s.positional);
  let next = 0;
  for (const a of args) {
    let spec: OptionSpec | undefined;
    if (a.name) {
      const name = a.name.text;
      spec = specs.find((s) => s.name === name);
      if (!spec) {
        const near = suggest(
          name,
          specs.map((s) => s.name),
        );
        cx.ck.fail('E0206', a.name.span, `\`${owner.name}\` has no option \`${name}\``, {
          suggestion: near
            ? `did you mean \`${near}\`?`
            : `its options are ${specs.map((s) => s.name).join(', ')}`,
        });
      }
    } else {
      spec = byPosition[next++];
      if (!spec)
        cx.ck.fail(
          'E0305',
          a.span,
          `\`${owner.name}\` takes no further argument here; options are written \`name = value\``,
        );
    }
    if (Object.hasOwn(out, spec.name)) cx.ck.fail('E0305', a.span, `\`${spec.name}\` is given twice`);
    out[spec.name] = optionValue(cx, spec, spec.type, a.value, energy);
  }
  for (const s of specs)
    if (s.required && !out[s.name])
      cx.ck.fail('E0305', span, `\`${owner.name}\` needs \`${s.name}\`: ${s.doc}`);
  return out;
}

function optionValue(
  cx: Cx,
  spec: OptionSpec,
  type: OptionType,
  e: Expr,
  energy: CheckedEnergy | null,
): OptionValue {
  const span = e.span;
  switch (type.kind) {
    case 'number': {
      if (e.kind === 'name' && type.words?.includes(e.name)) return { kind: 'word', value: e.name, span };
      const value = constNumber(cx, e, `a number for \`${spec.name}\``);
      const problem = numberProblem(type, value);
      if (problem)
        cx.ck.fail(
          'E0602',
          span,
          `\`${spec.name}\` must be ${problem}; it is ${value === Number.POSITIVE_INFINITY ? '`inf`' : value}`,
        );
      return { kind: 'number', value, span };
    }
    case 'boolean':
      return { kind: 'boolean', value: constBoolean(cx, e), span };
    case 'word': {
      if (e.kind === 'name' && type.values.includes(e.name)) return { kind: 'word', value: e.name, span };
      const near = e.kind === 'name' ? suggest(e.name, type.values) : undefined;
      return cx.ck.fail('E0602', span, `\`${spec.name}\` is one of ${type.values.join(', ')}`, {
        suggestion: near ? `did you mean \`${near}\`?` : undefined,
      });
    }
    case 'call': {
      const name =
        e.kind === 'name' ? e.name : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.name : '';
      const specs = Object.hasOwn(type.values, name) ? type.values[name] : undefined;
      if (!specs) {
        const near = suggest(name, Object.keys(type.values));
        return cx.ck.fail(
          'E0602',
          span,
          `\`${spec.name}\` is one of ${Object.keys(type.values).join(', ')}`,
          {
            suggestion: near ? `did you mean \`${near}\`?` : undefined,
          },
        );
      }
      return {
        kind: 'call',
        name,
        options: checkOptions(cx, { name }, specs, e.kind === 'call' ? e.args : [], energy, span),
        span,
      };
    }
    case 'given':
      return { kind: 'given', entries: checkGiven(cx, e, energy), span };
    case 'rows':
      return { kind: 'rows', rows: checkRows(cx, e, energy, type.partial), span };
    case 'job': {
      const v = e.kind === 'name' ? cx.scope.lookup(e.name) : undefined;
      if (v?.kind !== 'job') return cx.ck.fail('E0602', span, `\`${spec.name}\` names an earlier job`);
      return { kind: 'job', name: v.name, span };
    }
    case 'unknown':
      return { kind: 'unknown', slot: checkUnknown(cx, e, energy), span };
  }
}

export function numberProblem(type: OptionType & { kind: 'number' }, value: number): string | undefined {
  if (type.integer && !Number.isInteger(value)) return 'a whole number';
  if (!Number.isFinite(value)) return 'finite';
  if (type.min !== undefined && value < type.min) return `at least ${type.min}`;
  if (type.max !== undefined && value > type.max) return `at most ${type.max}`;
  return undefined;
}

/** A context in which the energy's arguments are in scope. */
function withUnknowns(cx: Cx, energy: CheckedEnergy | null): Cx {
  const own = inner(cx);
  for (const a of energy?.args ?? []) own.scope.define(a.name, a.value);
  return own;
}

function checkGiven(cx: Cx, e: Expr, energy: CheckedEnergy | null): readonly Given[] {
  if (e.kind !== 'record')
    return cx.ck.fail('E0402', e.span, '`given` is written `{ x[left] = photo[left], y = 3 }`');
  const own = withUnknowns(cx, energy);
  const whole = new Map<Slot, Span>();
  return e.entries.map((entry): Given => {
    const g = entry.generator ? bindGenerator(own, entry.generator) : { cx: own, axes: [], where: null };
    const target = asArray(g.cx, elaborate(g.cx, entry.target), entry.target.span, 'an unknown');
    const source = g.cx.scope === own.scope ? inner(cx) : g.cx;
    const value = asArray(source, elaborate(source, entry.value), entry.value.span);
    if (value.axes.length > target.axes.length)
      cx.ck.fail('E0302', entry.span, `${describe(value)} is given to ${describe(target)}`);
    const { axes, nodes } = align(g.cx, entry.span, [target, value]);
    const read = nodes[0];
    if (read.op !== 'read' || read.slot.role !== 'unknown')
      return cx.ck.fail('E0402', entry.target.span, 'only unknowns of the energy can be given', {
        suggestion: energy ? `its arguments are ${energy.args.map((a) => a.name).join(', ')}` : undefined,
      });
    const first = whole.get(read.slot);
    if (first)
      cx.ck.fail('E0402', entry.span, `\`${read.slot.name}\` is given twice`, {
        notes: [{ message: 'the first time', place: at(first) }],
      });
    if (entry.target.kind !== 'index' && !g.where) whole.set(read.slot, entry.span);
    return {
      slot: read.slot,
      axes: [...g.axes, ...axes],
      where: g.where,
      indices: read.indices,
      value: nodes[1],
      span: entry.span,
    };
  });
}

function checkUnknown(cx: Cx, e: Expr, energy: CheckedEnergy | null): Slot {
  const own = withUnknowns(cx, energy);
  const v = elaborate(own, e);
  if (v.kind === 'array' && v.node.op === 'read' && v.node.slot.role === 'unknown' && v.axes.length === 0)
    return v.node.slot;
  return cx.ck.fail('E0402', e.span, 'expected one discrete unknown of the energy, e.g. `r.class`');
}

/** Which data stand for which unknowns: a record for a record, an array with a leading row index for an array. */
function checkRows(cx: Cx, e: Expr, energy: CheckedEnergy | null, partial = false): DataRows {
  if (e.kind === 'record') {
    if (!energy) return cx.ck.fail('E0603', e.span, 'expected data');
    const parts = e.entries.map((entry) => {
      const arg = energy.args.find((a) => entry.target.kind === 'name' && a.name === entry.target.name);
      if (!arg)
        return cx.ck.fail(
          'E0603',
          entry.target.span,
          `expected an argument of the energy (${energy.args.map((a) => a.name).join(', ')})`,
        );
      return rowsFor(cx, arg, dataNamed(cx, entry.value), entry.value.span);
    });
    const missing = energy.args.find(
      (a) => !e.entries.some((x) => x.target.kind === 'name' && x.target.name === a.name),
    );
    if (parts.length === 0) cx.ck.fail('E0603', e.span, 'expected data for an argument of the energy');
    if (missing && !partial) cx.ck.fail('E0603', e.span, `no data are given for \`${missing.name}\``);
    for (const p of parts)
      if (p.set !== parts[0].set)
        cx.ck.fail(
          'E0603',
          e.span,
          `these data have different rows: ${showSet(parts[0].set)} and ${showSet(p.set)}`,
        );
    return { set: parts[0].set, columns: parts.flatMap((p) => p.columns) };
  }
  const decl = dataNamed(cx, e);
  if (!energy) {
    const set = decl.fields[0]?.slot.sets[0];
    if (!set) return cx.ck.fail('E0603', e.span, `\`${decl.name}\` has no rows`);
    return { set, columns: decl.fields.map((f) => ({ unknown: f.slot, data: f.slot })) };
  }
  if (energy.args.length !== 1)
    return cx.ck.fail(
      'E0603',
      e.span,
      `\`${energy.energy.name}\` has ${energy.args.length} arguments: say which data belong to which`,
      {
        suggestion: `\`{ ${energy.args.map((a) => `${a.name} = …`).join(', ')} }\``,
      },
    );
  return rowsFor(cx, energy.args[0], decl, e.span);
}

function dataNamed(cx: Cx, e: Expr): DataDecl {
  const v = e.kind === 'name' ? cx.scope.lookup(e.name) : undefined;
  if (v?.kind === 'data') return v.decl;
  if (e.kind === 'name' && v === undefined) elaborate(cx, e);
  return cx.ck.fail('E0603', e.span, 'expected the name of data');
}

function rowsFor(
  cx: Cx,
  arg: { readonly name: string; readonly value: Value },
  decl: DataDecl,
  span: Span,
): DataRows {
  const notes = [{ message: `\`${decl.name}\` is declared here`, place: at(decl.span) }];
  const unknowns = leavesOf(arg.value);
  const columns = unknowns.map(({ path, slot }) => {
    const field = decl.fields.find((f) => (f.field ?? '') === path);
    if (!field)
      return cx.ck.fail(
        'E0603',
        span,
        path
          ? `\`${decl.name}\` has no field \`${path}\``
          : `\`${decl.name}\` is a record, but \`${arg.name}\` is not`,
        { notes },
      );
    const [row, ...rest] = field.slot.sets;
    if (!row || rest.length !== slot.sets.length || rest.some((s, i) => s !== slot.sets[i]))
      return cx.ck.fail(
        'E0603',
        span,
        `\`${decl.name}\` must have one leading index for its rows${slot.sets.length > 0 ? ` and then [${slot.sets.map(showSet).join(', ')}] like \`${slot.name}\`` : ''}; it has ${field.slot.sets.length > 0 ? `[${field.slot.sets.map(showSet).join(', ')}]` : 'none'}`,
        { notes },
      );
    return { unknown: slot, data: field.slot };
  });
  return { set: columns[0].data.sets[0], columns };
}

function leavesOf(v: Value, path: readonly string[] = []): { path: string; slot: Slot }[] {
  if (v.kind === 'record') return [...v.fields].flatMap(([name, f]) => leavesOf(f, [...path, name]));
  return v.kind === 'array' && v.node.op === 'read' ? [{ path: path.join('.'), slot: v.node.slot }] : [];
}

export type { VerbSpec };
