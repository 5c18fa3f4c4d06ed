/** The call around the cursor: what it takes, and which argument the cursor is at. */
import { distributions } from '../check/distributions.ts';
import { type OptionSpec, verbNamed, verbs } from '../options.ts';
import { languageItems } from '../reference/index.ts';
import { splitDoc } from '../reference/library.ts';
import type { Analysis } from './analysis.ts';
import { argumentsOf, parametersOf } from './candidates.ts';
import { type Cursor, cursorAt, type Frame, scopeAt } from './cursor.ts';
import { markdown, optionMarkdown, showSource } from './shown.ts';
import type { Sym } from './symbols.ts';
import type { SignatureHelp } from './types.ts';

interface Parameter {
  /** As it is shown, and what it is called. */
  readonly text: string;
  readonly name: string;
  readonly doc?: string;
}
interface Shown {
  readonly name: string;
  readonly doc: string;
  readonly params: readonly Parameter[];
  /** What stands behind the parameters. */
  readonly result: string;
}

export function signatureHelp(a: Analysis, offset: number): SignatureHelp | null {
  const c = cursorAt(a, offset);
  const frame = c.frames.findLast((f) => f.callee !== null);
  if (!frame || !c.unit) return null;
  const declares = c.keyword === 'energy' || c.keyword === 'fn';
  if (declares && frame.at === c.unit.from + 2) return null;
  const shown = calledAt(a, c, frame);
  if (shown.length === 0) return null;
  const { params } = shown[0];
  const byName = frame.named === null ? -1 : params.findIndex((p) => p.name === frame.named);
  const active =
    byName >= 0 ? byName : frame.named === null && frame.args < params.length ? frame.args : undefined;
  return {
    signatures: shown.map(signatureOf),
    activeSignature: 0,
    ...(active === undefined ? {} : { activeParameter: active }),
  };
}

function signatureOf(s: Shown): SignatureHelp['signatures'][number] {
  let label = `${s.name}(`;
  const parameters = s.params.map((p, i) => {
    if (i > 0) label += ', ';
    const start = label.length;
    label += p.text;
    return {
      label: [start, label.length] as const,
      ...(p.doc === undefined ? {} : { documentation: markdown(p.doc) }),
    };
  });
  return {
    label: `${label})${s.result}`,
    parameters,
    ...(s.doc === '' ? {} : { documentation: markdown(s.doc) }),
  };
}

function calledAt(a: Analysis, c: Cursor, frame: Frame): readonly Shown[] {
  const name = frame.callee ?? '';
  if (c.keyword === 'run') {
    const job = jobCall(c, frame);
    if (job) return [job];
  }
  const symbol = scopeAt(a, c).lookup(name);
  const own = symbol && declared(a, symbol, name);
  return own ? [own] : builtin(name);
}

/** A verb, or a loss or optimiser of it. */
function jobCall(c: Cursor, frame: Frame): Shown | null {
  const name = frame.callee ?? '';
  const outer = c.frames[0];
  const option = (o: OptionSpec, owner: string): Parameter => ({
    text: o.name,
    name: o.name,
    doc: optionMarkdown(o, owner),
  });
  if (frame === outer) {
    const verb = verbNamed(name);
    if (!verb) return null;
    const energy: Parameter[] = verb.takesEnergy ? [{ text: 'energy', name: '' }] : [];
    const byPosition = verb.options.filter((o) => o.positional);
    const others = verb.options.filter((o) => !o.positional);
    const params = [...energy, ...[...byPosition, ...others].map((o) => option(o, name))];
    return { name, doc: verb.doc, params, result: '' };
  }
  const spec = verbs
    .find((v) => v.name === outer?.callee)
    ?.options.find((o) => o.name === outer.named && o.type.kind === 'call');
  const options = spec?.type.kind === 'call' ? spec.type.values[name] : undefined;
  return options
    ? { name, doc: spec?.doc ?? '', params: options.map((o) => option(o, name)), result: '' }
    : null;
}

function declared(a: Analysis, symbol: Sym, name: string): Shown | undefined {
  const meant = symbol.kind === 'import' ? a.follow(symbol) : symbol;
  if (meant?.kind === 'param' && meant.value?.kind === 'call' && meant.value.callee.kind === 'name') {
    const made = meant.env.lookup(meant.value.callee.name);
    if (made && made !== symbol) return instance(a, made, name);
  }
  if (meant?.kind !== 'fn' && meant?.kind !== 'energy') return undefined;
  return instance(a, meant, name);
}

function instance(a: Analysis, made: Sym, name: string): Shown | undefined {
  const meant = made.kind === 'import' ? a.follow(made) : made;
  if (meant?.kind !== 'fn' && meant?.kind !== 'energy') return undefined;
  const textOf = (s: Sym): string => {
    const text = a.sources.get(s.span.file)?.text ?? '';
    return s.domain ? `${s.name} : ${showSource(text, s.domain.span)}` : s.name;
  };
  const text = a.sources.get(meant.span.file)?.text ?? '';
  return {
    name,
    doc: splitDoc(meant.doc).doc,
    params: argumentsOf(a, meant).map((p) => ({ text: textOf(p), name: p.name })),
    result: meant.kind === 'fn' && meant.domain ? ` : ${showSource(text, meant.domain.span)}` : '',
  };
}

function builtin(name: string): readonly Shown[] {
  const d = distributions.get(name);
  if (d) {
    const params = d.parameters.map(
      (p): Parameter => ({ text: p.name, name: p.name, doc: `${p.name} ${p.range.text}` }),
    );
    return [{ name, doc: `${d.doc}\n\n${d.formula}`, params, result: '' }];
  }
  const item = languageItems.find((i) => i.name === name && (i.kind === 'function' || i.kind === 'domain'));
  return (item?.forms ?? [])
    .filter((f) => f.startsWith(`${name}(`))
    .map((form): Shown => {
      const params = parametersOf(form).map((p): Parameter => ({ text: p, name: p.replace(/\?$/, '') }));
      const whole = form.slice(name.length + 1, -1);
      const shown = params.length > 0 || whole === '' ? params : [{ text: whole, name: '' }];
      return { name, doc: item?.doc ?? '', params: shown, result: '' };
    });
}
