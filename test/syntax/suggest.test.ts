import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggest } from '../../src/syntax/suggest.ts';

describe('suggest', () => {
  it('finds the word that was meant', () => {
    const words = ['term', 'let', 'require', 'report', 'sigma', 'normal'];
    expect(suggest('trem', words)).toBe('term');
    expect(suggest('ter', words)).toBe('term');
    expect(suggest('reprot', words)).toBe('report');
    expect(suggest('Sigma', words)).toBe('sigma');
    expect(suggest('nromall', words)).toBe('normal');
    expect(suggest('lte', words)).toBe('let');
  });

  it('is silent where nothing is near, or the word is right', () => {
    expect(suggest('magnet', ['term', 'let'])).toBeUndefined();
    expect(suggest('term', ['terms', 'term'])).toBeUndefined();
    expect(suggest('x', ['y'])).toBeUndefined();
    expect(suggest('', ['a'])).toBeUndefined();
    expect(suggest('a'.repeat(1000), ['a'.repeat(999)])).toBeUndefined();
  });

  it('measures a metric-like distance', () => {
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const d = editDistance(a, b);
        expect(d).toBe(editDistance(b, a));
        expect(d === 0).toBe(a === b);
        expect(d).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(d).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(editDistance(a, b, 2)).toBe(Math.min(d, 3));
      }),
      { seed: 3 },
    );
  });
});
