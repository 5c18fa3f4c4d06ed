import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/io/draws-layout.ts';
import { readDrawsNetcdf, writeDrawsNetcdf } from '../../src/io/draws-netcdf.ts';
import { isHdf5Dataset, loadHdf5 } from '../../src/io/hdf5.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { readDraws, writeRun } from '../../src/io/run-folder.ts';
import type { Draws } from '../../src/stats/draws.ts';
import { exampleDraws, namedDraws } from './example-draws.ts';
import { faultOf, utf8 } from './faults.ts';

/** The package is optional. */
const hdf5 = await loadHdf5('draws.nc').catch(() => undefined);

const shown = (x: unknown): unknown => (isHdf5Dataset(x) ? { shape: x.shape, value: x.value } : x);

describe.runIf(hdf5)('netCDF draws', () => {
  it.each([
    ['awkward', exampleDraws()],
    ['named', namedDraws()],
  ])('come back complete, and the same draws give the same bytes: %s', async (_, draws) => {
    const host = memoryHost();
    await writeRun(host, 'r', { draws, run: {}, events: [], format: 'nc' });
    expect(await readDraws(host, 'r')).toEqual(draws);
    const bytes = await host.read('r/draws.nc');
    await new Promise((done) => setTimeout(done, 1100));
    expect(await writeDrawsNetcdf(draws, 'draws.nc')).toEqual(bytes);
  });

  it('have dimensions with coordinates, each once for a variable', async () => {
    const bytes = await writeDrawsNetcdf(namedDraws(), 'draws.nc');
    hdf5?.read(bytes, (root) => {
      expect(shown(root.get('posterior/School'))).toEqual({ shape: [2], value: ['north', 'west'] });
      expect(shown(root.get('posterior/theta_dim_1'))).toMatchObject({ value: BigInt64Array.of(0n, 1n) });
      expect(shown(root.get('posterior/School_2'))).toMatchObject({ value: ['north', 'west'] });
      expect(shown(root.get('sample_stats/chain'))).toMatchObject({ value: BigInt64Array.of(0n, 1n, 2n) });
      expect(shown(root.get('sample_stats/School'))).toBeNull();
    });
  });

  it('keep dimensions of one name and other sizes or labels apart, and away from variables', async () => {
    const one = (name: string, size: number, dim: string, labels?: readonly string[]) =>
      ({
        name,
        role: 'unknown',
        shape: [size],
        dims: [{ name: dim, labels }],
        kind: 'real',
        values: new Float64Array(size),
      }) as const;
    const quantities = [
      one('a', 2, 'set'),
      one('b', 3, 'set'),
      one('c', 2, 'set', ['x', 'y']),
      one('d', 2, 'a'),
      one('n/m', 2, 'draw'),
    ];
    const draws: Draws = { chains: 1, draws: 1, quantities };
    const bytes = await writeDrawsNetcdf(draws, 'draws.nc');
    hdf5?.read(bytes, (root) => {
      const sizes = ['set', 'set_2', 'set_3', 'a_2', 'draw_2', 'n_m'].map((n) =>
        shown(root.get(`posterior/${n}`)),
      );
      expect(sizes).toMatchObject([
        { shape: [2] },
        { shape: [3] },
        { value: ['x', 'y'] },
        { shape: [2] },
        { shape: [2] },
        { shape: [1, 1, 2] },
      ]);
    });
    expect((await readDrawsNetcdf(bytes, layoutOf(draws), 'draws.nc')).quantities[4].name).toBe('n/m');
  });

  it('say what is wrong with a file', async () => {
    const draws = namedDraws();
    const layout = layoutOf(draws);
    const bytes = await writeDrawsNetcdf(draws, 'd.nc');
    const read = (b: Uint8Array, l = layout) => faultOf(() => readDrawsNetcdf(b, l, 'd.nc'));
    expect(await read(utf8('no'))).toMatchObject({ code: 'E0521' });
    expect((await read(bytes.subarray(0, 3000))).message).toContain('truncated');
    expect((await read(bytes, { ...layout, draws: 7 })).message).toContain('expected shape (3, 7, 2, 2)');
    const [q] = layout.quantities;
    const other = { ...layout, quantities: [{ ...q, name: 'gone' }] };
    expect((await read(bytes, other)).message).toBe(
      '`posterior/gone` in `d.nc` is missing; expected shape (3, 20, 2, 2).',
    );
    const wrong = { ...layout, quantities: [{ ...q, name: 'School', shape: [] }], chains: 2 };
    expect((await read(bytes, wrong)).code).toBe('E0521');
    // The library works on after a fault.
    expect(await readDrawsNetcdf(bytes, layout, 'd.nc')).toEqual(draws);
  });

  it('refuse more than the library holds', async () => {
    const values = { byteLength: 2 ** 31 } as Float64Array;
    const draws = { ...namedDraws(), quantities: [{ ...namedDraws().quantities[3], values }] };
    expect(await faultOf(() => writeDrawsNetcdf(draws, 'd.nc'))).toMatchObject({ code: 'E0522' });
  });
});

describe('without the package', () => {
  it('netCDF is refused with the package’s name', async () => {
    const fault = await faultOf(() => loadHdf5('d.nc', () => Promise.reject(new Error('no such module'))));
    expect(fault).toMatchObject({ code: 'E0518' });
    expect(fault.message).toContain('h5wasm');
    expect((await faultOf(() => loadHdf5('d.nc', () => Promise.resolve({ File: 1 })))).code).toBe('E0518');
  });
});
