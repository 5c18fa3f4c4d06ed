/** A Python that has what other people read our files with, where there is one. */
import { spawnSync } from 'node:child_process';

const python = process.env.ENERGY_PYTHON || 'python3';

/** What a script says on its last line, as JSON. */
export function askPython(script: string, ...args: readonly string[]): unknown {
  const { status, stdout, stderr, error } = spawnSync(python, ['-W', 'ignore', '-c', script, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${python} failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Whether Python has all of these modules; `ENERGY_PYTHON` says which Python, `python3` without it. */
export function pythonHas(...modules: readonly string[]): boolean {
  const script = `import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in sys.argv[1:]))`;
  return spawnSync(python, ['-c', script, ...modules], { timeout: 60_000 }).status === 0;
}
