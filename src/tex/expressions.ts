/**
 * Expressions of the syntax tree as TeX, with the names of the program. Under an
 * implied index (`implied` maps an index set to its letter) an array that is written
 * without indices gets them: `sum(s)` is Σᵢ sᵢ.
 */
import { distributions } from '../check/distributions.ts';
import type { Arg, BinaryOp, Binder, Expr, Generator, IndexArg } from '../syntax/tree.ts';
import { type Names, type Sets, setsOver, withNames } from './arrays.ts';
import { applied, distributionTex, functionTex, parentheses } from './functions.ts';
import { escaped, freeLetter, type Mark, roman, subscripted, symbolOf } from './names.ts';

export interface Cx {
  readonly names: Names;
  /** Letters of the index sets that are running unnamed. */
  readonly implied: ReadonlyMap<string, string>;
  /** What some names are called instead. */
  readonly renamed: ReadonlyMap<string, Mark>;
  /** Names that a new letter must not be. */
  readonly used: ReadonlySet<string>;
}

/** How tightly a piece holds together, loose to tight. */
const level = { or: 0, and: 1, relation: 2, sum: 3, product: 4, applied: 5, atom: 6 } as const;

interface Piece {
  readonly tex: string;
  readonly level: number;
  /** Ends with the body of a big operator, which would swallow a further factor. */
  readonly open?: boolean;
}

type Call = Extract<Expr, { kind: 'call' }>;

const atom = (tex: string): Piece => ({ tex, level: level.atom });
const enclosed = (tex: string): string => `\\left(${tex}\\right)`;

/** A value: comparisons are numbers here, in Iverson's brackets. */
export const valueTex = (cx: Cx, e: Expr): string => value(cx, e, level.sum).tex;

/** A condition: comparisons stand as they are. */
export const conditionTex = (cx: Cx, e: Expr): string => condition(cx, e).tex;

function within(p: Piece, at: number): Piece {
  return p.level < at ? atom(enclosed(p.tex)) : p;
}

/** Conditions as numbers, then parentheses if need be. */
function value(cx: Cx, e: Expr, at: number): Piece {
  const p = piece(cx, e);
  if (p.level < level.sum) return atom(`\\left[${p.tex}\\right]`);
  return within(p, at);
}

const condition = (cx: Cx, e: Expr): Piece => piece(cx, e);

function piece(cx: Cx, e: Expr): Piece {
  switch (e.kind) {
    case 'number':
      return numberPiece(e.text, e.value);
    case 'string':
      return atom(`\\text{${escaped(e.value)}}`);
    case 'boolean':
      return atom(`\\text{${e.value}}`);
    case 'name':
      return namePiece(cx, e.name);
    case 'field':
    case 'index':
      return placePiece(cx, e);
    case 'call':
      return callPiece(cx, e);
    case 'unary':
      if (e.op === 'not')
        return { tex: `\\neg ${within(condition(cx, e.operand), level.applied).tex}`, level: level.and };
      return negative(value(cx, e.operand, level.product));
    case 'binary':
      return binaryPiece(cx, e.op, e.left, e.right);
    case 'if':
      return atom(casesTex(cx, e));
    case 'for':
      return atom(
        `${value(inside(cx, e.generator), e.body, level.sum).tex} \\text{ for } ${generatorTex(cx, e.generator)}`,
      );
    case 'vector':
    case 'tuple':
      return atom(parentheses(e.items.map((x) => valueTex(cx, x))));
    case 'array':
      return arrayPiece(cx, e);
    case 'set':
      return atom(
        `\\left\\{${valueTex(inside(cx, e.generator), e.body)} \\,\\middle|\\, ${generatorTex(cx, e.generator)}\\right\\}`,
      );
    case 'record':
      return atom(
        `\\left\\{${e.entries.map((x) => `${valueTex(cx, x.target)} = ${valueTex(cx, x.value)}`).join(', ')}\\right\\}`,
      );
    case 'scan':
      return readAt(
        cx,
        e,
        (own) =>
          `\\operatorname{scan}_{${binderTex(own, e.binder)}}\\left(${partTex(e.state.text)} \\mapsto ${valueTex(insideScan(own, e), e.body)},\\; ${valueTex(own, e.init)}\\right)`,
      );
    case 'error':
      return atom('\\ldots');
  }
}

/** `(e_i)_{i ∈ S}`; where a letter runs over S already, e with this letter. */
function arrayPiece(cx: Cx, e: Extract<Expr, { kind: 'array' }>): Piece {
  const { generator: g } = e;
  const letters = setsOver(cx.names, e)?.map((s) => cx.implied.get(s));
  if (letters && letters.length >= g.binders.length && letters.every((l) => l !== undefined)) {
    const inner = inside(cx, g);
    const renamed = new Map(inner.renamed);
    for (const [k, b] of g.binders.entries()) renamed.set(b.names[0].text, symbolOf(letters[k] as string));
    return piece({ ...inner, renamed }, e.body);
  }
  const plain = { ...cx, implied: new Map<string, string>() };
  return atom(`${enclosed(valueTex(inside(plain, g), e.body))}_{${generatorTex(plain, g)}}`);
}

/** What is written as a whole, read at the letters that run. */
function readAt(cx: Cx, e: Expr, whole: (plain: Cx) => string): Piece {
  const indices = impliedIndices(cx, setsOver(cx.names, e) ?? []);
  const tex = whole({ ...cx, implied: new Map() });
  return atom(indices.length === 0 ? tex : `${enclosed(tex)}_{${indices.join(',')}}`);
}

/** The body of a recurrence: its element is a number, its state an array that only the text knows. */
export const insideScan = (cx: Cx, e: Extract<Expr, { kind: 'scan' }>): Cx => {
  const over = e.binder.names.map((n): readonly [string, Sets] => [n.text, []]);
  const state = setsOver(cx.names, e.init);
  return { ...cx, names: withNames(cx.names, [...over, [e.state.text, state]]) };
};

const negative = (p: Piece): Piece => ({ tex: `-${p.tex}`, level: level.sum, open: p.open });

function numberPiece(text: string, n: number): Piece {
  const [mantissa, exponent] = text.toLowerCase().split('e');
  if (exponent === undefined) return n < 0 ? { tex: text, level: level.sum } : atom(text);
  const power = `10^{${Number(exponent)}}`;
  return Number(mantissa) === 1
    ? { tex: power, level: level.applied }
    : { tex: `${mantissa} \\cdot ${power}`, level: level.product };
}

function namePiece(cx: Cx, name: string): Piece {
  if (name === 'inf') return atom('\\infty');
  if (name === 'pi' && !cx.names.arrays.has('pi')) return atom('\\pi');
  const letter = cx.implied.get(name);
  if (letter !== undefined && cx.names.sets.has(name)) return atom(subscripted(symbolOf(letter), []));
  return atom(subscripted(called(cx, name), impliedIndices(cx, cx.names.arrays.get(name) ?? [])));
}

const called = (cx: Cx, name: string): Mark => cx.renamed.get(name) ?? symbolOf(name);

/** The letters of an array's sets where all of them run. */
function impliedIndices(cx: Cx, sets: Sets): readonly string[] {
  if (cx.implied.size === 0) return [];
  const letters = sets.map((s) => cx.implied.get(s));
  return letters.every((l) => l !== undefined)
    ? letters.map((l) => subscripted(symbolOf(l as string), []))
    : [];
}

/** `x[i]`, `r.age`, `r.age[i]`: one symbol with subscripts where that is possible. */
function placePiece(cx: Cx, e: Extract<Expr, { kind: 'field' | 'index' }>): Piece {
  const below: string[] = [];
  let target: Expr = e;
  while (target.kind === 'index' || target.kind === 'field') {
    if (target.kind === 'index') {
      const own = target.target.kind === 'name' ? cx.names.arrays.get(target.target.name) : undefined;
      below.unshift(...target.indices.map((i, k) => indexTex(cx, i, cx.implied.get(own?.[k] ?? ''))));
    } else if (target.target.kind === 'name' && cx.names.enums.has(target.target.name))
      return atom(roman(target.field.text));
    else below.unshift(partTex(target.field.text));
    target = target.target;
  }
  if (target.kind !== 'name')
    return atom(`${enclosed(piece({ ...cx, implied: new Map() }, target).tex)}_{${below.join(',')}}`);
  const whole = e.kind === 'field' ? (setsOver(cx.names, e) ?? []) : [];
  return atom(subscripted(called(cx, target.name), [...below, ...impliedIndices(cx, whole)]));
}

const partTex = (name: string): string => subscripted(symbolOf(name), []);

/** @param letter the one that runs over this index, if one does */
function indexTex(cx: Cx, i: IndexArg, letter: string | undefined): string {
  if (i.kind === 'at') return valueTex(cx, i.value);
  if (i.from === null && i.to === null) return letter ?? '\\cdot';
  return `${i.from ? valueTex(cx, i.from) : ''}:${i.to ? valueTex(cx, i.to) : ''}`;
}

const relations: Readonly<Partial<Record<BinaryOp, string>>> = {
  '==': '=',
  '!=': '\\ne',
  '<': '<',
  '<=': '\\le',
  '>': '>',
  '>=': '\\ge',
};

function binaryPiece(cx: Cx, op: BinaryOp, l: Expr, r: Expr): Piece {
  switch (op) {
    case '+':
    case '-': {
      const left = value(cx, l, level.sum);
      const right = value(cx, r, level.product);
      return { tex: `${left.tex} ${op} ${right.tex}`, level: level.sum, open: right.open };
    }
    case '*':
      return productPiece(cx, l, r);
    case '/':
      return { tex: `\\frac{${valueTex(cx, l)}}{${valueTex(cx, r)}}`, level: level.applied };
    case '^': {
      const base = value(cx, l, level.atom);
      return { tex: `${base.tex}^{${valueTex(cx, r)}}`, level: level.applied };
    }
    case '@':
      return matrixPiece(cx, l, r);
    case '..':
      return { tex: `${valueTex(cx, l)}, \\ldots, ${valueTex(cx, r)} - 1`, level: level.sum };
    case 'and':
    case 'or': {
      const own = level[op];
      const sides = [l, r].map((x) => within(condition(cx, x), own).tex);
      return { tex: sides.join(op === 'and' ? ' \\wedge ' : ' \\vee '), level: own };
    }
    default:
      return {
        tex: `${value(cx, l, level.sum).tex} ${relations[op]} ${value(cx, r, level.sum).tex}`,
        level: level.relation,
      };
  }
}

/** A minus in front of a product needs no parentheses; a big operator only stands last. */
function productPiece(cx: Cx, l: Expr, r: Expr): Piece {
  const raw = piece(cx, l);
  const minus = l.kind === 'unary' && l.op === '-';
  const leading = raw.level === level.sum && raw.tex.startsWith('-') && (minus || startsNegative(l));
  const whole = raw.level < level.sum ? atom(`\\left[${raw.tex}\\right]`) : raw;
  const left = whole.open || (whole.level < level.product && !leading) ? atom(enclosed(whole.tex)) : whole;
  const right = value(cx, r, level.product);
  const sign = /^[\d.]/.test(right.tex)
    ? '\\cdot'
    : /^\\frac\{\d/.test(right.tex)
      ? '\\cdot'
      : spacing(left.tex, right.tex);
  return {
    tex: sign === '' ? `${left.tex} ${right.tex}` : `${left.tex} ${sign} ${right.tex}`,
    level: leading && left === whole ? level.sum : level.product,
    open: right.open,
  };
}

/** Words and functions are set apart in a product, letters are not. */
const spacing = (left: string, right: string): string =>
  /\\(mathrm|operatorname|log|exp|sin|cos|tan|sum|prod|max|min)/.test(left + right) ? '\\,' : '';

/** Whether a product begins with a minus sign. */
function startsNegative(e: Expr): boolean {
  if (e.kind === 'unary') return e.op === '-';
  return e.kind === 'binary' && (e.op === '*' || e.op === '@') && startsNegative(e.left);
}

/** `v @ W @ h` is vᵀ W h; under an implied index the result is read at it. */
function matrixPiece(cx: Cx, l: Expr, r: Expr): Piece {
  const whole = setsOver(cx.names, { kind: 'binary', op: '@', left: l, right: r, span: l.span });
  const plain = { ...cx, implied: new Map<string, string>() };
  const minus = l.kind === 'unary' && l.op === '-';
  const first = minus ? l.operand : l;
  const left = value(plain, first, level.product);
  const right = value(plain, r, level.applied);
  const vector = !(first.kind === 'binary' && first.op === '@') && setsOver(cx.names, first)?.length === 1;
  const tex = `${left.open ? enclosed(left.tex) : left.tex}${vector ? '^{\\top}' : ''} ${right.tex}`;
  const indices = impliedIndices(cx, whole ?? []);
  const read: Piece =
    indices.length > 0 ? atom(`${enclosed(tex)}_{${indices.join(',')}}`) : { tex, level: level.product };
  return minus ? negative(read) : read;
}

function casesTex(cx: Cx, e: Extract<Expr, { kind: 'if' }>): string {
  const rows: string[] = [];
  let rest: Expr = e;
  while (rest.kind === 'if') {
    rows.push(`${valueTex(cx, rest.then)} & \\text{if } ${conditionTex(cx, rest.condition)}`);
    rest = rest.otherwise;
  }
  return `\\begin{cases} ${[...rows, `${valueTex(cx, rest)} & \\text{otherwise}`].join(' \\\\ ')} \\end{cases}`;
}

const big: Readonly<Record<string, string>> = {
  sum: '\\sum',
  prod: '\\prod',
  max: '\\max',
  min: '\\min',
  all: '\\bigwedge',
  any: '\\bigvee',
};

function callPiece(cx: Cx, e: Call): Piece {
  if (e.callee.kind === 'field' && e.callee.field.text === 'log_density' && e.args.length === 1)
    return {
      tex: `\\log ${densityTex(cx, e.callee.target, valueTex(cx, e.args[0].value))}`,
      level: level.product,
    };
  if (e.callee.kind !== 'name')
    return { tex: `${value(cx, e.callee, level.atom).tex}${argumentsTex(cx, e.args)}`, level: level.applied };
  const name = e.callee.name;
  if (cx.names.energies.has(name))
    return {
      tex: `${energyName(name)}${argumentsTex({ ...cx, implied: new Map() }, e.args)}`,
      level: level.applied,
    };
  if (e.args.length === 1 && e.args[0].name === null) {
    const reduced = reductionPiece(cx, name, e.args[0].value);
    if (reduced) return reduced;
  }
  if (distributions.has(name) && !cx.names.arrays.has(name))
    return { tex: `${distributionTex(name)}${argumentsTex(cx, e.args)}`, level: level.applied };
  const known = e.args.every((a) => a.name === null)
    ? functionTex(
        name,
        e.args.map((a) => valueTex(cx, a.value)),
      )
    : undefined;
  if (known !== undefined)
    return known.startsWith('\\left') ? atom(known) : { tex: known, level: level.applied };
  const symbol = symbolOf(name);
  const head = symbol.base.startsWith('\\mathrm')
    ? applied(
        name,
        e.args.map((a) => argTex(cx, a)),
      )
    : undefined;
  return { tex: head ?? `${subscripted(symbol, [])}${argumentsTex(cx, e.args)}`, level: level.applied };
}

const argTex = (cx: Cx, a: Arg): string =>
  a.name ? `${roman(a.name.text)} = ${valueTex(cx, a.value)}` : valueTex(cx, a.value);

export const argumentsTex = (cx: Cx, args: readonly Arg[]): string =>
  parentheses(args.map((a) => argTex(cx, a)));

/** `E` for an energy of this name, E with the name below for others. */
export const energyName = (name: string): string => (name === 'E' ? 'E' : `E_{${partTex(name)}}`);

/** `\mathcal{N}(y \mid \mu, \sigma)` */
function densityTex(cx: Cx, dist: Expr, at: string): string {
  if (dist.kind !== 'call' || dist.callee.kind !== 'name') return `p\\left(${at}\\right)`;
  const name = dist.callee.name;
  const head = distributions.has(name)
    ? distributionTex(name)
    : applied(name, []).replace(/\\left\(\\right\)$/, '');
  return `${head}\\left(${at} \\,\\middle|\\, ${dist.args.map((a) => argTex(cx, a)).join(', ')}\\right)`;
}

/** Sums and their like over a comprehension or a whole array. */
function reductionPiece(cx: Cx, name: string, arg: Expr): Piece | undefined {
  if (name === 'all_different') return { tex: allDifferent(cx, arg), level: level.relation };
  const known = Object.hasOwn(big, name) || ['mean', 'logsumexp', 'softmin'].includes(name);
  if (!known) return undefined;
  const run = running(cx, arg);
  if (!run) return undefined;
  const below = run.below === '' ? '' : `_{${run.below}}`;
  const logical = name === 'all' || name === 'any';
  if (logical)
    return {
      tex: `${big[name]}${below} ${within(condition(run.cx, run.body), level.relation).tex}`,
      level: level.relation,
    };
  if (name === 'logsumexp' || name === 'softmin') {
    const sign = name === 'softmin' ? '-' : '';
    const inner = name === 'softmin' ? oppositeTex(run.cx, run.body) : valueTex(run.cx, run.body);
    const tex = `${sign}\\log \\sum${below} \\exp\\left(${inner}\\right)`;
    return { tex, level: sign === '' ? level.product : level.sum, open: true };
  }
  const body = value(run.cx, run.body, level.product).tex;
  const average = run.size === null ? `\\operatorname{mean}${below}` : `\\frac{1}{${run.size}} \\sum${below}`;
  return {
    tex: `${name === 'mean' ? average : `${big[name]}${below}`} ${body}`,
    level: level.product,
    open: true,
  };
}

const oppositeTex = (cx: Cx, e: Expr): string =>
  e.kind === 'unary' && e.op === '-' ? valueTex(cx, e.operand) : `-${value(cx, e, level.product).tex}`;

interface Running {
  readonly cx: Cx;
  readonly body: Expr;
  /** What stands under the operator. */
  readonly below: string;
  /** The number of elements, where it has a short form. */
  readonly size: string | null;
}

function running(cx: Cx, arg: Expr): Running | undefined {
  if (arg.kind === 'for') {
    const { generator: g } = arg;
    const lone = g.binders.length === 1 && g.where === null ? g.binders[0].set : null;
    const size = lone?.kind === 'name' ? `\\left|${partTex(lone.name)}\\right|` : null;
    return { cx: inside(cx, g), body: arg.body, below: generatorTex(cx, g), size };
  }
  const own = { ...cx, implied: new Map<string, string>() };
  const sets = setsOver(cx.names, arg);
  if (sets === null || sets.length === 0) return { cx: own, body: arg, below: '', size: null };
  const { cx: inner, text } = imply(own, sets);
  const size = sets.map((s) => (/^\d/.test(s) ? s : `\\left|${partTex(s)}\\right|`)).join(' \\, ');
  return { cx: inner, body: arg, below: text, size };
}

/** Letters for index sets that run unnamed, and `i \in site`. */
export function imply(cx: Cx, sets: Sets): { readonly cx: Cx; readonly text: string } {
  const implied = new Map(cx.implied);
  const used = new Set([...cx.used, ...implied.values()]);
  const text = sets.map((s) => {
    const letter = implied.get(s) ?? freeLetter(used);
    used.add(letter);
    implied.set(s, letter);
    return /^\d/.test(s) ? `${letter} < ${s}` : `${letter} \\in ${partTex(s)}`;
  });
  return { cx: { ...cx, implied }, text: text.join(', ') };
}

/** The names that a generator binds are numbers. */
export const inside = (cx: Cx, g: Generator): Cx => ({
  ...cx,
  names: withNames(
    cx.names,
    g.binders.flatMap((b) => b.names.map((n) => [n.text, []] as const)),
  ),
  used: new Set([...cx.used, ...g.binders.flatMap((b) => b.names.map((n) => n.text))]),
});

/** `(p, q) \in bond`, several and their condition one below the other. */
export function generatorTex(cx: Cx, g: Generator): string {
  const binders = g.binders.map((b) => binderTex(cx, b)).join(', ');
  if (!g.where) return binders;
  return `\\substack{${binders} \\\\ ${conditionTex(inside(cx, g), g.where)}}`;
}

/** A generator on one line, for what stands behind a statement. */
export function generatorLine(cx: Cx, g: Generator): string {
  const binders = g.binders.map((b) => binderTex(cx, b)).join(',\\; ');
  return g.where ? `${binders},\\; ${conditionTex(inside(cx, g), g.where)}` : binders;
}

function binderTex(cx: Cx, b: Binder): string {
  const names = b.names.map((n) => partTex(n.text));
  const left = names.length === 1 ? names[0] : `(${names.join(', ')})`;
  const plain = { ...cx, implied: new Map<string, string>() };
  if (b.set.kind === 'binary' && b.set.op === '..')
    return `${valueTex(plain, b.set.left)} \\le ${left} < ${valueTex(plain, b.set.right)}`;
  if (b.set.kind === 'number') return `${left} < ${b.set.text}`;
  return `${left} \\in ${valueTex(plain, b.set)}`;
}

function allDifferent(cx: Cx, arg: Expr): string {
  if (arg.kind !== 'for') return `${valueTex(cx, arg)} \\text{ all different}`;
  const body = valueTex(inside(cx, arg.generator), arg.body);
  return `${body} \\text{ all different over } ${generatorLine(cx, arg.generator)}`;
}
