/** What is known of the name under the cursor. */
import { type CheckedEnergy, showSet, type Value } from '../check/values.ts';
import { showShape } from '../domain.ts';
import type { IndexSet } from '../ir/types.ts';
import type { Plan } from '../plan/plan.ts';
import { itemsNamed, languageItems } from '../reference/index.ts';
import type { ReferenceItem } from '../reference/item.ts';
import { signature, splitDoc } from '../reference/library.ts';
import type { Expr } from '../syntax/tree.ts';
import { type Analysis, meantBy, occurrenceAt } from './analysis.ts';
import type { BuiltinKind, Occurrence } from './builtins.ts';
import { rangeOf } from './places.ts';
import { planLine, plansOf } from './plan-lines.ts';
import {
  codeBlock,
  itemMarkdown,
  markdown,
  optionMarkdown,
  setSizeText,
  shapeText,
  showSource,
  sidesText,
  valueText,
} from './shown.ts';
import type { Sym } from './symbols.ts';
import type { Hover } from './types.ts';

/** Finds the plan of an energy; null where there is none to be had quickly. */
export type PlanFor = (energy: string) => Promise<Plan | null>;

/** A card on the name at an offset; null where there is none. */
export async function hover(a: Analysis, offset: number, planFor: PlanFor): Promise<Hover | null> {
  const o = occurrenceAt(a, offset);
  if (!o) return wordHover(a, offset);
  const range = rangeOf(a.source, o.span);
  switch (o.target.kind) {
    case 'symbol': {
      const meant = meantBy(a, o);
      return meant ? { contents: markdown(...(await symbolCard(a, meant, o, planFor))), range } : null;
    }
    case 'builtin': {
      const { what, option, owner } = o.target;
      const text = option ? optionText(o, what, option, owner) : builtinText(o.name, what);
      return text === null ? null : { contents: markdown(text), range };
    }
    case 'unknown':
      return null;
  }
}

function optionText(
  o: Occurrence,
  what: BuiltinKind,
  option: NonNullable<(Occurrence['target'] & { kind: 'builtin' })['option']>,
  owner: string | undefined,
): string | null {
  return what === 'method' ? builtinText(o.name, what) : optionMarkdown(option, owner);
}

const kindsOf: Readonly<Record<BuiltinKind, readonly ReferenceItem['kind'][]>> = {
  function: ['function', 'word', 'declaration'],
  distribution: ['distribution'],
  domain: ['domain'],
  verb: ['verb'],
  method: ['method'],
  option: [],
  value: [],
  constant: ['word', 'function'],
  coordinate: [],
  side: [],
  log_density: ['function', 'word'],
};

const sentences: Readonly<Record<string, string>> = {
  grid: 'A lattice of one to four sides: `grid(rows, cols)`. Its elements have coordinates.',
  line: 'A lattice of one side, open: `line(n)`.',
  ring: 'A lattice of one side, closed: `ring(n)`; after the last element comes the first.',
  pi: 'π = 3.14159…',
  inf: 'Infinity, as a bound: `real(0, inf)`.',
  log_density: 'ln of the density at a value, constants included; −∞ where the density is 0.',
};

function builtinText(name: string, what: BuiltinKind): string | null {
  const items = itemsNamed(languageItems, name);
  const item =
    items.find((i) => kindsOf[what].includes(i.kind)) ?? (kindsOf[what].length > 0 ? items[0] : undefined);
  if (item) return itemMarkdown(item);
  if (what === 'coordinate') return `The coordinate \`${name}\` of an element of a lattice, from 0.`;
  if (what === 'side') return `How long a lattice is: its number of \`${name}\`.`;
  return sentences[name] ?? null;
}

/** Words of the language that are no names: `term`, `for`, `where`. */
function wordHover(a: Analysis, offset: number): Hover | null {
  const token = a.lexed.tokens.find(
    (t) => t.startOffset <= offset && offset < t.startOffset + t.image.length,
  );
  if (!token) return null;
  const item = itemsNamed(languageItems, token.image).find((i) =>
    ['declaration', 'statement', 'word', 'operator'].includes(i.kind),
  );
  if (!item) return null;
  const span = { start: token.startOffset, end: token.startOffset + token.image.length };
  return { contents: markdown(itemMarkdown(item)), range: rangeOf(a.source, span) };
}

async function symbolCard(a: Analysis, s: Sym, o: Occurrence, planFor: PlanFor): Promise<readonly string[]> {
  const { doc, example } = splitDoc(s.doc);
  const from = s.span.file === a.source.file ? '' : `*${s.span.file}*`;
  return [
    codeBlock(declarationText(a, s)),
    typeLine(a, s, o),
    doc,
    await planText(a, s, planFor),
    example === null ? '' : codeBlock(example),
    from,
  ];
}

/** The declaration as it is written, without its body. */
export function declarationText(a: Analysis, s: Sym): string {
  const text = a.sources.get(s.span.file)?.text ?? '';
  const domain = s.domain ? ` : ${showSource(text, s.domain.span, 200)}` : '';
  const value = s.value ? ` = ${showSource(text, s.value.span, 200)}` : '';
  switch (s.kind) {
    case 'fn':
    case 'energy':
      return s.item && s.item.kind !== 'use' ? signature(s.item) : s.name;
    case 'enum':
    case 'type':
    case 'const':
    case 'index':
    case 'set':
    case 'data':
    case 'param':
    case 'run':
      if (s.kind === 'param' && s.item?.kind !== 'param') return `param ${s.name}${domain}${value}`;
      return s.item ? showSource(text, s.item.span, 400) : s.name;
    case 'member':
      return `${s.item && s.item.kind !== 'use' ? s.item.name.text : ''}.${s.name}`;
    case 'argument':
    case 'field':
      return `${s.name}${domain}`;
    case 'let':
    case 'term':
    case 'report':
      return `${s.kind} ${s.name}${value}`;
    case 'binder':
      return `${s.name} in ${s.value ? showSource(text, s.value.span, 200) : '…'}`;
    case 'state':
      return `${s.name}: the value one step before; it starts at ${s.value ? showSource(text, s.value.span, 200) : '…'}`;
    case 'open':
      return `index ${s.name}`;
    case 'import':
      return `use ${s.name} from "${s.from?.written ?? ''}"`;
  }
}

/** What the checker says of it, with sizes. */
function typeLine(a: Analysis, s: Sym, o: Occurrence): string {
  const { program } = a.checked.compiled;
  const { file } = s.span;
  switch (s.kind) {
    case 'index':
    case 'set':
    case 'enum':
    case 'open': {
      const set = program.namedSets.find((x) => x.span?.file === file && x.span.start === s.span.start);
      if (s.kind === 'open' && s.item && s.item.kind !== 'data')
        return 'Any index set: the call decides which.';
      if (s.kind === 'open' && !set) return 'An index set; its size comes from the data.';
      const value = set ? null : recorded(a, s, o);
      const size = set ? setSizeText(set) : null;
      if (size !== null) return size;
      if (set?.kind.kind === 'tuples') return tuplesText(set.kind.components);
      return value ? valueText(value) : set ? 'Its size comes from the data.' : '';
    }
    case 'argument': {
      const energy = energyOf(a, s);
      const arg = energy?.args.find((x) => x.name === s.name);
      if (!arg) return valueLine(recorded(a, s, o));
      const sides = sidesText(arg.shape.sets);
      const what = energy?.generic ? 'argument' : 'unknown';
      return `${what} of \`${shapeText(arg.shape)}\`${sides === '' ? '' : ` — ${sides}`}`;
    }
    case 'data': {
      const decl = program.data.find((d) => d.span.file === file && d.span.start === s.span.start);
      if (!decl) return '';
      const sides = sidesText(decl.shape.sets);
      return `data of \`${shapeText(decl.shape)}\`${sides === '' ? '' : ` — ${sides}`}`;
    }
    case 'param': {
      const own = program.params.filter(
        (p) => p.slot.name === s.name || p.slot.name.startsWith(`${s.name}.`),
      );
      const lines = own.slice(0, 12).map(({ slot }) => {
        const sides = sidesText(slot.sets);
        return `\`${slot.name}\` of \`${showShape(slot.domain, slot.sets)}\`${sides === '' ? '' : ` — ${sides}`}`;
      });
      return lines.length === 1 ? `parameter ${lines[0]}` : lines.map((l) => `- ${l}`).join('\n');
    }
    case 'const':
    case 'let':
    case 'report':
    case 'term':
    case 'binder':
    case 'state':
      return valueLine(recorded(a, s, o));
    default:
      return '';
  }
}

const tuplesText = (components: readonly IndexSet[]): string =>
  components.length === 1
    ? `elements of ${showSet(components[0])}`
    : `tuples (${components.map(showSet).join(', ')})`;

const valueLine = (v: Value | undefined): string => {
  if (!v) return '';
  const text = valueText(v);
  if (v.kind === 'array' && v.axes.length === 0 && v.node.op === 'const') return `${text}: ${v.node.value}`;
  return text;
};

/** What the checker found the name to be: here, where it is declared, or at another of its places. */
function recorded(a: Analysis, s: Sym, o: Occurrence): Value | undefined {
  const at = (e: Expr | null | undefined): Value | undefined => (e ? a.checked.values.get(e) : undefined);
  const here = at(o.expr);
  if (here) return here;
  if (s.kind !== 'binder' && s.kind !== 'state' && at(s.value)) return at(s.value);
  for (const x of a.occurrences)
    if (x.target.kind === 'symbol' && x.target.symbol === s && at(x.expr)) return at(x.expr);
  return undefined;
}

/** The checked energy that an argument belongs to. */
function energyOf(a: Analysis, s: Sym): CheckedEnergy | undefined {
  if (s.item?.kind !== 'energy') return undefined;
  const found = a.checked.compiled.program.energies.get(s.item.name.text);
  return found && found.energy.span.file === s.span.file ? found : undefined;
}

async function planText(a: Analysis, s: Sym, planFor: PlanFor): Promise<string> {
  if (s.item?.kind !== 'energy' || (s.kind !== 'argument' && s.kind !== 'energy')) return '';
  if (s.span.file !== a.source.file) return '';
  const plan = await planFor(s.item.name.text);
  if (!plan) return '';
  if (s.kind === 'argument') {
    const own = plansOf(plan, s.name);
    if (own.length === 1) return `Plan: ${planLine(own[0])}`;
    return ['Plan:', ...own.map((u) => `- \`${u.unknown}\`: ${planLine(u)}`)]
      .slice(0, own.length === 0 ? 0 : 20)
      .join('\n');
  }
  const lines = plan.unknowns.slice(0, 12).map((u) => `- \`${u.unknown}\`: ${planLine(u)}`);
  return `Plan: ${plan.method}; ln Z by ${plan.logz}\n\n${lines.join('\n')}`;
}
