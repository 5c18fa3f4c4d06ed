import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import { writeNpy } from '../../src/io/npy.ts';
import { writeNpz } from '../../src/io/npz.ts';
import { writeDrawsParquet } from '../../src/io/parquet.ts';
import { writeSafetensors } from '../../src/io/safetensors.ts';
import { decodeData } from '../../src/io/table.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { exampleDraws } from './example-draws.ts';
import { uniform, utf8 } from './faults.ts';

const ramp: HostArray = { shape: [10, 10], data: Float64Array.from({ length: 100 }, (_, i) => i) };
const whole: HostArray = { shape: [50], data: new Int32Array(50).fill(3) };
const arrays = new Map([
  ['ramp', ramp],
  ['whole', whole],
]);

const samples: readonly (readonly [file: string, bytes: Uint8Array])[] = [
  ['d.csv', utf8('name,"job, now",x\n"a ""b""",clerk,1.5\nc,"d\ne",2\n')],
  ['d.json', utf8('{"N": 3, "y": [[1, 2.5], [-3, 4]], "s": ["a", "\\u00e9"], "r": [{"a": 1}, {"a": null}]}')],
  ['d.npy', writeNpy(ramp)],
  ['d.npz', writeNpz(arrays, 'd.npz')],
  ['d.safetensors', writeSafetensors(arrays, new Map([['a', 'b']]))],
  ['d.parquet', writeDrawsParquet(exampleDraws(2, 20))],
];

/** Reads the bytes; true where that succeeds, false for an EnergyError that names the file, else a failure. */
async function survives(bytes: Uint8Array, file: string): Promise<boolean> {
  try {
    await decodeData(bytes, file);
    return true;
  } catch (cause) {
    if (!(cause instanceof EnergyError)) throw cause;
    const [{ place, code, message }] = cause.diagnostics;
    expect(place.kind === 'data' && place.file.startsWith(file)).toBe(true);
    expect(code).toMatch(/^E05[01]\d$/);
    expect(message).toMatch(/\.$/);
    return false;
  }
}

describe.each(samples)('damaged %s', (file, bytes) => {
  it('is whole to begin with', async () => {
    expect(await survives(bytes, file)).toBe(true);
  });

  it('cut short ends in an EnergyError or a value', async () => {
    const step = Math.max(1, Math.floor(bytes.length / 150));
    let refused = 0;
    for (let end = 0; end < bytes.length; end += step)
      if (!(await survives(bytes.slice(0, end), file))) refused++;
    expect(refused).toBeGreaterThan(0);
  });

  it('with flipped bits, overwritten and doubled parts ends in an EnergyError or a value', async () => {
    const next = uniform(11);
    const at = (): number => Math.floor(next() * bytes.length);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const bad = bytes.slice();
      if (round % 4 < 2)
        for (let flips = 1 + Math.floor(4 * next()); flips > 0; flips--)
          bad[at()] ^= 1 << Math.floor(8 * next());
      else if (round % 4 === 2) bad.fill(next() < 0.5 ? 0xff : 0, at(), at());
      else bad.copyWithin(at(), at());
      if (!(await survives(bad, file))) refused++;
    }
    expect(refused).toBeGreaterThan(0);
  });
});
