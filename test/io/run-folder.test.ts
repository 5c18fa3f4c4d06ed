import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/arrays.ts';
import type { Host } from '../../src/io/host.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { readDraws, readEvents, readParams, readRun, writeRun } from '../../src/io/run-folder.ts';
import { exampleDraws } from './example-draws.ts';
import { faultOf } from './faults.ts';

const params: ReadonlyMap<string, HostArray> = new Map([
  ['J', { shape: [2], data: Float64Array.of(0.1, -2) }],
  ['net.0.bias', { shape: [1, 2], data: Float32Array.of(1, 2) }],
]);
const run = { seed: 1, options: { chains: 2 }, worst: NaN, when: 3n, plan: Float64Array.of(1, 2) };
const events = [{ event: 'start' }, { event: 'result', error: Infinity }];
const draws = exampleDraws();

describe.each(['parquet', 'csv', 'npz'] as const)('a run folder with draws as %s', (format) => {
  it('reads back all that was written', async () => {
    const host = memoryHost();
    await writeRun(host, 'out/run-1', { draws, params, run, events, format });
    expect(await readDraws(host, 'out/run-1')).toEqual(draws);
    expect(await readParams(host, 'out/run-1/')).toEqual(params);
    expect(await readEvents(host, 'out/run-1')).toEqual([
      { event: 'start' },
      { event: 'result', error: 'Infinity' },
    ]);
    const record = await readRun(host, 'out/run-1');
    expect(record.run).toEqual({ seed: 1, options: { chains: 2 }, worst: 'NaN', when: '3', plan: [1, 2] });
    expect(record.draws).toMatchObject({ format, layout: { chains: 2, draws: 5 } });
    expect(await host.list('out/run-1')).toEqual([...record.files, 'run.json'].sort());
  });

  it('is written byte for byte the same twice', async () => {
    const [a, b] = [memoryHost(), memoryHost()];
    for (const host of [a, b])
      await writeRun(host, 'r', { draws: exampleDraws(), params, run, events, format });
    expect(a.files).toEqual(b.files);
  });
});

describe('a run folder', () => {
  it('is replaced by a later run, whose format leaves no old files', async () => {
    const host = memoryHost({ 'r/notes.txt': 'mine' });
    await writeRun(host, 'r', { draws, params, run, events, format: 'csv' });
    expect(await host.list('r')).toContain('draws-2.csv');
    await writeRun(host, 'r', { draws, run, events: [] });
    expect(await host.list('r')).toEqual(['draws.parquet', 'events.jsonl', 'notes.txt', 'run.json']);
    expect((await faultOf(() => readParams(host, 'r'))).message).toBe('The run in `r` holds no parameters.');
  });

  it('still gives its draws and parameters when a later run was killed before run.json', async () => {
    const host = memoryHost();
    await writeRun(host, 'r', { draws, params, run, events });
    const dying: Host = {
      ...host,
      write: (path, content) =>
        path.endsWith('run.json') ? Promise.reject(new Error('killed')) : host.write(path, content),
    };
    const later = exampleDraws(2, 9);
    await expect(writeRun(dying, 'r', { draws: later, params, run, events })).rejects.toThrow('killed');
    expect(await readDraws(host, 'r')).toEqual(later);
    expect(await readParams(host, 'r')).toEqual(params);
  });

  it('works on disk, and leaves no temporary files', async () => {
    const root = await mkdtemp(join(tmpdir(), 'energy-run-'));
    try {
      const host = nodeHost({ root });
      await writeRun(host, 'deep/run', { draws, params, run, events });
      expect(await readdir(join(root, 'deep/run'))).toEqual([
        'draws.parquet',
        'events.jsonl',
        'params.safetensors',
        'run.json',
      ]);
      expect(await readDraws(host, 'deep/run')).toEqual(draws);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('without draws says so', async () => {
    const host = memoryHost();
    await writeRun(host, 'r', { run: {}, events: [] });
    expect(await faultOf(() => readDraws(host, 'r'))).toMatchObject({
      code: 'E0520',
      message: 'The run in `r` recorded no draws.',
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, 'E0520'],
    ['another run.json', { 'r/run.json': '{"folder": {"format": "x"}}' }, 'E0520'],
    ['a run.json that is no object', { 'r/run.json': '[]' }, 'E0520'],
    ['a version to come', { 'r/run.json': '{"folder": {"format": "energy-run", "version": 2}}' }, 'E0520'],
    ['half a run.json', { 'r/run.json': '{"folder": {' }, 'E0512'],
    [
      'files elsewhere',
      { 'r/run.json': '{"folder": {"format": "energy-run", "version": 1, "files": ["../secret"]}}' },
      'E0521',
    ],
  ])('is not one with %s', async (_, files, code) => {
    expect((await faultOf(() => readDraws(memoryHost(files), 'r'))).code).toBe(code);
  });

  it('does not remove what a hostile run.json names', async () => {
    const hostile = '{"folder": {"format": "energy-run", "version": 1, "files": ["../precious"]}}';
    const host = memoryHost({ 'r/run.json': hostile, precious: 'x' });
    await writeRun(host, 'r', { run, events });
    expect(await host.exists('precious')).toBe(true);
  });

  it('names the file that is missing or damaged', async () => {
    const host = memoryHost();
    await writeRun(host, 'r', { draws, run, events, format: 'csv' });
    await host.remove('r/draws-2.csv');
    expect(await faultOf(() => readDraws(host, 'r'))).toMatchObject({
      code: 'E0501',
      place: { file: 'r/draws-2.csv' },
    });
  });
});
