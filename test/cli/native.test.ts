/** The installer of native TensorFlow as far as it can be tried without installing: what it decides, and says. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../src/cli/native/addon.ts';
import { cachedLibrary, cacheFolder, libraryFromWheel } from '../../src/cli/native/cache.ts';
import { errorLines, execute } from '../../src/cli/native/execute.ts';
import { checkMachine } from '../../src/cli/native/install.ts';
import { HEADERS, libraryIn, linksFor } from '../../src/cli/native/library.ts';
import { withLock } from '../../src/cli/native/lock.ts';
import { NativeProblem } from '../../src/cli/native/problem.ts';
import { extractWheel, findPython } from '../../src/cli/native/python.ts';
import { withQuietTarget } from '../../src/cli/native/quiet.ts';
import { chooseWheel, pipProblem, serves } from '../../src/cli/native/wheel.ts';
import { folder } from './kit.ts';

const root = mkdtempSync(path.join(tmpdir(), 'energy-native-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An empty file in a folder that is made for it. */
function touch(...parts: readonly string[]): void {
  const file = path.join(root, ...parts);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
}
const headers = (dir: string): void => {
  for (const h of HEADERS) touch(dir, 'include', h);
};
const problem = (run: () => void): NativeProblem => {
  try {
    run();
  } catch (e) {
    if (e instanceof NativeProblem) return e;
  }
  throw new Error('nothing was refused');
};

describe('wheels', () => {
  it('are chosen by version', () => {
    const tail = 'cp311-cp311-manylinux_2_27_x86_64.whl';
    const files = ['2.9.1', '2.21.0', '2.16.2'].map((v) => `tensorflow_cpu-${v}-${tail}`);
    expect(chooseWheel(files)).toEqual({ file: files[1], version: '2.21.0' });
    expect(chooseWheel([`numpy-2.1.0-${tail}`, 'notes.txt'])).toBeNull();
    expect(chooseWheel([`tensorflow_cpu-1.15.0-${tail}`])).toBeNull();
  });

  it('serve from 2.9 on, below 3', () => {
    expect(['2.21.0', '2.9.3', '2.8.4', '3.0.0', '1.15.0', 'nightly'].map(serves)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('that pip cannot have are reported with what to do', () => {
    const say = (text: string): NativeProblem => pipProblem(text, 'Python 3.14.0', 'linux-x64');
    const none = say('ERROR: No matching distribution found for tensorflow-cpu~=2.21.0');
    expect(none.message).toBe('pip has no wheel of tensorflow-cpu for Python 3.14.0 on linux-x64');
    expect(none.remedy).toContain('--tensorflow DIR');
    expect(none.missing).toBe(true);
    expect(say('[Errno 28] No space left on device').message).toBe('pip ran out of disk space');
    expect(say('NewConnectionError: Name or service not known').message).toContain('could not reach');
  });
});

describe('the library', () => {
  it('is found in the package for Python, whose folder or parent is named', () => {
    headers('site/tensorflow');
    touch('site/tensorflow/libtensorflow_cc.so.2');
    touch('site/tensorflow-2.21.0.dist-info/METADATA');
    expect(libraryIn(path.join(root, 'site'))).toBeNull();
    touch('site/tensorflow/libtensorflow_framework.so.2');
    const library = libraryIn(path.join(root, 'site'));
    expect(library).toEqual(libraryIn(path.join(root, 'site/tensorflow')));
    expect(library?.version).toBe('2.21.0');
  });

  it('is found as TensorFlow for C is unpacked, and linked under every name that is asked for', () => {
    headers('c');
    touch('c/lib/libtensorflow.so.2');
    touch('c/lib/libtensorflow_framework.so.2');
    const library = libraryIn(path.join(root, 'c'))!;
    const links = linksFor(library);
    const names = links.map((l) => l.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        'include',
        'lib/libtensorflow.so',
        'lib/libtensorflow.so.2',
        'lib/libtensorflow.so.2.9.1',
        'lib/libtensorflow_framework.so',
        'lib/libtensorflow_framework.so.2',
      ]),
    );
    // Every link leads to a file, or to another link beside it.
    for (const { target } of links)
      expect(path.isAbsolute(target) || names.includes(`lib/${target}`)).toBe(true);
  });

  it('is kept in the user’s cache, complete or not at all', async () => {
    expect(cacheFolder({ ENERGY_CACHE: '/big' })).toBe('/big');
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe(path.join('/x', 'energy'));
    expect(cacheFolder({ HOME: '/home/a' })).toBe(path.join('/home/a', '.cache', 'energy'));
    const cache = path.join(root, 'cache');
    const name = (v: string): string => `tensorflow-${v}-${process.platform}-${process.arch}`;
    expect(await cachedLibrary(cache)).toBeNull();
    touch('cache', name('2.21.0'), 'libtensorflow_cc.so.2');
    expect(await cachedLibrary(cache)).toBeNull();
    headers(`cache/${name('2.17.0')}`);
    for (const l of ['cc', 'framework']) touch('cache', name('2.17.0'), `libtensorflow_${l}.so.2`);
    expect((await cachedLibrary(cache))?.version).toBe('2.17.0');
  });

  it('needs pip, and leaves nothing when there is none', async () => {
    const cache = path.join(root, 'empty');
    const python = { command: 'python3', version: '3.11.7', pip: false, tensorflow: null };
    await expect(libraryFromWheel(cache, python, () => {})).rejects.toThrow(
      'Python 3.11.7 (python3) has no pip',
    );
    const broken = { ...python, pip: true, command: path.join(root, 'no-such-python') };
    await expect(libraryFromWheel(cache, broken, () => {})).rejects.toThrow(NativeProblem);
    expect(readdirSync(cache)).toEqual([]);
  });
});

describe('unpacking', async () => {
  const python = await findPython();

  it.skipIf(python === null)(
    'takes the libraries and the headers that are reached, nothing else',
    async () => {
      const make = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    i = 'tensorflow/include/'
    z.writestr('tensorflow/libtensorflow_cc.so.2', 'cc')
    z.writestr('tensorflow/libtensorflow_framework.so.2', 'framework')
    z.writestr('tensorflow/python/huge.so', 'x')
    z.writestr(i + 'tensorflow/c/c_api.h', '#include "tensorflow/c/status.h"\\n#include <stdint.h>\\n')
    z.writestr(i + 'tensorflow/c/status.h', '  # include "xla/status.h"\\n')
    z.writestr(i + 'xla/status.h', '#include "tensorflow/c/c_api.h"\\n')
    z.writestr(i + 'tensorflow/c/eager/c_api.h', '')
    z.writestr(i + 'tensorflow/core/platform/ctstring_internal.h', '')
    z.writestr(i + 'Eigen/Core', '')
`;
      const wheel = path.join(root, 'a.whl');
      expect((await execute(python!.command, ['-c', make, wheel], { seconds: 60 })).code).toBe(0);
      const to = path.join(root, 'unpacked');
      await extractWheel(python!, wheel, to);
      const files = readdirSync(to, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
      expect(files.map((f) => f.name).sort()).toEqual([
        'c_api.h',
        'c_api.h',
        'ctstring_internal.h',
        'libtensorflow_cc.so.2',
        'libtensorflow_framework.so.2',
        'status.h',
        'status.h',
      ]);
      expect(libraryIn(to)).not.toBeNull();
      await expect(extractWheel(python!, path.join(root, 'none.whl'), to)).rejects.toThrow(
        'could not be unpacked',
      );
    },
  );
});

describe('the machine', () => {
  const linux = { platform: 'linux', arch: 'x64', version: 'v22.3.0' };
  it('must be one that the library is made for', () => {
    expect(() => checkMachine(linux, true)).not.toThrow();
    expect(problem(() => checkMachine({ ...linux, platform: 'darwin' }, true)).message).toContain(
      'not darwin-x64',
    );
    expect(problem(() => checkMachine(linux, false)).message).toContain('glibc');
    expect(problem(() => checkMachine({ ...linux, version: 'v18.20.0' }, true)).remedy).toBe(
      'use Node 20 or newer',
    );
  });
});

describe('what is around', () => {
  it('installs beside this package, or into the project that it is installed in', () => {
    expect(projectFolder('/home/a/energy')).toBe('/home/a/energy');
    expect(projectFolder('/home/a/p/node_modules/energy-lang')).toBe('/home/a/p');
  });

  it('adds its target to the package’s build once, or leaves a file that it does not know', () => {
    const gyp = `{'targets': [{'target_name': 'a'}, {"target_name": "after", "dependencies": ["a"], "copies": [{"files": ["a.node"]}]}]}`;
    const once = withQuietTarget(gyp)!;
    expect(once).toContain(`'targets': [{ 'target_name': 'energy_quiet'`);
    expect(once).toContain(`"files": ['<(PRODUCT_DIR)/energy_quiet.node', "a.node"]`);
    expect(once).toContain(`"dependencies": ['energy_quiet', "a"]`);
    expect(withQuietTarget(once)).toBe(once);
    expect(withQuietTarget('{}')).toBeNull();
  });

  it('runs one installer at a time, and forgets one that was killed', async () => {
    const file = path.join(root, 'lock');
    await withLock(file, async () => {
      await expect(withLock(file, async () => 1)).rejects.toThrow('another run of this command');
    });
    writeFileSync(file, '999999999\n');
    expect(await withLock(file, async () => 2)).toBe(2);
  });

  it('ends programs that take too long, and knows those that are not there', async () => {
    const late = await execute(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { seconds: 0.5 });
    expect(late.code).toBe(124);
    expect((await execute('no-such-program-here', [], { seconds: 5 })).code).toBe(127);
  });

  it('shows of a compiler’s output what is wrong', () => {
    expect(errorLines('g++ -c a.cc\na.cc:3:1: error: x\nnpm error code 1\n')).toBe('    a.cc:3:1: error: x');
    expect(errorLines('one\ntwo\n')).toBe('    one\n    two');
  });
});

describe('the command line', () => {
  const place = folder({ 'm.energy': 'energy E(x : real) {\n  term square = x ^ 2\n}\n' });

  it('doctor lists engines with versions, and the machine', async () => {
    const { result, code } = await place.energy('doctor', '--json');
    expect(code).toBe(0);
    const engines = result.engines as readonly Record<string, unknown>[];
    const wasm = engines.find((e) => e.name === 'wasm')!;
    expect(wasm).toMatchObject({ available: true, default: true, simd: true, threads: 1 });
    expect(wasm.version).toMatch(/^4\./);
    for (const e of engines) expect(e.available ? e.version : e.reason).toMatch(/\w/);
    expect(result.machine).toMatchObject({ platform: `${process.platform}-${process.arch}`, simd: true });
    expect(Number((result.machine as Record<string, unknown>).cores)).toBeGreaterThan(0);
    const { out } = await place.energy('doctor');
    expect(out).toContain('✓ wasm');
    expect(out).toContain('--backend NAME');
  });

  it('--backend forces one of tfjs, and says what it does not know', async () => {
    const draw = (...flags: readonly string[]) =>
      place.energy('sample', 'm.energy', '--draws', '20', '--chains', '2', ...flags);
    expect((await draw('--backend', 'cpu')).code).toBe(0);
    const wrong = await draw('--backend', 'kernels');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('--backend is one of tensorflow, wasm, cpu, not `kernels`');
    const both = await draw('--backend', 'cpu', '--engine', 'kernels');
    expect(both.code).toBe(2);
    expect(both.err).toContain('--engine kernels does not compute on the backend cpu');
  });

  it('native refuses a folder without the library', async () => {
    const { code, result } = await place.energy('native', '--tensorflow', '.', '--json');
    // Where it is installed, there is nothing to do.
    if (result.available === true) expect(code).toBe(0);
    else {
      expect(code).toBe(1);
      expect(result.reason).toContain('has no TensorFlow for C');
    }
  });
});
