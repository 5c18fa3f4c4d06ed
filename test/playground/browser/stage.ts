/** In a browser: chains in motion: pause, sliders, films. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkOf } from '../../../playground/src/share.ts';
import type { Site } from '../page.ts';

const ISING = `index site = grid(128, 128)
set bond = neighbours(site, wrap = true)
energy Ising(s : spin[site]) {
  term coupling = -0.4 * sum(s[p] * s[q] for (p, q) in bond)
  term pull = -0.01 * sum(s)
  report magnet = abs(mean(s))
}
run draws = sample(Ising, draws = 120, chains = 4, warmup = 100, thin = 8, seed = 1)
`;
const POLL = { timeout: 20_000, interval: 50 };

/** @param site built and served once for all of them */
export function stageInBrowser(site: () => Site): void {
  describe('stage', () => {
    it('shows a moving picture soon after Run, and a film of the draws at the end', async () => {
      const { page, faults } = await site().open(await linkOf(ISING));
      const { first, second, frames } = await watchRun(page);
      const film = page.locator('.film');
      await film.waitFor();
      console.info(
        `Ising 128×128: first picture ${first.toFixed(0)} ms after Run, second ${second.toFixed(0)} ms, ` +
          `${(frames / 3).toFixed(0)} different pictures a second over 3 s`,
      );
      // Moving within seconds on the busiest machine.
      expect(second).toBeLessThan(5000);
      expect(frames).toBeGreaterThan(10);
      const at = () => film.getAttribute('data-frame');
      const now = await at();
      await expect.poll(at, POLL).not.toBe(now);
      // The summary comes later, and the film goes on beside it.
      await page.locator('.job .summary').waitFor();
      await film.getByRole('button', { name: 'Pause' }).click();
      const still = await at();
      await page.waitForTimeout(150);
      expect(await at()).toBe(still);
      await film.getByRole('slider').fill('60');
      expect(await film.locator('.film-number').textContent()).toBe('draw 61 of 120');
      expect(await film.getByRole('slider').getAttribute('aria-valuetext')).toBe('draw 61 of 120');
      expect(faults).toEqual([]);
    });

    it('keeps a film still for those who want no motion', async () => {
      const { page } = await site().open(await linkOf(ISING.replace('grid(128, 128)', 'grid(8, 8)')));
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.locator('#run').click();
      await page.locator('.film').waitFor();
      await page.locator('.job .summary').waitFor();
      expect(await page.locator('.film').getAttribute('data-frame')).toBe('0');
      await page.locator('.film').getByRole('button', { name: 'Play' }).click();
      await expect.poll(() => page.locator('.film').getAttribute('data-frame'), POLL).not.toBe('0');
    });

    it('watches an energy: chains move, sliders turn them, pause stops them', async () => {
      const { page, faults } = await site().open(await linkOf(ISING));
      await page.getByRole('button', { name: 'Watch chains of Ising' }).click();
      const stage = page.locator('.stage');
      await stage.locator('[data-stage="s"] canvas').first().waitFor();
      const picture = () =>
        page.evaluate(() => document.querySelector<HTMLCanvasElement>('.stage .pixels canvas')!.toDataURL());
      const before = await picture();
      await expect.poll(picture, POLL).not.toBe(before);
      const magnet = async () =>
        Number(/mean ([\d.]+)/.exec((await stage.locator('[data-stage="magnet"]').textContent())!)?.[1]);
      await expect.poll(magnet, POLL).toBeLessThan(0.3);
      // A strong field turns nearly all spins up, at once.
      const pull = stage.getByRole('slider', { name: 'Weight of pull' });
      await pull.fill('3');
      expect(await pull.getAttribute('aria-valuetext')).toBe('3.0');
      const temperature = stage.getByRole('slider', { name: 'Temperature T' });
      await temperature.fill('0');
      expect(await temperature.getAttribute('aria-valuetext')).toBe('0.05');
      await stage.getByRole('slider', { name: /^Speed/ }).fill('100');
      await expect.poll(magnet, POLL).toBeGreaterThan(0.6);
      await stage.getByRole('button', { name: 'Reset sliders' }).click();
      expect(await temperature.inputValue()).not.toBe('0');
      await expect.poll(magnet, POLL).toBeLessThan(0.5);
      await stage.getByRole('button', { name: 'Pause' }).click();
      await expect.poll(() => stage.locator('.stage-status').textContent(), POLL).toBe('paused');
      await page.waitForTimeout(200);
      const still = await picture();
      await page.waitForTimeout(200);
      expect(await picture()).toBe(still);
      await stage.getByRole('button', { name: 'Resume' }).click();
      await expect.poll(picture, POLL).not.toBe(still);
      const nameless = await stage.evaluate((e) =>
        [...e.querySelectorAll('button, input')].filter(
          (c) => !(c.getAttribute('aria-label') || c.textContent?.trim()),
        ),
      );
      expect(nameless).toEqual([]);
      await stage.getByRole('button', { name: 'Stop' }).click();
      expect(await page.locator('.stage').count()).toBe(0);
      expect(faults).toEqual([]);
    });

    it.each([1, 2])('pauses a run on %i, stops it with what is there, and goes on', async (workers) => {
      const text = ISING.replace('128, 128', '64, 64').replace(
        'thin = 8',
        `thin = 400, workers = ${workers}`,
      );
      const { page, faults } = await site().open(await linkOf(text));
      await page.locator('#run').click();
      const status = page.locator('.job-status');
      await expect.poll(() => status.textContent(), POLL).toMatch(/^draw \d+/);
      await page.getByRole('button', { name: 'Pause' }).click();
      await expect.poll(() => status.textContent(), POLL).toMatch(/^paused/);
      await page.waitForTimeout(150);
      const waiting = await status.textContent();
      await page.waitForTimeout(200);
      expect(await status.textContent()).toBe(waiting);
      await page.locator('#pause').click();
      await expect.poll(() => status.textContent(), POLL).not.toBe(waiting);
      await page.locator('#stop').click();
      await page.locator('.job .summary').waitFor();
      expect(await status.textContent()).toBe('stopped early');
      const drawn = Number(/4 × (\d+)/.exec((await page.locator('.job .tiles').textContent())!)?.[1]);
      expect(drawn).toBeLessThan(120);
      await page.getByRole('button', { name: 'Resume draws' }).click();
      await expect.poll(() => status.textContent(), { ...POLL, timeout: 60_000 }).toBe('done');
      const tiles = await page.locator('.job .tiles').textContent();
      expect(tiles).toContain('4 × 120');
      expect(tiles?.includes('on 2 workers')).toBe(workers === 2);
      expect(faults).toEqual([]);
    });
  });
}

/** Presses Run, and counts the different pictures of the first chain over three seconds. */
function watchRun(page: Page): Promise<{ first: number; second: number; frames: number }> {
  return page.evaluate(
    () =>
      new Promise<{ first: number; second: number; frames: number }>((resolve) => {
        const began = performance.now();
        document.getElementById('run')!.click();
        const seen: number[] = [];
        let last: string | null = null;
        const look = (): void => {
          const now = performance.now() - began;
          const canvas = document.querySelector<HTMLCanvasElement>('.job-body .pixels canvas');
          const picture = canvas?.toDataURL() ?? null;
          if (picture !== last) seen.push(now);
          last = picture;
          if (now < 20_000 && (seen.length < 2 || now - seen[0] < 3000)) requestAnimationFrame(look);
          else resolve({ first: seen[0], second: seen[1], frames: seen.length });
        };
        requestAnimationFrame(look);
      }),
  );
}
