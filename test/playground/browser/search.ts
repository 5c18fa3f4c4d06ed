/** In a browser: a search at work, and what it leaves. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkOf } from '../../../playground/src/share.ts';
import type { Site } from '../page.ts';

const GLASS = `index site = grid(24, 24)
energy Glass(s : spin[site], field : int(0, 3)) {
  term bonds = sum(s[p] * s[q] * cos(7 * p.row + 3 * p.col + 5 * q.row * q.col) for (p, q) in neighbours(site))
  term pull  = 0.01 * (field - 2) ^ 2 * sum(s)
}
run best = minimize(Glass, budget = 60000000)
`;
const POLL = { timeout: 20_000, interval: 50 };

/** @param site built and served once for all of them */
export function searchInBrowser(site: () => Site): void {
  describe('search', () => {
    it('shows its lowest energy and its best state, and leaves a chart of the way', async () => {
      const { page, faults } = await site().open(await linkOf(GLASS));
      await page.locator('#run').click();
      const job = page.locator('.job');
      const path = job.locator('[data-scalar="lowest energy so far"] canvas');
      await path.waitFor();
      await expect.poll(() => path.getAttribute('aria-label'), POLL).toMatch(/by step: \d+ points/);
      await job.locator('.job-live [data-state="s"] canvas').waitFor();
      expect(await job.locator('.live-state').textContent()).toMatch(/^field = [0-3]$/);
      const before = await lowest(page);
      await expect.poll(() => lowest(page), POLL).toBeLessThan(before);
      await job.locator('.charts svg').waitFor();
      expect(await job.locator('.charts svg title').textContent()).toBe('Lowest energy by step');
      expect(await path.count()).toBe(0);
      expect(await job.locator('[data-state="s"] canvas').count()).toBe(1);
      expect(faults).toEqual([]);
    });
  });
}

const lowest = async (page: Page): Promise<number> => {
  const said = (await page.locator('.job-status').textContent()) ?? '';
  return Number(/lowest energy (\S+)/.exec(said)?.[1].replace('−', '-') ?? Number.NaN);
};
