/** The commands about the command line itself: completion, and its manual. */
import type { EnergyCommand } from './command.ts';
import { words } from './command.ts';
import type { HelpFlags } from './commands/help.ts';
import { shells } from './completion/shells.ts';
import { topics } from './help/details.ts';
import type { Io, Terminal } from './terminal.ts';

/** Runs what a command does and keeps its exit code. */
export type Act = (run: () => Promise<number>) => Promise<void>;

/** Adds `completion`, `help`, and `__complete`, which the scripts of shells call. */
export function aboutItself(program: EnergyCommand, io: Io, terminal: Terminal, act: Act): void {
  program
    .command('completion <shell>')
    .description(`print the script by which a shell completes: ${shells.join(', ')}`)
    .takes('shell', words(shells))
    .example(
      'eval "$(energy completion bash)"',
      'energy completion fish > ~/.config/fish/completions/energy.fish',
    )
    .action((shell: string) =>
      act(async () => (await import('./commands/completion.ts')).completionCommand(terminal, shell)),
    );

  program
    .command('__complete [words...]', { hidden: true })
    .option('--next', 'a new word begins behind the words')
    .action((typed: string[], o: { next?: boolean }) =>
      act(async () =>
        (await import('./commands/completion.ts')).completeCommand(io, program, typed, o.next === true),
      ),
    );

  program
    .helpCommand(false)
    .command('help [topic]')
    .description(`the manual page of a command, or of a topic: ${topics.join(', ')}`)
    .option('--man', 'as roff, for man')
    .option('--all', 'of every command; with -o a file each')
    .option('-o, --output <dir>', 'of --all: folder for the files')
    .takes('topic', {
      kind: 'words',
      words: async () => (await import('./completion/reference-words.ts')).topicWords(program),
    })
    .example(
      'energy help sample',
      'energy help fit --man | man -l -',
      'energy help --all --man -o ~/.local/share/man/man1',
    )
    .action((topic: string | undefined, o: HelpFlags) =>
      act(async () => (await import('./commands/help.ts')).helpCommand(io, terminal, program, topic, o)),
    );
}
