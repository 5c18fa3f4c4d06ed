/** In a browser: the editor speaks the language. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkOf, linkOfWorkspace, readLink } from '../../../playground/src/share.ts';
import { textFile } from '../../../playground/src/workspace/model.ts';
import type { Site } from '../page.ts';

const PROGRAM = `/// A chain of spins.
const beta = 0.4
index site = ring(12)
energy Chain(s : spin[site]) {
  term pair = -beta * sum(s[i] * s[i + 1] for i in site)
}
run draws = sample(Chain, draws = 20, warmup = 5)
`;

const SEVERAL = {
  'main.energy': `use Coin, bias from "lib/coin.energy"
use grid_side from "lib/coin.energy"
use Ising from "std/ising"
index site = grid(grid_side, grid_side)
set bond = neighbours(site)
energy Both(s : spin[site], up : bit) {
  term spins = Ising(s, bond, bias, 0)
  term coin = Coin(up)
}
run draws = sample(Both, draws = 20, warmup = 5)
`,
  'lib/coin.energy': `/// How far the coin leans.
const bias = 0.7
const grid_side = 3

energy Coin(up : bit) {
  term lean = -bias * up
}
`,
};

const several = async (): Promise<string> => {
  const files = new Map(Object.entries(SEVERAL).map(([path, text]) => [path, textFile(text)]));
  return (await linkOfWorkspace({ name: 'both', origin: { kind: 'own' }, files, active: 'main.energy' }))
    .hash;
};

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

    it('follows a name into another file, and one of the library into it, and back', async () => {
      const { page, faults } = await site().open(await several());
      const file = page.locator('#file');
      await noProblems(page);
      // `Coin` in the term.
      await into(page, 8, 'End');
      for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('F12');
      await expect.poll(() => file.textContent()).toBe('lib/coin.energy');
      await expect.poll(() => shownText(page)).toContain('energy Coin(up : bit)');
      expect(await page.locator('#files [aria-selected="true"]').getAttribute('data-path')).toBe(
        'lib/coin.energy',
      );
      await page.keyboard.type('Fair');
      await expect.poll(() => shownText(page)).toContain('energy FairCoin(up : bit)');
      await page.keyboard.press('Control+z');
      await page.keyboard.press('Alt+ArrowLeft');
      await expect.poll(() => file.textContent()).toBe('main.energy');
      await page.keyboard.type('/');
      await expect.poll(() => shownText(page)).toContain('term coin = Co/in(up)');
      await page.keyboard.press('Control+z');

      // A module of the library is read where the program was; it is none of the program's files.
      await word(page, 'use Ising').waitFor();
      await into(page, 3, 'Home');
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('F12');
      const note = page.locator('.library-note');
      await note.waitFor();
      expect(await note.textContent()).toContain('std/ising');
      expect(await note.textContent()).toContain('read-only library file');
      await expect.poll(() => shownText(page)).toContain('energy Ising(s : spin[site]');
      const before = await shownText(page);
      await page.keyboard.type('never');
      await page.locator('.monaco-editor-overlaymessage', { hasText: 'not changed' }).waitFor();
      expect(await shownText(page)).toBe(before);
      expect(await page.locator('#files [role="option"]').count()).toBe(2);
      await page.locator('#share').click();
      await page.waitForFunction(() => location.hash.startsWith('#files='));
      const shared = await readLink(new URL(page.url()).hash);
      expect(shared?.kind === 'files' && [...shared.files.keys()]).toEqual(Object.keys(SEVERAL));
      // Cards are about the file that is shown.
      await page.locator('.view-line', { hasText: 'term coupling' }).getByText('coupling').hover();
      await page.locator('.monaco-hover:visible', { hasText: 'coupling' }).waitFor();
      await page.mouse.move(5, 5);
      await note.getByRole('button', { name: 'Back to main.energy' }).click();
      await expect.poll(() => shownText(page)).toContain('use Coin, bias');
      expect(await note.isVisible()).toBe(false);
      expect(faults).toEqual([]);
    });

    it('finds and renames a name in all files, and takes that back in all of them', async () => {
      const { page, faults } = await site().open(await several());
      const open = async (path: string): Promise<string> => {
        await page.locator(`[data-path="${path}"]`).click();
        await expect.poll(() => page.locator('#file').textContent()).toBe(path);
        return shownText(page);
      };
      await noProblems(page);
      await into(page, 1, 'End');
      await page.keyboard.press('Home');
      for (let i = 0; i < 11; i++) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Shift+F12');
      const tree = page.locator('.ref-tree');
      await tree.waitFor();
      await expect.poll(() => page.locator('.peekview-title').textContent()).toContain('References (4)');
      expect(await tree.textContent()).toContain('coin.energy');
      await page.keyboard.press('Escape');

      await page.keyboard.press('F2');
      const field = page.locator('.rename-box input');
      await field.waitFor();
      await expect.poll(() => field.inputValue()).toBe('bias');
      await field.fill('tilt');
      await page.keyboard.press('Enter');
      await expect.poll(() => shownText(page)).toContain('use Coin, tilt from');
      expect(await shownText(page)).toContain('Ising(s, bond, tilt, 0)');
      await page.locator('#toast', { hasText: 'Renamed in 2 files: also in coin.energy' }).waitFor();
      await noProblems(page);
      expect(await open('lib/coin.energy')).toMatch(/const tilt = 0.7.*-tilt \* up/s);
      await open('main.energy');
      await into(page, 1, 'Home');
      await page.keyboard.press('Control+z');
      await expect.poll(() => shownText(page)).toContain('use Coin, bias from');
      await noProblems(page);
      expect(await open('lib/coin.energy')).toMatch(/const bias = 0.7.*-bias \* up/s);
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
