import * as nodeFs from 'node:fs/promises';
import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { readData } from '../../io/table.ts';
import type { GuessedColumn } from '../../scaffold/columns.ts';
import { identifier, tableModel } from '../../scaffold/table-model.ts';
import { templates } from '../../scaffold/templates.ts';
import { hasErrors } from '../../syntax/diagnostic.ts';
import { parse } from '../../syntax/parse.ts';
import { print } from '../../syntax/print.ts';
import { ExitCode, type Io, type Terminal, textTable, UsageError } from '../terminal.ts';

export interface NewFlags {
  readonly from?: string;
  readonly template?: string;
  readonly target?: string;
  readonly name?: string;
  readonly force?: boolean;
}

/** Writes a program to begin with: from a table, or a template. Nothing that exists is written over unless asked for. */
export async function newCommand(
  io: Io,
  terminal: Terminal,
  file: string | undefined,
  o: NewFlags,
): Promise<number> {
  if (o.from !== undefined && o.template !== undefined)
    throw new UsageError('a program begins with a table (--from) or a template, not with both');
  const target = file ?? (o.from ? `${path.basename(o.from, path.extname(o.from))}.energy` : 'model.energy');
  if (path.extname(target) !== '.energy')
    throw new UsageError(`\`${target}\` is no name of a program: it ends in .energy`);
  const full = path.resolve(io.cwd, target);
  const folder = path.dirname(full);
  const made = o.from !== undefined ? await fromTable(io, o.from, full, o) : fromTemplate(o);
  const { program, diagnostics } = parse(made.text, target);
  if (hasErrors(diagnostics))
    throw new Error(`the program that was made does not parse: ${diagnostics[0].message}`);
  const files = new Map([[full, print(program)]]);
  for (const [name, text] of Object.entries(made.files)) files.set(path.join(folder, name), text);
  if (!o.force)
    for (const f of files.keys())
      if (await exists(f))
        throw new UsageError(`\`${path.relative(io.cwd, f)}\` is there already; --force writes over it`);
  await nodeFs.mkdir(folder, { recursive: true });
  for (const [f, text] of files) {
    await nodeFs.writeFile(`${f}.tmp`, text);
    await nodeFs.rename(`${f}.tmp`, f);
  }
  const written = [...files.keys()].map((f) => path.relative(io.cwd, f));
  terminal.event({
    event: 'result',
    verb: 'new',
    files: written,
    columns: made.columns.map(({ name, guess, missing }) => ({ name, ...guess, missing })),
  });
  if (made.columns.length > 0) terminal.line(columnsText(made.columns));
  terminal.line(
    `→ ${written.join(', ')}\nenergy run ${written[0]} -o runs/${path.basename(target, '.energy')}`,
  );
  return ExitCode.fine;
}

interface Made {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  readonly columns: readonly GuessedColumn[];
}

async function fromTable(io: Io, from: string, program: string, o: NewFlags): Promise<Made> {
  const host = nodeHost({ root: io.cwd });
  const where = host.permit(path.resolve(io.cwd, from));
  const data = await readData(host, where);
  if (data.kind !== 'table')
    throw new UsageError(
      `\`${from}\` is no table with named columns; expected CSV with a header, or Parquet`,
    );
  // A program reads files of its own folder: as it names the table, so it must lie.
  const relative = path.relative(path.dirname(program), where).split(path.sep).join('/');
  if (relative.startsWith('..'))
    throw new UsageError(
      `\`${from}\` lies outside of the program's folder, where programs do not read; put the program beside it`,
    );
  const name = o.name ?? pascal(path.basename(program, '.energy'));
  if (identifier(name) !== name)
    throw new UsageError(`\`${name}\` is no name of an energy; for example ${pascal(name)}`);
  try {
    const { text, columns } = tableModel(data.table, { path: relative, name, target: o.target });
    return { text, columns, files: {} };
  } catch (e) {
    throw new UsageError(e instanceof Error ? e.message : String(e));
  }
}

function fromTemplate(o: NewFlags): Made {
  const wanted = o.template ?? 'lattice';
  const found = templates.find((t) => t.name === wanted);
  if (!found)
    throw new UsageError(
      `there is no template \`${wanted}\`; there are ${templates.map((t) => `${t.name} (${t.doc})`).join(', ')}`,
    );
  return { text: found.text, files: found.files ?? {}, columns: [] };
}

const pascal = (text: string): string => {
  const name = text
    .split(/[^A-Za-z0-9]+/)
    .filter((w) => w !== '')
    .map((w) => w[0].toUpperCase() + w.slice(1))
    .join('');
  return /^[A-Za-z]/.test(name) ? name : `Table${name}`;
};

const columnsText = (columns: readonly GuessedColumn[]): string =>
  textTable(
    ['column', 'taken as', 'missing'],
    columns.map(({ name, guess, missing }) => [name, shown(guess), missing === 0 ? '' : String(missing)]),
  );

function shown(g: GuessedColumn['guess']): string {
  switch (g.kind) {
    case 'labels':
      return `${g.labels.slice(0, 5).join(', ')}${g.labels.length > 5 ? `, … (${g.labels.length})` : ''}`;
    case 'codes':
      return `category(${g.count})`;
    case 'int':
      return `int(${g.lo}, ${g.hi})`;
    case 'none':
      return `left out: ${g.why}`;
    default:
      return g.kind;
  }
}

const exists = (file: string): Promise<boolean> =>
  nodeFs.access(file).then(
    () => true,
    () => false,
  );
