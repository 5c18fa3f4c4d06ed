/** In a browser: plan, graphs, forms, gallery. */
import { describe, expect, it } from 'vitest';
import type { Site } from '../page.ts';

/** @param site built and served once for all of them */
export function viewsInBrowser(site: () => Site): void {
  describe('views', () => {
    it('is built', () => {
      expect(site().url).toContain('127.0.0.1');
    });
  });
}
