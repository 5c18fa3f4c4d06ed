/** `energy compile` as a visitor of a page meets it: its folder is served, tfjs alone loads it, in a browser and in Node. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBackend } from '../../src/engines/tfjs/backend.ts';
import { folder } from '../cli/kit.ts';
import { open } from '../run/kit.ts';
import { agree, CompiledModel, type Feeds, supportedStates, type Values } from './compile-kit.ts';
import { chromiumPath, openPage, type Served, serve } from './page.ts';

const browser = existsSync(chromiumPath);
if (!browser) console.warn(`SKIPPED: graphs in a page need ${chromiumPath}, which is not installed.`);

const BATCH = 4;
const SLOW = 60_000;
const text = `enum Colour = { red, green, blue }
index site = grid(4, 4)
set bond = neighbours(site, wrap = true)
param net = mlp(site, hidden = [8, 8], act = silu)
energy E(x : real[site], rate : real(0, inf), z : Colour[site], s : spin[site]) {
  rate ~ gamma(2, 3)
  term smooth = rate * sum((x[p] - x[q]) ^ 2 for (p, q) in bond) + net(x)
  term equal  = -0.7 * sum(z[p] == z[q] for (p, q) in bond)
  term spins  = sum(s[p] * x[p] for p in site) + sum(s[p] * s[q] for (p, q) in bond)
  require z[p] == Colour.red or x[p] > -10 for p in site
}
`;
const place = folder({ 'mixed.energy': text });

/** tfjs's global in the page. */
interface Tf {
  ready(): Promise<void>;
  tensor(data: Float32Array, shape: readonly number[]): unknown;
  loadGraphModel(url: string): Promise<{ execute(feeds: object, outputs: readonly string[]): Found[] }>;
}
interface Found {
  readonly shape: number[];
  dataSync(): Float32Array;
}
interface Asked {
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: number[];
  }[];
  readonly outputs: readonly string[];
}

describe('a folder of `energy compile`, served', { timeout: SLOW }, () => {
  let site: Served;
  let asked: Asked;
  let check: (found: Values) => void;

  beforeAll(async () => {
    const answer = await place.energy('compile', 'mixed.energy', '--batch', String(BATCH), '-o', 'out');
    expect([answer.code, answer.err]).toEqual([0, '']);
    const dir = path.join(place.dir, 'out');
    site = await serve(dir);
    // Names and shapes are those of the manifest: nothing else is known to who loads the folder.
    const manifest = JSON.parse(readFileSync(path.join(dir, 'manifest.json'), 'utf8')) as {
      inputs: { name: string; shape: number[] }[];
      outputs: { name: string }[];
    };
    const compiled = new CompiledModel((await open(text)).model(), BATCH);
    const states = supportedStates(compiled.model, 13, BATCH);
    const feeds: Feeds = compiled.feeds(states);
    const want = compiled.expected(states);
    asked = {
      inputs: manifest.inputs.map((i) => ({ ...i, data: Array.from(feeds[i.name]) })),
      outputs: manifest.outputs.map((o) => o.name),
    };
    check = (found) => agree(found, want);
  }, SLOW);
  afterAll(() => site.close());

  it.skipIf(!browser)('gives what the reference gives in a page without our package', async () => {
    const { page, faults, close } = await openPage(site.url);
    try {
      const found = await page.evaluate(async ({ inputs, outputs }: Asked) => {
        const { tf } = globalThis as unknown as { tf: Tf };
        await tf.ready();
        const model = await tf.loadGraphModel('/model.json');
        const feeds = Object.fromEntries(
          inputs.map((i) => [i.name, tf.tensor(Float32Array.from(i.data), i.shape)]),
        );
        const made = model.execute(feeds, outputs);
        return outputs.map((name, k) => ({
          name,
          shape: made[k].shape,
          data: Array.from(made[k].dataSync()),
        }));
      }, asked);
      expect(faults).toEqual([]);
      check(new Map(found.map(({ name, ...rest }) => [name, rest])));
    } finally {
      await close();
    }
  });

  it('and in Node, from the same address', async () => {
    await loadBackend('cpu');
    const model = await loadGraphModel(`${site.url}model.json`);
    const feeds = Object.fromEntries(
      asked.inputs.map((i) => [i.name, tf.tensor(Float32Array.from(i.data), [...i.shape])]),
    );
    const made = model.execute(feeds, [...asked.outputs]) as tf.Tensor[];
    check(
      new Map(asked.outputs.map((name, k) => [name, { shape: made[k].shape, data: made[k].dataSync() }])),
    );
    tf.dispose([feeds, made]);
    model.dispose();
  });
});
