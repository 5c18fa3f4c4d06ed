/** In a browser: plan, graphs, forms, gallery. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkOf } from '../../../playground/src/share.ts';
import type { Site } from '../page.ts';

const ISING = `const beta = 0.4
index site = grid(16, 16)
energy Ising(s : spin[site]) {
  term coupling = -beta * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true))
}
run draws = sample(
  Ising,
  draws = 500, // enough
  seed = 1
)
`;

const WELL = `energy Well(x : real[4]) {
  term quartic = sum((x[i] ^ 2 - 1) ^ 2 for i in 4)
}
run draws = sample(Well, method = langevin, chains = 1, draws = 20, warmup = 20)
`;

/** The program as the editor holds it: lines from top to bottom. */
const textOf = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .map((l) => l.textContent?.replaceAll('\u00a0', ' ') ?? '')
      .join('\n'),
  );

/** @param site built and served once for all of them */
export function viewsInBrowser(site: () => Site): void {
  describe('views', () => {
    it('shows the plan, the factor graph and the tensor program in tabs, all of it named and legible', async () => {
      const { page, faults } = await site().open(await linkOf(ISING));
      await page.keyboard.press('Alt+2');
      const plan = page.locator('#plan-panel');
      await plan.getByText('2 blocks, drawn one after another').waitFor();
      expect(await page.locator('#results').isVisible()).toBe(false);
      expect(await plan.locator('.costs dt[data-chosen]').textContent()).toContain('kernels');
      expect(await faultsOf(page)).toEqual([]);

      await page.keyboard.press('Alt+3');
      const graph = page.locator('#graph-panel');
      await graph.locator('svg [data-node]').first().waitFor();
      expect(await graph.locator('.dg-dot').count()).toBe(256);
      // A site lights its Markov blanket: itself, four bonds and four neighbours; two bonds cross the seam.
      await graph.locator('[data-node="site s 17"]').hover();
      expect(await graph.locator('.dg-dot.lit').count()).toBe(5);
      expect(await graph.locator('.graph-details').textContent()).toMatch(
        /^s\[1, 1\], block \d · Swendsen–Wang — .*2 colour classes/,
      );
      expect(await faultsOf(page)).toEqual([]);
      // By keys: one node has the focus, arrows go to the next one, Enter goes to its declaration.
      await graph.locator('[data-node][tabindex="0"]').focus();
      await page.keyboard.press('ArrowDown');
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
        .toBeTruthy();
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.closest('.monaco-editor') !== null)).toBe(
        true,
      );

      await page.keyboard.press('Alt+4');
      const tensors = page.locator('#tensors-panel');
      await tensors.locator('svg [data-node]').first().waitFor();
      await tensors.getByLabel('How it is shown').selectOption('list');
      expect(await tensors.locator('tbody tr').count()).toBeGreaterThan(3);
      expect(await faultsOf(page)).toEqual([]);

      await page.locator('#tab-tensors').focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#tab-run').getAttribute('aria-selected')).toBe('true');
      expect(await page.locator('#results').isVisible()).toBe(true);
      expect(faults).toEqual([]);
    });

    it('says kindly what is wrong with a program that cannot be planned', async () => {
      const { page } = await site().open(
        await linkOf(
          'data y : real[row] from "none.csv"\nenergy E(m : real) { y ~ normal(m, 1)  m ~ normal(0, 1) }',
        ),
      );
      await page.keyboard.press('Alt+2');
      const note = page.locator('#plan-panel .panel-note');
      await note.waitFor();
      expect(await note.textContent()).toContain('none.csv');
    });

    it('sets options of a job in the text by a form, and adds a job', async () => {
      const { page, faults } = await site().open(await linkOf(ISING));
      const card = page.locator('[data-job="draws"]');
      await card.locator('.job-options summary').click();
      const chains = card.getByLabel('chains', { exact: true });
      await chains.fill('0');
      await chains.press('Enter');
      expect(await card.locator('[data-option="chains"] .option-fault').textContent()).toBe(
        'At least 1, please.',
      );
      await chains.fill('2');
      await chains.press('Enter');
      await expect.poll(() => textOf(page)).toContain('  seed = 1,\n  chains = 2\n)');
      await card.getByRole('button', { name: 'Reset chains' }).click();
      await expect.poll(() => textOf(page)).toContain('  draws = 500, // enough\n  seed = 1\n)');
      await expect.poll(() => chains.inputValue()).toBe('');
      expect(await faultsOf(page)).toEqual([]);

      await page.locator('#add-job').click();
      await page.getByRole('menuitem', { name: /logz\(Ising\)/ }).click();
      await expect.poll(() => textOf(page)).toContain('run lnz = logz(Ising)');
      await page.locator('[data-job="lnz"]').waitFor();
      expect(faults).toEqual([]);
    });

    it('computes with the engine that is chosen, WebGL too', async () => {
      const { page, faults } = await site().open(await linkOf(WELL));
      const engine = page.getByRole('combobox', { name: 'Engine' });
      await engine.selectOption('webgl');
      await expect
        .poll(() => engine.getAttribute('title'), { timeout: 20_000 })
        .toBe('Computed by tfjs:webgl');
      await page.locator('#run').click();
      await page.locator('[data-job="draws"] .job-status', { hasText: 'done' }).waitFor();
      await page.keyboard.press('Alt+2');
      await page.locator('#plan-panel').getByText('tfjs:webgl').first().waitFor();
      // Kept for the next visit.
      await page.reload();
      await expect.poll(() => engine.inputValue(), { timeout: 20_000 }).toBe('webgl');
      expect(faults).toEqual([]);
    });

    it('opens an example from the gallery, by keys', async () => {
      const { page, faults } = await site().open('', { dark: true });
      await page.locator('#examples').click();
      const gallery = page.getByRole('dialog');
      await gallery.locator('img').first().waitFor();
      expect(await gallery.locator('.gallery-card').count()).toBeGreaterThan(80);
      expect(await faultsOf(page)).toEqual([]);
      await page.keyboard.type('hidden dna');
      expect(await gallery.locator('.gallery-card:visible').count()).toBe(1);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('.density')?.textContent?.includes('Island'));
      expect(await gallery.count()).toBe(0);
      expect(faults).toEqual([]);
    });
  });
}

/** Controls in sight without a name, and texts whose contrast with their ground is below 4.5 (WCAG 2.2, 1.4.3). */
function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scope = document.querySelector('dialog[open]') ?? document.querySelector('#right')!;
    const seen = (e: Element): boolean => e.checkVisibility() && e.getBoundingClientRect().width > 0;
    const nameOf = (e: Element): string =>
      e.getAttribute('aria-label') ||
      (e.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join('') ||
      [...((e as HTMLInputElement).labels ?? [])].map((l) => l.textContent).join('') ||
      e.textContent?.trim() ||
      e.getAttribute('title') ||
      '';
    const controls = [
      ...scope.querySelectorAll('button, input, select, textarea, summary, [role="tab"], [tabindex="0"]'),
    ];
    const nameless = controls
      .filter((e) => seen(e) && nameOf(e) === '')
      .map((e) => `no name: ${e.outerHTML.slice(0, 120)}`);

    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
    const rgba = (colour: string): number[] => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const over = (top: number[], low: number[]): number[] =>
      [0, 1, 2].map((k) => (top[k] * top[3]) / 255 + low[k] * (1 - top[3] / 255)).concat(255);
    const groundOf = (e: Element | null): number[] =>
      e === null
        ? [255, 255, 255, 255]
        : over(rgba(getComputedStyle(e).backgroundColor), groundOf(e.parentElement));
    const light = (c: number[]): number => {
      const [r, g, b] = c.map((v) =>
        v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const dim: string[] = [];
    const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    for (let n = walker.nextNode(); n; n = walker.nextNode()) {
      const e = n.parentElement!;
      if (!n.textContent?.trim() || !seen(e) || e.closest('svg, option, :disabled, .visually-hidden'))
        continue;
      const ground = groundOf(e);
      const [a, b] = [light(over(rgba(getComputedStyle(e).color), ground)), light(ground)].sort(
        (x, y) => y - x,
      );
      const contrast = (a + 0.05) / (b + 0.05);
      if (contrast < 4.5) dim.push(`contrast ${contrast.toFixed(2)}: ${n.textContent.trim().slice(0, 40)}`);
    }
    return [...nameless, ...new Set(dim)];
  });
}
