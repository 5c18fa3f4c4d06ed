/** Draws as NPZ: one array for each quantity, shaped chains × draws × its own shape. */
import type { Draws, Quantity } from '../stats/draws.ts';
import { showShape } from './binary.ts';
import { dataFault } from './codes.ts';
import { type DrawsLayout, fileNames, fitInt32, samplerName, samplerNames } from './draws-layout.ts';
import { readNpz, writeNpz } from './npz.ts';

/** Terms are called `term.name`, what is told of transitions `sampler.name`; whole numbers are int32, others float64. Throws EnergyError E0522 beyond 4 GiB. */
export function writeDrawsNpz(draws: Draws, file: string): Uint8Array {
  const names = fileNames(draws.quantities, samplerNames);
  const all = [
    ...draws.quantities.map(({ shape, values }, q) => ({ name: names[q], shape, values })),
    ...(draws.sampler ?? []).map((s) => ({ name: samplerName(s.name), shape: [], values: s.values })),
  ];
  const arrays = all.map(({ name, shape, values }) => {
    const data = fitInt32(values) ? Int32Array.from(values) : values;
    return [name, { shape: [draws.chains, draws.draws, ...shape], data }] as const;
  });
  return writeNpz(new Map(arrays), file);
}

/** Reads what `writeDrawsNpz` wrote. Throws `readNpz`'s EnergyErrors, and E0521 where layout and arrays disagree. */
export function readDrawsNpz(bytes: Uint8Array, layout: DrawsLayout, file: string): Draws {
  const arrays = readNpz(bytes, file);
  const names = fileNames(layout.quantities, samplerNames);
  const { chains, draws } = layout;
  const valuesOf = (name: string, shape: readonly number[]): Float64Array => {
    const array = arrays.get(name);
    const expected = [chains, draws, ...shape];
    if (!array || showShape(array.shape) !== showShape(expected)) {
      throw dataFault(
        'E0521',
        file,
        `\`${name}\` in \`${file}\` ${array ? `has shape ${showShape(array.shape)}` : 'is missing'}; expected shape ${showShape(expected)}.`,
      );
    }
    return array.data instanceof Float64Array ? array.data : Float64Array.from(array.data);
  };
  const quantities = layout.quantities.map(
    (info, q): Quantity => ({ ...info, values: valuesOf(names[q], info.shape) }),
  );
  if (!layout.sampler) return { chains, draws, quantities };
  const sampler = layout.sampler.map((name) => ({ name, values: valuesOf(samplerName(name), []) }));
  return { chains, draws, quantities, sampler };
}
