/** Words that `energy doc`, `explain` and `help` know, without what the checker would have to load for them. */
import { scalarFunctions } from '../../check/scalar-functions.ts';
import { codeTitles } from '../../explain/index.ts';
import { verbs } from '../../options.ts';
import { domains } from '../../reference/domains.ts';
import { words as languageWords } from '../../reference/words.ts';
import type { EnergyCommand, Word } from '../command.ts';
import { topics } from '../help/details.ts';
import { arrayFunctionNames, distributionNames } from './core-names.ts';
import { libraryNames } from './files.ts';
import { commandsOf } from './line.ts';

/** What `energy doc` has an article about. */
export async function referenceWords(): Promise<readonly Word[]> {
  const named = (doc: string, names: Iterable<string>): Word[] => [...names].map((value) => ({ value, doc }));
  const all = [
    ...[...languageWords, ...domains].map((i) => ({ value: i.name, doc: i.kind })),
    ...named('function', [...scalarFunctions.keys(), ...arrayFunctionNames]),
    ...named('distribution', distributionNames),
    ...verbs.map((v) => ({ value: v.name, doc: v.doc })),
    ...(await libraryNames()),
  ];
  return [...new Map(all.filter((w) => /^[\p{L}_]/u.test(w.value)).map((w) => [w.value, w])).values()];
}

export const codeWords = (): readonly Word[] =>
  Object.entries(codeTitles).map(([value, doc]) => ({ value, doc }));

export const topicWords = (program: EnergyCommand): readonly Word[] => [
  ...commandsOf(program).map((c) => ({ value: c.name(), doc: c.description() })),
  ...topics.map((value) => ({ value, doc: 'topic' })),
];
