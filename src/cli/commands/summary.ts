import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { movesOf, readDraws, readRun } from '../../io/run-folder.ts';
import { type ScalarSummary, type Summary, summarise } from '../../stats/summary.ts';
import { ExitCode, type Io, jsonText, short, type Terminal, textTable } from '../terminal.ts';

export async function summaryCommand(
  io: Io,
  terminal: Terminal,
  dir: string,
  o: { readonly all?: boolean },
): Promise<number> {
  const host = nodeHost({ root: io.cwd });
  const folder = host.permit(path.resolve(io.cwd, dir));
  const draws = await readDraws(host, folder);
  const summary = summarise(draws, movesOf(await readRun(host, folder)));
  if (terminal.json) terminal.answer(jsonText(summary));
  else {
    terminal.line(`${summary.draws} draws × ${summary.chains} chains`);
    terminal.line(summaryText(summary, o.all ? Number.POSITIVE_INFINITY : 40));
  }
  return ExitCode.fine;
}

/** The summary as a table, at most `most` quantities and terms, then what is wrong. */
export function summaryText(s: Summary, most: number): string {
  const row = (q: ScalarSummary): string[] => [
    q.name,
    q.frequencies ? frequencies(q.frequencies) : short(q.mean),
    short(q.sd),
    short(q.mcse_mean),
    short(q.q5),
    short(q.q50),
    short(q.q95),
    q.ess_bulk === null ? '–' : q.ess_bulk.toFixed(0),
    q.ess_tail === null ? '–' : q.ess_tail.toFixed(0),
    q.r_hat === null ? '–' : q.r_hat.toFixed(3),
  ];
  // What varies as a whole is told first: reports and terms matter more than the thousandth pixel.
  const scalars = s.quantities.filter((q) => !q.name.includes('['));
  const elements = s.quantities.filter((q) => q.name.includes('['));
  const shown = [...scalars, ...elements].slice(0, most);
  const hidden = s.quantities.length - shown.length;
  const lines = [
    textTable(
      ['', 'mean', 'sd', 'mcse', 'q5', 'q50', 'q95', 'ess bulk', 'ess tail', 'r-hat'],
      [...shown.map(row), ...s.terms.slice(0, most).map((t) => row({ ...t, name: `· ${t.name}` }))],
    ),
  ];
  if (hidden > 0) lines.push(`… and ${hidden} more (energy summary --all)`);
  const warnings = s.diagnostics.filter((d) => d.level === 'warning');
  for (const d of warnings.slice(0, 5)) lines.push(`warning: ${d.message}`);
  if (warnings.length > 5) lines.push(`… and ${warnings.length - 5} more warnings`);
  return lines.join('\n');
}

const frequencies = (f: Readonly<Record<string, number>>): string => {
  const sorted = Object.entries(f)
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a);
  return (
    sorted
      .slice(0, 3)
      .map(([k, v]) => `${k} ${(100 * v).toFixed(0)}%`)
      .join(' ') + (sorted.length > 3 ? ' …' : '')
  );
};
