/** What every checking function carries: the builder, the diagnostics, the names in scope. */
import { Builder } from '../ir/build.ts';
import type { Axis, Constraint, IndexSet, Node, Slot } from '../ir/types.ts';
import { at, type Diagnostic, type Note } from '../syntax/diagnostic.ts';
import type { Span } from '../syntax/span.ts';
import { suggest } from '../syntax/suggest.ts';
import type { CheckCode } from './codes.ts';
import type { DataDecl, Net, ParamDecl, Value } from './values.ts';

/** Thrown after a fault was reported; caught at the statement or declaration around it. */
export class Stop extends Error {}

export class Checker {
  readonly b = new Builder();
  readonly diagnostics: Diagnostic[] = [];
  readonly data: DataDecl[] = [];
  readonly params: ParamDecl[] = [];
  readonly nets: Net[] = [];
  /** Sets of tuples in the order in which they can be evaluated. */
  readonly tupleSets: IndexSet[] = [];
  readonly namedSets: IndexSet[] = [];
  /** What a `~` names: that it may come out constant (`x ~ uniform(0, 1)`) is meant. */
  readonly drawn = new Set<Slot | Span>();

  /** Coordinates of lattice sites, with the number of values of each. */
  readonly coordinates = new Map<Node, number>();
  /** Energies that call each other in a circle, which is told once. */
  readonly circles = new Set<string>();

  report(
    severity: Diagnostic['severity'],
    code: CheckCode,
    span: Span,
    message: string,
    extra: { notes?: readonly Note[]; suggestion?: string } = {},
  ): void {
    const same = this.diagnostics.some(
      (d) =>
        d.code === code &&
        d.message === message &&
        d.place.kind === 'source' &&
        d.place.span.start === span.start,
    );
    if (!same) this.diagnostics.push({ severity, code, place: at(span), message, ...extra });
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
    try {
      return body();
    } catch (e) {
      if (e instanceof Stop) return undefined;
      throw e;
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
  /** Names of energies and functions being expanded, innermost last: recursion is refused. */
  readonly stack: readonly string[];
}

export const inner = (cx: Cx, extra: Partial<Cx> = {}): Cx => ({
  ...cx,
  scope: new Scope(cx.scope),
  ...extra,
});

/** Fails for a name that is not there, with the closest one that is. */
export function unknownName(cx: Cx, name: string, span: Span, what = 'name'): never {
  const near = suggest(name, cx.scope.candidates());
  return cx.ck.fail('E0201', span, `there is no ${what} \`${name}\` here`, {
    suggestion: near === undefined ? undefined : `did you mean \`${near}\`?`,
  });
}
