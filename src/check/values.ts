/** What an expression can be while it is checked. Arrays are IR expressions with formal axes. */
import { type Domain, isDiscrete, showDomain } from '../domain.ts';
import type { Axis, Energy, IndexSet, Lambda, Node, Slot } from '../ir/types.ts';
import type { Span } from '../syntax/span.ts';
import type { EnergyItem, FnItem, Parameter } from '../syntax/tree.ts';
import type { Cx, Scope } from './context.ts';
import type { Distribution } from './distributions.ts';

/** What one element of an array is. */
export type Elem =
  | { readonly kind: 'number'; readonly integer: boolean }
  | { readonly kind: 'bool' }
  /**
   * An element of an index set. `ordered`: arithmetic and order are meant (a loop
   * variable); a category or enum value is only compared and looked up.
   */
  | { readonly kind: 'element'; readonly set: IndexSet; readonly ordered: boolean };

export interface ArrayValue {
  readonly kind: 'array';
  readonly elem: Elem;
  /** Its own dimensions in order; the node may have further free axes from enclosing binders. */
  readonly axes: readonly Axis[];
  readonly node: Node;
  /** Present when the value is exactly (part of) an unknown: what conditioning and `~` may name. */
  readonly domain?: Domain;
}

/** One field of a record type. */
export interface FieldType {
  readonly name: string;
  readonly type: Shape;
}

export interface RecordType {
  readonly name: string;
  readonly fields: readonly FieldType[];
}

/** A resolved domain expression: a domain or a record of them, over index sets. */
export interface Shape {
  readonly domain: Domain | RecordShape;
  readonly sets: readonly IndexSet[];
}
export interface RecordShape {
  readonly kind: 'record';
  readonly record: RecordType;
}

/** One block of a network's input: features over `sets`. */
export interface EncodingBlock {
  readonly sets: readonly IndexSet[];
}

/** How data are given: one slot, or one for each field of a record. */
export interface DataDecl {
  /** `seen`; in a used file `stem.seen`. */
  readonly name: string;
  /** As its own file calls it, and the columns and entries of data files. */
  readonly local: string;
  readonly shape: Shape;
  readonly fields: readonly { readonly field: string | null; readonly slot: Slot }[];
  /** A path from the entry program's folder. */
  readonly from: string | null;
  readonly oneBased: boolean;
  readonly span: Span;
}

export type ParamInit =
  | { readonly kind: 'value'; readonly value: Lambda }
  /** Drawn from the run's seed: `normal` has mean and standard deviation, `uniform` its two ends. */
  | {
      readonly kind: 'random';
      readonly distribution: 'normal' | 'uniform';
      readonly args: readonly [Lambda, Lambda];
    }
  /** Normal with variance 1 / fanIn (LeCun et al. 1998), drawn from the run's seed. */
  | { readonly kind: 'scaled-normal'; readonly fanIn: readonly EncodingBlock[]; readonly gain: number };

/** A parameter as it is declared; whether it is frozen is up to those that use its file. */
export type DeclaredParam = Omit<ParamDecl, 'frozen'>;

export interface ParamDecl {
  readonly slot: Slot;
  readonly init: ParamInit;
  /** Minus the log-density of the prior, no free axes. */
  readonly prior: Node | null;
  /** Kept as it is when the program is trained: its file is used `frozen`. */
  readonly frozen: boolean;
  readonly span: Span;
}

export interface NetLayer {
  /** One weight slot for each block of inputs: [...block sets, outputs]. */
  readonly weights: readonly Slot[];
  readonly bias: Slot;
}
export interface Net {
  readonly name: string;
  readonly inputs: readonly EncodingBlock[];
  readonly layers: readonly NetLayer[];
  readonly activation: 'silu' | 'relu' | 'tanh' | 'softplus' | 'sigmoid';
  /** Shape of the output: [] for one number. */
  readonly output: readonly IndexSet[];
}

/** A function that owns parameters, with parameters of its own: `param f = dense(real[pixel], hidden)`. */
export interface Instance {
  readonly name: string;
  readonly item: FnItem;
  /** The names of the function's file, then index sets, fixed arguments and parameters of the instance. */
  readonly scope: Scope;
  /** What it is called with. */
  readonly open: readonly Parameter[];
}

export type Value =
  | ArrayValue
  | { readonly kind: 'record'; readonly type: RecordType; readonly fields: ReadonlyMap<string, Value> }
  /** Arrays side by side: what `encode` makes. Operators map over them, reductions join them. */
  | { readonly kind: 'blocks'; readonly items: readonly ArrayValue[] }
  | { readonly kind: 'set'; readonly set: IndexSet }
  | { readonly kind: 'range'; readonly lo: number; readonly hi: number }
  /** An element of a set of tuples. */
  | { readonly kind: 'tuple'; readonly items: readonly Value[]; readonly position?: ArrayValue }
  | { readonly kind: 'type'; readonly name: string; readonly shape: Shape }
  | { readonly kind: 'encoding'; readonly blocks: readonly EncodingBlock[] }
  | {
      readonly kind: 'distribution';
      readonly dist: Distribution;
      readonly args: readonly ArrayValue[];
      /** Where each argument is written. */
      readonly spans: readonly Span[];
      readonly span: Span;
    }
  | { readonly kind: 'net'; readonly net: Net }
  | { readonly kind: 'instance'; readonly instance: Instance }
  /** `home`: the outermost context of the file that declares it; free names mean what they mean there. */
  | { readonly kind: 'fn'; readonly item: FnItem; readonly home: Cx }
  | { readonly kind: 'energy'; readonly item: EnergyItem; readonly home: Cx }
  | { readonly kind: 'data'; readonly decl: DataDecl; readonly value: Value }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'job'; readonly name: string }
  /** Its declaration was already reported as wrong. */
  | { readonly kind: 'poison' };

export type EnergyValue = Value & { kind: 'energy' };
export type FnValue = Value & { kind: 'fn' };

/** A conditioning entry: slot[indices] = value, for each position of the axes. */
export interface Given {
  readonly slot: Slot;
  readonly axes: readonly Axis[];
  readonly where: Node | null;
  readonly indices: readonly Node[];
  readonly value: Node;
  readonly span: Span;
}

export type OptionValue =
  | { readonly kind: 'number'; readonly value: number; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'word'; readonly value: string; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly OptionValue[]; readonly span: Span }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly options: Readonly<Record<string, OptionValue>>;
      readonly span: Span;
    }
  | { readonly kind: 'given'; readonly entries: readonly Given[]; readonly span: Span }
  /** Data for unknowns: which data slot stands for which unknown; the first axis is the row. */
  | { readonly kind: 'rows'; readonly rows: DataRows; readonly span: Span }
  | { readonly kind: 'job'; readonly name: string; readonly span: Span }
  | { readonly kind: 'unknown'; readonly slot: Slot; readonly span: Span };

/** A table of states: one row for each element of `set`. */
export interface DataRows {
  readonly set: IndexSet;
  readonly columns: readonly { readonly unknown: Slot; readonly data: Slot }[];
}

export interface Job {
  readonly name: string;
  readonly verb: string;
  readonly energy: string | null;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly span: Span;
}

export interface CheckedEnergy {
  readonly energy: Energy;
  /** Arguments as declared: what `r` is when the energy takes a record. */
  readonly args: readonly { readonly name: string; readonly value: Value; readonly shape: Shape }[];
  /** Over index sets that only a call decides: it has no states of its own. */
  readonly generic: boolean;
}

export const number = (integer = false): Elem => ({ kind: 'number', integer });
export const bool: Elem = { kind: 'bool' };

export const scalar = (node: Node, elem: Elem = number()): ArrayValue => ({
  kind: 'array',
  elem,
  axes: [],
  node,
});

export const elemOf = (d: Domain): Elem =>
  d.kind === 'category' || d.kind === 'permutation'
    ? // Of an arrangement: elements of the set that it arranges, with their order.
      {
        kind: 'element',
        set: d.values,
        ordered: d.kind === 'permutation' && d.values.kind.kind !== 'labels',
      }
    : { kind: 'number', integer: isDiscrete(d) };

const tuplesOf = (set: IndexSet): string => {
  const of = set.kind.kind === 'tuples' ? set.kind.components.map(showSet) : [];
  return of.length === 1 ? `elements of ${of[0]}` : `tuples (${of.join(', ')})`;
};

/** For messages: what the value is, in the reader's words. */
export function describe(v: Value): string {
  switch (v.kind) {
    case 'array': {
      const [one, many] = nameElem(v.elem);
      return v.axes.length === 0
        ? one
        : `an array over [${v.axes.map((a) => showSet(a.set)).join(', ')}] of ${many}`;
    }
    case 'record':
      return `a record ${v.type.name}`;
    case 'blocks':
      return 'an encoding of values';
    case 'set':
      if (v.set.name !== '' || v.set.kind.kind !== 'tuples') return `the index set ${showSet(v.set)}`;
      return `a set of ${tuplesOf(v.set)}`;
    case 'range':
      return `the range ${v.lo}..${v.hi}`;
    case 'tuple':
      return 'a tuple of indices';
    case 'type':
      return `the type ${v.name}`;
    case 'encoding':
      return 'an encoding of a type';
    case 'distribution':
      return `the distribution ${v.dist.name}`;
    case 'net':
      return `the network ${v.net.name}`;
    case 'instance':
      return `the instance ${v.instance.name} of ${v.instance.item.name.text}`;
    case 'fn':
      return `the function ${v.item.name.text}`;
    case 'energy':
      return `the energy ${v.item.name.text}`;
    case 'data':
      return describe(v.value);
    case 'builtin':
      return `the function ${v.name}`;
    case 'string':
      return 'a text';
    case 'job':
      return `the job ${v.name}`;
    case 'poison':
      return 'something wrong';
  }
}

/** One of it, and several. */
function nameElem(e: Elem): readonly [string, string] {
  switch (e.kind) {
    case 'number':
      return e.integer ? ['an integer', 'integers'] : ['a number', 'numbers'];
    case 'bool':
      return ['a truth value', 'truth values'];
    case 'element': {
      if (e.ordered) return [`an element of ${showSet(e.set)}`, `elements of ${showSet(e.set)}`];
      const what = showDomain({ kind: 'category', values: e.set });
      return [`a value of \`${what}\``, `values of \`${what}\``];
    }
  }
}

/** An anonymous index set is written as its size: `real[3]`. */
export function showSet(s: IndexSet): string {
  if (s.name) return `\`${s.name}\``;
  if (s.kind.kind === 'range') return `\`${s.kind.size}\``;
  if (s.kind.kind === 'tuples' && s.kind.source.kind === 'neighbours' && s.kind.source.of.name)
    return `\`neighbours(${s.kind.source.of.name})\``;
  return 'an unnamed set';
}

/** Two sets that are not the same, in words that are not the same. */
export function showApart(s: IndexSet, t: IndexSet): readonly [string, string] {
  const [first, second] = [showSet(s), showSet(t)];
  if (first !== second || s === t) return [first, second];
  if (s.span && t.span && s.span.file !== t.span.file)
    return [`${first} of \`${s.span.file}\``, `${second} of \`${t.span.file}\``];
  return [first, second.startsWith('`') ? `another ${second}` : 'another unnamed set'];
}
