/** A fit that is continued from its checkpoint writes the bytes of one that never stopped. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';

async function energy(cwd: string, ...argv: string[]): Promise<{ code: number; err: string }> {
  let err = '';
  const out = { write: () => true };
  const code = await main(argv, { cwd, out, err: { write: (s: string) => (err += s) } });
  return { code, err };
}

describe('energy fit --resume', () => {
  const file = join(import.meta.dirname, '../../examples/learning/boltzmann.energy');
  const learn = (cwd: string, steps: number, to: string, ...more: string[]) =>
    energy(
      cwd,
      'fit',
      file,
      'Boltzmann',
      '--steps',
      String(steps),
      '--average',
      '0.9',
      '--engine',
      'cpu',
      '-o',
      to,
      ...more,
    );

  it('goes on to the same bytes', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'energy-resume-'));
    expect(await learn(dir, 40, 'whole')).toEqual({ code: 0, err: '' });
    expect(await learn(dir, 25, 'half')).toEqual({ code: 0, err: '' });
    expect(await learn(dir, 40, 'rest', '--resume', 'half')).toEqual({ code: 0, err: '' });
    for (const name of ['params.safetensors', 'checkpoint.safetensors']) {
      const [whole, rest, half] = await Promise.all(
        ['whole', 'rest', 'half'].map((d) => readFile(join(dir, d, name))),
      );
      expect(rest.equals(whole), name).toBe(true);
      expect(half.equals(whole), name).toBe(false);
    }
  });

  it('says what is missing where there is no checkpoint', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'energy-resume-'));
    const { code, err } = await learn(dir, 5, 'out', '--resume', 'nowhere');
    expect(code).toBe(1);
    expect(err).toContain('E0501');
    expect(err).toContain('checkpoint.safetensors');
  });
});
