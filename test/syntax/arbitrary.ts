/** Generated syntax trees, for property tests of whatever works on them. */
import fc from 'fast-check';
import type { Span } from '../../src/syntax/span.ts';
import type {
  Arg,
  BinaryOp,
  Binder,
  DomainExpr,
  Entry,
  Expr,
  Generator,
  IndexArg,
  Item,
  Name,
  Parameter,
  ParamItem,
  Program,
  Statement,
} from '../../src/syntax/tree.ts';

const span: Span = { file: 'generated.energy', start: 0, end: 0 };

/** Plain identifiers, and every word that is a keyword only where one is expected. */
const names = [
  ...['x', 'y', 'mu', 'sigma2', 'J', 'net_1', 'β', 'real', 'spin', 'inf', '_t'],
  ...['use', 'const', 'index', 'set', 'enum', 'type', 'data', 'param', 'fn', 'energy', 'run'],
  ...['term', 'let', 'require', 'report', 'return', 'from', 'as', 'in', 'on', 'frozen', 'one_based', 'scan'],
];
const words = [...names, 'if', 'then', 'else', 'for', 'where', 'and', 'or', 'not', 'true', 'false'];
const binaryOps: readonly BinaryOp[] = [
  ...(['+', '-', '*', '/', '^', '@', '==', '!='] as const),
  ...(['<', '<=', '>', '>=', 'and', 'or', '..'] as const),
];

const nameText = fc.constantFrom(...names);
const name: fc.Arbitrary<Name> = nameText.map((text) => ({ text, span }));
const word: fc.Arbitrary<Name> = fc.constantFrom(...words).map((text) => ({ text, span }));
const number: fc.Arbitrary<Expr> = fc
  .constantFrom('0', '1', '3', '0.5', '12.25', '1e-3', '1e12', '2.5E+2', '9007199254740993')
  .map((text) => ({ kind: 'number', value: Number(text), text, span }));
const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('a.csv', 'std/lattice'),
  fc.string({ unit: 'grapheme' }),
);
const string: fc.Arbitrary<Expr> = text.map((value) => ({ kind: 'string', value, span }));
const docLine = fc.stringMatching(/^[ -~]{0,20}$/).map((s) => s.trimEnd());
const doc = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.array(docLine, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
  },
);

type Tied = {
  expr: Expr;
  place: Expr;
  arg: Arg;
  generator: Generator;
  domain: DomainExpr;
};

const few = { maxLength: 3, size: 'small' } as const;
const some = { minLength: 1, ...few } as const;

const { expr, place, generator, domain } = fc.letrec<Tied>((tie) => {
  const binder: fc.Arbitrary<Binder> = fc.record({
    names: fc.array(name, { ...some, maxLength: 2 }),
    set: tie('expr'),
    span: fc.constant(span),
  });
  const indexArg: fc.Arbitrary<IndexArg> = fc.oneof(
    tie('expr').map((value): IndexArg => ({ kind: 'at', value })),
    fc
      .tuple(fc.option(tie('expr')), fc.option(tie('expr')))
      .map(([from, to]): IndexArg => ({ kind: 'slice', from, to, span })),
  );
  const postfix = (target: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
    fc.oneof(
      fc.tuple(target, word).map(([t, field]): Expr => ({ kind: 'field', target: t, field, span })),
      fc
        .tuple(target, fc.array(indexArg, some))
        .map(([t, indices]): Expr => ({ kind: 'index', target: t, indices, span })),
    );
  const entry: fc.Arbitrary<Entry> = fc.record({
    target: tie('place'),
    value: tie('expr'),
    generator: fc.option(tie('generator')),
    span: fc.constant(span),
  });
  const comprehension = (kind: 'array' | 'set'): fc.Arbitrary<Expr> =>
    fc.tuple(tie('expr'), tie('generator')).map(([body, g]): Expr => ({ kind, body, generator: g, span }));
  return {
    expr: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      nameText.map((n): Expr => ({ kind: 'name', name: n, span })),
      number,
      string,
      fc.boolean().map((value): Expr => ({ kind: 'boolean', value, span })),
      postfix(tie('expr')),
      fc
        .tuple(tie('expr'), fc.array(tie('arg'), few))
        .map(([callee, args]): Expr => ({ kind: 'call', callee, args, span })),
      fc
        .tuple(fc.constantFrom('-' as const, 'not' as const), tie('expr'))
        .map(([op, operand]): Expr => ({ kind: 'unary', op, operand, span })),
      fc
        .tuple(fc.constantFrom(...binaryOps), tie('expr'), tie('expr'))
        .map(([op, left, right]): Expr => ({ kind: 'binary', op, left, right, span })),
      fc
        .tuple(tie('expr'), tie('expr'), tie('expr'))
        .map(([condition, then, otherwise]): Expr => ({ kind: 'if', condition, then, otherwise, span })),
      fc.array(tie('expr'), few).map((items): Expr => ({ kind: 'vector', items, span })),
      fc.array(tie('expr'), { ...some, minLength: 2 }).map((items): Expr => ({ kind: 'tuple', items, span })),
      comprehension('array'),
      comprehension('set'),
      fc.array(entry, few).map((entries): Expr => ({ kind: 'record', entries, span })),
      fc
        .tuple(binder, name, tie('expr'), tie('expr'))
        .map(([b, state, init, body]): Expr => ({ kind: 'scan', binder: b, state, init, body, span })),
    ),
    place: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      nameText.map((n): Expr => ({ kind: 'name', name: n, span })),
      postfix(tie('place')),
    ),
    arg: fc.record({
      name: fc.option(word),
      value: fc.oneof(
        { weight: 3, arbitrary: tie('expr') },
        {
          weight: 1,
          arbitrary: fc
            .tuple(tie('expr'), tie('generator'))
            .map(([body, g]): Expr => ({ kind: 'for', body, generator: g, span })),
        },
      ),
      span: fc.constant(span),
    }),
    generator: fc.record({
      binders: fc.array(binder, { ...some, maxLength: 2 }),
      where: fc.option(tie('expr')),
      span: fc.constant(span),
    }),
    domain: fc.record({
      name,
      args: fc.option(fc.array(tie('arg'), few)),
      on: fc.option(tie('expr'), { freq: 8 }),
      dims: fc.array(tie('expr'), few),
      span: fc.constant(span),
    }),
  };
});

/** Any expression that can stand anywhere (so no bare `for`). */
export const arbitraryExpr: fc.Arbitrary<Expr> = expr;
export const arbitraryDomain: fc.Arbitrary<DomainExpr> = domain;

const base = { span: fc.constant(span), doc };

const paramItem: fc.Arbitrary<ParamItem> = fc
  .record({
    kind: fc.constant('param' as const),
    ...base,
    name,
    domain: fc.option(domain),
    init: fc.option(expr),
    prior: fc.option(expr),
  })
  .filter((p) => p.domain !== null || p.init !== null || p.prior !== null);

const parameter: fc.Arbitrary<Parameter> = fc.record({ name, domain, span: fc.constant(span) });
const parameters = fc.array(parameter, few);

const named = (kind: 'term' | 'let' | 'report'): fc.Arbitrary<Statement> =>
  fc.record({ kind: fc.constant(kind), name, value: expr, ...base });

const energyStatement: fc.Arbitrary<Statement> = fc.oneof(
  named('term'),
  named('let'),
  named('report'),
  fc.record({
    kind: fc.constant('sample' as const),
    target: place,
    dist: expr,
    generator: fc.option(generator),
    ...base,
  }),
  fc.record({
    kind: fc.constant('require' as const),
    condition: expr,
    generator: fc.option(generator),
    ...base,
  }),
);

const fnStatement: fc.Arbitrary<Statement> = fc.oneof(
  named('let'),
  paramItem.map((item): Statement => ({ kind: 'param', item, span, doc: item.doc })),
);

export const arbitraryItem: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    kind: fc.constant('use' as const),
    ...base,
    names: fc.array(fc.record({ name, as: fc.option(name) }), some),
    from: text,
    fromSpan: fc.constant(span),
    frozen: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('const' as const), ...base, name, type: fc.option(domain), value: expr }),
  fc.record({ kind: fc.constant('index' as const), ...base, name, value: fc.option(expr) }),
  fc.record({ kind: fc.constant('set' as const), ...base, name, value: expr }),
  fc.record({ kind: fc.constant('enum' as const), ...base, name, members: fc.array(word, some) }),
  fc.record({
    kind: fc.constant('type' as const),
    ...base,
    name,
    fields: fc.array(fc.record({ name: word, domain }), some),
  }),
  fc
    .record({
      kind: fc.constant('data' as const),
      ...base,
      name,
      domain,
      from: fc.option(text),
      oneBased: fc.boolean(),
    })
    .map((d): Item => ({ ...d, fromSpan: d.from === null ? null : span })),
  paramItem,
  fc.record({
    kind: fc.constant('fn' as const),
    ...base,
    name,
    params: parameters,
    result: fc.option(domain),
    body: fc.array(fnStatement, few),
    value: expr,
  }),
  fc.record({
    kind: fc.constant('energy' as const),
    ...base,
    name,
    params: parameters,
    body: fc.array(energyStatement, { maxLength: 5, size: 'small' }),
    algebra: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('energy' as const),
    ...base,
    name,
    params: fc.constant([]),
    body: fc.constant([]),
    algebra: expr,
  }),
  fc.record({ kind: fc.constant('run' as const), ...base, name, value: expr }),
);

/** Programs that the grammar can express; names mean nothing and spans are empty. */
export const arbitraryProgram: fc.Arbitrary<Program> = fc
  .array(arbitraryItem, { maxLength: 6, size: 'small' })
  .map((items) => ({ file: span.file, items, comments: [], span }));

/** A tree without its positions, for comparison. */
export function withoutSpans(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutSpans);
  if (typeof tree !== 'object' || tree === null) return tree;
  const positions = new Set(['span', 'fromSpan', 'comments', 'lineStarts', 'file']);
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => !positions.has(key))
      .map(([key, value]) => [key, withoutSpans(value)]),
  );
}
