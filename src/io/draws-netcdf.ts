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

/** Numbers that do not change from draw to draw, by name. */
export type FixedArray = Omit<Quantity, 'role' | 'lo' | 'hi'>;

/** What stands in the file beside the draws. */
export interface NetcdfExtras {
  /** Attributes of the file and of each group. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** Groups `observed_data`, what draws are compared with, and `constant_data`, all other data. */
  readonly observed?: readonly FixedArray[];
  readonly constant?: readonly FixedArray[];
}

interface Variable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dims?: readonly Dimension[];
  readonly labels?: readonly string[];
  readonly data: Float64Array | Int32Array | Int8Array;
}

interface Group {
  readonly name: 'posterior' | 'sample_stats' | 'observed_data' | 'constant_data';
  /** Dimensions that come before those of each variable. */
  readonly leading: Readonly<Record<string, number>>;
  readonly variables: readonly Variable[];
}

/**
 * Groups `posterior` (unknowns and reports) and `sample_stats`: `lp`, minus the energy, each term as `term.name`, and
 * what is told of transitions (`diverging`, `acceptance_rate`, `tree_depth`, `n_steps`, `step_size`, and `energy`, the
 * Hamiltonian); groups of data where there are some. Whole numbers are int32, others float64; a category is its
 * code, with the labels as `flag_meanings` and `labels`. Dimensions are called after index sets (`school`; `x_dim_0`
 * where there is no name) and have coordinates: an enum's labels, else positions from 0. The same draws give the
 * same bytes. Throws EnergyError E0518 (no h5wasm), E0522 (more than 1 GiB).
 */
export async function writeDrawsNetcdf(
  draws: Draws,
  file: string,
  extras: NetcdfExtras = {},
): Promise<Uint8Array> {
  const { observed = [], constant = [] } = extras;
  const total = [...draws.quantities, ...observed, ...constant].reduce((n, q) => n + q.values.byteLength, 0);
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
  const leading = { chain: draws.chains, draw: draws.draws };
  const placed = placesOf(draws.quantities).map(({ group, name, quantity }) => {
    const data = quantity.role === 'energy' ? quantity.values.map((v) => -v) : compact(quantity.values);
    return { group, variable: { ...quantity, name, data } };
  });
  const inGroup = (name: Group['name']): Variable[] =>
    placed.flatMap((p) => (p.group === name ? [p.variable] : []));
  const told = (draws.sampler ?? []).map(({ name, values }): Variable => {
    const data = name === 'diverging' ? Int8Array.from(values) : compact(values);
    return { name, shape: [], data };
  });
  const fixed = (arrays: readonly FixedArray[]): Variable[] => {
    const names = fileNames(
      arrays.map((a): QuantityInfo => ({ ...a, role: 'unknown', name: plainName(a.name) })),
    );
    return arrays.map((a, i) => ({ ...a, name: names[i], data: compact(a.values) }));
  };
  const groups: Group[] = [
    { name: 'posterior', leading, variables: inGroup('posterior') },
    { name: 'sample_stats', leading, variables: [...inGroup('sample_stats'), ...told] },
  ];
  if (observed.length > 0) groups.push({ name: 'observed_data', leading: {}, variables: fixed(observed) });
  if (constant.length > 0) groups.push({ name: 'constant_data', leading: {}, variables: fixed(constant) });
  const attributes = {
    inference_library: 'energy',
    inference_library_version: version,
    ...extras.attributes,
  };
  const fill = (root: Hdf5Group): void => {
    writeAttributes(root, attributes);
    for (const g of groups) {
      const group = root.create_group(g.name, true);
      writeAttributes(group, attributes);
      writeGroup(group, g);
    }
  };
  return guarded('E0522', file, `\`${file}\` cannot hold these draws`, () => library.write(fill));
}

const compact = (values: Float64Array): Float64Array | Int32Array =>
  fitInt32(values) ? Int32Array.from(values) : values;

function writeAttributes(
  group: Pick<Hdf5Group, 'create_attribute'>,
  attributes: NonNullable<NetcdfExtras['attributes']>,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') group.create_attribute(name, value);
    else group.create_attribute(name, compact(Float64Array.of(value)), []);
  }
}

function writeGroup(group: Hdf5Group, { name: groupName, leading, variables }: Group): void {
  const scales = new Map<string, Scale>();
  const own = new Set(variables.map((v) => v.name));
  const add = (name: string, scale: Scale): void => {
    scales.set(name, scale);
    const { size, labels } = scale;
    const data = labels ?? BigInt64Array.from({ length: size }, (_, i) => BigInt(i));
    group.create_dataset({ name, data, shape: [size], track_order: true }).make_scale(name);
  };
  for (const [name, size] of Object.entries(leading)) add(name, { size });
  for (const { name, shape, dims, labels, data } of variables) {
    const used = Object.keys(leading);
    shape.forEach((size, i) => {
      const dim = dims?.[i];
      const scale: Scale = { size, ...(dim?.labels?.length === size ? { labels: dim.labels } : {}) };
      const base = plainName(dim?.name || `${name}_dim_${i}`);
      // A dimension once for each variable, and no variable's name.
      let free = base;
      for (let k = 2; used.includes(free) || own.has(free) || differs(scales.get(free), scale); k++)
        free = `${base}_${k}`;
      if (!scales.has(free)) add(free, scale);
      used.push(free);
    });
    const variable = group.create_dataset({
      name,
      data,
      shape: [...Object.values(leading), ...shape],
      track_order: true,
    });
    used.forEach((dim, i) => {
      variable.attach_scale(i, `/${groupName}/${dim}`);
    });
    // How xarray writes truth values.
    if (data instanceof Int8Array) variable.create_attribute('dtype', 'bool');
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
function placesOf<Q extends QuantityInfo>(
  quantities: readonly Q[],
): readonly {
  readonly group: 'posterior' | 'sample_stats';
  readonly name: string;
  readonly quantity: Q;
}[] {
  const plain = quantities.map((q) => ({ ...q, name: plainName(q.name) }));
  const names = fileNames(plain, ['chain', 'draw', 'lp']);
  const energy = quantities.findIndex((q) => q.role === 'energy');
  return quantities.map((quantity, q) => {
    const group = quantity.role === 'term' || quantity.role === 'energy' ? 'sample_stats' : 'posterior';
    return { group, name: q === energy ? 'lp' : names[q], quantity };
  });
}

const plainName = (name: string): string => name.replaceAll('/', '_');

/**
 * Reads what `writeDrawsNetcdf` wrote. Throws EnergyError E0521 where the file is no netCDF or does not agree with
 * the layout, E0518 without h5wasm.
 */
export async function readDrawsNetcdf(bytes: Uint8Array, layout: DrawsLayout, file: string): Promise<Draws> {
  const library = await loadHdf5(file);
  const { chains, draws } = layout;
  const places = placesOf(layout.quantities);
  return guarded('E0521', file, `\`${file}\` is not a readable netCDF file`, () =>
    library.read(bytes, (root): Draws => {
      const numbersAt = (path: string, own: readonly number[]): Float64Array => {
        const expected = [chains, draws, ...own];
        const found = root.get(path);
        const shape = isHdf5Dataset(found) ? found.shape : null;
        if (!isHdf5Dataset(found) || !shape || showShape(shape) !== showShape(expected)) {
          throw dataFault(
            'E0521',
            file,
            `\`${path}\` in \`${file}\` ${shape ? `has shape ${showShape(shape)}` : 'is missing'}; expected shape ${showShape(expected)}.`,
          );
        }
        return numbersOf(found.value, path, file);
      };
      const quantities = places.map(({ group, name, quantity }): Quantity => {
        const values = numbersAt(`${group}/${name}`, quantity.shape);
        return { ...quantity, values: quantity.role === 'energy' ? values.map((v) => -v) : values };
      });
      if (!layout.sampler) return { chains, draws, quantities };
      const sampler = layout.sampler.map((name) => {
        return { name, values: numbersAt(`sample_stats/${name}`, []) };
      });
      return { chains, draws, quantities, sampler };
    }),
  );
}

function numbersOf(value: unknown, name: string, file: string): Float64Array {
  if (value instanceof Float64Array) return value;
  if (value instanceof Int32Array || value instanceof Int8Array) return Float64Array.from(value);
  throw dataFault(
    'E0521',
    file,
    `\`${name}\` in \`${file}\` does not hold numbers; expected float64 or int32.`,
  );
}
