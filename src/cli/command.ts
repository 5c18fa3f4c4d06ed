/**
 * A commander command that also knows what its values may be and how it is
 * used: completion, help and manual pages read nothing else.
 */
import { Command } from 'commander';
import type { OptionType } from '../options.ts';

/** What stands in the place of a value; completion offers it. */
export interface Word {
  readonly value: string;
  readonly doc?: string;
}

/** Where the values of a flag or an argument come from. */
export type Source =
  | { readonly kind: 'words'; readonly words: readonly Word[] | (() => Promise<readonly Word[]>) }
  /** Files with these extensions; none: any. */
  | { readonly kind: 'files'; readonly extensions: readonly string[] }
  | { readonly kind: 'folders' }
  /** Folders that a run has written. */
  | { readonly kind: 'runs' }
  /** Names that the program declares. */
  | { readonly kind: 'names'; readonly of: 'energy' | 'job' | 'data' | 'unknown' }
  /** `name=…`: a constant and a number, data and a file, a used file and a folder. */
  | { readonly kind: 'pairs'; readonly of: 'const' | 'data' | 'use' }
  /** `{ x[left] = photo[left] }`, or a JSON file. */
  | { readonly kind: 'given' }
  | { readonly kind: 'nothing' };

export const words = (values: readonly string[]): Source => ({
  kind: 'words',
  words: values.map((value) => ({ value })),
});

/** Of a flag that may be given several times. */
export const collect = (value: string, all: readonly string[] = []): string[] => [...all, value];

/** Heading of the options of a verb's jobs, which `options.ts` describes. */
export const RUN_OPTIONS = 'Run options';

export class EnergyCommand extends Command {
  /** Command lines, one each. */
  readonly examples: string[] = [];
  /** Of flags by their long name with dashes, of arguments by their name. */
  readonly sources = new Map<string, Source>();
  /** Of flags, by long name with dashes. */
  readonly groups = new Map<string, string>();
  private currentGroup = '';

  override createCommand(name?: string): EnergyCommand {
    return new EnergyCommand(name);
  }

  /** The heading below which a manual page lists the flags that follow. */
  group(heading: string): this {
    this.currentGroup = heading;
    return this;
  }

  override addOption(option: Parameters<Command['addOption']>[0]): this {
    super.addOption(option);
    if (option.long) this.groups.set(option.long, this.currentGroup);
    return this;
  }

  /** Examples, a line each, which the help shows. */
  example(...lines: readonly string[]): this {
    this.examples.push(...lines);
    return this.addHelpText('after', `\nExample:\n${lines.map((l) => `  ${l}`).join('\n')}`);
  }

  /** Says where the values of a flag (`--set`) or an argument (`dir`) come from. */
  takes(name: string, source: Source): this {
    this.sources.set(name, source);
    return this;
  }
}

/** What the type of an option in `options.ts` lets a flag be. */
export function sourceOf(type: OptionType): Source {
  switch (type.kind) {
    case 'number':
      return words(type.words ?? []);
    case 'boolean':
      return words(['true', 'false']);
    case 'word':
      return words(type.values);
    case 'call':
      return words(Object.keys(type.values));
    case 'given':
      return { kind: 'given' };
    case 'rows':
      return { kind: 'names', of: 'data' };
    case 'job':
      return { kind: 'names', of: 'job' };
    case 'unknown':
      return { kind: 'names', of: 'unknown' };
  }
}
