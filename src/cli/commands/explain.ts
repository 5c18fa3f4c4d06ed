import {
  type Example,
  type Explanation,
  explainedCodes,
  explanationOf,
  families,
  nearestCode,
} from '../../explain/index.ts';
import { wrap } from '../../reference/text.ts';
import { ExitCode, type Terminal, UsageError } from '../terminal.ts';

/** `energy explain E0302`: what a code means, with a program that yields it and one that does not. */
export function explainCommand(terminal: Terminal, code: string | undefined): number {
  if (code === undefined) {
    const all = explainedCodes.flatMap((c) => explanationOf(c) ?? []);
    terminal.event({
      event: 'result',
      verb: 'explain',
      codes: all.map(({ code, title }) => ({ code, title })),
    });
    terminal.line(listOf(terminal, all));
    return ExitCode.fine;
  }
  const found = explanationOf(code);
  if (!found) {
    const near = nearestCode(code);
    throw new UsageError(
      `there is no code \`${code}\`; ${near ? `did you mean \`${near}\`?` : 'energy explain lists them'}`,
    );
  }
  terminal.event({ event: 'result', verb: 'explain', ...found });
  terminal.line(textOf(terminal, found));
  return ExitCode.fine;
}

function listOf(terminal: Terminal, all: readonly Explanation[]): string {
  const sections = families.map(({ prefixes, title }) => {
    const own = all.filter((e) => prefixes.some((p) => e.code.startsWith(p)));
    return [terminal.bold(title), ...own.map((e) => `  ${e.code}  ${e.title}`)].join('\n');
  });
  return `${sections.join('\n\n')}\n\nenergy explain CODE says more of one.`;
}

function textOf(terminal: Terminal, e: Explanation): string {
  const parts = [`${terminal.bold(`${e.code}: ${e.title}`)}`, wrap(e.text, 90)];
  if (e.wrong) parts.push(`${terminal.bold('Wrong')}\n\n${exampleText(e.wrong)}`);
  if (e.right) parts.push(`${terminal.bold('Right')}\n\n${exampleText(e.right)}`);
  if (e.without !== null) parts.push(`No program shows it: ${e.without}.`);
  return parts.join('\n\n');
}

/** Examples that only show how much is too much are cut short. */
const MAX_LINES = 16;
const MAX_WIDTH = 160;

function shortened(text: string): string {
  const lines = text.trimEnd().split('\n');
  const kept =
    lines.length > MAX_LINES
      ? [...lines.slice(0, MAX_LINES - 2), `… (${lines.length - MAX_LINES + 2} more lines)`]
      : lines;
  return kept.map((l) => `  ${l.length > MAX_WIDTH ? `${l.slice(0, MAX_WIDTH)}…` : l}`.trimEnd()).join('\n');
}

const MAX_FILES = 3;

function exampleText(e: Example): string {
  const files = Object.entries(e.files);
  const shown = files
    .slice(0, MAX_FILES)
    .map(([name, content]) => `  with the file ${name}:\n\n${shortened(content).replace(/^/gm, '  ')}`);
  const more = files.length > MAX_FILES ? [`  and ${files.length - MAX_FILES} more files`] : [];
  return [shortened(e.program), ...shown, ...more].join('\n\n');
}
