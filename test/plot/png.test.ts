import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ColourMap, colourOf } from '../../src/plot/colour-maps.ts';
import { fieldUri } from '../../src/plot/lattice.ts';
import { base64, encodePng, pngDataUri } from '../../src/plot/png.ts';

interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
  readonly chunks: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** Reads back what the encoder may write: eight bits, filter 0. */
function decode(file: Uint8Array): Decoded {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: string[] = [];
  let raw = Buffer.alloc(0);
  for (let at = 8; at < file.length; ) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    chunks.push(type);
    if (type === 'IDAT') raw = inflateSync(file.subarray(at + 8, at + 8 + size));
    at += 12 + size;
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const stride = raw.length / height;
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from(raw.subarray(y * stride, (y + 1) * stride)),
  );
  expect(rows.every((r) => r[0] === 0)).toBe(true);
  return { width, height, colourType: file[25], chunks, rows: rows.map((r) => r.slice(1)) };
}

describe('png', () => {
  it('keeps every pixel', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(), (w, h, seed) => {
        const data = Uint8Array.from({ length: w * h * 4 }, (_, i) => (i * 37 + seed) % 256);
        const picture = decode(encodePng(w, h, { kind: 'rgba', data }));
        expect([picture.width, picture.height, picture.colourType]).toEqual([w, h, 6]);
        expect(picture.rows.flat()).toEqual(Array.from(data));
      }),
    );
  });

  it('writes signature, chunks and checksums as the standard says', () => {
    const file = encodePng(1, 1, { kind: 'grey', data: Uint8Array.of(7) });
    expect(Array.from(file.subarray(0, 8))).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect(decode(file).chunks).toEqual(['IHDR', 'IDAT', 'IEND']);
    const text = Buffer.from(file).toString('hex');
    // Known checksums: an empty IEND; the header of a 1 × 1 grey picture of eight bits.
    expect(text.endsWith('49454e44ae426082')).toBe(true);
    expect(text).toContain('4948445200000001000000010800000000' + '3a7e9b55');
  });

  it('writes a palette and its transparency', () => {
    const palette = [
      [0, 0, 0, 0],
      [255, 128, 0, 255],
    ] as const;
    const file = encodePng(2, 1, { kind: 'palette', data: Uint8Array.of(1, 0), palette });
    expect(decode(file)).toMatchObject({
      colourType: 3,
      chunks: ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'],
      rows: [[1, 0]],
    });
  });

  it('refuses what does not fit', () => {
    const data = Uint8Array.of(1);
    expect(() => encodePng(2, 1, { kind: 'grey', data })).toThrow(/expected 2 bytes of pixels, found 1/);
    expect(() => encodePng(0, 1, { kind: 'grey', data })).toThrow(/0 × 1 pixels/);
    expect(() => encodePng(1, 1, { kind: 'palette', data, palette: [[0, 0, 0, 255]] })).toThrow(
      /outside the palette/,
    );
    expect(() => encodePng(1, 1, { kind: 'palette', data, palette: [] })).toThrow(
      /1 to 256 colours, found 0/,
    );
  });

  it('base64 agrees with the platform', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      }),
    );
    expect(pngDataUri(1, 1, { kind: 'grey', data: Uint8Array.of(0) })).toMatch(
      /^data:image\/png;base64,iVBORw0KGgo/,
    );
  });
});

describe('colours', () => {
  const maps: readonly ColourMap[] = ['spin', 'grey', 'ink', 'sequential', 'diverging', 'category'];

  it('tell apart the ends of every scale, and leave NaN clear', () => {
    for (const map of maps) {
      expect(colourOf(map, 0, 0, 1)).not.toEqual(colourOf(map, 1, 0, 1));
      expect(colourOf(map, Number.NaN, 0, 1)[3]).toBe(0);
      expect(colourOf(map, 5, 5, 5)[3]).toBe(255);
    }
    expect(colourOf('grey', 0, 0, 16)).toEqual([0, 0, 0, 255]);
    expect(colourOf('grey', 16, 0, 16)).toEqual([255, 255, 255, 255]);
  });

  it('give 200 categories 200 colours', () => {
    const colours = Array.from({ length: 200 }, (_, i) => colourOf('category', i, 0, 1).join());
    expect(new Set(colours).size).toBe(200);
  });
});

it('a field becomes squares of whole pixels', () => {
  const uri = fieldUri({ rows: 1, cols: 2, values: [0, 1] }, 'grey', 0, 1);
  const picture = decode(Uint8Array.from(Buffer.from(uri.split(',')[1], 'base64')));
  expect([picture.width, picture.height]).toEqual([160, 80]);
  expect(picture.rows.every((r) => r.every((v, x) => v === (x < 80 ? 0 : 1)))).toBe(true);
});
