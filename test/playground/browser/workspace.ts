/** In a browser: files, links, folders, without a network. */
import { describe, expect, it } from 'vitest';
import type { Site } from '../page.ts';

/** @param site built and served once for all of them */
export function workspaceInBrowser(site: () => Site): void {
  describe('workspace', () => {
    it('is built', () => {
      expect(site().url).toContain('127.0.0.1');
    });
  });
}
