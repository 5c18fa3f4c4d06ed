/** From concrete to abstract trees: declarations and statements. */
import type { CstNode } from 'chevrotain';
import { buildDomain, buildExpression, buildGenerator, buildPostfix } from './build-expr.ts';
import { type Building, nameOf, node, nodes, spanOfNode, theNode, theTok, tok, toks } from './cst.ts';
import { spanOf } from './lexical.ts';
import { stringValue } from './strings.ts';
import type { Expr, Item, Parameter, ParamItem, Statement } from './tree.ts';

/** The text of the `///` lines directly above an offset. */
export type DocAt = (offset: number) => string;

const expr = (b: Building, n: CstNode): Expr => buildExpression(b, theNode(n, 'expression'));

export function buildItem(b: Building, n: CstNode, docAt: DocAt): Item {
  const kind = Object.keys(n.children)[0];
  const inner = theNode(n, kind);
  const span = spanOfNode(b, inner);
  const base = { span, doc: docAt(span.start) };
  if (kind === 'useItem') {
    const from = theTok(inner, 'String');
    return {
      kind: 'use',
      ...base,
      names: nodes(inner, 'useName').map((u) => {
        const [name, as] = toks(u, 'Name');
        return { name: nameOf(b, name), as: as ? nameOf(b, as) : null };
      }),
      from: stringValue(b, from),
      fromSpan: spanOf(b.file, from),
      frozen: tok(inner, 'Frozen') !== undefined,
    };
  }
  const name = nameOf(b, theTok(inner, 'Name'));
  switch (kind) {
    case 'constItem': {
      const type = node(inner, 'domain');
      return {
        kind: 'const',
        ...base,
        name,
        type: type ? buildDomain(b, type) : null,
        value: expr(b, inner),
      };
    }
    case 'indexItem': {
      const value = node(inner, 'expression');
      return { kind: 'index', ...base, name, value: value ? buildExpression(b, value) : null };
    }
    case 'setItem':
      return { kind: 'set', ...base, name, value: expr(b, inner) };
    case 'enumItem':
      return { kind: 'enum', ...base, name, members: toks(inner, 'Word').map((w) => nameOf(b, w)) };
    case 'typeItem': {
      const fields = nodes(inner, 'typeField').map((f) => ({
        name: nameOf(b, theTok(f, 'Word')),
        domain: buildDomain(b, theNode(f, 'domain')),
      }));
      return { kind: 'type', ...base, name, fields };
    }
    case 'dataItem': {
      const from = tok(inner, 'String');
      return {
        kind: 'data',
        ...base,
        name,
        domain: buildDomain(b, theNode(inner, 'domain')),
        from: from ? stringValue(b, from) : null,
        fromSpan: from ? spanOf(b.file, from) : null,
        oneBased: tok(inner, 'OneBased') !== undefined,
      };
    }
    case 'paramItem':
      return buildParamItem(b, inner, docAt);
    case 'fnItem': {
      const signature = theNode(inner, 'signature');
      const domain = node(signature, 'domain');
      const block = node(inner, 'fnBlock');
      return {
        kind: 'fn',
        ...base,
        name,
        params: buildParameters(b, theNode(signature, 'parameters')),
        result: domain ? buildDomain(b, domain) : null,
        body: block ? nodes(block, 'localStatement').map((s) => buildStatement(b, s, docAt)) : [],
        value: block ? expr(b, theNode(block, 'result')) : expr(b, inner),
      };
    }
    case 'energyItem': {
      const algebra = node(inner, 'expression');
      const block = node(inner, 'energyBlock');
      const parameters = node(inner, 'parameters');
      return {
        kind: 'energy',
        ...base,
        name,
        params: parameters ? buildParameters(b, parameters) : [],
        body: block ? nodes(block, 'statement').map((s) => buildStatement(b, s, docAt)) : [],
        algebra: algebra ? buildExpression(b, algebra) : null,
      };
    }
    case 'runItem':
      return { kind: 'run', ...base, name, value: expr(b, inner) };
    default:
      throw new Error(`no declaration is made from a ${kind}`);
  }
}

function buildParamItem(b: Building, n: CstNode, docAt: DocAt): ParamItem {
  const span = spanOfNode(b, n);
  const domain = node(n, 'domain');
  const init = node(n, 'init');
  const prior = node(n, 'prior');
  return {
    kind: 'param',
    span,
    doc: docAt(span.start),
    name: nameOf(b, theTok(n, 'Name')),
    domain: domain ? buildDomain(b, domain) : null,
    init: init ? buildExpression(b, init) : null,
    prior: prior ? buildExpression(b, prior) : null,
  };
}

export const buildParameters = (b: Building, n: CstNode): Parameter[] =>
  nodes(n, 'parameter').map((p) => buildParameter(b, p));

export const buildParameter = (b: Building, p: CstNode): Parameter => ({
  name: nameOf(b, theTok(p, 'Name')),
  domain: buildDomain(b, theNode(p, 'domain')),
  span: spanOfNode(b, p),
});

/** From the grammar's `statement` or `localStatement`, or from one particular kind of statement. */
export function buildStatement(b: Building, n: CstNode, docAt: DocAt): Statement {
  if (n.name === 'statement' || n.name === 'localStatement') {
    return buildStatement(b, theNode(n, Object.keys(n.children)[0]), docAt);
  }
  const span = spanOfNode(b, n);
  const base = { span, doc: docAt(span.start) };
  const generatorNode = node(n, 'generator');
  const generator = generatorNode ? buildGenerator(b, generatorNode) : null;
  switch (n.name) {
    case 'termStatement':
      return { kind: 'term', name: nameOf(b, theTok(n, 'Name')), value: expr(b, n), ...base };
    case 'letStatement':
      return { kind: 'let', name: nameOf(b, theTok(n, 'Name')), value: expr(b, n), ...base };
    case 'reportStatement': {
      const name = nameOf(b, theTok(n, 'Name'));
      const value: Expr = node(n, 'expression')
        ? expr(b, n)
        : { kind: 'name', name: name.text, span: name.span };
      return { kind: 'report', name, value, ...base };
    }
    case 'requireStatement':
      return { kind: 'require', condition: expr(b, n), generator, ...base };
    case 'sampleStatement': {
      const target = buildPostfix(b, theNode(n, 'postfix'));
      return { kind: 'sample', target, dist: expr(b, n), generator, ...base };
    }
    case 'paramItem':
      return { kind: 'param', item: buildParamItem(b, n, docAt), ...base };
    default:
      throw new Error(`no statement is made from a ${n.name}`);
  }
}
