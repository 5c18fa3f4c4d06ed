/** A program to begin with, from a table: its columns as one energy over a row. */
import { tokenSpecs } from '../../grammar/tokens.ts';
import type { RawTable } from '../io/raw-table.ts';
import { type GuessedColumn, guessColumn } from './columns.ts';

export interface TableModel {
  readonly text: string;
  readonly columns: readonly GuessedColumn[];
}

export interface TableModelOptions {
  /** The path of the table as the program is to name it. */
  readonly path: string;
  /** Of the energy. */
  readonly name: string;
  /** A column that is to be predicted from the others. */
  readonly target?: string;
  /** Of the data, and of the index set of its rows: `rows` and `row` if absent. */
  readonly data?: string;
  readonly rows?: string;
  /** Names that the program has already. */
  readonly taken?: readonly string[];
}

/** The share of rows with empty cells that can be done without. */
const FEW_INCOMPLETE = 0.1;

/** Words that cannot be names; a field gets an underscore behind it, which binding to columns leaves out. */
const reserved: ReadonlySet<string> = new Set(
  tokenSpecs.flatMap((s) => (s.word === 'hard' && Array.isArray(s.pattern) ? s.pattern : [])),
);

/** @throws Error where no column says anything, or `target` is none of them, a sentence that names what there is */
export function tableModel(table: RawTable, options: TableModelOptions): TableModel {
  const { columns, used, fields, domains, lines: declarations } = declared(table, options);
  const type = `${options.name}Row`;
  const target = options.target === undefined ? null : used.findIndex((c) => c.name === options.target);
  if (target === -1)
    throw new Error(
      `${options.path} has no usable column ${options.target}; it has ${used.map((c) => c.name).join(', ')}`,
    );
  const gaps = used.some((c) => c.missing > 0);
  // At least so many rows have an empty cell.
  const incomplete = Math.max(...used.map((c) => c.missing));
  const discrete = target !== null && domains[target] !== 'real';
  const lines = [
    `/// ${options.path}: ${table.rows} rows, ${used.length} of ${columns.length} columns, one energy over a row.`,
    '/// What kind each column is was guessed from its cells: correct it where it is wrong.',
    ...columns.flatMap((c) => (c.guess.kind === 'none' ? [`/// Left out: ${c.name}, ${c.guess.why}.`] : [])),
    ...declarations,
    '',
    '// A network sees single columns and their interplay; products of learned sums see pairs of columns at once.',
    'index part = 16',
    `param net  = mlp(encode(${type}), hidden = [64, 64], act = silu)`,
    `param form = mlp(encode(${type}), hidden = [], out = part)`,
    '',
    `energy ${options.name}(r : ${type}) {`,
    '  let  x     = encode(r, like = rows)  // numbers standardised, categories one-hot',
    '  term shape = net(x)',
    '  term pairs = 0.5 * sum(form(x) ^ 2)',
    '  term tail  = 0.25 * sum(x ^ 2)  // keeps exp(-E) integrable',
    '}',
    '',
    `run learn = fit(${options.name}, rows, loss = discrepancy(t = 0.5, scales = 2, draws = 16), optimizer = adam(rate = 0.002), steps = 1000, batch = 128, average = 0.995${gaps ? `, missing = ${incomplete > FEW_INCOMPLETE * table.rows ? 'complete' : 'drop'}` : ''})`,
    `run draws = sample(${options.name}, chains = 20, draws = 50, warmup = 200, method = mixed)`,
    ...(gaps ? [] : ['run alike = compare(draws, rows)']),
    ...(discrete && !gaps
      ? [`run guess = predict(${options.name}, rows, unknown = r.${fields[target]})`]
      : []),
  ];
  return { text: `${lines.join('\n')}\n`, columns };
}

/**
 * What a program needs to read a table: its `enum`s, the `type` of a row, and the `data`.
 * @throws Error where no column says anything
 */
export function tableDeclarations(table: RawTable, options: Omit<TableModelOptions, 'target'>): string {
  const { columns, lines } = declared(table, options);
  const left = columns.flatMap((c) =>
    c.guess.kind === 'none' ? [`// Left out: ${c.name}, ${c.guess.why}.`] : [],
  );
  return `${[...left, ...lines].join('\n')}\n`;
}

interface Declared {
  readonly columns: readonly GuessedColumn[];
  /** Those that an energy can be about, what the program calls them, and what they are. */
  readonly used: readonly GuessedColumn[];
  readonly fields: readonly string[];
  readonly domains: readonly string[];
  readonly lines: readonly string[];
}

function declared(table: RawTable, options: Omit<TableModelOptions, 'target'>): Declared {
  const columns = table.columns.map(guessColumn);
  const used = columns.filter((c) => c.guess.kind !== 'none');
  if (used.length === 0)
    throw new Error(
      `no column of ${options.path} varies, or they are texts without end; there is nothing to model`,
    );
  const fields = naming(used.map((c) => c.name));
  const type = `${options.name}Row`;
  const taken = new Set<string>([type, options.name, ...(options.taken ?? [])]);
  const enums: string[] = [];
  const domains = used.map((c, i) => {
    switch (c.guess.kind) {
      case 'labels': {
        const name = unique(pascal(fields[i]), taken);
        enums.push(`enum ${name} = { ${labelNames(c.guess.labels).join(', ')} }`);
        return name;
      }
      case 'codes':
        return `category(${c.guess.count})`;
      case 'int':
        return `int(${c.guess.lo}, ${c.guess.hi})`;
      case 'bit':
        return 'bit';
      default:
        return 'real';
    }
  });
  const lines = [
    ...enums,
    ...(enums.length > 0 ? [''] : []),
    `type ${type} = {`,
    listed(
      used.map((c, i) => `  ${fields[i]} : ${domains[i]}${c.missing > 0 ? `  // ${c.missing} missing` : ''}`),
    ),
    '}',
    '',
    `data ${options.data ?? 'rows'} : ${type}[${options.rows ?? 'row'}] from ${JSON.stringify(options.path)}`,
  ];
  return { columns, used, fields, domains, lines };
}

/** Fields, with commas between, before the comments. */
const listed = (fields: readonly string[]): string =>
  fields
    .map((f, i) => {
      if (i === fields.length - 1) return f;
      const at = f.indexOf('  //');
      return at < 0 ? `${f},` : `${f.slice(0, at)},${f.slice(at)}`;
    })
    .join('\n');

/** Names that the language takes, in order; what columns are called decides, binding finds them again. */
function naming(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((n) => unique(identifier(n), taken));
}

/** Letters, digits and underscores; other characters become one underscore. */
export function identifier(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '') || 'column';
  const started = /^[0-9]/.test(plain) ? `_${plain}` : plain;
  return reserved.has(started) ? `${started}_` : started;
}

/** Labels as the language writes them: every character that a name cannot have is an underscore. */
function labelNames(labels: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return labels.map((l) => {
    const plain = l.replace(/[^A-Za-z0-9_]/g, '_');
    return unique(/^[0-9]/.test(plain) ? `_${plain}` : reserved.has(plain) ? `${plain}_` : plain, taken);
  });
}

const pascal = (name: string): string => {
  const joined = name
    .split('_')
    .filter((w) => w !== '')
    .map((w) => w[0].toUpperCase() + w.slice(1))
    .join('');
  return /^[A-Za-z]/.test(joined) ? joined : `Kind${joined}`;
};

function unique(name: string, taken: Set<string>): string {
  let own = name;
  for (let k = 2; taken.has(own); k++) own = `${name}_${k}`;
  taken.add(own);
  return own;
}
