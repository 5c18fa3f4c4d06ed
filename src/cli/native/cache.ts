/** Where unpacked libraries are kept: one folder a version, complete or not there at all. */
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Library, libraryIn } from './library.ts';
import { NativeProblem } from './problem.ts';
import { downloadWheel, extractWheel, type Python } from './python.ts';
import { gigabytes, SPACE_NEEDED, serves } from './wheel.ts';

/** The user's folder for what can be made again: `ENERGY_CACHE`, else `energy` in the system's place for caches. */
export const cacheFolder = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  env.ENERGY_CACHE ||
  path.join(env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), '.cache'), 'energy');

const PLATFORM = `${process.platform}-${process.arch}`;
const nameOf = (version: string): string => `tensorflow-${version}-${PLATFORM}`;

/** The newest complete library in the cache. */
export async function cachedLibrary(cache: string): Promise<Library | null> {
  const names = await fs.readdir(cache).catch(() => []);
  const versions = names.flatMap((name) => {
    const m = /^tensorflow-(\d+\.\d+\.\d+)-(.+)$/.exec(name);
    return m && m[2] === PLATFORM && serves(m[1]) ? [{ name, minor: Number(m[1].split('.')[1]) }] : [];
  });
  versions.sort((a, b) => b.minor - a.minor);
  for (const { name } of versions) {
    const library = libraryIn(path.join(cache, name));
    if (library) return library;
  }
  return null;
}

/**
 * Downloads a wheel and unpacks it into the cache. All is made beside its place and moved there at the end.
 * @param say is told what is being done
 * @throws NativeProblem where there is no space, no pip, no wheel
 */
export async function libraryFromWheel(
  cache: string,
  python: Python,
  say: (text: string) => void,
): Promise<Library> {
  if (!python.pip)
    throw new NativeProblem(
      `Python ${python.version} (${python.command}) has no pip`,
      'install it (Debian, Ubuntu: `apt-get install python3-pip`; elsewhere: `python3 -m ensurepip`), or name a folder with TensorFlow’s C library: npm run native -- --tensorflow DIR',
    );
  await fs.mkdir(cache, { recursive: true });
  await sweep(cache);
  const { bavail, bsize } = await fs.statfs(cache);
  if (bavail * bsize < SPACE_NEEDED)
    throw new NativeProblem(
      `${cache} has ${gigabytes(bavail * bsize)} of free space; about ${gigabytes(SPACE_NEEDED)} are needed`,
      'free some, or let ENERGY_CACHE name a folder on a larger disk',
    );
  const work = path.join(cache, `.partial-${process.pid}`);
  await fs.rm(work, { recursive: true, force: true });
  await fs.mkdir(work);
  try {
    say('downloading the wheel of tensorflow-cpu with pip (about 270 MB)');
    const wheel = await downloadWheel(python, work);
    say(`unpacking the libraries and headers of ${wheel.file}`);
    const folder = path.join(work, nameOf(wheel.version));
    await extractWheel(python, path.join(work, wheel.file), folder);
    const place = path.join(cache, nameOf(wheel.version));
    if (libraryIn(place) === null) {
      await fs.rm(place, { recursive: true, force: true });
      await fs.rename(folder, place);
    }
    const library = libraryIn(place);
    if (library) return library;
    throw new NativeProblem(`${wheel.file} has not all that is needed`, 'please report this', false);
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
}

/** Removes what runs that were killed left. */
async function sweep(cache: string): Promise<void> {
  for (const name of await fs.readdir(cache)) {
    const pid = /^\.partial-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await fs.rm(path.join(cache, name), { recursive: true, force: true });
  }
}
