/**
 * CmdStan's CSV of draws, one file a chain, as `arviz.from_cmdstan` reads it: comments `# key = value`, a header
 * whose sampler columns end in `__` and whose elements are numbered from 1 after dots, then a line a draw.
 * Source: CmdStan User's Guide, "Stan CSV File Format"; stored elements go column-major, as CmdStan has them.
 */
import { sizeOfShape, unravel } from '../arrays.ts';
import type { Draws, Quantity, SamplerStat } from '../stats/draws.ts';
import { decodeText } from './binary.ts';
import { dataFault } from './codes.ts';
import type { DrawsLayout, QuantityInfo } from './draws-layout.ts';
import { isMissing, parseNumber } from './raw-table.ts';

/** What CmdStan calls its sampler's columns, which stand after `lp__`. */
const stanStats: Readonly<Record<SamplerStat['name'], string>> = {
  acceptance_rate: 'accept_stat__',
  step_size: 'stepsize__',
  tree_depth: 'treedepth__',
  n_steps: 'n_leapfrog__',
  diverging: 'divergent__',
  energy: 'energy__',
};

export interface CmdstanOptions {
  /** Written as comments at the top, after those that describe the chain. */
  readonly comments?: Readonly<Record<string, string | number>>;
}

/**
 * The text of one file for each chain. `lp__` is minus the quantity of role 'energy' (0 where there is none).
 * Dots in names become underscores (`r.age` → `r_age`, terms `term_coupling`), since dots number the elements;
 * a name that is taken, or is one of ArviZ's own two (`chain`, `draw`), gets a number (`chain_2`).
 */
export function writeCmdstanCsv(draws: Draws, options: CmdstanOptions = {}): string[] {
  const sampler = draws.sampler ?? [];
  const energy = draws.quantities.find((q) => q.role === 'energy' && q.shape.length === 0);
  const columns = draws.quantities.flatMap(stanOrder);
  const names = ['lp__', ...sampler.map((s) => stanStats[s.name]), ...elementHeader(draws.quantities)];
  return Array.from({ length: draws.chains }, (_, chain) => {
    const lines = [
      '# model = energy',
      '# method = sample (Default)',
      '#   sample',
      `#     num_samples = ${draws.draws}`,
      '#     num_warmup = 0',
      '#     save_warmup = 0',
      '#     thin = 1',
      `# id = ${chain + 1}`,
      ...Object.entries(options.comments ?? {}).map(
        ([key, value]) => `# ${oneLine(key)} = ${oneLine(String(value))}`,
      ),
      names.join(','),
    ];
    for (let draw = 0; draw < draws.draws; draw++) {
      const row = chain * draws.draws + draw;
      const cells = [energy ? -energy.values[row] : 0, ...sampler.map((s) => s.values[row])];
      for (const { quantity, element, size } of columns) cells.push(quantity.values[row * size + element]);
      lines.push(cells.map(showNumber).join(','));
    }
    return `${lines.join('\n')}\n`;
  });
}

export interface CmdstanChain {
  readonly columns: readonly string[];
  /** draws × columns, row-major. */
  readonly values: Float64Array;
  readonly draws: number;
}

/** Reads one chain's file, this module's or CmdStan's own. Throws EnergyError E0511, E0517 with the row. */
export function readCmdstanCsv(bytes: Uint8Array, file: string): CmdstanChain {
  const values: number[] = [];
  let columns: string[] | undefined;
  let draws = 0;
  decodeText(bytes, 'E0511', file)
    .split(/\r?\n/)
    .forEach((line, i) => {
      if (line === '' || line.startsWith('#')) return;
      const cells = line.split(',');
      if (!columns) {
        columns = cells;
        return;
      }
      if (cells.length !== columns.length) {
        throw dataFault(
          'E0517',
          file,
          `Row ${i + 1} of \`${file}\` has ${cells.length} cells; expected ${columns.length}.`,
          {
            row: i + 1,
          },
        );
      }
      cells.forEach((cell, c) => {
        const value = isMissing(cell) && cell !== '' ? NaN : parseNumber(cell);
        if (value === undefined) {
          throw dataFault(
            'E0511',
            file,
            `Row ${i + 1} of \`${file}\` holds \`${cell}\`; expected a number.`,
            {
              row: i + 1,
              column: columns?.[c],
            },
          );
        }
        values.push(value);
      });
      draws++;
    });
  if (!columns) throw dataFault('E0511', file, `\`${file}\` has no header; expected a CmdStan CSV file.`);
  return { columns, values: Float64Array.from(values), draws };
}

/** Draws from one file for each chain and their layout. Throws EnergyError E0521 where the two disagree. */
export function drawsFromCmdstan(
  files: readonly { file: string; chain: CmdstanChain }[],
  layout: DrawsLayout,
): Draws {
  const header = elementHeader(layout.quantities);
  const draws = files[0]?.chain.draws ?? layout.draws;
  const quantities = layout.quantities.map((info): Quantity => {
    return { ...info, values: new Float64Array(files.length * draws * sizeOfShape(info.shape)) };
  });
  const sampler = layout.sampler?.map((name): SamplerStat => {
    return { name, values: new Float64Array(files.length * draws) };
  });
  const order = quantities.flatMap(stanOrder);
  files.forEach(({ file, chain }, c) => {
    const first = chain.columns.length - header.length;
    if (chain.draws !== draws || first < 1 || header.some((name, i) => chain.columns[first + i] !== name)) {
      throw dataFault(
        'E0521',
        file,
        `\`${file}\` does not hold the ${draws} draws and the columns that its run describes.`,
      );
    }
    const width = chain.columns.length;
    for (const { name, values } of sampler ?? []) {
      const column = chain.columns.indexOf(stanStats[name]);
      if (column < 0 || column >= first) {
        throw dataFault('E0521', file, `\`${file}\` has no column \`${stanStats[name]}\`.`);
      }
      for (let draw = 0; draw < draws; draw++) values[c * draws + draw] = chain.values[draw * width + column];
    }
    for (let draw = 0; draw < draws; draw++) {
      order.forEach(({ quantity, element, size }, i) => {
        quantity.values[(c * draws + draw) * size + element] = chain.values[draw * width + first + i];
      });
    }
  });
  return { chains: files.length, draws, quantities, ...(sampler ? { sampler } : {}) };
}

/** The elements of a quantity in Stan's order, the first index fastest, as positions in row-major storage. */
function stanOrder<Q extends QuantityInfo>(quantity: Q): { quantity: Q; element: number; size: number }[] {
  const size = sizeOfShape(quantity.shape);
  const reversed = quantity.shape.toReversed();
  return Array.from({ length: size }, (_, i) => {
    const index = unravel(i, reversed).reverse();
    return { quantity, element: index.reduce((at, k, d) => at * quantity.shape[d] + k, 0), size };
  });
}

function elementHeader(quantities: readonly QuantityInfo[]): string[] {
  const taken = new Set(['chain', 'draw']);
  return quantities.flatMap((q) => {
    const base = stanName(q.role === 'term' ? `term_${q.name}` : q.name);
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    const reversed = q.shape.toReversed();
    return Array.from({ length: sizeOfShape(q.shape) }, (_, e) =>
      [
        name,
        ...unravel(e, reversed)
          .reverse()
          .map((k) => k + 1),
      ].join('.'),
    );
  });
}

/** No dots, commas or spaces, and no `__` at the end, which marks the sampler's columns. */
const stanName = (name: string): string => name.replace(/[.,\s]/g, '_').replace(/__$/, '__v');

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

function showNumber(x: number): string {
  if (Number.isFinite(x)) return Object.is(x, -0) ? '-0' : String(x);
  if (Number.isNaN(x)) return 'nan';
  return x > 0 ? 'inf' : '-inf';
}
