import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { suggest } from '../../syntax/suggest.ts';
import { version } from '../../version.ts';
import type { EnergyCommand } from '../command.ts';
import { commandNamed, commandsOf } from '../completion/line.ts';
import { topics } from '../help/details.ts';
import { allPages, commandPage, mainPage, type Page, topicPage } from '../help/page.ts';
import { pageRoff, pageText } from '../help/render.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';

export interface HelpFlags {
  readonly man?: boolean;
  readonly all?: boolean;
  readonly output?: string;
}

/** `energy help sample`: the manual page of a command or of a topic; of all of them with `--all`. */
export async function helpCommand(
  io: Io,
  terminal: Terminal,
  program: EnergyCommand,
  topic: string | undefined,
  o: HelpFlags,
): Promise<number> {
  if (o.all && topic !== undefined) throw new UsageError('--all is of every command; name none beside it');
  if (o.output !== undefined && !o.all) throw new UsageError('-o is the folder of --all; add it');
  if (topic === undefined && !o.all && !o.man) {
    terminal.answer(
      `${program.helpInformation()}\nenergy help COMMAND says more of one, of a topic ${topics.join(', ')}.`,
    );
    return ExitCode.fine;
  }
  const pages = o.all
    ? allPages(program)
    : [topic === undefined ? mainPage(program) : pageOf(program, topic)];
  const shown = (p: Page): string =>
    o.man ? pageRoff(p, version) : pageText(p, io.out.columns ?? 80, (s) => outBold(terminal, io, s));
  if (o.output === undefined) {
    terminal.answer(pages.map(shown).join('\n'));
    return ExitCode.fine;
  }
  const folder = path.resolve(io.cwd, o.output);
  await nodeFs.mkdir(folder, { recursive: true });
  for (const p of pages)
    await nodeFs.writeFile(path.join(folder, o.man ? `${p.name}.1` : `${p.name}.txt`), shown(p));
  terminal.line(`${pages.length} pages → ${path.relative(io.cwd, folder) || '.'}`);
  return ExitCode.fine;
}

/** Bold where the page itself goes to a terminal. */
const outBold = (terminal: Terminal, io: Io, s: string): string => (io.out.isTTY ? terminal.bold(s) : s);

/** @throws UsageError */
function pageOf(program: EnergyCommand, name: string): Page {
  const command = commandNamed(program, name);
  if (command) return commandPage(command);
  const topic = topics.find((t) => t === name);
  if (topic) return topicPage(topic);
  const known = [...commandsOf(program).map((c) => c.name()), ...topics];
  const near = suggest(name, known);
  throw new UsageError(
    `there is no command or topic \`${name}\`; ${near ? `did you mean \`${near}\`?` : `there are ${known.join(', ')}`}`,
  );
}
