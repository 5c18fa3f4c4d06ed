/** The extension of VS Code as its users install it: made, unpacked, loaded, and at work with the server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as Module from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { build as bundle } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeFiles } from '../../editors/vscode/files.ts';
import { invocation, spawned } from '../../editors/vscode/src/program.ts';
import { openRasteriser } from '../../src/cli/raster.ts';
import { openings } from '../../src/language/snippets.ts';
import { parse } from '../../src/syntax/parse.ts';
import { version } from '../../src/version.ts';
import { folder } from '../cli/kit.ts';
import { expectGolden } from '../run/golden.ts';
import { type Built, build } from '../scale/build.ts';
import { stubbed } from './stub.ts';

const root = path.resolve(import.meta.dirname, '../..');
const source = path.join(root, 'editors/vscode');

interface Contributions {
  readonly main: string;
  readonly icon: string;
  readonly contributes: {
    readonly languages: readonly { readonly configuration: string }[];
    readonly grammars: readonly { readonly path: string; readonly scopeName: string }[];
    readonly snippets: readonly { readonly path: string }[];
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
}

let built: Built;
let out: string;
let files: Readonly<Record<string, Uint8Array>>;
const name = `energy-${version}.vsix`;

const pack = async (dir: string): Promise<Buffer> => {
  await bundle({
    root: source,
    configFile: path.join(source, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: dir, emptyOutDir: true },
  });
  return readFileSync(path.join(dir, name));
};

beforeAll(async () => {
  out = mkdtempSync(path.join(tmpdir(), 'energy-vscode-'));
  files = unzipSync(await pack(out));
  built = build({});
}, 120_000);
afterAll(() => {
  rmSync(out, { recursive: true, force: true });
  built.remove();
});

const text = (file: string): string => strFromU8(files[file]);
const manifest = (): Contributions & Readonly<Record<string, unknown>> =>
  JSON.parse(text('extension/package.json'));

describe('the files that are made', () => {
  it.each([...madeFiles()].map(([file, made]) => ({ file, made })))('$file', ({ file, made }) => {
    expectGolden(path.join(source, file), made);
  });

  it('icon.png is that of the playground', async () => {
    const svg = readFileSync(path.join(root, 'playground/src/icon.svg'), 'utf8');
    const made = (await openRasteriser()).png(svg, 256);
    const file = path.join(source, 'icon.png');
    if (process.env.UPDATE_GOLDENS === '1') writeFileSync(file, made);
    expect(Buffer.compare(readFileSync(file), made)).toBe(0);
  });
});

describe('a snippet', () => {
  const all = JSON.parse(madeFiles().get('snippets/energy.json') ?? '{}') as Readonly<
    Record<string, { readonly prefix: string; readonly body: readonly string[] }>
  >;

  it.each(Object.entries(all))('%s is a piece of a program', (_, { body }) => {
    const filled = body
      .join('\n')
      .replace(/\$\{\d+:([^}]*)\}|\$\d/g, '$1')
      .replace(/\\([\\$}])/g, '$1');
    const program = filled.startsWith('term ') ? `energy E(s : spin[k]) { ${filled} }` : filled;
    expect(parse(program, 'snippet').diagnostics).toEqual([]);
  });

  it('has a prefix of its own, which is no word that the server completes', () => {
    const prefixes = Object.values(all).map((s) => s.prefix);
    expect(new Set(prefixes).size).toBe(prefixes.length);
    expect(prefixes.filter((p) => openings.has(p))).toEqual([]);
  });
});

describe('the package', () => {
  it('is the same whenever it is made', async () => {
    const again = mkdtempSync(path.join(tmpdir(), 'energy-vscode-'));
    expect(Buffer.compare(await pack(again), readFileSync(path.join(out, name)))).toBe(0);
    rmSync(again, { recursive: true, force: true });
  });

  it('has everything that its manifest speaks of', () => {
    const m = manifest();
    expect(m.version).toBe(version);
    expect(m.type).toBeUndefined();
    const { languages, grammars, snippets } = m.contributes;
    const spoken = [
      m.main,
      m.icon,
      ...languages.map((l) => l.configuration),
      ...grammars.map((g) => g.path),
      ...snippets.map((s) => s.path),
    ];
    for (const file of spoken) expect(Object.keys(files)).toContain(path.posix.join('extension', file));
    expect(JSON.parse(text('extension/syntaxes/energy.tmLanguage.json')).scopeName).toBe(
      grammars[0].scopeName,
    );
    expect(text('extension/licenses.md')).toContain('vscode-languageclient');
  });

  it('is a package as the store wants it', () => {
    const xml = text('extension.vsixmanifest');
    const m = manifest();
    expect(xml).toContain(
      `<Identity Language="en-US" Id="${m.name}" Version="${version}" Publisher="${m.publisher}"/>`,
    );
    const assets = [...xml.matchAll(/Path="([^"]+)"/g)].map(([, file]) => file);
    expect(assets).toContain('extension/package.json');
    for (const file of assets) expect(Object.keys(files)).toContain(file);
    const types = [...text('[Content_Types].xml').matchAll(/Extension="\.(\w+)"/g)].map(([, e]) => e);
    for (const file of Object.keys(files).filter((f) => f !== '[Content_Types].xml'))
      expect(types, file).toContain(file.slice(file.lastIndexOf('.') + 1));
    // The first bytes of a PNG of 256 by 256.
    expect([...files['extension/icon.png'].slice(1, 4)]).toEqual([...Buffer.from('PNG')]);
    expect(Buffer.from(files['extension/icon.png']).readUInt32BE(16)).toBe(256);
  });
});

describe('the program is started', () => {
  it('by its name, its file, or by node', () => {
    expect(invocation('', 'lsp')).toEqual({ command: 'energy', args: ['lsp'] });
    expect(invocation(' /opt/my energy ', 'run', 'a')).toEqual({
      command: '/opt/my energy',
      args: ['run', 'a'],
    });
    expect(invocation('/x/bin.js', 'lsp')).toEqual({ command: 'node', args: ['/x/bin.js', 'lsp'] });
  });

  it('through a shell where npm makes scripts', () => {
    expect(spawned(invocation('C:\\My Tools\\energy.cmd', 'lsp'), 'win32')).toEqual({
      command: '"C:\\My Tools\\energy.cmd"',
      args: ['lsp'],
      shell: true,
    });
    expect(spawned(invocation('energy', 'lsp'), 'linux').shell).toBe(false);
  });
});

interface Extension {
  readonly activate: (context: object) => Promise<void>;
  readonly deactivate: () => Promise<void>;
}

/** Loads the bundle with what `require('vscode')` answers. */
function loaded(vscode: object): Extension {
  const file = path.join(out, 'unpacked.cjs');
  writeFileSync(file, text('extension/dist/extension.cjs'));
  const loader = Module.default as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === 'vscode' ? vscode : load(request, ...rest));
  try {
    const require = Module.createRequire(import.meta.url);
    delete require.cache[file];
    return require(file) as Extension;
  } finally {
    loader._load = load;
  }
}

describe('at work', { timeout: 60_000 }, () => {
  const context = (): object => ({ subscriptions: [], extensionUri: undefined });

  it('starts the server, shows what it says, and runs the jobs that it names', async () => {
    const { dir } = folder({});
    const file = path.join(dir, 'main.energy');
    const vscode = stubbed({ [file]: 'energy E(x : real) { term t = y ^ 2 }\nrun draws = sample(E)\n' });
    vscode.settings.set('path', built.bin);
    const extension = loaded(vscode.module);
    await extension.activate(context());
    expect([...vscode.commands.keys()].filter((c) => c.startsWith('energy.')).sort()).toEqual(
      ['energy.run', ...manifest().contributes.commands.map((c) => c.command)].sort(),
    );
    await expect
      .poll(() => vscode.told.get(file)?.map((d) => d.message), { timeout: 20_000 })
      .toEqual([expect.stringContaining('there is no name `y` here')]);
    await vscode.commands.get('energy.runJob')?.();
    expect(vscode.tasks).toEqual([['node', built.bin, 'run', 'main.energy', 'draws']]);
    await vscode.commands.get('energy.run')?.(`file://${file}`, 'other');
    expect(vscode.tasks[1]).toEqual(['node', built.bin, 'run', 'main.energy', 'other']);
    await vscode.commands.get('energy.restart')?.();
    await expect.poll(() => vscode.told.get(file)?.length, { timeout: 20_000 }).toBe(1);
    await extension.deactivate();
    expect(vscode.messages).toEqual([]);
  });

  it('says so where the program is not there', async () => {
    const vscode = stubbed({});
    vscode.settings.set('path', '/nowhere/energy');
    const extension = loaded(vscode.module);
    await extension.activate(context());
    await expect
      .poll(() => vscode.messages.join('\n'), { timeout: 20_000 })
      .toContain('`/nowhere/energy` is not there');
    await extension.deactivate();
  });
});
