/**
 * Draws as ArviZ's InferenceData in netCDF-4, which is HDF5 with dimension scales. Sources: "InferenceData schema
 * specification" of ArviZ (groups, `chain` and `draw` first, `lp`); the netCDF-4 format specification (dimensions as
 * scales); CF conventions 1.11, section 3.5 (`flag_values`, `flag_meanings`).
 */
import type { Dimension, Draws, Quantity } from '../stats/draws.ts';
import { version } from '../version.ts';
import { showShape } from './binary.ts';
import { dataFault, guarded } from './codes.ts';
import { type DrawsLayout, fileNames, fitInt32, type QuantityInfo } from './draws-layout.ts';
import { type Hdf5Group, isHdf5Dataset, loadHdf5 } from './hdf5.ts';

/** Draws beyond this many bytes are refused: the library holds them twice in 4 GiB. */
const MOST_BYTES = 2 ** 30;
/** Labels are an attribute, of which HDF5 keeps 64 KiB: more of them are left out. */
const MOST_LABELS = 1000;

interface Variable {
  readonly group: 'posterior' | 'sample_stats';
  readonly name: string;
  readonly quantity: Quantity;
}

/**
 * Groups `posterior` (unknowns and reports) and `sample_stats`: `lp`, minus the energy, and each term as `term.name`.
 * Whole numbers are int32, others float64; a category is its code, with the labels as `flag_meanings` and `labels`.
 * Dimensions are called after index sets (`school`; `x_dim_0` where there is no name) and have coordinates: an
 * enum's labels, else positions from 0. The same draws give the same bytes.
 * Throws EnergyError E0518 (no h5wasm), E0522 (more than 1 GiB).
 */
export async function writeDrawsNetcdf(draws: Draws, file: string): Promise<Uint8Array> {
  const total = draws.quantities.reduce((n, q) => n + q.values.byteLength, 0);
  if (total > MOST_BYTES) {
    throw dataFault(
      'E0522',
      file,
      `${total} bytes of draws do not fit in a netCDF file; the limit is ${MOST_BYTES}.`,
      {
        suggestion: 'Use the Parquet format.',
      },
    );
  }
  const library = await loadHdf5(file);
  const variables = variablesOf(draws.quantities);
  const fill = (root: Hdf5Group): void => {
    for (const name of ['posterior', 'sample_stats'] as const) {
      const own = variables.filter((v) => v.group === name);
      const group = root.create_group(name, true);
      group.create_attribute('inference_library', 'energy');
      group.create_attribute('inference_library_version', version);
      writeGroup(group, `/${name}`, draws, own);
    }
  };
  return guarded('E0522', file, `\`${file}\` cannot hold these draws`, () => library.write(fill));
}

function writeGroup(group: Hdf5Group, path: string, draws: Draws, variables: readonly Variable[]): void {
  const scales = new Map<string, Scale>();
  const own = new Set(variables.map((v) => v.name));
  const add = (name: string, scale: Scale): void => {
    scales.set(name, scale);
    const { size, labels } = scale;
    const data = labels ?? BigInt64Array.from({ length: size }, (_, i) => BigInt(i));
    group.create_dataset({ name, data, shape: [size], track_order: true }).make_scale(name);
  };
  add('chain', { size: draws.chains });
  add('draw', { size: draws.draws });
  for (const { name, quantity } of variables) {
    const used = ['chain', 'draw'];
    quantity.shape.forEach((size, i) => {
      const dim = quantity.dims?.[i];
      const scale: Scale = { size, ...(dim?.labels?.length === size ? { labels: dim.labels } : {}) };
      const base = plainName(dim?.name || `${name}_dim_${i}`);
      // A dimension once for each variable, and no variable's name.
      let free = base;
      for (let k = 2; used.includes(free) || own.has(free) || differs(scales.get(free), scale); k++)
        free = `${base}_${k}`;
      if (!scales.has(free)) add(free, scale);
      used.push(free);
    });
    const { values, shape } = quantity;
    const numbers = fitInt32(values) ? Int32Array.from(values) : values;
    const data = quantity.role === 'energy' ? values.map((v) => -v) : numbers;
    const variable = group.create_dataset({
      name,
      data,
      shape: [draws.chains, draws.draws, ...shape],
      track_order: true,
    });
    used.forEach((dim, i) => {
      variable.attach_scale(i, `${path}/${dim}`);
    });
    const { labels } = quantity;
    if (labels && labels.length > 0 && labels.length <= MOST_LABELS) {
      variable.create_attribute(
        'flag_values',
        Int32Array.from(labels, (_, i) => i),
      );
      variable.create_attribute('flag_meanings', labels.map((l) => l.replace(/\s+/g, '_')).join(' '));
      variable.create_attribute('labels', labels, [labels.length]);
    }
  }
}

interface Scale {
  readonly size: number;
  readonly labels?: Dimension['labels'];
}

const differs = (there: Scale | undefined, scale: Scale): boolean =>
  there !== undefined && (there.size !== scale.size || there.labels?.join('\0') !== scale.labels?.join('\0'));

/** Groups and names within; slashes would make groups of their own. */
function variablesOf<Q extends QuantityInfo>(
  quantities: readonly Q[],
): readonly { readonly group: Variable['group']; readonly name: string; readonly quantity: Q }[] {
  const plain = quantities.map((q) => ({ ...q, name: plainName(q.name) }));
  const names = fileNames(plain, ['chain', 'draw', 'lp']);
  const energy = quantities.findIndex((q) => q.role === 'energy');
  return quantities.map((quantity, q) => ({
    group: quantity.role === 'term' || quantity.role === 'energy' ? 'sample_stats' : 'posterior',
    name: q === energy ? 'lp' : names[q],
    quantity,
  }));
}

const plainName = (name: string): string => name.replaceAll('/', '_');

/**
 * Reads what `writeDrawsNetcdf` wrote. Throws EnergyError E0521 where the file is no netCDF or does not agree with
 * the layout, E0518 without h5wasm.
 */
export async function readDrawsNetcdf(bytes: Uint8Array, layout: DrawsLayout, file: string): Promise<Draws> {
  const library = await loadHdf5(file);
  const { chains, draws } = layout;
  const variables = variablesOf(layout.quantities);
  const quantities = guarded('E0521', file, `\`${file}\` is not a readable netCDF file`, () =>
    library.read(bytes, (root) =>
      variables.map(({ group, name, quantity }): Quantity => {
        const expected = [chains, draws, ...quantity.shape];
        const found = root.get(`${group}/${name}`);
        const shape = isHdf5Dataset(found) ? found.shape : null;
        if (!isHdf5Dataset(found) || !shape || showShape(shape) !== showShape(expected)) {
          throw dataFault(
            'E0521',
            file,
            `\`${group}/${name}\` in \`${file}\` ${shape ? `has shape ${showShape(shape)}` : 'is missing'}; expected shape ${showShape(expected)}.`,
          );
        }
        return { ...quantity, values: numbersOf(found.value, quantity, `${group}/${name}`, file) };
      }),
    ),
  );
  return { chains, draws, quantities };
}

function numbersOf(value: unknown, quantity: QuantityInfo, name: string, file: string): Float64Array {
  if (value instanceof Float64Array) return quantity.role === 'energy' ? value.map((v) => -v) : value;
  if (value instanceof Int32Array) return Float64Array.from(value);
  throw dataFault(
    'E0521',
    file,
    `\`${name}\` in \`${file}\` does not hold numbers; expected float64 or int32.`,
  );
}
