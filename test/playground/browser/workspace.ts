/** In a browser: files, links, folders, without a network. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { linkOf } from '../../../playground/src/share.ts';
import { main } from '../../../src/cli/main.ts';
import { servePlayground } from '../../../src/cli/playground/server.ts';
import type { Site } from '../page.ts';

const PROGRAM =
  '/// A coin.\nenergy Coin(up : bit) {\n  term lean = -0.7 * up\n}\n\nrun draws = sample(Coin, draws = 40, warmup = 10)\n';
const TABLE = `height,sex\n${Array.from({ length: 40 }, (_, i) => `${160 + ((7 * i) % 31) + 0.5},${i % 3 === 0 ? 'f' : 'm'}`).join('\n')}\n`;
const POLL = { timeout: 20_000, interval: 50 };

/** @param site built and served once for all of them */
export function workspaceInBrowser(site: () => Site): void {
  describe('workspace', () => {
    it('keeps what was typed, brings it back, and lists it', async () => {
      const { page, faults } = await site().open(await linkOf(PROGRAM));
      await type(page, '// mine\n');
      // What was changed is no longer what the link said.
      expect(new URL(page.url()).hash).toBe('');
      await name(page, 'my coin');
      await expect.poll(() => stored(page), POLL).toBe(1);
      await page.reload();
      await ready(page);
      await expect.poll(() => shownText(page), POLL).toContain('// mine');
      expect(await page.inputValue('#name')).toBe('my coin');
      // Typed and gone in the same moment.
      await type(page, '// last words\n');
      await page.reload();
      await ready(page);
      await expect.poll(() => shownText(page), POLL).toContain('// last words');
      // Another tab gets a copy.
      const second = await page.context().newPage();
      await second.goto(site().url);
      await second.locator('#toast', { hasText: 'this is a copy' }).waitFor();
      await second.close();
      // An example beside it, and back by the menu, with keys alone.
      await page.evaluate(() => {
        location.hash = '#example=ising';
      });
      await expect.poll(() => page.inputValue('#name'), POLL).toBe('ising');
      await page.locator('#file-menu').focus();
      await page.keyboard.press('ArrowDown');
      await page.locator('[role="menuitem"]', { hasText: 'New program' }).waitFor();
      await page.keyboard.press('End');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('my coin');
      await page.keyboard.press('Enter');
      await expect.poll(() => shownText(page), POLL).toContain('// last words');
      expect(faults).toEqual([]);
    });

    it('takes a dropped table, shows it, declares it at the cursor, and runs with it', async () => {
      const { page, faults } = await site().open(await linkOf(PROGRAM));
      await drop(page, { 'people.csv': TABLE });
      const preview = page.locator('#preview');
      await preview.locator('table').waitFor();
      expect(await preview.locator('.preview-about').textContent()).toMatch(/^40 rows, 2 columns/);
      expect(await preview.locator('thead th').allTextContents()).toEqual([
        expect.stringMatching(/^heightreal160\.5 … 190\.5/),
        expect.stringMatching(/^sex2 labelsf, m/),
      ]);
      await preview.locator('.preview-insert').click();
      await expect.poll(() => shownText(page), POLL).toContain('from "data/people.csv"');
      expect(await shownText(page)).toContain('enum Sex = { f, m }');
      await page.keyboard.press('Control+End');
      // Pasted: what the editor adds while one types (closing braces, completions) is another test's.
      await page.evaluate(
        (text) => navigator.clipboard.writeText(text),
        'energy Tall(mu : real) {\n  mu ~ normal(170, 20)\n  people[i].height ~ normal(mu, 8) for i in row\n}\n',
      );
      await page.keyboard.press('Control+v');
      await noProblems(page);
      await page.locator('[data-job="draws"] .job-run').click();
      await page.locator('[data-job="draws"] .summary table').waitFor();

      // The list of files, with keys alone.
      const option = page.locator('#files [role="option"]');
      expect(await option.allTextContents()).toEqual([
        expect.stringContaining('shared.energy'),
        expect.stringContaining('people.csv'),
      ]);
      await option.first().focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('F2');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('data/folk.csv');
      await page.keyboard.press('Enter');
      // The program no longer finds its data: its results are out of date.
      await expect
        .poll(() => page.locator('[data-job="draws"]').getAttribute('data-stale'), POLL)
        .not.toBeNull();
      await expect.poll(() => option.nth(1).getAttribute('data-path')).toBe('data/folk.csv');
      await page.keyboard.press('Delete');
      await expect.poll(() => option.count()).toBe(1);
      await page.locator('#toast button', { hasText: 'Undo' }).click();
      await expect.poll(() => option.count()).toBe(2);
      expect(faults).toEqual([]);
    });

    it('carries several programs and their data in a link, and in a zip file', async () => {
      const { page, faults } = await site().open(await linkOf(PROGRAM));
      await drop(page, {
        'proj.zip': zipSync({
          'proj/main.energy': bytes(
            'use Coin from "lib/coin.energy"\nrun draws = sample(Coin, draws = 40, warmup = 10)\n',
          ),
          'proj/lib/coin.energy': bytes(PROGRAM.replace(/run .*\n/, '')),
          'proj/data/people.csv': bytes(TABLE),
        }),
      });
      await expect.poll(() => page.inputValue('#name'), POLL).toBe('proj');
      await noProblems(page);
      await page.locator('#share').click();
      await page.waitForFunction(() => location.hash.startsWith('#files='));
      const other = await site().open(new URL(page.url()).hash);
      await noProblems(other.page);
      expect(await other.page.locator('#files [role="option"]').count()).toBe(3);
      await other.page.locator('#run').click();
      await other.page.locator('[data-job="draws"] .summary table').waitFor();
      // An edit of what it uses makes the result one of yesterday; the way back keeps what can be undone.
      await other.page.locator('[data-path="lib/coin.energy"]').click();
      await expect.poll(() => shownText(other.page), POLL).toContain('term lean');
      await type(other.page, '// seen\n');
      await other.page.locator('[data-path="main.energy"]').click();
      await expect.poll(() => shownText(other.page), POLL).toContain('use Coin');
      await other.page.locator('[data-path="lib/coin.energy"]').click();
      await expect.poll(() => shownText(other.page), POLL).toContain('// seen');
      const [download] = await Promise.all([
        other.page.waitForEvent('download'),
        other.page.keyboard.press('Control+Shift+S'),
      ]);
      expect(download.suggestedFilename()).toBe('proj.zip');
      const zip = unzipSync(fs.readFileSync(await download.path()));
      expect(Object.keys(zip).sort()).toEqual([
        'proj/README.txt',
        'proj/data/people.csv',
        'proj/lib/coin.energy',
        'proj/main.energy',
      ]);
      expect([...faults, ...other.faults]).toEqual([]);
    });

    it('shows a run of the command line', async () => {
      const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-run-'));
      fs.writeFileSync(path.join(dir, 'coin.energy'), PROGRAM);
      const quiet = { write: () => undefined };
      await main(['run', 'coin.energy', '-o', 'out'], { out: quiet, err: quiet, cwd: dir });
      const files = fs.readdirSync(path.join(dir, 'out'), { recursive: true, encoding: 'utf8' });
      const zip = zipSync(
        Object.fromEntries(
          files.flatMap((f) => {
            const full = path.join(dir, 'out', f);
            return fs.statSync(full).isFile()
              ? [[`coin-run/${f}`, new Uint8Array(fs.readFileSync(full))]]
              : [];
          }),
        ),
      );
      fs.rmSync(dir, { recursive: true });
      const { page, faults } = await site().open();
      await drop(page, { 'coin-run.zip': zip });
      const card = page.locator('.run-card');
      await card.locator('.summary table').waitFor();
      expect(await card.locator('.job-what').textContent()).toContain('sample(Coin)');
      expect(await card.locator('.tiles').textContent()).toContain('160');
      await card.locator('.chart svg').first().waitFor();
      await card.getByRole('button', { name: 'Open its program' }).click();
      await expect.poll(() => shownText(page), POLL).toContain('term lean');
      await card.getByRole('button', { name: /^Close/ }).click();
      expect(await card.count()).toBe(0);
      expect(faults).toEqual([]);
    });

    it('edits a folder of the machine, and asks before it writes over others', async () => {
      const work = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-work-'));
      const file = path.join(work, 'coin.energy');
      fs.writeFileSync(file, PROGRAM);
      fs.writeFileSync(path.join(work, 'people.csv'), TABLE);
      const server = await servePlayground(site().dir, work, 0);
      try {
        const { page, faults } = await site().open('', { url: server.url });
        expect(await page.inputValue('#name')).toBe(path.basename(work));
        await expect.poll(() => shownText(page), POLL).toContain('A coin');
        await page.locator('[data-path="people.csv"]').click();
        await page.locator('#preview table').waitFor();
        await page.keyboard.press('Escape');
        await page
          .locator('.preview-close')
          .click()
          .catch(() => {});
        await type(page, '// mine\n');
        await expect
          .poll(() => page.locator('[data-path="coin.energy"]').getAttribute('data-unsaved'))
          .not.toBeNull();
        await page.keyboard.press('Control+s');
        await expect.poll(() => fs.readFileSync(file, 'utf8'), POLL).toContain('// mine');
        await expect
          .poll(() => page.locator('[data-path="coin.energy"]').getAttribute('data-unsaved'))
          .toBeNull();
        fs.writeFileSync(file, '// theirs\n');
        await type(page, '// more\n');
        // What is not saved is asked about, and is there again all the same.
        page.on('dialog', (d) => void d.accept());
        await expect.poll(() => stored(page), POLL).toBe(1);
        await page.reload();
        await ready(page);
        await expect.poll(() => shownText(page), POLL).toContain('// more');
        await page.keyboard.press('Control+s');
        const question = page.locator('dialog.question');
        await question.getByText('has changed in the folder').waitFor();
        expect(fs.readFileSync(file, 'utf8')).toBe('// theirs\n');
        await question.getByRole('button', { name: 'Write mine over it' }).click();
        await expect.poll(() => fs.readFileSync(file, 'utf8'), POLL).toContain('// more');
        // The refusal of the first try is in the console, as browsers have it.
        expect(faults.filter((f) => !f.includes('412'))).toEqual([]);
        await page.context().close();
      } finally {
        await server.close();
        fs.rmSync(work, { recursive: true });
      }
    });

    it('renames and deletes files of a folder of the machine', async () => {
      const work = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-work-'));
      for (const f of ['coin.energy', 'other.energy'])
        fs.writeFileSync(path.join(work, f), PROGRAM.replace('A coin', `A ${f}`));
      fs.writeFileSync(path.join(work, 'people.csv'), TABLE);
      const there = (): readonly string[] => fs.readdirSync(work).sort();
      const server = await servePlayground(site().dir, work, 0);
      try {
        const { page, faults } = await site().open('', { url: server.url });
        await expect.poll(() => shownText(page), POLL).toContain('A coin.energy');
        const menu = async (entry: string): Promise<void> => {
          await page.locator('#file-menu').click();
          await page.locator('[role="menuitem"]', { hasText: entry }).click();
        };
        // The program in the editor keeps its text, unsaved and all, under the new name.
        await type(page, '// mine\n');
        await menu('Rename coin.energy');
        await page.locator('#files input').fill('penny.energy');
        await page.keyboard.press('Enter');
        await expect.poll(() => page.locator('#file').textContent(), POLL).toBe('penny.energy');
        expect(there()).toEqual(['other.energy', 'penny.energy', 'people.csv']);
        expect(await shownText(page)).toContain('// mine');
        expect(await page.locator('[data-path="penny.energy"]').getAttribute('data-unsaved')).not.toBeNull();
        // What cannot be is said, and changes nothing.
        fs.writeFileSync(path.join(work, 'late.csv'), TABLE);
        await page.locator('[data-path="people.csv"]').dblclick();
        await page.locator('#files input').fill('late.csv');
        await page.keyboard.press('Enter');
        await page.locator('#toast', { hasText: 'late.csv` is there already' }).waitFor();
        expect(await page.locator('[data-path="people.csv"]').count()).toBe(1);
        // A table that is looked at goes with its preview, by keys, after a question.
        const question = page.locator('dialog.question');
        await page.locator('[data-path="people.csv"]').focus();
        await page.keyboard.press('Delete');
        await question.getByText('is deleted from the folder').waitFor();
        await page.keyboard.press('Escape');
        expect(there()).toContain('people.csv');
        await page.locator('[data-path="people.csv"]').focus();
        await page.keyboard.press('Delete');
        await question.getByRole('button', { name: 'Delete' }).click();
        await expect.poll(there).toEqual(['late.csv', 'other.energy', 'penny.energy']);
        await expect.poll(() => page.locator('#preview').isVisible()).toBe(false);
        // The program in the editor, which has changed meanwhile: the next one takes its place.
        fs.writeFileSync(path.join(work, 'penny.energy'), '// theirs\n');
        await menu('Delete penny.energy');
        await question.getByRole('button', { name: 'Delete' }).click();
        await question.getByText('has changed in the folder').waitFor();
        expect(there()).toContain('penny.energy');
        await question.getByRole('button', { name: 'Delete it all the same' }).click();
        await expect.poll(() => page.locator('#file').textContent(), POLL).toBe('other.energy');
        expect(there()).toEqual(['late.csv', 'other.energy']);
        await expect.poll(() => shownText(page), POLL).toContain('A other.energy');
        await menu('Delete other.energy');
        await page.locator('#toast', { hasText: 'The last program stays' }).waitFor();
        // Refusals are in the console, as browsers have it.
        expect(faults.filter((f) => !f.includes('412'))).toEqual([]);
        await page.context().close();
      } finally {
        await server.close();
        fs.rmSync(work, { recursive: true });
      }
    });

    it('keeps the panes apart on a small screen', async () => {
      const { page } = await site().open('#example=wine');
      await page.setViewportSize({ width: 1024, height: 768 });
      for (const open of ['true', 'false']) {
        const toggle = page.locator('.files-toggle');
        if ((await toggle.getAttribute('aria-expanded')) !== open) await toggle.click();
        const beyond = () =>
          page.evaluate(() => {
            const end = document.getElementById('divider')!.getBoundingClientRect().left;
            return [...document.querySelectorAll('.write > *, .foot > *')].flatMap((e) =>
              e.getBoundingClientRect().right > end + 0.5 ? [e.className || e.id] : [],
            );
          });
        await expect.poll(beyond).toEqual([]);
      }
    });

    it('loads, edits and runs without a network', async () => {
      const { page, faults } = await site().open('#example=wine', { offline: true });
      await page.waitForSelector('html[data-offline="ready"]');
      await page.context().setOffline(true);
      await page.reload();
      await ready(page);
      await expect.poll(() => page.inputValue('#name'), POLL).toBe('wine');
      await type(page, '// no network\n');
      await expect.poll(() => stored(page), POLL).toBe(1);
      await noProblems(page);
      // The data of an example are at hand, too.
      await page.locator('[data-path="data/wine-test.csv"]').click();
      await page.locator('#preview table').waitFor();
      await page.locator('.preview-close').click();
      await page.evaluate(
        (hash) => {
          location.hash = hash;
        },
        await linkOf(PROGRAM),
      );
      await page.locator('[data-job="draws"]').waitFor();
      await page.locator('#run:not(:disabled)').click();
      await page.locator('[data-job="draws"] .summary table').waitFor();
      await page.locator('[data-job="draws"] .chart svg').first().waitFor();
      expect(faults).toEqual([]);
      await page.context().close();
    });
  });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Drops files onto the page, as a file manager would. */
async function drop(page: Page, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const plain = Object.entries(files).map(
    ([n, c]) => [n, [...(typeof c === 'string' ? bytes(c) : c)]] as const,
  );
  await page.evaluate((all) => {
    const transfer = new DataTransfer();
    for (const [n, content] of all) transfer.items.add(new File([new Uint8Array(content)], n));
    for (const type of ['dragenter', 'dragover', 'drop'])
      document.body.dispatchEvent(
        new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
  }, plain);
}

/** Types at the beginning of the program. */
async function type(page: Page, text: string): Promise<void> {
  await page
    .locator('.monaco-editor .view-lines')
    .first()
    .click({ position: { x: 4, y: 4 } });
  await page.keyboard.press('Control+Home');
  await page.keyboard.type(text);
}

async function name(page: Page, text: string): Promise<void> {
  await page.locator('#name').fill(text);
  await page.locator('#name').press('Enter');
}

async function ready(page: Page): Promise<void> {
  await page.waitForSelector('html[data-editor="ready"]');
  await page.waitForSelector('.job');
}

const noProblems = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => document.querySelector('#problems h2')?.textContent === 'No problems');

/** How many programs the browser keeps. */
const stored = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    // Opening it would make it.
    const all = await indexedDB.databases();
    if (!all.some((d) => d.name === 'energy-playground')) return 0;
    return new Promise<number>((resolve) => {
      const open = indexedDB.open('energy-playground');
      open.onerror = () => resolve(-1);
      open.onsuccess = () => {
        const count = open.result.transaction('programs').objectStore('programs').count();
        count.onsuccess = () => {
          open.result.close();
          resolve(count.result);
        };
      };
    });
  });

/** The editor's lines from top to bottom; the page holds them in any order. */
const shownText = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.view-line')]
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .map((l) => l.textContent?.replaceAll('\u00a0', ' '))
      .join('\n'),
  );
