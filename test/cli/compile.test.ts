/** `energy compile`: the files it writes, and what it refuses. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNpz } from '../../src/io/npz.ts';
import { folder } from './kit.ts';

const place = folder({
  'mixed.energy':
    'enum Colour = { red, green, blue }\nenergy E(x : real(0, inf), c : Colour, s : spin[3]) {\n  term a = x * (c == Colour.red) + sum(s)\n  require s[0] == s[1]\n}\n',
  'matrix.energy':
    'energy M(x : real[2]) {\n  term a = log_det([(i == j) * exp(x[i]) for i in 2, j in 2])\n}\n',
  'fit.energy':
    'data rows : real[row] from "rows.csv"\nparam w : real(0, inf) = 1\nenergy E(x : real) {\n  term a = w * x ^ 2\n}\nrun learn = fit(E, rows, batch = 2, steps = 5)\n',
  'rows.csv': 'x\n0.5\n-1\n2\n',
});

describe('energy compile', { timeout: 30_000 }, () => {
  it.each([
    ['tfjs', 'model.json'],
    ['savedmodel', 'saved_model.pb'],
    ['onnx', 'model.onnx'],
  ])('writes %s with a manifest', async (to, file) => {
    const a = await place.energy('compile', 'mixed.energy', '--to', to, '--batch', '2', '-o', to);
    expect(a.err).toBe('');
    expect(a.code).toBe(0);
    expect(existsSync(path.join(place.dir, to, file))).toBe(true);
    const m = JSON.parse(readFileSync(path.join(place.dir, to, 'manifest.json'), 'utf8'));
    const shapes = (l: { name: string; shape: number[] }[]) =>
      Object.fromEntries(l.map((x) => [x.name, x.shape]));
    expect(shapes(m.inputs)).toEqual({ x: [2], c: [2], s: [2, 3] });
    expect(shapes(m.outputs)).toEqual({
      energy: [2],
      supported: [2],
      'term/a': [2],
      'gradient/x': [2],
      'gradient/c': [2, 3],
      'gradient/s': [2, 3, 2],
    });
    expect(m.inputs[1].values).toEqual({ first: 0, step: 1, count: 3, labels: ['red', 'green', 'blue'] });
  });

  it('writes a step of training, and what its first step takes', async () => {
    const a = await place.energy('compile', 'fit.energy', '--step', 'learn', '--to', 'onnx', '-o', 'step');
    expect([a.code, a.err]).toEqual([0, '']);
    expect(a.out).toContain('learn: a step by adam as an ONNX model');
    const m = JSON.parse(readFileSync(path.join(place.dir, 'step/manifest.json'), 'utf8'));
    expect(m).toMatchObject({ format: 'energy-step', job: 'learn', loss: 'discrepancy', optimizer: 'adam' });
    const first = readNpz(readFileSync(path.join(place.dir, 'step/first.npz')), 'first.npz');
    expect(m.inputs.map((i: { name: string; shape: number[] }) => [i.name, i.shape])).toEqual(
      [...first].map(([name, { shape }]) => [name, shape]),
    );
    expect(m.outputs.map((o: { name: string }) => o.name)).toEqual([
      'loss',
      'gradient_norm',
      'next/param/w',
      'next/first/w',
      'next/second/w',
      'value/w',
    ]);
    const other = await place.energy('compile', 'fit.energy', '--step', 'lern');
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('did you mean `learn`?')]);
    const both = await place.energy('compile', 'fit.energy', 'E', '--step', 'learn');
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('leave the rest out')]);
  });

  it('refuses functions of matrices, unknown formats and batches', async () => {
    const matrix = await place.energy('compile', 'matrix.energy', '-o', 'no');
    expect([matrix.code, matrix.err.includes('E0801')]).toEqual([1, true]);
    expect(existsSync(path.join(place.dir, 'no'))).toBe(false);
    expect((await place.energy('compile', 'mixed.energy', '--to', 'tfj')).code).toBe(2);
    expect((await place.energy('compile', 'mixed.energy', '--batch', '0')).code).toBe(2);
  });
});
