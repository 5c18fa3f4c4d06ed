/** A command line up to the cursor, read by the tree of commands. */
import type { Argument, Option } from 'commander';
import { collect, EnergyCommand } from '../command.ts';

export interface Line {
  readonly command: EnergyCommand;
  /** The words that are not flags, after the name of the command. */
  readonly positional: readonly string[];
  /** Long names of the flags that are there, each with its values. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly at: Cursor;
}

export type Cursor =
  | { readonly kind: 'command'; readonly typed: string }
  | { readonly kind: 'flag'; readonly typed: string }
  /** `before` is what comes before the value in the same word: `--engine=`. */
  | { readonly kind: 'value'; readonly option: Option; readonly before: string; readonly typed: string }
  /** `argument` is undefined where the command takes no more of them. */
  | { readonly kind: 'argument'; readonly argument: Argument | undefined; readonly typed: string };

/** @param words what follows `energy`; the last one is being typed */
export function readLine(program: EnergyCommand, words: readonly string[]): Line {
  const typed = words.at(-1) ?? '';
  const flags = new Map<string, string[]>();
  const positional: string[] = [];
  let command = program;
  let wants: Option | undefined;
  let noFlags = false;
  for (const word of words.slice(0, -1)) {
    if (wants) {
      flags.get(nameOf(wants))?.push(word);
      wants = undefined;
    } else if (noFlags || !isFlag(word)) {
      const sub = command === program && positional.length === 0 ? commandNamed(program, word) : undefined;
      if (sub) command = sub;
      else positional.push(word);
    } else if (word === '--') {
      noFlags = true;
    } else {
      const { option, value } = flagIn(command, word);
      if (!option) continue;
      const values = flags.get(nameOf(option)) ?? [];
      flags.set(nameOf(option), value === undefined ? values : [...values, value]);
      if (value === undefined && takesValue(option)) wants = option;
    }
  }
  const line = (at: Cursor): Line => ({ command, positional, flags, at });
  if (wants) return line({ kind: 'value', option: wants, before: '', typed });
  if (!noFlags && typed.startsWith('-')) {
    const { option, value, before } = flagIn(command, typed);
    return option && value !== undefined && takesValue(option)
      ? line({ kind: 'value', option, before, typed: value })
      : line({ kind: 'flag', typed });
  }
  if (command === program)
    return line(
      positional.length === 0 ? { kind: 'command', typed } : { kind: 'argument', argument: undefined, typed },
    );
  const args = command.registeredArguments;
  const last = args.at(-1);
  const argument = args[positional.length] ?? (last?.variadic ? last : undefined);
  return line({ kind: 'argument', argument, typed });
}

/** `--engine` or, where there is no long name, `-x`. */
export const nameOf = (o: Option): string => o.long ?? o.short ?? o.flags;

/** What the line says for an argument of its command; of several files the first one. */
export const argumentOf = ({ command, positional }: Line, name: string): string | undefined => {
  const at = command.registeredArguments.findIndex((a) => a.name() === name);
  return at < 0 ? undefined : positional[at];
};

/** The commands that are shown. */
export const commandsOf = (program: EnergyCommand): readonly EnergyCommand[] =>
  program.commands.filter(
    (c): c is EnergyCommand => c instanceof EnergyCommand && !c.name().startsWith('__'),
  );

export const commandNamed = (program: EnergyCommand, name: string): EnergyCommand | undefined =>
  commandsOf(program).find((c) => c.name() === name);

/** All flags of a command with `--help`, which commander keeps apart. */
export const optionsOf = (command: EnergyCommand): readonly Option[] =>
  command.createHelp().visibleOptions(command);

export const isRepeatable = (o: Option): boolean => o.variadic || o.parseArg === collect;

export const takesValue = (o: Option): boolean => o.required || o.optional;

const isFlag = (word: string): boolean => word.startsWith('-') && word !== '-';

/** The flag of a word: `--seed`, `--seed=3`, `-o`, `-odir`. */
function flagIn(
  command: EnergyCommand,
  word: string,
): { readonly option: Option | undefined; readonly value: string | undefined; readonly before: string } {
  const options = optionsOf(command);
  if (word.startsWith('--')) {
    const [long, ...rest] = word.split('=');
    const option = options.find((o) => o.long === long);
    return { option, value: rest.length > 0 ? rest.join('=') : undefined, before: `${long}=` };
  }
  const short = word.slice(0, 2);
  const option = options.find((o) => o.short === short);
  return { option, value: word.length > 2 ? word.slice(2) : undefined, before: short };
}
