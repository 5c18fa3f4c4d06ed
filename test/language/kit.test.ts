/** The kit that the other tests of this folder stand on. */
import { describe, expect, it } from 'vitest';
import { edited, marked, unmarked, workspace } from './kit.ts';

describe('marks', () => {
  it('are cursors and ranges, and leave the text', () => {
    const m = marked('const a = |[|1|]\nconst b = [|a|]|');
    expect(m.text).toBe('const a = 1\nconst b = a');
    expect(m.cursors).toEqual([
      { line: 0, character: 10 },
      { line: 1, character: 11 },
    ]);
    expect(m.ranges).toEqual([
      { start: { line: 0, character: 10 }, end: { line: 0, character: 11 } },
      { start: { line: 1, character: 10 }, end: { line: 1, character: 11 } },
    ]);
  });

  it('tell a cursor between brackets from a range', () => {
    expect(marked('x[|]')).toEqual({ text: 'x[]', cursors: [{ line: 0, character: 2 }], ranges: [] });
    expect(marked('x[‸i]')).toEqual({ text: 'x[i]', cursors: [{ line: 0, character: 2 }], ranges: [] });
  });

  it('are refused where a range has one end only', () => {
    expect(() => marked('[|a')).toThrow('not closed');
    expect(() => marked('a|]')).toThrow('closes no range');
  });

  it('are text where a text is given with its offsets', async () => {
    const text = 'const a = 1\nset odd = [|a|] // ‸';
    expect(unmarked(text, 16)).toEqual({ text, cursors: [{ line: 1, character: 4 }], ranges: [] });
    const w = workspace(unmarked(text, 6));
    expect(w.service.text(w.uri)).toBe(text);
    expect((await w.service.definition(w.uri, w.at))?.range.start).toEqual({ line: 0, character: 6 });
  });

  it('and edits are applied from the end, so that none moves another', () => {
    const at = (character: number) => ({ line: 0, character });
    const insert = (character: number, newText: string) => ({
      range: { start: at(character), end: at(character) },
      newText,
    });
    expect(edited('abc', [insert(0, '1'), insert(3, '2')])).toBe('1abc2');
  });
});
