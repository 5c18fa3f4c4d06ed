/** The server as an editor starts it: a process that speaks the protocol on its standard input and output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CodeAction,
  type CodeLens,
  type CompletionItem,
  createProtocolConnection,
  type Diagnostic,
  type DocumentSymbol,
  type Hover,
  type Location,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver-protocol/node';
import { tokenTypes } from '../../src/language/tokens.ts';
import { type Built, build } from '../scale/build.ts';
import { folder } from './kit.ts';

const PROGRAM = `use twice from "f.energy"
/// Where spins live.
index site = grid(4, 4)
energy Chain(s : spin[site]) {
  term pair = -0.5 * twice(1) * sum(s[p] * s[q] for (p, q) in neighbours(site))
}
run draws = sample(Chain, draws = 10)
`;
const FILES = { 'f.energy': 'fn twice(x : real) : real = 2 * x\n', 'main.energy': PROGRAM };

let built: Built;
beforeAll(() => {
  built = build({});
}, 120_000);
afterAll(() => built.remove());

interface Server {
  readonly uri: (file: string) => string;
  readonly ask: <T>(method: string, params?: unknown) => Promise<T>;
  readonly tell: (method: string, params?: unknown) => Promise<void>;
  /** The next diagnostics of a document that satisfy a condition. */
  readonly told: (
    file: string,
    when: (d: readonly Diagnostic[]) => boolean,
  ) => Promise<readonly Diagnostic[]>;
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;
}

function start(files: Readonly<Record<string, string>> = FILES): Server {
  const { dir } = folder(files);
  const child = spawn(process.execPath, [built.bin, 'lsp', '--stdio'], { cwd: dir });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const connection: ProtocolConnection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const latest = new Map<string, readonly Diagnostic[]>();
  const listeners = new Set<() => void>();
  connection.onNotification('textDocument/publishDiagnostics', (p: PublishDiagnosticsParams) => {
    latest.set(p.uri, p.diagnostics);
    for (const l of listeners) l();
  });
  connection.listen();
  const uri = (file: string): string => pathToFileURL(path.join(dir, file)).href;
  return {
    uri,
    ask: (method, params) => connection.sendRequest(method, params),
    tell: (method, params) => connection.sendNotification(method, params),
    told: (file, when) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = latest.get(uri(file));
          if (!found || !when(found)) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
    ended,
    child,
  };
}

const opened = async (s: Server, file: string, text: string): Promise<void> =>
  s.tell('textDocument/didOpen', {
    textDocument: { uri: s.uri(file), languageId: 'energy', version: 1, text },
  });

async function initialized(s: Server): Promise<unknown> {
  const result = await s.ask('initialize', {
    processId: process.pid,
    rootUri: s.uri('').replace(/\/$/, ''),
    capabilities: {},
  });
  await s.tell('initialized', {});
  return result;
}

const ended = async (s: Server): Promise<number | null> => {
  await s.ask('shutdown');
  await s.tell('exit');
  return s.ended;
};

const placeOf = (text: string, word: string, skip = 0) => {
  const before = text.slice(0, text.indexOf(word) + skip).split('\n');
  return { line: before.length - 1, character: before[before.length - 1].length };
};

describe('energy lsp', { timeout: 60_000 }, () => {
  it('serves an editor from the first word to the last', async () => {
    const s = start();
    const { capabilities } = (await initialized(s)) as { capabilities: Record<string, unknown> };
    expect(capabilities).toMatchObject({ hoverProvider: true, renameProvider: { prepareProvider: true } });
    const wrong = PROGRAM.replace('twice(1)', 'twise(1)');
    await opened(s, 'main.energy', wrong);
    const textDocument = { uri: s.uri('main.energy') };
    const [mistake] = await s.told('main.energy', (d) => d.length > 0);
    expect(mistake).toMatchObject({ code: 'E0205', severity: 1, source: 'energy' });
    expect(mistake.message).toContain('did you mean `twice`');

    // Its suggestion, as an edit; then the text is mended by the editor.
    const fixes = await s.ask<CodeAction[]>('textDocument/codeAction', {
      textDocument,
      range: mistake.range,
      context: { diagnostics: [mistake] },
    });
    expect(fixes[0].title).toBe('Change to `twice`');
    const [fix] = fixes[0].edit?.changes?.[s.uri('main.energy')] ?? [];
    await s.tell('textDocument/didChange', {
      textDocument: { ...textDocument, version: 2 },
      contentChanges: [{ range: fix.range, text: fix.newText }],
    });
    expect(await s.told('main.energy', (d) => d.length === 0)).toEqual([]);

    const at = (word: string, skip = 0) => ({ textDocument, position: placeOf(PROGRAM, word, skip) });
    const hover = await s.ask<Hover>('textDocument/hover', at('s : spin'));
    const card = (hover.contents as { value: string }).value;
    expect(card).toContain('unknown of `spin[site]` — 4 × 4');
    expect(card).toMatch(/Plan: (Gibbs|exact|Swendsen)/);

    const offered = await s.ask<CompletionItem[]>('textDocument/completion', at('draws = 10'));
    expect(offered.find((c) => c.label === 'chains')).toMatchObject({
      textEdit: { newText: 'chains = ' },
    });

    const there = await s.ask<Location>('textDocument/definition', at('twice(1)'));
    expect(there).toEqual({
      uri: s.uri('f.energy'),
      range: { start: { line: 0, character: 3 }, end: { line: 0, character: 8 } },
    });
    // A name of the library is shown in the library's own file.
    await opened(s, 'std.energy', 'use Ising from "std/ising"\n');
    const std = await s.ask<Location>('textDocument/definition', {
      textDocument: { uri: s.uri('std.energy') },
      position: { line: 0, character: 5 },
    });
    const module = readFileSync(fileURLToPath(std.uri), 'utf8').split('\n');
    expect(module[std.range.start.line]).toMatch(/^energy Ising\(/);

    const places = await s.ask<Location[]>('textDocument/references', {
      ...at('twice(1)'),
      context: { includeDeclaration: true },
    });
    expect(places.map((l) => l.uri).sort()).toEqual(
      [s.uri('f.energy'), s.uri('main.energy'), s.uri('main.energy')].sort(),
    );
    const renamed = await s.ask<WorkspaceEdit>('textDocument/rename', {
      ...at('twice(1)'),
      newName: 'double',
    });
    expect(Object.keys(renamed.changes ?? {}).sort()).toEqual([s.uri('f.energy'), s.uri('main.energy')]);
    await expect(s.ask('textDocument/rename', { ...at('twice(1)'), newName: 'where' })).rejects.toThrow(
      '`where` is a reserved word',
    );
    await expect(s.ask('textDocument/prepareRename', at('sum('))).rejects.toThrow(
      'is a word of the language',
    );

    const symbols = await s.ask<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument });
    expect(symbols.map((x) => x.name)).toEqual(['twice', 'site', 'Chain', 'draws']);
    const help = await s.ask<{ signatures: { label: string }[] }>('textDocument/signatureHelp', at('1) *'));
    expect(help.signatures[0].label).toBe('twice(x : real) : real');
    const { data } = await s.ask<{ data: number[] }>('textDocument/semanticTokens/full', { textDocument });
    expect(data.length % 5).toBe(0);
    expect(tokenTypes[data[3]]).toBe('function');
    expect(await s.ask('textDocument/foldingRange', { textDocument })).toContainEqual({
      startLine: 3,
      endLine: 4,
    });
    const [lens] = await s.ask<CodeLens[]>('textDocument/codeLens', { textDocument });
    expect(lens.command).toEqual({
      title: '▶ Run draws',
      command: 'energy.run',
      arguments: [s.uri('main.energy'), 'draws'],
    });
    const options = { tabSize: 2, insertSpaces: true };
    expect(await s.ask<TextEdit[]>('textDocument/formatting', { textDocument, options })).toEqual([]);
    expect(await ended(s)).toBe(0);
  });

  it('tells of a file that is used when that changes in the editor', async () => {
    const s = start();
    await initialized(s);
    await opened(s, 'main.energy', PROGRAM);
    await s.told('main.energy', (d) => d.length === 0);
    await opened(s, 'f.energy', 'fn thrice(x : real) : real = 3 * x\n');
    const [mistake] = await s.told('main.energy', (d) => d.length > 0);
    expect(mistake.message).toContain('twice');
    await s.tell('textDocument/didClose', { textDocument: { uri: s.uri('f.energy') } });
    expect(await s.told('main.energy', (d) => d.length === 0)).toEqual([]);
    expect(await ended(s)).toBe(0);
  });

  it('outlives whatever it is told', async () => {
    const s = start();
    await initialized(s);
    await opened(s, 'main.energy', PROGRAM);
    const textDocument = { uri: s.uri('main.energy') };
    const methods = ['hover', 'completion', 'definition', 'signatureHelp', 'prepareRename', 'documentSymbol'];
    const addresses = [
      'file:///nowhere/at%20all.energy',
      'untitled:Untitled-1',
      'file://host/share/x.energy',
      'file:///a%2Fb%00.energy',
      'https://example.org/x.energy',
      '%%%',
      '',
    ];
    const far = [
      { line: 1e9, character: 0 },
      { line: 0, character: 1e9 },
      { line: -7, character: -7 },
      { line: 0.5, character: 1.5 },
    ];
    const settled = async (asked: Promise<unknown>): Promise<void> => {
      await asked.catch(() => null);
    };
    for (const method of methods) {
      for (const uri of addresses)
        await settled(s.ask(`textDocument/${method}`, { textDocument: { uri }, position: far[0] }));
      for (const position of far) await settled(s.ask(`textDocument/${method}`, { textDocument, position }));
      for (const params of [{}, { textDocument: null }, { textDocument }, [1, 2]])
        await settled(s.ask(`textDocument/${method}`, params));
    }
    await settled(s.ask('no/such/question', {}));
    for (const params of [
      { textDocument: { uri: 'file:///nowhere.energy', version: 1 }, contentChanges: [{ text: 'x' }] },
      { textDocument: { ...textDocument, version: 2 }, contentChanges: [{ range: null, text: 'x' }] },
      { textDocument: { ...textDocument, version: 2 } },
      {
        textDocument: { ...textDocument, version: 3 },
        contentChanges: [
          { range: { start: far[0], end: { line: 0, character: 0 } }, text: '\u0000{{{{((((' },
        ],
      },
    ])
      await s.tell('textDocument/didChange', params);
    await s.tell('textDocument/didClose', { textDocument: { uri: 'file:///never/opened.energy' } });
    await opened(s, 'deep.energy', `const a = ${'('.repeat(20_000)}1`);
    await opened(s, 'wide.energy', 'const a = 1 + 1\n'.repeat(40_000));
    const [note] = await s.told('wide.energy', (d) => d.length > 0);
    expect(note).toMatchObject({ code: 'E0504', severity: 3 });
    expect((await s.told('deep.energy', (d) => d.length > 0))[0].severity).toBe(1);
    // It still knows its own, as a fresh text.
    await opened(s, 'main.energy', PROGRAM);
    const hover = await s.ask<Hover>('textDocument/hover', {
      textDocument,
      position: placeOf(PROGRAM, 'site'),
    });
    expect((hover.contents as { value: string }).value).toContain('4 × 4 = 16 elements');
    expect(await ended(s)).toBe(0);
  });

  it('ends with 1 where nobody said goodbye', async () => {
    const s = start();
    await initialized(s);
    s.child.stdin?.end();
    expect(await s.ended).toBe(1);
  });
});
