/** `energy plot --png`: what the files of pixels hold. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRasteriser, type Rasteriser } from '../../src/cli/raster.ts';
import { unpackWoff } from '../../src/cli/woff.ts';
import { folder } from './kit.ts';

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and opacity of a pixel. */
  at(x: number, y: number): readonly number[];
  /** One number a pixel. */
  readonly words: Uint32Array;
}

/** Reads PNG files of eight bits with opacity. Source: PNG specification, third edition, sections 9 and 11. */
function picture(file: Uint8Array): Picture {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  expect([file[24], file[25], file[28]]).toEqual([8, 6, 0]);
  const packed: Uint8Array[] = [];
  for (let p = 8; p < file.length; p += 12 + view.getUint32(p))
    if (view.getUint32(p + 4) === 0x49444154) packed.push(file.subarray(p + 8, p + 8 + view.getUint32(p)));
  const raw = inflateSync(Buffer.concat(packed));
  const stride = 4 * width;
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i < 4 ? 0 : out[y * stride + i - 4];
      const up = y === 0 ? 0 : out[(y - 1) * stride + i];
      const corner = i < 4 || y === 0 ? 0 : out[(y - 1) * stride + i - 4];
      const [a, b, c] = [left, up, corner].map((v) => Math.abs(left + up - corner - v));
      const paeth = a <= b && a <= c ? left : b <= c ? up : corner;
      const guess = [0, left, up, (left + up) >> 1, paeth][filter];
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i] + guess;
    }
  }
  const at = (x: number, y: number): readonly number[] => [
    ...out.subarray(y * stride + 4 * x, y * stride + 4 * x + 4),
  ];
  return { width, height, at, words: new Uint32Array(out.buffer) };
}

/** How many pixels have another colour than the one at (x, y). */
function unlike({ width, words }: Picture, x: number, y: number): number {
  const ground = words[y * width + x];
  return words.reduce((n, w) => n + (w === ground ? 0 : 1), 0);
}

const hash = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');

describe('energy plot --png', () => {
  const { dir, energy } = folder({
    'lattice.energy': [
      'index site = grid(6, 6)',
      'energy Lattice(s : spin[site], mu : real) {',
      '  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in neighbours(site))',
      '  mu ~ normal(0, 1)',
      '}',
    ].join('\n'),
  });
  const read = (...names: string[]): Uint8Array => fs.readFileSync(path.join(dir, ...names));

  beforeAll(async () => {
    const run = await energy(
      'sample',
      'lattice.energy',
      '--chains',
      '2',
      '--draws',
      '40',
      '--seed',
      '1',
      '-o',
      'run',
    );
    expect([run.code, run.err]).toEqual([0, '']);
  });

  it('writes one picture a chart, twice as large as the chart, on white', async () => {
    const { code, result } = await energy('plot', 'run', '--png', '--json');
    expect(code).toBe(0);
    const files = result.files as readonly string[];
    const charts = files.filter((f) => f.endsWith('.svg'));
    expect(charts.length).toBeGreaterThan(4);
    for (const chart of charts) {
      const name = chart.replace('.svg', '.png');
      expect(files).toContain(name);
      const p = picture(read('run/plots', name));
      const [, w, h] = /viewBox="0 0 (\d+) (\d+)"/.exec(read('run/plots', chart).toString())!;
      expect([name, p.width, p.height]).toEqual([name, 2 * Number(w), 2 * Number(h)]);
      expect([name, p.at(p.width >> 1, 4)]).toEqual([name, [255, 255, 255, 255]]);
      expect(unlike(p, p.width >> 1, 4)).toBeGreaterThan(0.005 * p.width * p.height);
    }
  });

  it('writes the same bytes again', async () => {
    const first = await energy('plot', 'run', '--png', '--json', '-o', 'one');
    await energy('plot', 'run', '--png', '-o', 'two');
    const names = (first.result.files as readonly string[]).filter((f) => f.endsWith('.png'));
    expect(names.length).toBeGreaterThan(4);
    for (const name of names)
      expect([name, hash(read('two', name))]).toEqual([name, hash(read('one', name))]);
  });

  it('follows --theme and --width', async () => {
    expect(
      (await energy('plot', 'run', '--png', '--theme', 'dark', '--width', '500', '-o', 'dark')).code,
    ).toBe(0);
    const p = picture(read('dark/trace-mu.png'));
    expect(p.width).toBe(500);
    expect(p.at(250, 2)).toEqual([20, 23, 28, 255]);
  });

  it('keeps the sites of a lattice sharp: hardly a pixel between two colours', () => {
    const p = picture(read('run/plots/lattice-s-draws.png'));
    const colours = new Map<number, number>();
    for (const w of p.words) colours.set(w, (colours.get(w) ?? 0) + 1);
    // The ground, both spins; letters and frames are what is left.
    const [ground, one, other, ...rest] = [...colours.values()].sort((a, b) => b - a);
    expect(Math.min(one, other)).toBeGreaterThan(20_000);
    expect(ground + one + other).toBeGreaterThan(0.97 * p.width * p.height);
    expect(Math.max(...rest)).toBeLessThan(10_000);
  });

  it('refuses widths and themes that are none', async () => {
    for (const [args, why] of [
      [['--png', '--width', '0'], 'from 1 to 10000'],
      [['--png', '--width', '12.5'], 'from 1 to 10000'],
      [['--width', '800'], 'add --png'],
      [['--theme', 'sepia'], '--theme is auto, light, dark'],
    ] as const) {
      const { code, err } = await energy('plot', 'run', ...args);
      expect(code).toBe(2);
      expect(err).toContain(why);
    }
  });
});

describe('letters', () => {
  let rasteriser: Rasteriser;
  beforeAll(async () => {
    rasteriser = await openRasteriser();
  });
  const drawn = (text: string, weight = 400): Uint8Array =>
    rasteriser.png(
      '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" viewBox="0 0 40 30">' +
        `<text x="4" y="22" font-family="system-ui, sans-serif" font-size="20" font-weight="${weight}">${text}</text></svg>`,
    );

  it('are there: Latin, Greek, mathematical, each unlike the others', () => {
    const letters = [...'aéαβθλμσφωΣΩ−±×÷≤≥≠≈∞∑∏∂∇√∈∝→²₁·–…'];
    const pictures = letters.map((l) => drawn(l));
    pictures.forEach((p, i) => {
      expect([letters[i], unlike(picture(p), 0, 0) > 20]).toEqual([letters[i], true]);
    });
    expect(new Set(pictures.map(hash)).size).toBe(letters.length);
  });

  it('have two weights', () => {
    const ink = (w: number): number => unlike(picture(drawn('m', w)), 0, 0);
    expect(ink(700)).toBeGreaterThan(1.15 * ink(400));
    expect(ink(650)).toBe(ink(700));
  });

  it('come from fonts that are WOFF files', () => {
    expect(() => unpackWoff(new Uint8Array(64))).toThrow('no WOFF');
  });
});
