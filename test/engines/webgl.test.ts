/** The backend on WebGL, in a real browser; without a graphics card the browser's own emulation computes. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asked, Said } from './browser/worker.ts';

const chromiumPath = '/usr/bin/chromium';
const here = fs.existsSync(chromiumPath);
if (!here) console.warn(`SKIPPED: WebGL needs ${chromiumPath}, which is not installed.`);

const SLOW = 120_000;

describe.skipIf(!here)('generated programs and their gradients in a browser', { timeout: SLOW }, () => {
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;
  const outDir = fs.mkdtempSync(path.join(os.tmpdir(), 'energy-engines-'));
  beforeAll(async () => {
    const root = fileURLToPath(new URL('browser', import.meta.url));
    const common = {
      root,
      configFile: false,
      logLevel: 'error',
      build: { outDir, emptyOutDir: true, target: 'esnext' },
      worker: { format: 'es' },
    } as const;
    await build(common);
    server = await preview({ ...common, preview: { host: '127.0.0.1', port: 0 } });
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    });
    page = await browser.newPage();
    await page.goto(server.resolvedUrls!.local[0]);
    await page.waitForFunction('typeof ask === "function"');
  }, SLOW);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    fs.rmSync(outDir, { recursive: true, force: true });
  });

  it('agree with the reference on webgl', async ({ skip }) => {
    const said = await page.evaluate(
      (runs) => (globalThis as unknown as { ask: (runs: Asked) => Promise<Said> }).ask(runs),
      25,
    );
    if (said.missing !== null) {
      console.warn(`SKIPPED: this browser has no WebGL: ${said.missing}`);
      skip();
    }
    expect(said.fault).toBeNull();
  });
});
