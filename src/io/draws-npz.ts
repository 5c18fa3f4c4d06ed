/** Draws as NPZ: one array for each quantity, shaped chains × draws × its own shape. */
import type { Draws, Quantity } from '../stats/draws.ts';
import { showShape } from './binary.ts';
import { dataFault } from './codes.ts';
import { type DrawsLayout, fileNames, fitInt32 } from './draws-layout.ts';
import { readNpz, writeNpz } from './npz.ts';

/** Terms are called `term.name`; whole numbers are int32, others float64. Throws EnergyError E0522 beyond 4 GiB. */
export function writeDrawsNpz(draws: Draws, file: string): Uint8Array {
  const names = fileNames(draws.quantities);
  const arrays = draws.quantities.map(({ shape, values }, q) => {
    const data = fitInt32(values) ? Int32Array.from(values) : values;
    return [names[q], { shape: [draws.chains, draws.draws, ...shape], data }] as const;
  });
  return writeNpz(new Map(arrays), file);
}

/** Reads what `writeDrawsNpz` wrote. Throws `readNpz`'s EnergyErrors, and E0521 where layout and arrays disagree. */
export function readDrawsNpz(bytes: Uint8Array, layout: DrawsLayout, file: string): Draws {
  const arrays = readNpz(bytes, file);
  const names = fileNames(layout.quantities);
  const { chains, draws } = layout;
  const quantities = layout.quantities.map((info, q): Quantity => {
    const array = arrays.get(names[q]);
    const expected = [chains, draws, ...info.shape];
    if (!array || showShape(array.shape) !== showShape(expected)) {
      throw dataFault(
        'E0521',
        file,
        `\`${names[q]}\` in \`${file}\` ${array ? `has shape ${showShape(array.shape)}` : 'is missing'}; expected shape ${showShape(expected)}.`,
      );
    }
    const values = array.data instanceof Float64Array ? array.data : Float64Array.from(array.data);
    return { ...info, values };
  });
  return { chains, draws, quantities };
}
