/** A Python that has what other people read our files with, where there is one. */
import { spawnSync } from 'node:child_process';

/** `ENERGY_TEST_PYTHON` says which Python. */
const python = process.env.ENERGY_TEST_PYTHON || 'python3';

/** What a script says on its last line, as JSON. */
export function askPython(script: string, ...args: readonly string[]): unknown {
  const { status, stdout, stderr, error } = spawnSync(python, ['-W', 'ignore', '-c', script, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${python} failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

const wanted = ['arviz', 'h5netcdf', 'netCDF4', 'numpy', 'pyarrow', 'safetensors', 'xarray'];

/** The modules that Python has; none where there is no Python. */
const there: ReadonlySet<string> = (() => {
  const script = 'import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if u.find_spec(m)))';
  const { stdout } = spawnSync(python, ['-c', script, ...wanted], { encoding: 'utf8', timeout: 60_000 });
  return new Set((stdout ?? '').split(/\s+/).filter(Boolean));
})();

/** Why a test that needs these modules is left out, for its title; '' where they are all there. */
export function lacking(...modules: readonly string[]): string {
  const gone = modules.filter((m) => !there.has(m));
  return gone.length === 0 ? '' : ` (left out: ${python} has no ${gone.join(', no ')})`;
}
