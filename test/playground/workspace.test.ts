/** The workspace without a browser: files, links, storage, archives, folders. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peek } from '../../playground/src/engine/peek.ts';
import { openProgram, readsOf } from '../../playground/src/engine/program.ts';
import { readRunCard } from '../../playground/src/engine/run-card.ts';
import { type WorkspaceFiles, workspaceFiles } from '../../playground/src/engine/workspace-files.ts';
import { linkOf, linkOfWorkspace, readLink } from '../../playground/src/share.ts';
import { archiveOf, unzipped } from '../../playground/src/workspace/archive.ts';
import { folderApi, openFolder } from '../../playground/src/workspace/folder.ts';
import { sorted } from '../../playground/src/workspace/incoming.ts';
import { insertion } from '../../playground/src/workspace/insert.ts';
import {
  activeText,
  addFiles,
  type FileEntry,
  removeFile,
  renameFile,
  setText,
  single,
  textFile,
  type Workspace,
} from '../../playground/src/workspace/model.ts';
import { bundledNeeds } from '../../playground/src/workspace/needs.ts';
import { cleanPath, freePath, whyNoPath } from '../../playground/src/workspace/paths.ts';
import { workspaceSession } from '../../playground/src/workspace/session.ts';
import { type KeyValues, type Notes, programStore } from '../../playground/src/workspace/storage.ts';
import { makeTeller } from '../../playground/src/workspace/told.ts';
import { main } from '../../src/cli/main.ts';
import { servePlayground } from '../../src/cli/playground/server.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { libraryOf } from '../../src/stdlib.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';

const CSV = 'x,y,kind\n1.5,0,a\n2.5,1,b\n3.25,1,a\n,0,b\n';
const blob = (text: string): Blob => new Blob([text]);
const bytes = (text: string): FileEntry => ({ kind: 'bytes', blob: blob(text) });
const nothing = {
  texts: new Map<string, string>(),
  urls: new Map<string, string>(),
  library: libraryOf(new Map()),
};

/** Two programs, the first uses the second, and a table. */
const several: Workspace = {
  name: 'Two files',
  origin: { kind: 'own' },
  active: 'main.energy',
  files: new Map([
    [
      'main.energy',
      textFile(
        'use Pair from "lib/pair.energy"\ndata v : real[row] from "data/v.csv"\nrun draws = sample(Pair, draws = 20, warmup = 20, chains = 2)\n',
      ),
    ],
    ['lib/pair.energy', textFile('energy Pair(a : spin, b : spin) { term t = -0.3 * a * b }\n')],
    ['data/v.csv', bytes('v\n1\n2\n3\n')],
  ]),
};

describe('files', () => {
  it('keeps paths inside, and says why others cannot be', () => {
    expect(cleanPath('./a//b/../c.csv')).toBe('a/c.csv');
    expect(cleanPath('../up.csv')).toBeNull();
    expect(cleanPath('a\\b.csv')).toBe('a/b.csv');
    expect(whyNoPath('a/b.csv', ['a'])).toMatch(/is a file, no folder/);
    expect(whyNoPath('a', ['a/b.csv'])).toMatch(/folder already/);
    expect(whyNoPath('a.csv', ['a.csv'])).toMatch(/already/);
    expect(whyNoPath('/etc/passwd', [])).not.toBeNull();
    expect(whyNoPath('a:b', [])).not.toBeNull();
    expect(freePath('d/t.csv', new Set(['d/t.csv', 'd/t-2.csv']))).toBe('d/t-3.csv');
  });

  it('adds, renames and removes; the last program stays', () => {
    const { workspace, refused } = addFiles(several, [
      ['x/../y.csv', bytes('1\n')],
      ['../out.csv', bytes('1\n')],
    ]);
    expect([...workspace.files.keys()]).toContain('y.csv');
    expect(refused).toEqual([{ path: '../out.csv', why: expect.stringContaining('leaves') }]);
    const renamed = renameFile(several, 'main.energy', 'other.energy');
    expect(typeof renamed === 'string' ? renamed : renamed.active).toBe('other.energy');
    expect(renameFile(several, 'main.energy', 'other.csv')).toMatch(/\.energy/);
    expect(renameFile(several, 'main.energy', 'lib/pair.energy')).toMatch(/already/);
    const without = removeFile(several, 'main.energy');
    expect(without?.active).toBe('lib/pair.energy');
    expect(removeFile(without as Workspace, 'lib/pair.energy')).toBeNull();
  });

  it('never loses a text, whatever is done to the files', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        path: fc.constantFrom('a.energy', 'b.energy', 'c/d.energy'),
      }),
      fc.record({
        kind: fc.constant('remove' as const),
        path: fc.constantFrom('a.energy', 'b.energy', 'start.energy'),
      }),
      fc.record({ kind: fc.constant('rename' as const), path: fc.constantFrom('e.energy', 'c/f.energy') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let w = single('w', 'start.energy', 'start', { kind: 'own' });
        for (const s of steps) {
          if (s.kind === 'add') w = addFiles(w, [[s.path, textFile(s.path)]], true).workspace;
          if (s.kind === 'remove') w = removeFile(w, s.path) ?? w;
          if (s.kind === 'rename') {
            const next = renameFile(w, w.active, s.path);
            if (typeof next !== 'string') w = next;
          }
          expect(w.files.get(w.active)?.kind).toBe('text');
          expect(activeText(w)).not.toBe('');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('what workers are told', () => {
  const opened = (files: WorkspaceFiles, w: Workspace) =>
    openProgram({ file: w.active, text: activeText(w) }, files.reader(w.active), (p) =>
      files.stamp(w.active, p),
    );

  it('tells what changed, and results depend on it', async () => {
    const teller = makeTeller();
    const files = workspaceFiles(nothing, async () => null);
    const first = teller.tell(several);
    expect(first?.changed.files.map((f) => f.path)).toEqual(['lib/pair.energy', 'data/v.csv']);
    files.hear(first!.changed);
    const basis = async (w: Workspace) => {
      const { compiled, jobs } = await opened(files, w);
      expect(compiled.ok).toBe(true);
      return jobs[0].basis;
    };
    const before = await basis(several);
    expect(teller.tell(several)).toBeNull();
    // Text that is typed is no other file.
    expect(teller.tell(setText(several, 'main.energy', `${activeText(several)}\n`))).toBeNull();

    const other = setText(
      several,
      'lib/pair.energy',
      'energy Pair(a : spin, b : spin) { term t = -0.4 * a * b }\n',
    );
    files.hear(teller.tell(other)!.changed);
    const after = await basis(other);
    expect(after).not.toBe(before);

    const data = addFiles(other, [['data/v.csv', bytes('v\n1\n2\n4\n')]]).workspace;
    const told = teller.tell(data)!;
    expect(told.changed.files.map((f) => f.path)).toEqual(['data/v.csv']);
    files.hear(told.changed);
    expect(await basis(data)).not.toBe(after);

    // Another worker that starts now learns the same at once.
    const late = workspaceFiles(nothing, async () => null);
    late.hear(told.whole);
    expect((await opened(late, data)).jobs[0].basis).toBe(await basis(data));
    expect(readsOf((await opened(files, data)).compiled)).toEqual(['lib/pair.energy', 'data/v.csv']);

    files.hear({
      type: 'files',
      anew: false,
      files: [{ path: 'lib/pair.energy', revision: 99, content: null }],
    });
    expect((await opened(files, data)).compiled.diagnostics[0].code).toBe('E0501');
  });

  it('reads the workspace first, then what the playground brings along; never outside', async () => {
    const bundled = {
      texts: new Map([['lib.energy', 'bundled']]),
      urls: new Map([['data/a.csv', '/assets/a.csv']]),
      library: libraryOf(new Map()),
    };
    const asked: string[] = [];
    const files = workspaceFiles(bundled, async (url) => {
      asked.push(url);
      return new TextEncoder().encode(`from ${url}`);
    });
    const host = files.host('main.energy');
    const text = async (p: string): Promise<string> => new TextDecoder().decode(await host.read(p));
    expect(await text('data/a.csv')).toBe('from /assets/a.csv');
    await text('data/a.csv');
    expect(asked).toEqual(['/assets/a.csv']);
    files.hear({
      type: 'files',
      anew: true,
      files: [
        { path: 'data/a.csv', revision: 1, content: blob('own') },
        { path: 'sub/b.csv', revision: 2, content: { url: '/folder/file?path=sub%2Fb.csv' } },
      ],
    });
    expect(await text('data/a.csv')).toBe('own');
    expect(await text('sub/b.csv')).toBe('from /folder/file?path=sub%2Fb.csv');
    expect(await files.host('sub/x.energy').list('')).toContain('b.csv');
    expect(await host.list('data')).toEqual(['a.csv']);
    expect(await host.exists('sub')).toBe(true);
    const part = await (await host.open!('data/a.csv')).read(1, 3);
    expect(new TextDecoder().decode(part)).toBe('wn');
    for (const p of ['../a.csv', 'nowhere.csv'])
      await expect(host.read(p)).rejects.toBeInstanceOf(EnergyError);
  });
});

describe('links', () => {
  it('carries several programs and small data, and reads old links', async () => {
    const { hash, left } = await linkOfWorkspace(several);
    expect(left).toEqual([]);
    const link = await readLink(hash);
    expect(link?.kind).toBe('files');
    if (link?.kind !== 'files') return;
    expect(link.active).toBe('main.energy');
    expect([...link.files.keys()].sort()).toEqual([...several.files.keys()].sort());
    const data = link.files.get('data/v.csv');
    expect(data?.kind === 'bytes' && (await data.blob.text())).toBe('v\n1\n2\n3\n');
    expect(await readLink(await linkOf('energy'))).toEqual({ kind: 'code', text: 'energy' });
    expect(await readLink('#example=ising')).toEqual({ kind: 'example', name: 'ising' });
    expect(await readLink('#other=1')).toBeNull();
  });

  it('leaves out data that are too large, and says so', async () => {
    const noise = new Uint8Array(300_000);
    let x = 1;
    for (let i = 0; i < noise.length; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      noise[i] = x >>> 24;
    }
    const w = addFiles(several, [['data/large.npy', { kind: 'bytes', blob: new Blob([noise]) }]]).workspace;
    const { hash, left } = await linkOfWorkspace(w);
    expect(left).toEqual([{ path: 'data/large.npy', why: expect.stringContaining('too large') }]);
    expect(hash.length).toBeLessThan(2000);
    const huge = setText(
      several,
      'main.energy',
      [...noise].map((b) => String.fromCharCode(32 + (b % 90))).join(''),
    );
    await expect(linkOfWorkspace(huge)).rejects.toThrow(/too large/);
  });

  it('refuses what a stranger may have made of them', async () => {
    const pack = (head: unknown, rest = ''): string =>
      `#files=${deflateRawSync(`${JSON.stringify(head)}\n${rest}`).toString('base64url')}`;
    const good = { name: 'n', active: 'a.energy', files: [['a.energy', 2]] };
    expect((await readLink(pack(good, 'ab')))?.kind).toBe('files');
    for (const bad of [
      { ...good, files: [['../a.energy', 2]] },
      { ...good, files: [['a.energy', 3]] },
      { ...good, files: [['a.energy', -1]] },
      {
        ...good,
        files: [
          ['a.energy', 1],
          ['a.energy', 1],
        ],
      },
      { ...good, active: 'b.energy' },
      { ...good, files: 'all' },
      null,
      7,
    ])
      expect(await readLink(pack(bad, 'ab'))).toBeNull();
    // 64 MB of nothing are a few kilobytes packed.
    const bomb = `#files=${deflateRawSync(Buffer.alloc(64 * 2 ** 20)).toString('base64url')}`;
    expect(await readLink(bomb)).toBeNull();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('A', 'z', '0', '-', '_'), maxLength: 60 }),
        async (s) => {
          expect(['files', undefined]).toContain((await readLink(`#files=${s}`))?.kind);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what the browser keeps', () => {
  const values = (): KeyValues & { readonly all: Map<string, unknown> } => {
    const all = new Map<string, unknown>();
    return {
      all,
      get: async (k) => all.get(k),
      set: async (k, v) => void all.set(k, structuredClone(v)),
      delete: async (k) => void all.delete(k),
      entries: async () => [...all],
    };
  };
  const notes = (): Notes => {
    const all = new Map<string, string>();
    return {
      getItem: (k) => all.get(k) ?? null,
      setItem: (k, v) => void all.set(k, v),
      removeItem: (k) => void all.delete(k),
    };
  };

  it('keeps what was changed, not what was only looked at, and brings it back', async () => {
    const [v, n] = [values(), notes()];
    const store = programStore(v, n);
    const session = workspaceSession(several, store, () => 'one');
    session.open(several);
    await session.flush();
    expect(v.all.size).toBe(0);
    session.type('const a = 1\n');
    await session.flush();
    expect(store.last).toBe('one');
    const back = await programStore(v, n).load('one');
    expect(activeText(back!.workspace)).toBe('const a = 1\n');
    expect([...back!.workspace.files.keys()]).toEqual([...several.files.keys()]);
    expect((await store.list()).map((p) => p.workspace.name)).toEqual(['Two files']);
    await store.remove('one');
    expect(await store.list()).toEqual([]);
    expect(store.last).toBeNull();
  });

  it('brings back what was typed in the moment the page was closed', async () => {
    const [v, n] = [values(), notes()];
    const store = programStore(v, n);
    const session = workspaceSession(several, store, () => 'one');
    session.type('first');
    await session.flush();
    session.type('second');
    // The database never answers: the page is gone.
    v.set = () => new Promise(() => {});
    void session.flush();
    const later = programStore({ ...v, set: async (k, x) => void v.all.set(k, x) }, n);
    expect(activeText((await later.load('one'))!.workspace)).toBe('second');
    // Once; what is stored by then is not written over.
    expect(n.getItem('energy.unsaved')).toBeNull();
  });

  it('brings removed files back, also under another name', () => {
    const session = workspaceSession(several, programStore(values(), notes()), () => 'one');
    const undo = session.remove('data/v.csv');
    expect(session.now.files.has('data/v.csv')).toBe(false);
    session.add([['data/v.csv', bytes('other')]]);
    undo?.();
    expect([...session.now.files.keys()]).toContain('data/v-2.csv');
    const back = session.remove('main.energy');
    expect(session.now.active).toBe('lib/pair.energy');
    back?.();
    expect(session.now.active).toBe('main.energy');
  });

  it('takes nothing from a damaged database', async () => {
    const v = values();
    v.all.set('program:x', { id: 'x', name: 'n', active: 'gone.energy', files: [] });
    v.all.set('program:y', 'text');
    expect(await programStore(v, null).list()).toEqual([]);
  });
});

describe('declaring data', () => {
  const TEXT =
    '/// Head.\nconst a = 1\n\n/// About E.\nenergy E(x : spin) {\n  term t = -a * x\n}\n\nrun d = sample(E)\n';
  const put = (cursor: number): string => {
    const { start, end, text } = insertion(TEXT, cursor, 'const NEW = 2\n');
    return TEXT.slice(0, start) + text + TEXT.slice(end);
  };

  it('goes between declarations, wherever the cursor is', () => {
    expect(put(TEXT.indexOf('term'))).toContain('const a = 1\n\nconst NEW = 2\n\n/// About E.\nenergy E');
    expect(put(TEXT.indexOf('run d'))).toContain('}\n\nconst NEW = 2\n\nrun d');
    expect(put(0)).toMatch(/^\/\/\/ Head\.\n+const NEW = 2\n\nconst a = 1/);
    expect(put(TEXT.length)).toMatch(/run d = sample\(E\)\n\nconst NEW = 2\n$/);
    for (let i = 0; i <= TEXT.length; i++) {
      const lines = put(i).split('\n');
      expect(lines.filter((l) => !['', 'const NEW = 2'].includes(l))).toEqual(
        TEXT.split('\n').filter((l) => l !== ''),
      );
    }
  });

  it('looks at tables and proposes declarations that the compiler takes', async () => {
    const host = memoryHost({ 'table.csv': CSV, 'grid.csv': '1,0\n0,1\n', 'bad.csv': 'a,b\n"open\n' });
    const found = await peek(host, 'table.csv', { path: 'data/table.csv', taken: ['Table', 'row', 'Kind'] });
    expect(found.shape).toBe('4 rows, 3 columns');
    expect(found.columns.map((c) => [c.name, c.kind, c.range, c.missing])).toEqual([
      ['x', 'real', '1.5 … 3.25', 1],
      ['y', 'bit', '0, 1', 0],
      ['kind', '2 labels', 'a, b', 0],
    ]);
    expect(found.rows[3]).toEqual(['', '0', 'b']);
    const program = `const Table = 1\nindex row = 2\nenum Kind = { u }\n${found.declaration}\nenergy E(r : TableRow) { term t = r.x ^ 2 }\n`;
    const { compiled } = await openProgram(
      { file: 'p.energy', text: program },
      workspaceFiles(nothing).reader('p.energy'),
    );
    expect(compiled.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    expect(found.declaration).toContain('from "data/table.csv"');
    expect((await peek(host, 'grid.csv', { path: 'grid.csv', taken: [] })).declaration).toContain('bit[');
    await expect(peek(host, 'bad.csv', { path: 'bad.csv', taken: [] })).rejects.toBeInstanceOf(EnergyError);
  });
});

describe('downloads and uploads', () => {
  let dir: string;
  beforeAll(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-workspace-'));
  });
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));
  const energy = async (cwd: string, ...args: readonly string[]): Promise<string> => {
    let said = '';
    const write = (text: string): void => {
      said += text;
    };
    const code = await main(args, { out: { write }, err: { write }, cwd });
    // 3: it ran, and its diagnostics are bad, as those of twenty draws may be.
    expect([0, 3], said).toContain(code);
    expect(said).not.toMatch(/error\[?E\d/);
    return said;
  };

  it('makes a folder that the command line checks and runs, whose run comes back as a card', async () => {
    const bundled = { texts: new Map<string, string>(), urls: new Map([['data/w.csv', '/assets/w-1.csv']]) };
    const w = setText(several, 'main.energy', `${activeText(several)}data u : real[r] from "data/w.csv"\n`);
    const {
      name,
      bytes: zip,
      missing,
    } = await archiveOf(w, bundledNeeds(w, bundled), async (url) =>
      url === '/assets/w-1.csv' ? new TextEncoder().encode('u\n5\n6\n') : null,
    );
    expect(name).toBe('Two-files.zip');
    expect(missing).toEqual([]);
    for (const [file, content] of Object.entries(unzipSync(zip))) {
      fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      fs.writeFileSync(path.join(dir, file), content);
    }
    const root = path.join(dir, 'Two-files');
    const readme = fs.readFileSync(path.join(root, 'README.txt'), 'utf8');
    const commands = [...readme.matchAll(/^ {2}energy (.*)$/gm)].map((m) => m[1].split(' '));
    expect(commands.map((c) => c[0])).toEqual(['check', 'run']);
    for (const command of commands) await energy(root, ...command);

    // What the run wrote, dropped onto the page.
    const run = fs
      .readdirSync(path.join(root, 'runs'), { recursive: true, encoding: 'utf8' })
      .filter((f) => fs.statSync(path.join(root, 'runs', f)).isFile());
    const incoming = new Map(
      run.map((f) => [`runs/${f}`, new Blob([fs.readFileSync(path.join(root, 'runs', f))])] as const),
    );
    const found = await sorted(incoming);
    expect(found.kind).toBe('run');
    const host = memoryHost();
    for (const [p, b] of found.files) await host.write(p, new Uint8Array(await b.arrayBuffer()));
    const card = await readRunCard(host, '', 'run');
    expect(card.name).toBe('draws');
    expect(card.program?.text).toBe(activeText(w));
    expect(card.result?.verb).toBe('sample');
    if (card.result?.verb !== 'sample') return;
    expect(card.result.draws.chains).toBe(2);
    expect(card.result.summary?.quantities.map((q) => q.name)).toEqual(['a', 'b']);
  }, 60_000);

  it('unpacks zip files within bounds, and only what is plain', () => {
    const text = (t: string): Uint8Array => new TextEncoder().encode(t);
    const zip = zipSync({
      'proj/a.energy': text('a'),
      'proj/.git/x': text('x'),
      '../up.csv': text('u'),
      'proj/d/b.csv': text('b'),
    });
    expect([...unzipped(zip).keys()].sort()).toEqual(['a.energy', 'd/b.csv']);
    expect(() => unzipped(text('no zip at all'))).toThrow(/no zip file/);
    const many = zipSync(Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`f${i}.csv`, text('')])));
    expect(() => unzipped(many)).toThrow(RangeError);
  });
});

describe('a folder of the machine', () => {
  let base: string;
  let server: Awaited<ReturnType<typeof servePlayground>>;
  beforeAll(async () => {
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-folder-'));
    for (const d of ['page', 'work/data']) fs.mkdirSync(path.join(base, d), { recursive: true });
    fs.writeFileSync(path.join(base, 'page/index.html'), '<!doctype html>');
    fs.writeFileSync(path.join(base, 'work/a.energy'), 'const a = 1\n');
    fs.writeFileSync(path.join(base, 'work/data/t.csv'), CSV);
    server = await servePlayground(path.join(base, 'page'), path.join(base, 'work'), 0);
  });
  afterAll(async () => {
    await server.close();
    fs.rmSync(base, { recursive: true, force: true });
  });
  const stored = (file: string): string => fs.readFileSync(path.join(base, 'work', file), 'utf8');

  it('is listed, read, saved; a conflict is told, and nothing is written over unasked', async () => {
    const asPage: typeof fetch = (input, init) =>
      fetch(input, {
        ...init,
        headers: { ...(init?.headers as Record<string, string>), 'x-energy-token': server.token },
      });
    const address = `http://127.0.0.1:${server.port}/`;
    const folder = await openFolder(folderApi(address, asPage));
    expect(folder?.name).toBe('work');
    let w = await folder!.open();
    expect(w.active).toBe('a.energy');
    expect(activeText(w)).toBe('const a = 1\n');
    expect(w.files.get('data/t.csv')).toMatchObject({ kind: 'away', size: CSV.length });
    expect(folder!.unsaved(w)).toEqual([]);

    w = setText(w, 'a.energy', 'const a = 2\n');
    expect(folder!.unsaved(w)).toEqual(['a.energy']);
    expect((await folder!.save('a.energy', w.files.get('a.energy')!)).kind).toBe('saved');
    expect(stored('a.energy')).toBe('const a = 2\n');
    expect(folder!.unsaved(w)).toEqual([]);

    fs.writeFileSync(path.join(base, 'work/a.energy'), 'const theirs = 1\n');
    w = setText(w, 'a.energy', 'const a = 3\n');
    const clash = await folder!.save('a.energy', w.files.get('a.energy')!);
    expect(clash).toMatchObject({ kind: 'conflict', theirs: { entry: { text: 'const theirs = 1\n' } } });
    expect(stored('a.energy')).toBe('const theirs = 1\n');
    expect((await folder!.save('a.energy', w.files.get('a.energy')!, true)).kind).toBe('saved');
    expect(stored('a.energy')).toBe('const a = 3\n');

    expect((await folder!.save('new.energy', textFile('const n = 1\n'))).kind).toBe('saved');
    expect(stored('new.energy')).toBe('const n = 1\n');
    // Something else makes the same new file.
    fs.writeFileSync(path.join(base, 'work/late.energy'), 'const theirs = 2\n');
    expect((await folder!.save('late.energy', textFile('const mine = 2\n'))).kind).toBe('conflict');
  });

  it('is not there where nobody serves one', async () => {
    const html: typeof fetch = async () =>
      new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } });
    const none: typeof fetch = async () => new Response('', { status: 404 });
    const lost: typeof fetch = async () => Promise.reject(new TypeError('no network'));
    for (const f of [html, none, lost])
      expect(await openFolder(folderApi('http://127.0.0.1:1/', f))).toBeNull();
  });
});
