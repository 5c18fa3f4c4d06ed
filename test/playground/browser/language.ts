/** In a browser: the editor speaks the language. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkOf } from '../../../playground/src/share.ts';
import type { Site } from '../page.ts';

const PROGRAM = `/// A chain of spins.
const beta = 0.4
index site = ring(12)
energy Chain(s : spin[site]) {
  term pair = -beta * sum(s[i] * s[i + 1] for i in site)
}
run draws = sample(Chain, draws = 20, warmup = 5)
`;

/** @param site built and served once for all of them */
export function languageInBrowser(site: () => Site): void {
  describe('language', () => {
    it('completes, explains, renames, lays out and runs from the text', async () => {
      const { page, faults } = await site().open(await linkOf(PROGRAM));

      // Completion: a list by place, and the chosen one goes into the text with its form.
      await into(page, 5, 'End');
      await page.keyboard.type('\nreport m = abs(mea', { delay: 10 });
      const offered = page.locator('.suggest-widget .monaco-list-row');
      await offered.filter({ hasText: /^mean/ }).first().waitFor();
      await page.keyboard.press('Tab');
      await expect.poll(() => shownText(page)).toContain('report m = abs(mean(');
      await page.keyboard.type('s');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await expect.poll(() => shownText(page)).toContain('report m = abs(mean(s))');
      await noProblems(page);

      // A card on an unknown: its type and how it is drawn.
      await into(page, 4, 'Home');
      await page.keyboard.press('Control+g');
      await page.keyboard.press('Escape');
      await word(page, 's : spin').hover({ position: { x: 3, y: 8 } });
      const card = page.locator('.monaco-hover:visible', { hasText: 'Plan' });
      await card.waitFor();
      expect(await card.textContent()).toMatch(/unknown of spin\[site\] — 12.*Plan: \S/s);
      await page.mouse.move(5, 5);

      // Another name, everywhere at once.
      await into(page, 2, 'Home');
      for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('F2');
      const field = page.locator('.rename-box input');
      await field.waitFor();
      await expect.poll(() => field.inputValue()).toBe('beta');
      await field.fill('coupling');
      await page.keyboard.press('Enter');
      await expect.poll(() => shownText(page)).toContain('term pair = -coupling * sum');
      expect(await shownText(page)).toContain('const coupling = 0.4');
      expect(await shownText(page)).not.toContain('beta');
      await noProblems(page);

      // The layout.
      await into(page, 2, 'End');
      await page.keyboard.type('\nconst   two=2');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+Alt+f');
      await expect.poll(() => shownText(page)).toMatch(/^const two += 2$/m);

      // The line above a job runs it.
      await page.locator('.codelens-decoration a', { hasText: 'Run draws' }).click();
      await expect
        .poll(() => page.locator('[data-job="draws"] .job-status').textContent(), { timeout: 20_000 })
        .toBe('done');
      expect(faults).toEqual([]);
    });

    it('colours names by what they mean, in light and dark', async () => {
      for (const dark of [false, true]) {
        const { page, faults } = await site().open(await linkOf(PROGRAM), { dark });
        const colourOf = (text: string, line: string) =>
          page.evaluate(
            ([t, l]) => {
              const row = [...document.querySelectorAll('.view-line')].find((v) =>
                v.textContent?.replaceAll('\u00a0', ' ').includes(l),
              );
              const span = [...(row?.querySelectorAll('span span') ?? [])].find(
                (s) => s.textContent?.replaceAll('\u00a0', ' ').trim() === t,
              );
              return span ? getComputedStyle(span).color : null;
            },
            [text, line],
          );
        // The grammar alone cannot tell an index set or a function from another name.
        await expect
          .poll(async () => (await colourOf('sum', 'term pair')) !== (await colourOf('s', 'energy Chain')))
          .toBe(true);
        expect(await colourOf('site', 'index site')).toBe(await colourOf('spin', 'energy Chain'));
        expect(await colourOf('Chain', 'energy Chain')).not.toBe(await colourOf('beta', 'const beta'));
        expect(faults).toEqual([]);
      }
    });
  });
}

/** Puts the cursor into a line, counted from 1, and presses a key there. */
async function into(page: Page, line: number, key: string): Promise<void> {
  await page
    .locator('.monaco-editor .view-lines')
    .first()
    .click({ position: { x: 4, y: 4 } });
  await page.keyboard.press('Control+Home');
  for (let i = 1; i < line; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press(key);
}

/** The piece of a line that begins with a text. */
const word = (page: Page, text: string) =>
  page.locator('.view-line', { hasText: text }).locator('span span', { hasText: text[0] }).first();

const noProblems = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => document.querySelector('#problems h2')?.textContent === 'No problems');

/** The editor's lines from top to bottom; the page holds them in any order. */
const shownText = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .map((l) => l.textContent?.replaceAll('\u00a0', ' '))
      .join('\n'),
  );
