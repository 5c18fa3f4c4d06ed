/** In a browser: the editor speaks the language. */
import { describe, expect, it } from 'vitest';
import type { Site } from '../page.ts';

/** @param site built and served once for all of them */
export function languageInBrowser(site: () => Site): void {
  describe('language', () => {
    it('is built', () => {
      expect(site().url).toContain('127.0.0.1');
    });
  });
}
