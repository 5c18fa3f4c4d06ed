/** The playground as a visitor meets it: built, served, driven in a real browser. */
import * as fs from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { linkOf } from '../../playground/src/share.ts';
import { languageInBrowser } from './browser/language.ts';
import { searchInBrowser } from './browser/search.ts';
import { stageInBrowser } from './browser/stage.ts';
import { viewsInBrowser } from './browser/views.ts';
import { workspaceInBrowser } from './browser/workspace.ts';
import { chromiumPath, type Site, serveSite } from './page.ts';

const here = fs.existsSync(chromiumPath);
if (!here)
  console.warn(`SKIPPED: the playground's browser tests need ${chromiumPath}, which is not installed.`);

const SLOW = 120_000;

describe.skipIf(!here)('the playground in a browser', { timeout: SLOW }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await serveSite();
  }, SLOW);
  afterEach(async () => {
    await site?.closePages();
  });
  afterAll(async () => {
    await site?.close();
  });

  it('opens with a highlighted program, its outline and its jobs', async () => {
    const { page, faults } = await site.open();
    const painted = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0].startTime,
    );
    const usable = await page.evaluate(() => performance.getEntriesByName('editor-ready')[0].startTime);
    console.info(
      `first paint ${painted.toFixed(0)} ms, editor ${usable.toFixed(0)} ms; kB:`,
      [...site.sizes].map(([name, size]) => `${name} ${(size / 1000).toFixed(0)}`).join(', '),
    );
    const colourOf = (text: string) =>
      page.evaluate((t) => {
        const spans = [...document.querySelectorAll('.view-line span span')];
        const span = spans.find((s) => s.textContent?.replaceAll('\u00a0', ' ').trim() === t);
        return span ? getComputedStyle(span).color : null;
      }, text);
    const colours = await Promise.all(['energy', 'spin', '0.4', 'coupling'].map(colourOf));
    expect(colours).not.toContain(null);
    expect(new Set(colours).size).toBe(4);
    expect(await page.textContent('.density')).toBe('p(s) ∝ exp(−Ising)');
    expect(await page.locator('[data-job="draws"] .job-what').textContent()).toContain('sample(Ising)');
    expect(await page.textContent('#problems h2')).toBe('No problems');
    // The page's policy and the workers' (by header) let nothing be compiled from text.
    const inPage = await page.locator('meta[http-equiv]').getAttribute('content');
    const inWorkers = (await page.request.get(page.url())).headers()['content-security-policy'];
    // What an element cannot say is in the header alone.
    expect(inWorkers).toBe(`${inPage}; frame-ancestors 'none'`);
    expect(inPage).not.toContain("'unsafe-eval'");
    expect(faults).toEqual([]);
  });

  it('runs an Ising model: draws arrive, pictures and traces move, a summary and charts appear', async () => {
    // The example, but large and long enough that it is seen at work.
    const text = fs
      .readFileSync('examples/physics/ising.energy', 'utf8')
      .replace(': int = 24', ': int = 64')
      .replace('thin = 8', 'thin = 1000');
    const { page, faults } = await site.open(await linkOf(text));
    await page.locator('.monaco-editor').click();
    await page.keyboard.press('Control+Enter');
    const job = page.locator('[data-job="draws"]');
    await page.waitForFunction(() =>
      /draw \d+ of 500/.test(document.querySelector('.job-status')!.textContent!),
    );
    await page.waitForSelector('[data-scalar="energy"] canvas');
    await page.waitForSelector('[data-unknown="s"] canvas');
    const first = await look(page);
    // Status, trace and picture are painted each in its own time: all three must move.
    await expect.poll(async () => (await look(page)).draws, POLL).not.toBe(first.draws);
    await expect.poll(async () => (await look(page)).points, POLL).toBeGreaterThan(first.points);
    await expect.poll(async () => (await look(page)).picture, POLL).not.toBe(first.picture);
    await job.locator('.summary table').waitFor();
    expect(await job.locator('.job-status').textContent()).toBe('done');
    const magnet = await job.locator('tr', { hasText: 'magnet' }).locator('td').allTextContents();
    expect(Number(magnet[0])).toBeGreaterThan(0.02);
    expect(Number(magnet[0])).toBeLessThan(0.6);
    expect((await look(page)).points).toBe(4 * 500);
    await job.locator('.chart svg').nth(1).waitFor();
    expect(await job.locator('.chart svg').first().getAttribute('aria-label')).toBe('Marginal of magnet');
    // Panels scroll, the page does not.
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);
    expect(faults).toEqual([]);
  });

  it('marks a typo where it is, as it is typed, and lets nothing be run until it is mended', async () => {
    const text =
      'const beta = 0.4\nenergy E(left : spin, right : spin) {\n  term bond = -beta * left * right\n}\n';
    const { page, faults } = await site.open(await linkOf(text));
    expect(await page.locator('.squiggly-error').count()).toBe(0);
    await page.locator('.monaco-editor').click();
    for (const key of ['Control+Home', 'ArrowDown', 'ArrowDown', 'End', 'Backspace'])
      await page.keyboard.press(key);
    await page.waitForSelector('.squiggly-error');
    const problem = page.locator('#problems .problem');
    expect(await problem.locator('.problem-where').textContent()).toBe('line 3:30');
    expect(await problem.textContent()).toMatch(/E\d{4}.*righ.*did you mean right/);
    expect(await page.locator('#run').isDisabled()).toBe(true);
    expect(await page.locator('.job').count()).toBe(1);
    expect(await page.locator('.job-run').isDisabled()).toBe(true);
    // The proposal is one key away.
    await page.keyboard.press('Control+.');
    await page.getByText('Change to `right`').click();
    await page.waitForFunction(() => document.querySelector('#problems h2')!.textContent === 'No problems');
    await page.waitForFunction(() => document.querySelector('.squiggly-error') === null);
    expect(await page.locator('#run').isDisabled()).toBe(false);
    expect(faults).toEqual([]);
  });

  it('carries the program in a link', async () => {
    const { page } = await site.open();
    await page.locator('.monaco-editor').click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('// μ and ∑ travel too\n');
    await page.locator('#share').click();
    await page.waitForFunction(() => location.hash.startsWith('#code='));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(page.url());
    const other = await site.open(new URL(link).hash);
    await other.page.waitForFunction(() => document.querySelector('.view-lines')!.textContent!.includes('∑'));
    expect(await shownText(other.page)).toBe(await shownText(page));
    expect(await other.page.textContent('#file')).toBe('shared.energy');
    expect(other.faults).toEqual([]);
  });

  it('samples the first energy of a program without jobs, and stops when asked', async () => {
    // Critical, so that it takes its time.
    const text =
      'index site = grid(128, 128)\nenergy Ising(s : spin[site]) { term pair = -0.44 * sum(s[p] * s[q] for (p, q) in neighbours(site)) }\n';
    const { page, faults } = await site.open(await linkOf(text));
    expect(await page.textContent('.density')).toBe('p(s) ∝ exp(−Ising)');
    await page.locator('[data-job="draws"] .job-run').click();
    await page.locator('[data-unknown="s"] canvas').first().waitFor();
    await page.locator('#stop').click();
    await page.waitForSelector('html:not([data-running])');
    expect(await page.locator('[data-job="draws"] .job-status').textContent()).toMatch(/^stopped/);
    expect(faults).toEqual([]);
  });

  it('spreads chains over workers of the worker, with the same draws and the same faults', async () => {
    const drawn = async (workers: number): Promise<string> => {
      const text = [
        'index site = grid(6, 6)',
        'set bond = neighbours(site, wrap = true)',
        'energy E(s : spin[site]) { term a = -0.3 * sum(s[p] * s[q] for (p, q) in bond) }',
        `run draws = sample(E, chains = 4, draws = 100, warmup = 50, workers = ${workers})`,
      ].join('\n');
      const { page, faults } = await site.open(await linkOf(text));
      await page.locator('[data-job="draws"] .job-run').click();
      const tiles = page.locator('[data-job="draws"] .tiles');
      await tiles.waitFor();
      expect((await tiles.textContent())?.includes('on 2 workers')).toBe(workers === 2);
      expect(faults).toEqual([]);
      return (await page.locator('[data-job="draws"] table').first().textContent()) ?? '';
    };
    const one = await drawn(1);
    expect(one).toContain('energy');
    expect(await drawn(2)).toBe(one);

    const impossible =
      'energy E(x : bit[3]) { require sum(x) > 5 }\nrun draws = sample(E, draws = 5, workers = 2)';
    const { page } = await site.open(await linkOf(impossible));
    await page.locator('[data-job="draws"] .job-run').click();
    const fault = page.locator('[data-job="draws"] .problem');
    await fault.waitFor();
    expect(await fault.textContent()).toContain('the support is empty');
  });

  it('shows a fault of a run with its place, and never a stack', async () => {
    const { page } = await site.open();
    await page.evaluate(() => {
      location.hash = '#example=wine';
    });
    await page.waitForFunction(() => document.querySelector('.density')?.textContent?.includes('Wine'));
    await page.locator('.view-line', { hasText: 'wine-test' }).first().click();
    await page.keyboard.press('Home');
    // Once to the end of what fits beside the files, once to the end of the line.
    await page.keyboard.press('Shift+End');
    // To the end of the row, then of the line.
    await page.keyboard.press('Shift+End');
    await page.keyboard.press('Shift+End');
    await page.keyboard.type('data test : Wine[tasting] from "data/nowhere.csv"', { delay: 5 });
    await page.waitForFunction(() => document.querySelector('#problems h2')!.textContent === 'No problems');
    await page.locator('#run').click();
    const fault = page.locator('.general .problem');
    await fault.waitFor();
    expect(await fault.textContent()).toContain('E0501');
    expect(await fault.textContent()).toContain('data/nowhere.csv');
    expect(await page.locator('#results').textContent()).not.toMatch(/\.js:\d|at async/);
  });

  it('follows the reader’s colours, and the toggle', async () => {
    const { page, faults } = await site.open('', { dark: true });
    const ground = () =>
      page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector('.monaco-editor-background')!).backgroundColor,
      ]);
    const dark = await ground();
    await page.getByRole('button', { name: 'Dark theme' }).click();
    const light = await ground();
    expect(dark).toEqual(['rgb(13, 15, 19)', 'rgb(20, 23, 28)']);
    expect(light).toEqual(['rgb(244, 245, 247)', 'rgb(255, 255, 255)']);
    await page.reload();
    await page.waitForSelector('html[data-editor="ready"]');
    expect(await ground()).toEqual(light);
    expect(faults).toEqual([]);
  });

  it('names every control', async () => {
    const { page } = await site.open();
    const nameless = await page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLElement>(
          'header button, header select, #results button, [role="separator"]',
        ),
      ]
        .filter(
          (e) =>
            !(
              e.getAttribute('aria-label') ||
              e.textContent?.trim() ||
              e.closest('label')?.textContent?.trim()
            ),
        )
        .map((e) => e.outerHTML),
    );
    expect(nameless).toEqual([]);
  });

  const built = (): Site => site;
  languageInBrowser(built);
  searchInBrowser(built);
  stageInBrowser(built);
  viewsInBrowser(built);
  workspaceInBrowser(built);
});

/** The editor's lines from top to bottom; the page holds them in any order. */
const shownText = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .map((l) => l.textContent)
      .join('\n'),
  );

/** What of the run can be seen at this moment. */
const POLL = { timeout: 20_000, interval: 50 };

async function look(page: Page): Promise<{ draws: number; picture: string; points: number }> {
  return page.evaluate(() => {
    const trace = document.querySelector('[data-scalar="energy"] canvas')!.getAttribute('aria-label') ?? '';
    return {
      draws: Number(/draw (\d+) of/.exec(document.querySelector('.job-status')!.textContent!)?.[1] ?? 0),
      picture: document.querySelector<HTMLCanvasElement>('[data-unknown="s"] canvas')!.toDataURL(),
      points: Number(/: (\d+) points/.exec(trace)?.[1] ?? 0),
    };
  });
}
