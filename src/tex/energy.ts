/** Energies as typeset mathematics: terms under braces with their names, distributions, requirements. */
import type { EnergyItem, Expr, Program, Statement } from '../syntax/tree.ts';
import { arraySets, type Names, namesOf, type Sets, setsOf, setsOver, withNames } from './arrays.ts';
import {
  type Cx,
  conditionTex,
  energyName,
  generatorLine,
  imply,
  inside,
  insideScan,
  valueTex,
} from './expressions.ts';
import { escaped, type Mark, subscripted, symbolOf } from './names.ts';

/** Terms that are longer stand on lines of their own. */
const width = 120;

/** An energy as rows of an `aligned` environment. */
export function energyTex(program: Program, energy: EnergyItem, used: Iterable<string> = []): string {
  const names = namesOf(program, used);
  return `\\begin{aligned}\n${energyRows(names, energy).join(' \\\\\n')}\n\\end{aligned}`;
}

/** All energies of a file, a displayed formula each; `used` are energies of other files. */
export function programTex(program: Program, used: Iterable<string> = []): string {
  const energies = program.items.filter((i) => i.kind === 'energy');
  return energies.map((e) => `\\[\n${energyTex(program, e, used)}\n\\]\n`).join('\n');
}

/** A document that pdflatex takes as it is. */
export const standalone = (title: string, body: string): string => `\\documentclass[11pt]{article}
\\usepackage[T1]{fontenc}
\\usepackage[utf8]{inputenc}
\\usepackage{amsmath,amssymb}
\\usepackage[margin=2cm]{geometry}
\\setlength{\\parindent}{0pt}
\\begin{document}
\\section*{${escaped(title)}}
${body}\\end{document}
`;

function energyRows(file: Names, energy: EnergyItem): readonly string[] {
  const own = energy.params.map((p): readonly [string, Sets | null] => [p.name.text, setsOf(p.domain)]);
  const records = new Map(file.records);
  for (const p of energy.params) {
    if ([...file.fields.keys()].some((f) => f.startsWith(`${p.domain.name.text}.`)))
      records.set(p.name.text, p.domain.name.text);
    else records.delete(p.name.text);
  }
  const names = { ...withNames(file, own), records };
  let cx: Cx = { names, implied: new Map(), renamed: new Map(), used: namesUsed(energy) };
  const head = `${energyName(energy.name.text)}${argumentList(energy)}`;
  if (energy.algebra) return [`${head} &= ${algebraTex(energy.algebra)}`];
  const terms: string[] = [];
  const lets: string[] = [];
  const samples: string[] = [];
  const requirements: string[] = [];
  const reports: string[] = [];
  for (const s of energy.body) {
    switch (s.kind) {
      case 'term':
        terms.push(`\\underbrace{${valueTex(cx, s.value)}}_{\\text{${escaped(s.name.text)}}}`);
        break;
      case 'let':
        lets.push(definition(cx, s.name.text, s.value));
        cx = { ...cx, names: withNames(cx.names, [[s.name.text, setsOfLet(cx, s.value)]]) };
        break;
      case 'sample':
        samples.push(sampleTex(cx, s));
        break;
      case 'require':
        requirements.push(requireTex(cx, s));
        break;
      case 'report':
        if (s.value.kind !== 'name' || s.value.name !== s.name.text)
          reports.push(definition(cx, s.name.text, s.value));
        break;
      case 'param':
        break;
    }
  }
  return [
    ...sumRows(head, terms, samples.length > 0),
    ...section('where', lets),
    ...section('with', samples),
    ...section('subject to', requirements),
    ...section('reported', reports),
  ];
}

const argumentList = (energy: EnergyItem): string =>
  energy.params.length === 0
    ? ''
    : `(${energy.params.map((p) => subscripted(symbolOf(p.name.text), [])).join(', ')})`;

/** `E(x) = …`: on one line where it is short; distributions add theirs. */
function sumRows(head: string, terms: readonly string[], more: boolean): readonly string[] {
  const densities = '\\log p \\text{ of the distributions below}';
  if (terms.length === 0) return [`${head} &= ${more ? `-${densities}` : '0'}`];
  const flat = terms.join(' + ');
  if (!more && flat.length <= width) return [`${head} &= ${flat}`];
  const rows = terms.map((t, i) => (i === 0 ? `${head} &= ${t}` : `&\\quad {} + ${t}`));
  return more ? [...rows, `&\\quad {} - ${densities}`] : rows;
}

const section = (word: string, rows: readonly string[]): readonly string[] =>
  rows.map((r, i) => (i === 0 ? `\\text{${word}} \\quad & ${r}` : `& ${r}`));

const setsOfLet = (cx: Cx, e: Expr): Sets | null =>
  e.kind === 'array' ? arraySets(cx.names, e, true) : setsOver(cx.names, e);

/** `name = value`, with indices where the value is an array. */
function definition(cx: Cx, name: string, e: Expr): string {
  const shown = (indices: readonly string[]): string => subscripted(symbolOf(name), indices);
  if (e.kind === 'array') {
    const own = elements(cx, e);
    return `${shown(own.letters)} = ${own.tex} \\quad \\text{for } ${own.loop}`;
  }
  if (e.kind === 'scan') return recurrence(cx, name, e);
  const sets = setsOver(cx.names, e);
  if (!sets || sets.length === 0) return `${shown([])} = ${valueTex(cx, e)}`;
  const { cx: inner, text } = imply(cx, sets);
  const letters = sets.map((s) => subscripted(symbolOf(inner.implied.get(s) ?? s), []));
  return `${shown(letters)} = ${valueTex(inner, e)} \\quad \\text{for } ${text}`;
}

/** One element of `[e for i in S]`, with its letters and what they run over. */
function elements(
  cx: Cx,
  e: Extract<Expr, { kind: 'array' }>,
): { readonly letters: readonly string[]; readonly tex: string; readonly loop: string } {
  const letters = e.generator.binders.flatMap((b) => b.names.map((n) => subscripted(symbolOf(n.text), [])));
  return { letters, tex: valueTex(inside(cx, e.generator), e.body), loop: generatorLine(cx, e.generator) };
}

/** `x_t = f(x_{t−1})`, and where it starts. */
function recurrence(cx: Cx, name: string, e: Extract<Expr, { kind: 'scan' }>): string {
  const own = symbolOf(name);
  const [t] = e.binder.names.map((n) => subscripted(symbolOf(n.text), []));
  const before: Mark = { base: own.base, below: [...own.below, `${t} - 1`] };
  const inner = insideScan({ ...cx, renamed: new Map([...cx.renamed, [e.state.text, before]]) }, e);
  const loop = generatorLine(cx, { binders: [e.binder], where: null, span: e.span });
  const start = `${subscripted(own, ['-1'])} = ${valueTex(cx, e.init)}`;
  if (e.body.kind === 'array') {
    const each = elements(inner, e.body);
    return `${subscripted(own, [t, ...each.letters])} = ${each.tex} \\quad \\text{for } ${loop},\\; ${each.loop},\\quad ${start}`;
  }
  return `${subscripted(own, [t])} = ${valueTex(inner, e.body)} \\quad \\text{for } ${loop},\\quad ${start}`;
}

function sampleTex(cx: Cx, s: Extract<Statement, { kind: 'sample' }>): string {
  const own = s.generator ? inside(cx, s.generator) : cx;
  const sets = setsOver(own.names, s.target);
  const vector = s.dist.kind === 'call' && s.dist.callee.kind === 'name' && ofVectors.has(s.dist.callee.name);
  const run = sets && sets.length > 0 && !vector ? imply(own, sets) : { cx: own, text: '' };
  const loops = [s.generator ? generatorLine(cx, s.generator) : '', run.text].filter((t) => t !== '');
  const suffix = loops.length === 0 ? '' : ` \\quad \\text{for } ${loops.join(',\\; ')}`;
  return `${valueTex(run.cx, s.target)} \\sim ${valueTex(run.cx, s.dist)}${suffix}`;
}

/** Distributions whose draw is a whole vector or matrix. */
const ofVectors = new Set([
  'dirichlet',
  'multinomial',
  'multi_normal',
  'multi_normal_precision',
  'multi_normal_cholesky',
  'lkj_corr_cholesky',
  'wishart',
  'inv_wishart',
]);

function requireTex(cx: Cx, s: Extract<Statement, { kind: 'require' }>): string {
  const own = s.generator ? inside(cx, s.generator) : cx;
  const suffix = s.generator ? ` \\quad \\text{for } ${generatorLine(cx, s.generator)}` : '';
  return `${conditionTex(own, s.condition)}${suffix}`;
}

/** `A * B ^ 0.7` is E_A + 0.7 E_B: the densities multiply. */
function algebraTex(e: Expr): string {
  switch (e.kind) {
    case 'name':
      return energyName(e.name);
    case 'call':
      return e.callee.kind === 'name' ? energyName(e.callee.name) : '\\ldots';
    case 'binary': {
      if (e.op === '*') return `${algebraTex(e.left)} + ${algebraTex(e.right)}`;
      const weight = valueTex(bare, e.right);
      const factor =
        e.right.kind === 'number' || e.right.kind === 'name' ? weight : `\\left(${weight}\\right)`;
      const inner = algebraTex(e.left);
      return `${factor} \\, ${e.left.kind === 'binary' ? `\\left(${inner}\\right)` : inner}`;
    }
    default:
      return '\\ldots';
  }
}

const bare: Cx = {
  names: {
    arrays: new Map(),
    records: new Map(),
    fields: new Map(),
    sets: new Set(),
    enums: new Set(),
    energies: new Set(),
  },
  implied: new Map(),
  renamed: new Map(),
  used: new Set(),
};

/** Every name in an energy, so that new letters differ from them. */
function namesUsed(energy: EnergyItem): ReadonlySet<string> {
  const out = new Set<string>();
  const visit = (x: unknown): void => {
    if (Array.isArray(x)) for (const y of x) visit(y);
    else if (typeof x === 'object' && x !== null)
      for (const [key, y] of Object.entries(x)) {
        if ((key === 'name' || key === 'text') && typeof y === 'string') out.add(y);
        else if (key !== 'span') visit(y);
      }
  };
  visit(energy.params);
  visit(energy.body);
  return out;
}
