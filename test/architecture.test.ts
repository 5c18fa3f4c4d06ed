/** The house rules that a machine can check. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../src/version.ts';

const root = resolve(import.meta.dirname, '..');

function sources(dir: string): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((e) => {
    const path = `${dir}/${e.name}`;
    if (e.isDirectory()) return e.name === 'node_modules' || e.name === 'dist' ? [] : sources(path);
    return e.name.endsWith('.ts') ? [path] : [];
  });
}

/** Floors of the house, lowest first; a file imports its own floor and those below. */
const floors: readonly (readonly string[])[] = [
  [
    'src/syntax',
    'grammar',
    'src/random',
    'src/arrays.ts',
    'src/limits.ts',
    'src/signal.ts',
    'src/version.ts',
  ],
  [
    'src/ir',
    'src/domain.ts',
    'src/io',
    'src/stats',
    'src/plot',
    'src/options.ts',
    'src/samplers.ts',
    'src/stdlib.ts',
  ],
  ['src/check', 'src/tex'],
  ['src/compile.ts', 'src/modules.ts', 'src/engines'],
  ['src/bind', 'src/transforms'],
  ['src/exact'],
  ['src/analyse'],
  ['src/plan', 'src/infer', 'src/learn'],
  ['src/scale'],
  ['src/run', 'src/explain', 'src/reference', 'src/emit', 'src/scaffold'],
  ['src/language'],
  ['src/cli'],
];
const floorOf = (file: string): number =>
  floors.findIndex((f) => f.some((p) => file === p || file.startsWith(`${p}/`)));

const files = [...sources('src'), ...sources('grammar')];
const imports = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((m) => ({
    file,
    to: m[1],
  })),
);

describe('the architecture', () => {
  it('gives every source file a floor', () => {
    expect(files.filter((f) => floorOf(f) < 0)).toEqual([]);
  });

  it('never imports an upper floor', () => {
    const up = imports
      .filter((i) => i.to.startsWith('.'))
      .map((i) => ({ from: i.file, to: relative(root, resolve(root, i.file, '..', i.to)) }))
      .filter((i) => floorOf(i.to) > floorOf(i.from));
    expect(up).toEqual([]);
  });

  it('imports Node only in the command line and the Node host', () => {
    const node = imports.filter((i) => i.to.startsWith('node:')).map((i) => i.file);
    expect(node.filter((f) => !f.startsWith('src/cli/') && f !== 'src/io/node-host.ts')).toEqual([]);
  });

  it('evaluates no text as code', () => {
    const evil = files.filter((f) =>
      /(?<![.\w])eval\(|new Function\(/.test(readFileSync(join(root, f), 'utf8')),
    );
    expect(evil).toEqual([]);
  });

  it('keeps files under 500 lines', () => {
    const long = files.filter((f) => readFileSync(join(root, f), 'utf8').split('\n').length > 500);
    expect(long).toEqual([]);
  });

  it('has one version', () => {
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version).toBe(version);
  });

  it('never runs the install script of onnxruntime-node, which fetches CUDA libraries', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const locked = lock.packages['node_modules/onnxruntime-node'];
    expect(locked.optional).toBe(true);
    expect(locked.hasInstallScript).toBeUndefined();
    const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(allowScripts['onnxruntime-node']).toBe(false);
  });
});
