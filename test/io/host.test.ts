import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extensionOf, type Host, joinPath } from '../../src/io/host.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { nodeHost } from '../../src/io/node-host.ts';
import { faultOf, utf8 } from './faults.ts';

let base = '';
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'energy-host-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

describe.each<[string, () => Promise<Host>]>([
  ['memory', async () => memoryHost()],
  [
    'node',
    async () => {
      const root = join(base, 'both');
      await rm(root, { recursive: true, force: true });
      await mkdir(root);
      return nodeHost({ root });
    },
  ],
])('every host: %s', (_, make) => {
  it('reads back what it wrote, lists it and removes it', async () => {
    const host = await make();
    await host.write('b.txt', 'old');
    await host.write('b.txt', 'h\u00e9');
    await host.write('deep/er/a.bin', Uint8Array.of(1, 0, 255));
    expect(await host.read('b.txt')).toEqual(utf8('h\u00e9'));
    expect([...(await host.read('./deep/../deep/er/a.bin'))]).toEqual([1, 0, 255]);
    expect(await host.list('')).toEqual(['b.txt', 'deep']);
    expect(await host.list('deep')).toEqual(['er']);
    expect(await host.exists('deep')).toBe(true);
    await host.remove('b.txt');
    await host.remove('b.txt');
    expect(await host.exists('b.txt')).toBe(false);
  });

  it('refuses what climbs out, and says what is not there', async () => {
    const host = await make();
    await host.write('dir/x', '');
    const refused = await faultOf(() => host.read('dir/../../x'));
    expect(refused.code).toBe('E0502');
    expect(refused.message).toContain('`dir/../../x` leaves the folder of its program');
    expect((await faultOf(() => host.write('../x', ''))).code).toBe('E0502');
    expect((await faultOf(() => host.exists('../x'))).code).toBe('E0502');
    const missing = await faultOf(() => host.read('none.csv'));
    expect(missing).toMatchObject({ code: 'E0501', place: { kind: 'data', file: 'none.csv' } });
    expect((await faultOf(() => host.list('none'))).code).toBe('E0501');
    expect((await faultOf(() => host.read('dir'))).code).toBe('E0503');
    expect((await faultOf(() => host.list('dir/x'))).code).toBe('E0503');
    expect((await faultOf(() => host.write('dir', ''))).code).toBe('E0505');
  });
});

describe('node host', () => {
  const place = async (name: string): Promise<string> => {
    const dir = join(base, name);
    await mkdir(join(dir, 'program'), { recursive: true });
    await writeFile(join(dir, 'secret.csv'), '1,2');
    return dir;
  };

  it('refuses absolute paths and symbolic links that lead out, for reading and writing', async () => {
    const dir = await place('links');
    const root = join(dir, 'program');
    await symlink(join(dir, 'secret.csv'), join(root, 'link.csv'));
    await symlink(dir, join(root, 'up'));
    await writeFile(join(root, 'own.csv'), '3');
    await symlink('own.csv', join(root, 'inner.csv'));
    const host = nodeHost({ root });
    const absolute = await faultOf(() => host.read(join(dir, 'secret.csv')));
    expect(absolute).toMatchObject({ code: 'E0502' });
    expect(absolute.message).toContain('is absolute');
    expect((await faultOf(() => host.read('link.csv'))).message).toContain('symbolic link');
    expect((await faultOf(() => host.read('up/secret.csv'))).code).toBe('E0502');
    expect((await faultOf(() => host.write('up/new/file', 'x'))).code).toBe('E0502');
    expect((await faultOf(() => host.read('\0'))).code).toBe('E0502');
    expect(await host.read('inner.csv')).toEqual(utf8('3'));
    expect(await host.read(join(root, 'own.csv'))).toEqual(utf8('3'));
    expect(await readdir(dir)).toEqual(['program', 'secret.csv']);
  });

  it('is not fooled by a folder whose name begins like the root', async () => {
    const dir = await place('prefix');
    await mkdir(join(dir, 'program-two'));
    await writeFile(join(dir, 'program-two', 'x'), 'x');
    const host = nodeHost({ root: join(dir, 'program') });
    expect((await faultOf(() => host.read('../program-two/x'))).code).toBe('E0502');
  });

  it('allows what the caller lists, files and folders, and nothing beside them', async () => {
    const dir = await place('allow');
    const other = join(dir, 'other');
    await mkdir(other);
    await writeFile(join(other, 'x'), 'x');
    await symlink(join(dir, 'secret.csv'), join(other, 'to-secret'));
    const host = nodeHost({ root: join(dir, 'program'), allow: [other] });
    expect(await host.read(join(other, 'x'))).toEqual(utf8('x'));
    expect((await faultOf(() => host.read(join(dir, 'secret.csv')))).code).toBe('E0502');
    expect((await faultOf(() => host.read(join(other, 'to-secret')))).code).toBe('E0502');
    const permitted = host.permit(join(other, 'to-secret'));
    expect(await host.read(permitted)).toEqual(utf8('1,2'));
    const out = host.permit(join(dir, 'out'));
    await host.write(joinPath(out, 'run/draws.csv'), 'x');
    expect(await host.list(out)).toEqual(['run']);
  });

  it('leaves no temporary file, keeps the old one when a write fails, and obeys its limit', async () => {
    const dir = await place('atomic');
    const host = nodeHost({ root: dir, maxBytes: 3 });
    await host.write('file', 'abc');
    await host.write('program/x', '');
    expect((await faultOf(() => host.write('program', 'abc'))).code).toBe('E0505');
    expect(await readdir(dir)).toEqual(['file', 'program', 'secret.csv']);
    expect(await host.read('file')).toEqual(utf8('abc'));
    await writeFile(join(dir, 'large'), 'abcd');
    const large = await faultOf(() => host.read('large'));
    expect(large).toMatchObject({ code: 'E0504', message: '`large` has 4 bytes; the limit is 3.' });
  });
});

describe('paths', () => {
  it('joins and finds extensions', () => {
    expect(joinPath('a/', 'b')).toBe('a/b');
    expect(joinPath('', 'b')).toBe('b');
    expect(extensionOf('a.b/c.CSV')).toBe('csv');
    expect(extensionOf('a.b/c')).toBe('');
    expect(extensionOf('a/.hidden')).toBe('');
  });

  it('limits what a memory host reads', async () => {
    const host = memoryHost({ '/a/b.csv': 'abcd' }, { maxBytes: 3 });
    expect([...host.files.keys()]).toEqual(['a/b.csv']);
    expect((await faultOf(() => host.read('a/b.csv'))).code).toBe('E0504');
  });
});
