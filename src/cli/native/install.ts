/**
 * `npm run native`: gives this project TensorFlow's native library where the package's own installer
 * cannot. The steps, in the order in which they are taken; nothing in the project is touched before the
 * library is there, and a failure takes back what was begun.
 */
import * as path from 'node:path';
import {
  buildAddon,
  checkCompilers,
  installPackage,
  linkLibrary,
  PACKAGE,
  projectFolder,
  removePackage,
  tryLoading,
} from './addon.ts';
import { cachedLibrary, cacheFolder, libraryFromWheel } from './cache.ts';
import { type Library, libraryIn } from './library.ts';
import { withLock } from './lock.ts';
import { NativeProblem } from './problem.ts';
import { findPython } from './python.ts';
import { serves } from './wheel.ts';

export interface NativeOptions {
  /** A folder with TensorFlow's C library, or of its package for Python. */
  readonly tensorflow?: string;
}

export interface NativeResult {
  /** False: it was there already. */
  readonly installed: boolean;
  readonly tensorflow: string;
  readonly tfjsNode: string;
  /** Where the library lies; absent where it was there already. */
  readonly library?: string;
}

/**
 * @param say is told each step
 * @throws NativeProblem where something is missing or fails, with what to do
 */
export async function installNative(
  options: NativeOptions,
  cwd: string,
  say: (text: string) => void,
): Promise<NativeResult> {
  checkMachine(process);
  const before = await tryLoading();
  if (typeof before !== 'string') return { installed: false, ...before };
  const project = projectFolder();
  return withLock(path.join(project, 'node_modules', '.energy-native.lock'), async () => {
    await checkCompilers();
    const library = await findLibrary(options, cwd, say);
    say(`TensorFlow ${library.version ?? '(version not known yet)'}: ${path.dirname(library.include)}`);
    try {
      say(`installing ${PACKAGE} without its scripts`);
      await installPackage(project);
      await linkLibrary(project, library);
      say('compiling its addon (about half a minute)');
      await buildAddon(project);
      say('loading it in a fresh process, with a product of two matrices');
      const loaded = await tryLoading();
      if (typeof loaded !== 'string')
        return { installed: true, ...loaded, library: path.dirname(library.include) };
      throw new NativeProblem(
        `the addon was built but does not work\n${loaded}`,
        'please report this with the versions above; the other engines work without it',
        false,
      );
    } catch (e) {
      await removePackage(project);
      throw e;
    }
  });
}

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly version: string;
  readonly glibc?: string;
}

/** @throws NativeProblem on machines that no wheel with the library is made for */
export function checkMachine(
  p: { platform: string; arch: string; version: string; report?: unknown },
  glibc: boolean = hasGlibc(),
): void {
  const where = `${p.platform}-${p.arch}`;
  if (p.platform !== 'linux' || (p.arch !== 'x64' && p.arch !== 'arm64'))
    throw new NativeProblem(
      `this command serves Linux on x64 and arm64, not ${where}`,
      `try the package’s own installer: npm install --no-save ${PACKAGE}`,
    );
  if (!glibc)
    throw new NativeProblem(
      'TensorFlow is made for Linux with glibc, and this Node runs on another C library (musl?)',
      'use a distribution with glibc, e.g. Debian',
    );
  const major = Number(/^v(\d+)/.exec(p.version)?.[1]);
  if (major < 20) throw new NativeProblem(`Node ${p.version} is too old`, 'use Node 20 or newer');
}

/** Node's own report names the version of glibc it runs with; musl has none. */
function hasGlibc(): boolean {
  const report: unknown = process.report?.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return true;
  const { header } = report;
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header;
}

/** The library that the user names, of a Python that is there, of the cache, of a wheel. */
async function findLibrary(
  { tensorflow }: NativeOptions,
  cwd: string,
  say: (text: string) => void,
): Promise<Library> {
  if (tensorflow !== undefined) {
    const folder = path.resolve(cwd, tensorflow);
    const library = libraryIn(folder);
    if (library) return library;
    throw new NativeProblem(
      `${folder} has no TensorFlow for C: expected include/tensorflow/c/c_api.h and libtensorflow_cc.so.2 (or lib/libtensorflow.so.2) with libtensorflow_framework.so.2`,
      'name the folder of the package `tensorflow` for Python, or that of TensorFlow’s C archive',
      false,
    );
  }
  const python = await findPython();
  const there = python?.tensorflow;
  if (there) {
    const library = libraryIn(there.folder);
    if (library && (there.version === null || serves(there.version)))
      return { ...library, version: there.version };
    say(`Python’s TensorFlow in ${there.folder} has no library that can be used; looking further`);
  }
  const cache = cacheFolder();
  const kept = await cachedLibrary(cache);
  if (kept) return kept;
  if (!python)
    throw new NativeProblem(
      'there is no Python, whose pip would bring TensorFlow’s library (and the build needs it, too)',
      'install Python 3 with pip (Debian, Ubuntu: `apt-get install python3 python3-pip`), then run it again',
    );
  return libraryFromWheel(cache, python, say);
}
