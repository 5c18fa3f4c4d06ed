/**
 * The options of `run` jobs as edits of the text: one is added, replaced or removed, everything else (layout,
 * comments, other options) stays as it is. Only the syntax tree is looked at, so a program with mistakes elsewhere
 * can be edited, too.
 */
import { type OptionSpec, verbNamed } from '../options.ts';
import { parse } from '../syntax/parse.ts';
import type { Arg, Expr, Program, RunItem } from '../syntax/tree.ts';

/** One option as it is written. */
export interface WrittenOption {
  readonly name: string;
  /** `0.1`, `auto`, `{ x = 1 }`, `discrepancy(t = 0.5)`. */
  readonly text: string;
  /** Where it is given by position: it cannot be left out. */
  readonly positional: boolean;
  /** Of a call or a bare word: `discrepancy`, and its own options. */
  readonly callee: string | null;
  readonly options: readonly WrittenOption[];
}

/** A job as it is written. */
export interface WrittenRun {
  readonly job: string;
  readonly verb: string;
  /** The first argument of verbs that take an energy. */
  readonly energy: string | null;
  readonly options: readonly WrittenOption[];
}

/** `text` replaces what stands from `start` up to `end`. */
export interface SpanEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const applyEdit = (text: string, e: SpanEdit): string =>
  text.slice(0, e.start) + e.text + text.slice(e.end);

/** A list of arguments, with what its positions mean. */
interface Call {
  readonly args: readonly Arg[];
  readonly specs: readonly OptionSpec[];
  /** Offsets of `(` and behind `)`. */
  readonly start: number;
  readonly end: number;
}

const FILE = 'program';

const runNamed = (program: Program, job: string): RunItem | undefined =>
  program.items.find((i): i is RunItem => i.kind === 'run' && i.name.text === job);

/** The jobs of a text as they are written; those that are no call of a known verb are left out. */
export function writtenRuns(
  text: string,
  program: Program = parse(text, FILE).program,
): readonly WrittenRun[] {
  return program.items.flatMap((i) => (i.kind === 'run' ? (writtenRun(text, i) ?? []) : []));
}

function writtenRun(text: string, item: RunItem): WrittenRun | undefined {
  const call = callOf(text, item);
  if (!call || item.value.kind !== 'call' || item.value.callee.kind !== 'name') return undefined;
  const first = item.value.args[0]?.value;
  const takes = verbNamed(item.value.callee.name)?.takesEnergy === true;
  return {
    job: item.name.text,
    verb: item.value.callee.name,
    energy: takes && first ? text.slice(first.span.start, first.span.end) : null,
    options: written(text, call),
  };
}

function written(text: string, call: Call): readonly WrittenOption[] {
  return named(call).map(({ arg, spec }) => {
    const { value } = arg;
    const inside = spec.type.kind === 'call' ? nestedCall(text, spec, value) : null;
    return {
      name: spec.name,
      text: text.slice(value.span.start, value.span.end),
      positional: arg.name === null,
      callee: calleeOf(value),
      options: inside ? written(text, inside) : [],
    };
  });
}

/** The arguments whose meaning is known. */
function named(call: Call): readonly { readonly arg: Arg; readonly spec: OptionSpec }[] {
  const byPosition = call.specs.filter((s) => s.positional);
  let next = 0;
  return call.args.flatMap((arg) => {
    const spec = arg.name ? call.specs.find((s) => s.name === arg.name?.text) : byPosition[next++];
    return spec ? [{ arg, spec }] : [];
  });
}

const calleeOf = (e: Expr): string | null =>
  e.kind === 'name' ? e.name : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.name : null;

function callOf(text: string, item: RunItem): Call | null {
  const e = item.value;
  if (e.kind !== 'call' || e.callee.kind !== 'name') return null;
  const verb = verbNamed(e.callee.name);
  if (!verb) return null;
  const args = verb.takesEnergy ? e.args.slice(1) : e.args;
  return { args, specs: verb.options, start: opening(text, e), end: e.span.end };
}

const opening = (text: string, e: Expr & { kind: 'call' }): number => text.indexOf('(', e.callee.span.end);

function nestedCall(text: string, spec: OptionSpec, e: Expr): Call | null {
  if (spec.type.kind !== 'call' || e.kind !== 'call' || e.callee.kind !== 'name') return null;
  const specs = Object.hasOwn(spec.type.values, e.callee.name) ? spec.type.values[e.callee.name] : null;
  return specs ? { args: e.args, specs, start: opening(text, e), end: e.span.end } : null;
}

/**
 * The edit that sets an option of a job, or with null removes it so that its default holds.
 * @param option its name; of a nested call with a dot: `loss.t` of `loss = discrepancy(t = 0.5)`. Where the call is
 * not written yet, it is written with its default name.
 * @param value the option's text, e.g. `0.1`, `adam(rate = 0.01)`
 * @returns null where nothing is to be done, the text has no such job or option, the option may not be left out, or
 * the text with the edit would not be the same program with that one option changed
 */
export function editRun(text: string, job: string, option: string, value: string | null): SpanEdit | null {
  const { program } = parse(text, FILE);
  const item = runNamed(program, job);
  const call = item && callOf(text, item);
  if (!item || !call) return null;
  const [outer, inner, ...more] = option.split('.');
  if (more.length > 0) return null;
  const after = item.value.kind === 'call' ? item.value.args[0]?.span.end : undefined;
  const anchor =
    call.args.length < (item.value.kind === 'call' ? item.value.args.length : 0) ? after : undefined;
  const edit =
    inner === undefined
      ? changed(text, program, call, outer, value, anchor)
      : changedInside(text, program, call, outer, inner, value, anchor);
  if (!edit || applyEdit(text, edit) === text) return null;
  return onlyChanges(text, applyEdit(text, edit), job, option, value) ? edit : null;
}

function changedInside(
  text: string,
  program: Program,
  call: Call,
  outer: string,
  inner: string,
  value: string | null,
  anchor: number | undefined,
): SpanEdit | null {
  const spec = call.specs.find((s) => s.name === outer);
  if (spec?.type.kind !== 'call') return null;
  const arg = named(call).find((a) => a.spec === spec)?.arg;
  if (arg?.value.kind === 'call') {
    const inside = nestedCall(text, spec, arg.value);
    return inside && changed(text, program, inside, inner, value, undefined);
  }
  if (value === null) return null;
  const callee = arg ? calleeOf(arg.value) : defaultCallee(spec);
  const known = callee !== null && Object.hasOwn(spec.type.values, callee) ? spec.type.values[callee] : [];
  if (!known.some((s) => s.name === inner)) return null;
  return changed(text, program, call, outer, `${callee}(${inner} = ${value})`, anchor);
}

/** `discrepancy` of `discrepancy(t = 0.1, …)`. */
export const defaultCallee = (spec: OptionSpec): string | null =>
  typeof spec.default === 'string' ? (/^\w+/.exec(spec.default)?.[0] ?? null) : null;

/** @param anchor the end of what stands before the first option, where something does */
function changed(
  text: string,
  program: Program,
  call: Call,
  name: string,
  value: string | null,
  anchor: number | undefined,
): SpanEdit | null {
  const spec = call.specs.find((s) => s.name === name);
  if (!spec) return null;
  const found = named(call).find((a) => a.spec === spec)?.arg;
  if (value !== null) {
    if (found) return { ...found.value.span, text: value };
    return added(text, program, call, `${name} = ${value}`, anchor);
  }
  if (!found || found.name === null || spec.required) return null;
  return removed(text, program, call, found, anchor);
}

/** Behind the last argument; on a line of its own where the last one stands on its own line. */
function added(
  text: string,
  program: Program,
  call: Call,
  option: string,
  anchor: number | undefined,
): SpanEdit {
  const last = call.args.at(-1);
  const at = last?.span.end ?? anchor;
  if (at === undefined) return { start: call.start + 1, end: call.start + 1, text: option };
  const begin = last?.span.start ?? at;
  const lineStart = text.lastIndexOf('\n', begin - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, begin))?.[0] ?? '';
  const close = call.end - 1;
  const comma = commaIn(text, program, at, close);
  const own = last !== undefined && lineStart > call.start && indent.length === begin - lineStart;
  if (!own) {
    const from = comma === null ? at : comma + 1;
    return { start: from, end: from, text: comma === null ? `, ${option}` : ` ${option},` };
  }
  // What is remarked behind the last option stays behind it.
  const stop = lineEnd(text, comma ?? at);
  const to = stop > close ? (comma === null ? at : comma + 1) : stop;
  const rest = text.slice(at, to);
  const kept = comma === null ? `,${rest}` : rest;
  return { start: at, end: to, text: `${kept}\n${indent}${option}${comma === null ? '' : ','}` };
}

/** With the comma behind it, or else with that before it; what is remarked stays. */
function removed(text: string, program: Program, call: Call, arg: Arg, anchor: number | undefined): SpanEdit {
  const { start, end } = arg.span;
  const i = call.args.indexOf(arg);
  const before = call.args[i - 1]?.span.end ?? anchor;
  const comma = commaIn(text, program, end, call.args[i + 1]?.span.start ?? call.end - 1);
  if (before === undefined && call.args.length === 1 && comma === null)
    // Its brackets go with it: a bare word stays.
    return program.comments.some((c) => c.span.start > call.start && c.span.end < call.end)
      ? { start, end, text: '' }
      : { start: call.start, end: call.end, text: '' };
  if (comma !== null) {
    const from = text.slice(0, start).trimEnd().length;
    const remarked = program.comments.some((c) => c.span.end === from);
    const behind = text.slice(comma + 1, lineEnd(text, comma)).trim();
    const apart = before === undefined || (remarked && behind !== '' && !behind.startsWith('//'));
    if (!apart) return { start: from, end: comma + 1, text: '' };
    const spaces = /^[ \t]*/.exec(text.slice(comma + 1))?.[0].length ?? 0;
    return { start, end: comma + 1 + spaces, text: '' };
  }
  const from = before ?? call.start + 1;
  const kept = withoutComma(text, program, from, start).trimEnd();
  const behind = text.slice(end, lineEnd(text, end)).trim();
  return {
    start: from,
    end,
    text: kept !== '' && behind !== '' && !behind.startsWith('//') ? `${kept}\n` : kept,
  };
}

function lineEnd(text: string, from: number): number {
  const i = text.indexOf('\n', from);
  return i < 0 ? text.length : i;
}

/** The first comma in a range that is not part of a comment. */
function commaIn(text: string, program: Program, from: number, to: number): number | null {
  for (let i = from; i < to; i++) {
    const comment = program.comments.find((c) => c.span.start === i);
    if (comment) i = comment.span.end - 1;
    else if (text[i] === ',') return i;
  }
  return null;
}

/** What stands between two arguments, without the comma: nothing but white space where there are no comments. */
function withoutComma(text: string, program: Program, from: number, to: number): string {
  const comma = commaIn(text, program, from, to);
  const gap = comma === null ? text.slice(from, to) : text.slice(from, comma) + text.slice(comma + 1, to);
  return /\S/.test(gap) ? gap : '';
}

/** Whether the edited text says the same but for that option: a value that closes the bracket is none. */
function onlyChanges(
  before: string,
  after: string,
  job: string,
  option: string,
  value: string | null,
): boolean {
  const [was, is] = [parse(before, FILE), parse(after, FILE)];
  if (is.diagnostics.length > was.diagnostics.length || is.program.items.length !== was.program.items.length)
    return false;
  const [old, now] = [writtenRuns(before, was.program), writtenRuns(after, is.program)];
  if (old.length !== now.length) return false;
  return old.every((r, i) => {
    const other = now[i];
    if (r.job !== other.job || r.verb !== other.verb || r.energy !== other.energy) return false;
    if (r.job !== job) return sameTexts(flat(r.options), flat(other.options));
    const [x, y] = [flat(r.options), flat(other.options)];
    if (value !== null && y.get(option) !== value.trim()) return false;
    if (value === null && y.has(option)) return false;
    const concerned = (name: string): boolean => touches(option, name);
    return sameTexts(without(x, concerned), without(y, concerned));
  });
}

/** Whether a change of `option` may change the text of `name`: itself, what it is part of, what is part of it. */
const touches = (option: string, name: string): boolean =>
  name === option || option.startsWith(`${name}.`) || name.startsWith(`${option}.`);

const without = (
  m: ReadonlyMap<string, string>,
  out: (name: string) => boolean,
): ReadonlyMap<string, string> => new Map([...m].filter(([name]) => !out(name)));

function flat(options: readonly WrittenOption[], prefix = ''): ReadonlyMap<string, string> {
  return new Map(
    options.flatMap((o) => [
      [`${prefix}${o.name}`, o.text] as const,
      ...flat(o.options, `${prefix}${o.name}.`),
    ]),
  );
}

const sameTexts = (x: ReadonlyMap<string, string>, y: ReadonlyMap<string, string>): boolean =>
  x.size === y.size && [...x].every(([name, text]) => y.get(name) === text);
