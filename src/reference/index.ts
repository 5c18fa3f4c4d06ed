/**
 * The reference of the language as one table: words, domains, functions, distributions,
 * verbs and, given its texts, the standard library. `energy doc`, the documents and the
 * hints of editors read it; what the checker knows comes from the checker's own tables.
 */
import { mapFunctions, summaryFunctions } from '../check/array-functions.ts';
import { distributions } from '../check/distributions.ts';
import { matrixFunctions } from '../check/matrices.ts';
import { scalarFunctions } from '../check/scalar-functions.ts';
import { specialFunctions } from '../check/special-functions.ts';
import { type OptionSpec, verbs } from '../options.ts';
import type { StandardLibrary } from '../stdlib.ts';
import { suggest } from '../syntax/suggest.ts';
import { domains } from './domains.ts';
import { item, type ReferenceItem } from './item.ts';
import { type LibraryModule, libraryModule } from './library.ts';
import { optionText } from './option-text.ts';
import { words } from './words.ts';

export { type ItemKind, kindTitles, type ReferenceItem } from './item.ts';
export { optionText };

const call = (name: string, params: readonly string[], optional = 0): string =>
  `${name}(${params.map((p, i) => (i >= params.length - optional ? `${p}?` : p)).join(', ')})`;

function functionItems(): readonly ReferenceItem[] {
  const taken = new Set<string>();
  const rows: ReferenceItem[] = [];
  const add = (i: ReferenceItem): void => {
    if (taken.has(i.name)) return;
    taken.add(i.name);
    rows.push(i);
  };
  for (const f of specialFunctions)
    add(
      item('function', f.name, f.forms, f.doc, { facts: [['value', f.formula]], value: f.example ?? null }),
    );
  for (const f of scalarFunctions.values())
    add(
      item('function', f.name, [call(f.name, f.params, f.optional)], f.doc, {
        facts: [
          ['value', f.formula],
          ['defined for', f.domain],
        ],
        value: f.example ?? null,
      }),
    );
  for (const f of mapFunctions.values())
    add(
      item('function', f.name, [`${f.name}(x)`], f.doc, { facts: [['value', f.formula]], value: f.example }),
    );
  for (const f of summaryFunctions.values())
    add(
      item('function', f.name, [`${f.name}(x)`, `${f.name}(e for i in S where c)`], f.doc, {
        facts: [['value', f.formula]],
        value: f.example,
      }),
    );
  for (const f of matrixFunctions.values())
    add(
      item('function', f.name, [call(f.name, f.params)], f.doc, {
        facts: [
          ['shape', f.shape],
          ['value', f.formula],
        ],
        value: f.example ?? null,
      }),
    );
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const distributionItems = (): readonly ReferenceItem[] =>
  [...distributions.values()].map((d) =>
    item(
      'distribution',
      d.name,
      [`y ~ ${call(d.name, d.params)}`, `${call(d.name, d.params)}.log_density(y)`],
      d.doc,
      {
        facts: [
          ['density', d.formula],
          ['support of y', d.support],
          ['parameters', d.parameters.map((p) => `${p.name} ${p.range.text}`).join('; ')],
        ],
      },
    ),
  );

const optionFact = (o: OptionSpec): readonly [string, string] => [
  o.name,
  `${o.doc} (${optionText(o.type)}${o.default === undefined ? '' : `; default ${o.default}`}${o.required ? '; needed' : ''})`,
];

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;

function verbItems(): readonly ReferenceItem[] {
  const known = verbs.filter((v) => v.available);
  const made = known.map((v) => {
    const positional = v.options.filter((o) => o.positional).map((o) => o.name);
    const args = [...(v.takesEnergy ? ['E'] : []), ...positional, 'option = value'];
    return item('verb', v.name, [`run name = ${v.name}(${args.join(', ')})`], sentence(v.doc), {
      facts: v.options.map(optionFact),
    });
  });
  const methods = known.flatMap((v) =>
    v.options.flatMap((o) =>
      o.type.kind === 'call'
        ? Object.entries(o.type.values).map(([name, options]) =>
            item(
              'method',
              name,
              [`${o.name} = ${name}(option = value)`],
              `A value of the option \`${o.name}\` of \`${v.name}\`.`,
              {
                facts: options.map(optionFact),
              },
            ),
          )
        : [],
    ),
  );
  const seen = new Set<string>();
  return [...made, ...methods.filter((m) => !seen.has(m.name) && seen.add(m.name))];
}

/** Everything but the standard library. */
export const languageItems: readonly ReferenceItem[] = [
  ...words,
  ...domains,
  ...functionItems(),
  ...distributionItems(),
  ...verbItems(),
];

/** The modules of the standard library and what they declare, each module before its items. */
export async function libraryItems(library: StandardLibrary): Promise<readonly ReferenceItem[]> {
  const modules: LibraryModule[] = [];
  for (const name of await library.names()) {
    const text = await library.read(name);
    if (text !== undefined) modules.push(libraryModule(name, text));
  }
  return modules.flatMap((m) => [
    item('module', m.path, [`use … from "${m.path}"`], m.doc, {
      facts: m.items.map((i) => [i.name, firstSentence(i.doc)] as const),
      module: m.path,
    }),
    ...m.items,
  ]);
}

/** The first sentence of a documentation, on one line. */
export function firstSentence(doc: string): string {
  const line = doc.split(/\n\s*\n/)[0].replace(/\s+/g, ' ');
  return /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
}

/** All items of a name; several where a word is also a domain, or two modules declare it. */
export const itemsNamed = (items: readonly ReferenceItem[], name: string): readonly ReferenceItem[] =>
  items.filter((i) => i.name === name);

/** The name that was probably meant. */
export const nearestItem = (items: readonly ReferenceItem[], name: string): string | undefined =>
  suggest(
    name,
    items.map((i) => i.name),
  );
