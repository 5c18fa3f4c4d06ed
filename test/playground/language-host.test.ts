/** The language service over the files of a workspace, as the worker has it. */
import { describe, expect, it } from 'vitest';
import { languageHost } from '../../playground/src/engine/language-host.ts';
import { workspaceFiles } from '../../playground/src/engine/workspace-files.ts';
import { documentUri, pathOf, type ToldFile } from '../../playground/src/protocol.ts';
import { languageService } from '../../src/language/service.ts';
import { isRefusal } from '../../src/language/types.ts';
import { library } from '../language/kit.ts';

const told = (path: string, content: string, revision = 1): ToldFile => ({ path, revision, content });

describe('the language service of the worker', () => {
  const files = workspaceFiles({ texts: new Map(), urls: new Map(), library });
  files.hear({
    type: 'files',
    anew: true,
    files: [
      told('lib/f.energy', 'fn twice(x : real) : real = 2 * x\n'),
      told('other.energy', 'use twice from "lib/f.energy"\nconst b = twice(2)\n'),
      told('y.csv', 'y\n1\n2\n'),
    ],
  });
  const host = languageHost(files);
  const service = languageService(host);
  const uri = documentUri('main one.energy');
  const program =
    'use twice from "lib/f.energy"\ndata y : real[row] from "y.csv"\nenergy E(m : real) { y ~ normal(twice(m), 1)\n  m ~ normal(0, 1) }\n';

  it('knows paths by their addresses', () => {
    for (const path of ['a.energy', 'dir/b c.energy', 'é%.energy'])
      expect(pathOf(documentUri(path))).toBe(path);
  });

  it('reads programs and data of the workspace', async () => {
    service.update(uri, program);
    expect(await service.diagnostics(uri)).toEqual([]);
    const card = await service.hover(uri, { line: 2, character: 9 });
    expect(card?.contents.value).toContain('Plan: NUTS');
  });

  it('renames in all of them', async () => {
    const edit = await service.rename(uri, { line: 0, character: 5 }, 'double');
    if (isRefusal(edit)) throw new Error(edit.refused);
    expect(Object.keys(edit.changes).map(pathOf).sort()).toEqual([
      'lib/f.energy',
      'main one.energy',
      'other.energy',
    ]);
  });

  it('reads modules of the library, and what lies elsewhere until it is asked for', async () => {
    const ising = 'use Ising from "std/ising"\nenergy J = Ising\n';
    service.update(uri, ising);
    const found = await service.definition(uri, { line: 1, character: 12 });
    expect(pathOf(found!.uri)).toBe('std/ising');
    const text = await host.text!(found!.uri);
    expect(text?.split('\n')[found!.range.start.line]).toMatch(/^energy Ising\(/);
    // Asked about as a document of its own.
    const card = await service.hover(found!.uri, found!.range.start);
    expect(card?.contents.value).toContain('Ising');
    const places = await service.references(uri, { line: 1, character: 12 }, true);
    expect(places.map((l) => pathOf(l.uri))).toContain('std/ising');
    const away = new Map([['far', 'const far = 1\n']]);
    const distant = workspaceFiles({ texts: away, urls: new Map(), library }, async (url) =>
      new TextEncoder().encode(away.get(url)),
    );
    distant.hear({
      type: 'files',
      anew: true,
      files: [{ path: 'lib/far.energy', revision: 1, content: { url: 'far' } }],
    });
    const there = languageHost(distant);
    expect(await there.text!(documentUri('lib/far.energy'))).toBe('const far = 1\n');
    expect(await there.text!(documentUri('lib/none.energy'))).toBeUndefined();
    service.update(uri, program);
  });

  it('sees changes when it is told to look again', async () => {
    files.hear({
      type: 'files',
      anew: false,
      files: [told('lib/f.energy', 'fn thrice(x : real) : real = x\n', 2)],
    });
    service.refresh();
    expect((await service.diagnostics(uri))[0].message).toContain('twice');
  });
});
