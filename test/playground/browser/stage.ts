/** In a browser: chains in motion: pause, sliders, films. */
import { describe, expect, it } from 'vitest';
import type { Site } from '../page.ts';

/** @param site built and served once for all of them */
export function stageInBrowser(site: () => Site): void {
  describe('stage', () => {
    it('is built', () => {
      expect(site().url).toContain('127.0.0.1');
    });
  });
}
