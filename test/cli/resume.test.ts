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

  it.each([
    'adamw(rate = 0.02, decay = 0.1, warmup = 8)',
    'sgd(rate = 0.1, momentum = 0.9, nesterov = true)',
    'rmsprop(rate = 0.01, momentum = 0.5)',
    'adagrad(rate = 0.1, schedule = inverse_sqrt, warmup = 3)',
    'lbfgs(memory = 4)',
  ])('does so with %s', async (optimizer) => {
    const dir = await mkdtemp(join(tmpdir(), 'energy-resume-'));
    const by = ['--optimizer', optimizer, '--loss', 'likelihood'];
    expect(await learn(dir, 12, 'whole', ...by)).toEqual({ code: 0, err: '' });
    expect(await learn(dir, 6, 'half', ...by)).toEqual({ code: 0, err: '' });
    expect(await learn(dir, 12, 'rest', ...by, '--resume', 'half')).toEqual({ code: 0, err: '' });
    for (const name of ['params.safetensors', 'checkpoint.safetensors']) {
      const [whole, rest, half] = await Promise.all(
        ['whole', 'rest', 'half'].map((d) => readFile(join(dir, d, name))),
      );
      expect(rest.equals(whole), name).toBe(true);
      expect(half.equals(whole), name).toBe(false);
    }
  });

  it('refuses another optimiser, and another end of a falling rate', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'energy-resume-'));
    const falling = ['--optimizer', 'adam(rate = 0.02, schedule = cosine)', '--loss', 'likelihood'];
    expect((await learn(dir, 4, 'half', ...falling)).code).toBe(0);
    const longer = await learn(dir, 8, 'rest', ...falling, '--resume', 'half');
    expect(longer.code).toBe(1);
    expect(longer.err).toContain('E0715');
    expect(longer.err).toContain('over 4 steps');
    const other = await learn(dir, 8, 'rest', '--loss', 'likelihood', '--resume', 'half');
    expect(other.err).toContain('its optimizer is adam(');
  });

  it('says what is missing where there is no checkpoint', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'energy-resume-'));
    const { code, err } = await learn(dir, 5, 'out', '--resume', 'nowhere');
    expect(code).toBe(1);
    expect(err).toContain('E0501');
    expect(err).toContain('checkpoint.safetensors');
  });
});
