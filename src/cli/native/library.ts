/** TensorFlow's C library: which files it is made of, and where a folder has them. */
import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';

/** The two libraries by the names that TensorFlow's wheels for Linux give them. */
export const CC_LIBRARY = 'libtensorflow_cc.so.2';
export const FRAMEWORK_LIBRARY = 'libtensorflow_framework.so.2';

/** What the addon's sources include first; all else follows from these. */
export const HEADERS: readonly string[] = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring_internal.h',
];

/** The version of the C library that the package asks for by name. */
const NAMED_VERSION = '2.9.1';

export interface Library {
  /** Folder of headers: `tensorflow/c/c_api.h` lies in it. */
  readonly include: string;
  readonly cc: string;
  readonly framework: string;
  /** As far as names of files tell; the addon says for certain. */
  readonly version: string | null;
}

/**
 * The library in a folder: of a wheel (`…/tensorflow`, or the folder that holds it) or as
 * TensorFlow's C archive is unpacked (`include/`, `lib/`).
 * @returns null where something of it is missing
 */
export function libraryIn(folder: string): Library | null {
  for (const root of [folder, path.join(folder, 'tensorflow')]) {
    const include = path.join(root, 'include');
    if (!HEADERS.every((h) => existsSync(path.join(include, h)))) continue;
    const find = (...names: readonly string[]): string | undefined =>
      [root, path.join(root, 'lib')]
        .flatMap((dir) => names.map((n) => path.join(dir, n)))
        .find((f) => existsSync(f));
    const cc = find(CC_LIBRARY, 'libtensorflow.so.2', 'libtensorflow.so');
    const framework = find(FRAMEWORK_LIBRARY, 'libtensorflow_framework.so');
    if (cc && framework) return { include, cc, framework, version: versionBeside(root) };
  }
  return null;
}

/** From the `dist-info` of the wheel beside a package's folder. */
function versionBeside(root: string): string | null {
  const inCache = /(?:^|[\\/])tensorflow-(\d+\.\d+\.\d+)/.exec(path.basename(root));
  if (inCache) return inCache[1];
  try {
    for (const name of readdirSync(path.dirname(root))) {
      const m = /^tensorflow(?:_cpu)?-(\d+\.\d+\.\d+[^-]*)\.dist-info$/.exec(name);
      if (m) return m[1];
    }
  } catch {
    // A folder that cannot be read says nothing.
  }
  return null;
}

export interface Link {
  /** Below the package's `deps/`. */
  readonly name: string;
  /** Absolute, or the name of another link beside it. */
  readonly target: string;
}

/**
 * The links that make a library look as the package's build expects it: `-ltensorflow` and
 * `-ltensorflow_framework` for the linker, the names with versions for its check that nothing must be
 * downloaded, and the names that the libraries know each other by for the loader.
 */
export function linksFor(library: Library): readonly Link[] {
  const [cc, framework] = [path.basename(library.cc), path.basename(library.framework)];
  const links: Link[] = [
    { name: 'include', target: library.include },
    { name: `lib/${cc}`, target: library.cc },
    { name: `lib/${framework}`, target: library.framework },
  ];
  const alias = (name: string, target: string): void => {
    if (name !== target) links.push({ name: `lib/${name}`, target });
  };
  for (const name of ['libtensorflow.so', 'libtensorflow.so.2', `libtensorflow.so.${NAMED_VERSION}`])
    alias(name, cc);
  for (const name of [
    'libtensorflow_framework.so',
    'libtensorflow_framework.so.2',
    `libtensorflow_framework.so.${NAMED_VERSION}`,
  ])
    alias(name, framework);
  return links;
}
