/** Manual pages as data, from the tree of commands and the table of options. */
import type { Argument, Option } from 'commander';
import { type OptionSpec, type VerbSpec, verbs } from '../../options.ts';
import { optionText } from '../../reference/option-text.ts';
import { type EnergyCommand, RUN_OPTIONS } from '../command.ts';
import { commandsOf, nameOf } from '../completion/line.ts';
import { ExitCode } from '../terminal.ts';
import { details, environment, exitTexts, runFiles, type Topic, topics, verbExamples } from './details.ts';

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  /** Lines that are shown as they are. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] };

export interface Entry {
  readonly term: string;
  readonly text: string;
}

export interface Page {
  /** `energy-run` */
  readonly name: string;
  readonly brief: string;
  readonly sections: readonly { readonly title: string; readonly blocks: readonly Block[] }[];
}

type Section = Page['sections'][number];

const text = (t: string): Block => ({ kind: 'text', text: t });
const entries = (list: readonly Entry[]): Block => ({ kind: 'entries', entries: list });

const section = (title: string, ...blocks: readonly Block[]): readonly Section[] =>
  blocks.length === 0 ? [] : [{ title, blocks }];

/** The page of `energy` itself. */
export function mainPage(program: EnergyCommand): Page {
  const shown = commandsOf(program);
  return {
    name: 'energy',
    brief: 'a probabilistic programming language for energies',
    sections: [
      ...section('SYNOPSIS', {
        kind: 'lines',
        lines: ['energy <command> [options]', 'energy help <command>'],
      }),
      ...section(
        'DESCRIPTION',
        text('A program declares energies: functions whose value is low where a state is likely, exp(−E).'),
        text(
          'This command checks such programs, trains their parameters on rows of data, draws from them, computes ln Z and least states, and draws charts of what came out.',
        ),
      ),
      ...section(
        'COMMANDS',
        entries(shown.map((c) => ({ term: `energy ${c.name()}`, text: sentence(c.description()) }))),
      ),
      ...section('OPTIONS', entries(program.createHelp().visibleOptions(program).map(optionEntry))),
      ...section('EXAMPLES', {
        kind: 'lines',
        lines: [...(verbExamples.sample ?? []), ...(verbExamples.fit ?? [])].slice(0, 3),
      }),
      ...exitSection(Object.keys(ExitCode) as (keyof typeof ExitCode)[]),
      ...section('ENVIRONMENT', entries(recordEntries(environment))),
      ...seeAlso([...shown.map((c) => c.name()), ...topics]),
    ],
  };
}

/** The page of one command. */
export function commandPage(command: EnergyCommand): Page {
  const name = command.name();
  const more = details[name];
  const verb = verbs.find((v) => v.name === name);
  return {
    name: `energy-${name}`,
    brief: command.description(),
    sections: [
      ...section('SYNOPSIS', { kind: 'lines', lines: [synopsis(command)] }),
      ...section('DESCRIPTION', ...(more?.text ?? [sentence(command.description())]).map(text)),
      ...section('OPTIONS', ...optionBlocks(command)),
      ...section('RUN OPTIONS', ...runOptionBlocks(command, verb)),
      ...section('EXAMPLES', { kind: 'lines', lines: command.examples }),
      ...exitSection(exitsOf(command)),
      ...section('FILES', ...fileBlocks(more?.files ?? [])),
      ...seeAlso(more?.seeAlso ?? []),
    ],
  };
}

/** The page of a topic. */
export function topicPage(topic: Topic): Page {
  switch (topic) {
    case 'options':
      return {
        name: 'energy-options',
        brief: 'options of the jobs of a program',
        sections: [
          ...section(
            'DESCRIPTION',
            text(
              'A job is declared with run, as in `run draws = sample(Ising, draws = 500)`. The same options are flags of the commands of the same names: `--draws 500`.',
            ),
          ),
          ...verbs
            .filter((v) => v.available)
            .flatMap((v) =>
              section(v.name.toUpperCase(), text(sentence(v.doc)), ...specBlocks(v.options, (o) => o.name)),
            ),
          ...seeAlso(['run', ...verbs.filter((v) => v.available && v.takesEnergy).map((v) => v.name)]),
        ],
      };
    case 'files':
      return {
        name: 'energy-files',
        brief: 'what a run writes',
        sections: [
          ...section(
            'DESCRIPTION',
            text(
              '`energy run` writes a folder for each job below runs/FILE, a verb one folder runs/FILE-VERB; -o names another one. Every file is replaced atomically.',
            ),
          ),
          ...section('FILES', entries(recordEntries(runFiles))),
          ...seeAlso(['run', 'summary', 'plot', 'report']),
        ],
      };
    case 'exit':
      return {
        name: 'energy-exit',
        brief: 'exit codes',
        sections: [
          ...exitSection(Object.keys(ExitCode) as (keyof typeof ExitCode)[]),
          ...seeAlso(['run', 'check']),
        ],
      };
  }
}

/** Every page: of `energy`, of its commands, of the topics. */
export const allPages = (program: EnergyCommand): readonly Page[] => [
  mainPage(program),
  ...commandsOf(program).map(commandPage),
  ...topics.map(topicPage),
];

function synopsis(command: EnergyCommand): string {
  const args = command.registeredArguments.map((a: Argument) => {
    const name = `${a.name()}${a.variadic ? '...' : ''}`;
    return a.required ? `<${name}>` : `[${name}]`;
  });
  return ['energy', command.name(), ...args, '[options]'].join(' ');
}

/** The flags below their headings, those of the command itself first. */
function optionBlocks(command: EnergyCommand): readonly Block[] {
  const byGroup = new Map<string, Option[]>([['', []]]);
  const visible = command.createHelp().visibleOptions(command);
  for (const o of visible) {
    if (o.long === '--help') continue;
    const group = command.groups.get(nameOf(o)) ?? '';
    if (group !== RUN_OPTIONS) byGroup.set(group, [...(byGroup.get(group) ?? []), o]);
  }
  // What every command has comes last.
  const help = visible.filter((o) => o.long === '--help');
  const last = [...byGroup.keys()].at(-1) ?? '';
  byGroup.set(last, [...(byGroup.get(last) ?? []), ...help]);
  return [...byGroup].flatMap(([group, options]): readonly Block[] => {
    if (options.length === 0) return [];
    const list = entries(options.map(optionEntry));
    return group === '' ? [list] : [{ kind: 'heading', text: group }, list];
  });
}

const optionEntry = (o: Option): Entry => ({
  term: o.flags,
  text: `${sentence(o.description)}${
    o.defaultValue === undefined || typeof o.defaultValue === 'boolean'
      ? ''
      : ` Default: ${String(o.defaultValue)}.`
  }`,
});

/** The options of a verb's job: those of its flags; of `run` where they are said. */
function runOptionBlocks(command: EnergyCommand, verb: VerbSpec | undefined): readonly Block[] {
  if (command.name() === 'run')
    return [
      text(
        'Jobs say their options in the program. By verb they are (energy-options(1) says what they mean):',
      ),
      entries(
        verbs
          .filter((v) => v.available)
          .map((v) => ({ term: v.name, text: `${v.options.map((o) => o.name).join(', ')}.` })),
      ),
    ];
  if (!verb?.takesEnergy) return [];
  const flags = new Map(command.options.map((o) => [o.long, o.flags]));
  return specBlocks(verb.options, (o) =>
    o.positional ? `[${o.name}]` : (flags.get(`--${o.name}`) ?? o.name),
  );
}

/** Options with type, default and meaning; after them those of losses and optimisers. */
function specBlocks(specs: readonly OptionSpec[], termOf: (o: OptionSpec) => string): readonly Block[] {
  const inner = specs.flatMap((o): readonly Block[] =>
    o.type.kind === 'call'
      ? Object.entries(o.type.values).flatMap(([name, own]): readonly Block[] => [
          { kind: 'heading', text: `${o.name} = ${name}(…)` },
          own.length === 0 ? text('No options.') : entries(own.map((x) => specEntry(x, x.name))),
        ])
      : [],
  );
  return [entries(specs.map((o) => specEntry(o, termOf(o)))), ...inner];
}

const specEntry = (o: OptionSpec, term: string): Entry => {
  const facts = [
    optionText(o.type),
    ...(o.required ? ['needed'] : []),
    ...(o.default === undefined ? [] : [`default ${o.default}`]),
  ];
  return { term, text: `${sentence(o.doc)} (${facts.join('; ')})` };
};

function exitsOf(command: EnergyCommand): readonly (keyof typeof ExitCode)[] {
  const has = (long: string): boolean => command.options.some((o) => o.long === long);
  const runs = has('--strict') && has('--format');
  const reads =
    command.registeredArguments.length > 0 || command.name() === 'demo' || command.name() === 'native';
  return [
    'fine',
    ...(reads ? (['wrong'] as const) : []),
    'usage',
    ...(runs ? (['badDiagnostics'] as const) : []),
    'internal',
    ...(runs ? (['stopped', 'terminated'] as const) : []),
  ];
}

const exitSection = (keys: readonly (keyof typeof ExitCode)[]): readonly Section[] =>
  section(
    'EXIT STATUS',
    entries(keys.map((k) => ({ term: String(ExitCode[k]), text: sentence(exitTexts[k]) }))),
  );

function fileBlocks(files: readonly (string | readonly [name: string, text: string])[]): readonly Block[] {
  if (files.length === 0) return [];
  return [
    entries(
      files.map((f) =>
        typeof f === 'string'
          ? { term: f, text: sentence(runFiles[f] ?? '') }
          : { term: f[0], text: sentence(f[1]) },
      ),
    ),
  ];
}

const seeAlso = (names: readonly string[]): readonly Section[] =>
  section('SEE ALSO', text(['energy(1)', ...names.map((n) => `energy-${n}(1)`)].join(', ')));

const recordEntries = (r: Readonly<Record<string, string>>): readonly Entry[] =>
  Object.entries(r).map(([term, t]) => ({ term, text: sentence(t) }));

/** With a full stop, and a capital unless it begins with a word that is written so. */
const sentence = (t: string): string => {
  const begun = /^(?!ln )[a-z]+([\s,;]|$)/.test(t) ? `${t[0].toUpperCase()}${t.slice(1)}` : t;
  return /[.…]$/.test(begun) ? begun : `${begun}.`;
};
