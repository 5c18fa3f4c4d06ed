/** What every checking function carries: the builder, the diagnostics, the names in scope. */
import { Builder } from '../ir/build.ts';
import type { Axis, Constraint, Hierarchy, IndexSet, Node, Slot } from '../ir/types.ts';
import { isStackOverflow, limits, TooLarge } from '../limits.ts';
import { at, type Diagnostic, type Note } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { EnergyItem, Expr, FnItem } from '../syntax/tree.ts';
import type { CheckCode } from './codes.ts';
import type { DataDecl, DeclaredParam, Net, Value } from './values.ts';

/** Thrown after a fault was reported; caught at the statement or declaration around it. */
export class Stop extends Error {}

export class Checker {
  readonly b = new Builder();
  readonly diagnostics: Diagnostic[] = [];
  readonly data: DataDecl[] = [];
  readonly params: DeclaredParam[] = [];
  /** Whether a parameter's file is frozen. */
  readonly frozen = new Map<Slot, boolean>();
  readonly nets: Net[] = [];
  /** Sets of tuples in the order in which they can be evaluated. */
  readonly tupleSets: IndexSet[] = [];
  readonly namedSets: IndexSet[] = [];
  /** The set of tuples that data list. */
  readonly edgeSets = new Map<Slot, IndexSet>();
  /** What a `~` names, and calls of energies that require something: that it may come out constant (`x ~ uniform(0, 1)`) is meant. */
  readonly drawn = new Set<Slot | Span>();
  /** Unknowns that are drawn around others, in the order of statements. */
  readonly hierarchies: Hierarchy[] = [];
  /** Energies that others call, by the span of their name: parts, which need not be normalised by themselves. */
  readonly parts = new Set<Span>();
  /** Sampling statements of data: they tell of unknowns, but are no prior of any. */
  readonly likelihoods = new Set<Span>();

  /** Coordinates of lattice sites, with the number of values of each. */
  readonly coordinates = new Map<Node, number>();
  /** Values of enums by their labels: `Job.nurse` for `nurse`. */
  readonly labels = new Map<string, string>();
  /** Energies that call each other in a circle, which is told once. */
  readonly circles = new Set<string>();
  /** Is told the value of every expression, once for each time that its own declaration is checked: for editors. */
  observe: ((e: Expr, value: Value) => void) | null = null;
  /** By code, place and message: each is said once. */
  private readonly said = new Set<string>();
  /** The expression that is being checked, and how deep in expressions, calls and declarations it is. */
  private here: Span | null = null;
  private depth = 0;
  private calls = 0;
  private outgrown = false;

  constructor() {
    this.b.bounds = limits;
  }

  /** Goes into an expression; `leave` goes out of it, and so does `attempt` after a fault. */
  enter(span: Span): void {
    this.here = span;
    if (++this.depth > limits.elaboration)
      throw new TooLarge('its expressions, calls and declarations are too deep in each other');
  }

  leave(): void {
    this.depth--;
  }

  /** Counts a call of a function or energy, whose body is about to be written out. */
  called(nested: number): void {
    if (nested > limits.callDepth)
      throw new TooLarge(`it has calls inside calls, more than ${limits.callDepth} one in the other`);
    if (++this.calls > limits.calls)
      throw new TooLarge(
        `it calls functions and energies more than ${limits.calls} times when all is written out`,
      );
  }

  report(
    severity: Diagnostic['severity'],
    code: CheckCode,
    span: Span,
    message: string,
    extra: { notes?: readonly Note[]; suggestion?: string } = {},
  ): void {
    const key = `${code} ${span.file} ${span.start} ${message}`;
    if (this.said.has(key)) return;
    this.said.add(key);
    this.diagnostics.push({ severity, code, place: at(span), message, ...extra });
  }

  /** Whether so much is wrong that suggestions are not worth their time. */
  get overwhelmed(): boolean {
    return this.said.size > limits.diagnostics;
  }

  fail(
    code: CheckCode,
    span: Span,
    message: string,
    extra: { notes?: readonly Note[]; suggestion?: string } = {},
  ): never {
    this.report('error', code, span, message, extra);
    throw new Stop();
  }

  /** Runs `body`; a fault inside it has been reported and yields undefined. */
  attempt<T>(body: () => T): T | undefined {
    const { depth } = this;
    // A declaration within a declaration is some function calls deep.
    this.depth += 4;
    try {
      return body();
    } catch (e) {
      if (e instanceof Stop) return undefined;
      const message =
        e instanceof TooLarge ? e.message : isStackOverflow(e) ? 'it is nested too deeply' : null;
      if (message === null || this.here === null) throw e;
      // Whatever comes after it is likely to meet the same limit.
      if (!this.outgrown)
        this.report('error', 'E0313', this.here, `this program is too large: ${message}`, {
          suggestion: 'sum over an index set, or write arrays where there are many names',
        });
      this.outgrown = true;
      return undefined;
    } finally {
      this.depth = depth;
    }
  }
}

/** Names to values. The outermost scope resolves declarations on demand. */
export class Scope {
  private readonly names = new Map<string, Value>();
  private readonly parent: Scope | null;
  private readonly resolve: ((name: string) => Value | undefined) | null;
  private readonly all: (() => Iterable<string>) | null;

  constructor(
    parent: Scope | null,
    resolve: ((name: string) => Value | undefined) | null = null,
    all: (() => Iterable<string>) | null = null,
  ) {
    this.parent = parent;
    this.resolve = resolve;
    this.all = all;
  }

  define(name: string, value: Value): void {
    this.names.set(name, value);
  }

  /** Whether the name was defined here, not around. */
  defines(name: string): boolean {
    return this.names.has(name);
  }

  lookup(name: string): Value | undefined {
    return this.names.get(name) ?? this.resolve?.(name) ?? this.parent?.lookup(name);
  }

  candidates(): string[] {
    return [...this.names.keys(), ...(this.all?.() ?? []), ...(this.parent?.candidates() ?? [])];
  }
}

/** Binders around the expression being checked, for what nested energies require. */
export interface Around {
  readonly axes: readonly Axis[];
  readonly where: Node | null;
}

export interface Cx {
  readonly ck: Checker;
  readonly scope: Scope;
  readonly around: Around;
  /** Collects what `require` and bounded distributions demand; null outside energies. */
  readonly constraints: Constraint[] | null;
  /** Energies and functions being expanded, innermost last: recursion is refused. */
  readonly stack: readonly (EnergyItem | FnItem)[];
  /** Takes the parameters of a function that is checked by itself; the program's own go to the checker. */
  readonly trial?: DeclaredParam[];
}

export const inner = (cx: Cx, extra: Partial<Cx> = {}): Cx => ({
  ...cx,
  scope: new Scope(cx.scope),
  ...extra,
});

/** Where the parameters that are declared at `cx` go. */
export const declaredIn = (cx: Cx): DeclaredParam[] => cx.trial ?? cx.ck.params;

/** The context of a body that is called at `cx`: its free names are those of the file that declares it. */
export const calleeContext = (
  cx: Cx,
  declared: { readonly item: EnergyItem | FnItem; readonly home: Cx },
  extra: Partial<Cx> = {},
): Cx => {
  cx.ck.called(cx.stack.length);
  return inner({ ...cx, scope: declared.home.scope }, { stack: [...cx.stack, declared.item], ...extra });
};

/** Fails for a name that is not there, with the closest one that is. */
export function unknownName(cx: Cx, name: string, span: Span, what = 'name'): never {
  const near =
    cx.ck.labels.get(name) ?? (cx.ck.overwhelmed ? undefined : suggest(name, cx.scope.candidates()));
  return cx.ck.fail('E0201', span, `there is no ${what} \`${name}\` here`, {
    suggestion: near === undefined ? undefined : `did you mean \`${near}\`?`,
  });
}
