/** Files of a folder that is served: removed and renamed where they lie. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folder, folderApi, openFolder } from '../../playground/src/workspace/folder.ts';
import { renameFile, setText, type Workspace } from '../../playground/src/workspace/model.ts';
import { type PlaygroundServer, servePlayground } from '../../src/cli/playground/server.ts';

describe('a file of a folder', () => {
  let base: string;
  let server: PlaygroundServer;
  let folder: Folder;
  let w: Workspace;
  beforeEach(async () => {
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-stored-'));
    for (const d of ['page', 'work']) fs.mkdirSync(path.join(base, d));
    fs.writeFileSync(at('a.energy'), 'const a = 1\n');
    fs.writeFileSync(at('b.energy'), 'const b = 1\n');
    fs.writeFileSync(at('t.csv'), 'x\n1\n');
    server = await servePlayground(path.join(base, 'page'), path.join(base, 'work'), 0);
    const asPage: typeof fetch = (input, init) =>
      fetch(input, {
        ...init,
        headers: { ...(init?.headers as Record<string, string>), 'x-energy-token': server.token },
      });
    folder = (await openFolder(folderApi(`http://127.0.0.1:${server.port}/`, asPage)))!;
    w = await folder.open();
  });
  afterEach(async () => {
    await server.close();
    fs.rmSync(base, { recursive: true, force: true });
  });
  const at = (file: string): string => path.join(base, 'work', file);
  const there = (): readonly string[] =>
    fs.readdirSync(path.join(base, 'work'), { recursive: true, encoding: 'utf8' }).sort();

  it('is removed, and where it has changed only when that is wanted all the same', async () => {
    expect(await folder.remove('t.csv')).toEqual({ kind: 'done' });
    expect(folder.has('t.csv')).toBe(false);
    fs.writeFileSync(at('a.energy'), 'const theirs = 1\n');
    expect(await folder.remove('a.energy')).toEqual({ kind: 'changed' });
    expect(there()).toEqual(['a.energy', 'b.energy']);
    expect(await folder.remove('a.energy', true)).toEqual({ kind: 'done' });
    // What is gone already is gone.
    fs.unlinkSync(at('b.energy'));
    expect(await folder.remove('b.energy')).toEqual({ kind: 'done' });
    expect(there()).toEqual([]);
  });

  it('is renamed with what is not saved of it, and can be saved under its new name', async () => {
    w = setText(w, 'a.energy', 'const mine = 1\n');
    expect(await folder.rename('a.energy', 'lib/c.energy')).toEqual({ kind: 'done' });
    w = renameFile(w, 'a.energy', 'lib/c.energy') as Workspace;
    expect([folder.has('a.energy'), folder.has('lib/c.energy')]).toEqual([false, true]);
    expect(folder.unsaved(w)).toEqual(['lib/c.energy']);
    expect((await folder.save('lib/c.energy', w.files.get('lib/c.energy')!)).kind).toBe('saved');
    expect(fs.readFileSync(at('lib/c.energy'), 'utf8')).toBe('const mine = 1\n');
    expect(there()).toEqual(['b.energy', 'lib', path.join('lib', 'c.energy'), 't.csv']);
  });

  it('that was not read yet is read under its new name', async () => {
    expect(await folder.rename('t.csv', 'data/u.csv')).toEqual({ kind: 'done' });
    const entry = folder.moved('data/u.csv', w.files.get('t.csv')!);
    expect(entry).toMatchObject({ kind: 'away', size: 4 });
    expect(entry.kind === 'away' && new URL(entry.url).searchParams.get('path')).toBe('data/u.csv');
    expect(await folder.fetch('data/u.csv')).not.toBeNull();
  });

  it('stays where another one is in the way, or its ending would change, and it is said why', async () => {
    expect(await folder.rename('a.energy', 'b.energy')).toEqual({
      kind: 'failed',
      why: '`b.energy` is there already',
    });
    expect(await folder.rename('t.csv', 't.json')).toMatchObject({ kind: 'failed' });
    fs.writeFileSync(at('a.energy'), 'const theirs = 1\n');
    expect(await folder.rename('a.energy', 'c.energy')).toEqual({ kind: 'changed' });
    await server.close();
    expect(await folder.remove('a.energy')).toEqual({ kind: 'failed', why: 'the server does not answer' });
    expect(folder.has('a.energy')).toBe(true);
    expect(there()).toEqual(['a.energy', 'b.energy', 't.csv']);
  });
});
