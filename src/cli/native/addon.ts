/** The package @tensorflow/tfjs-node: installed without its scripts, built against a library, checked. */
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorLines, execute, lastLines } from './execute.ts';
import { type Library, linksFor } from './library.ts';
import { NativeProblem } from './problem.ts';
import { QUIET_SOURCE, QUIET_TARGET, withQuietTarget } from './quiet.ts';

export const PACKAGE = '@tensorflow/tfjs-node';
const CORE = '@tensorflow/tfjs-core';

/** What a fresh process says after loading the backend and multiplying two matrices. */
export interface Loaded {
  readonly tensorflow: string;
  readonly tfjsNode: string;
}

/**
 * The folder in whose `node_modules` the package belongs: the project that this one is installed in, or
 * this one itself.
 */
export function projectFolder(here: string = ownFolder()): string {
  const parts = here.split(path.sep);
  const i = parts.indexOf('node_modules');
  return i < 0 ? here : parts.slice(0, i).join(path.sep) || path.sep;
}

/** The folder of this package: the nearest one above with a package.json. */
function ownFolder(): string {
  let dir = path.dirname(fileURLToPath(import.meta.url));
  // In `dist` there is none.
  while (!existsSync(path.join(dir, 'package.json'))) dir = path.dirname(dir);
  return dir;
}

export const packageFolder = (project: string): string => path.join(project, 'node_modules', PACKAGE);

/** Loads the backend in a fresh process and computes with it. @returns why not, as text, where that fails */
export async function tryLoading(): Promise<Loaded | string> {
  const script = fileURLToPath(new URL('./check.js', import.meta.url));
  const { code, out, all } = await execute(process.execPath, [script], { seconds: 120 });
  if (code !== 0) return lastLines(all, 8);
  const answer: unknown = JSON.parse(out.trim().split('\n').at(-1) ?? 'null');
  return typeof answer === 'object' && answer !== null && 'tensorflow' in answer && 'tfjsNode' in answer
    ? { tensorflow: String(answer.tensorflow), tfjsNode: String(answer.tfjsNode) }
    : all;
}

/** @throws NativeProblem where a program that the build needs is not there */
export async function checkCompilers(): Promise<void> {
  const wanted: readonly (readonly [string, string])[] = [
    ['make', 'make'],
    [process.env.CXX?.split(' ')[0] || 'g++', 'g++'],
  ];
  const missing: string[] = [];
  for (const [command, name] of wanted)
    if ((await execute(command, ['--version'], { seconds: 30 })).code !== 0) missing.push(name);
  if (missing.length === 0) return;
  throw new NativeProblem(
    `the addon cannot be compiled: ${missing.join(' and ')} not found`,
    'install a C++ compiler and make (Debian, Ubuntu: `apt-get install build-essential`; Fedora: `dnf install gcc-c++ make`), then run it again',
  );
}

const npm = (args: readonly string[], project: string, env: Readonly<Record<string, string>> = {}) => {
  const script = process.env.npm_execpath;
  const options = { cwd: project, env, seconds: 600 };
  return script && /npm[^/\\]*\.c?js$/.test(script)
    ? execute(process.execPath, [script, ...args], options)
    : execute('npm', args, options);
};

/** Installs the package without its scripts, in the version of tfjs that the project has. */
export async function installPackage(project: string): Promise<void> {
  const core = path.join(project, 'node_modules', CORE, 'package.json');
  const version = await versionIn(core);
  if (version === null)
    throw new NativeProblem(`${CORE} is not installed in ${project}`, 'run `npm install` there first', false);
  if ((await versionIn(path.join(packageFolder(project), 'package.json'))) === version) return;
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const { code, all } = await npm([...args, `${PACKAGE}@${version}`], project);
  if (code !== 0)
    throw new NativeProblem(
      `npm could not install ${PACKAGE}@${version}\n${lastLines(all)}`,
      'see what npm says; then run it again',
    );
}

async function versionIn(file: string): Promise<string | null> {
  try {
    const json: unknown = JSON.parse(await fs.readFile(file, 'utf8'));
    return typeof json === 'object' && json !== null && 'version' in json ? String(json.version) : null;
  } catch {
    return null;
  }
}

/** Lays the links to a library into the package; whatever was there before goes. */
export async function linkLibrary(project: string, library: Library): Promise<void> {
  const deps = path.join(packageFolder(project), 'deps');
  await fs.rm(deps, { recursive: true, force: true });
  await fs.mkdir(path.join(deps, 'lib'), { recursive: true });
  for (const { name, target } of linksFor(library)) await fs.symlink(target, path.join(deps, name));
}

/** Compiles the addon. @throws NativeProblem with the end of the compiler's output */
export async function buildAddon(project: string): Promise<void> {
  const folder = packageFolder(project);
  const gyp = path.join(folder, 'binding.gyp');
  const extended = withQuietTarget(await fs.readFile(gyp, 'utf8'));
  if (extended !== null) {
    await fs.writeFile(path.join(folder, 'binding', `${QUIET_TARGET}.cc`), QUIET_SOURCE);
    await fs.writeFile(gyp, extended);
  }
  const { code, all } = await npm(
    ['rebuild', '--ignore-scripts=false', '--foreground-scripts', PACKAGE],
    project,
    {
      npm_config_build_from_source: 'true',
      ...headers(),
    },
  );
  const built = existsSync(path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));
  if (code === 0 && built) return;
  throw new NativeProblem(
    `the addon could not be built\n${errorLines(all)}`,
    /ENOTFOUND|ECONNREFUSED|getaddrinfo|ETIMEDOUT/.test(all)
      ? 'the compiler needs the headers of Node, which could not be downloaded: use a Node that comes with them (<prefix>/include/node), or set npm_config_nodedir'
      : 'see what the compiler says; then run it again',
    /ENOTFOUND|ECONNREFUSED|getaddrinfo|ETIMEDOUT/.test(all),
  );
}

/** Headers that lie beside this Node, so that none must be downloaded. */
function headers(): Readonly<Record<string, string>> {
  const prefix = path.resolve(path.dirname(process.execPath), '..');
  return existsSync(path.join(prefix, 'include', 'node', 'node_api.h')) && !process.env.npm_config_nodedir
    ? { npm_config_nodedir: prefix }
    : {};
}

/** Takes the package away again: without its addon it would only fail when it is imported. */
export const removePackage = (project: string): Promise<void> =>
  fs.rm(packageFolder(project), { recursive: true, force: true });
