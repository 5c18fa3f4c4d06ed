/** A thousand steps of learning on every backend of tfjs that is present: no tensor stays behind, same bytes. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type BackendName, tfjsEngine } from '../../src/engines/tfjs/index.ts';
import { Builder } from '../../src/ir/build.ts';
import { fit as train } from '../../src/learn/fit.ts';
import { Stream } from '../../src/random/stream.ts';
import { boltzmann, filled, quickOptions } from '../learn/toy.ts';
import { native } from './optional.ts';

const backends: readonly BackendName[] = ['wasm', 'cpu', ...(native ? (['tensorflow'] as const) : [])];

/** A spin machine on random rows. @returns its parameters as text */
async function learn(
  backend: BackendName,
  steps: number,
  onStep?: (e: { readonly step: number }) => void,
): Promise<string> {
  const s = new Stream(9);
  const spins = Array.from({ length: 40 * 5 }, () => (s.uniform() < 0.5 ? -1 : 1));
  const t = boltzmann(new Builder(), spins);
  const params = new Map(t.bound.program.params.map(({ slot }) => [slot, filled(slot, 0)]));
  const options = quickOptions({ steps, average: 0.9 });
  const { params: learned } = await train({
    ...t,
    params,
    options,
    engine: await tfjsEngine(backend),
    onStep,
  });
  return [...learned].map(([p, a]) => `${p.name} ${Array.from(a.data).join(' ')}`).join('\n');
}

describe.each(backends)('a fit on %s', (backend) => {
  it('keeps as many tensors after a thousand steps as after the second', async () => {
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const bytes: number[] = [];
    await learn(backend, 1000, ({ step }) => {
      if (step < 2) return;
      counts.push(tf.memory().numTensors);
      bytes.push(tf.memory().numBytes);
    });
    expect(counts.length).toBeGreaterThan(900);
    expect(new Set(counts).size).toBe(1);
    expect(new Set(bytes).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  }, 120_000);

  it('gives the same bytes again', async () => {
    expect(await learn(backend, 30)).toBe(await learn(backend, 30));
  }, 60_000);
});
