/** Python, where there is one: its TensorFlow, its pip. */
import { readdirSync } from 'node:fs';
import { execute, lastLines } from './execute.ts';
import { CC_LIBRARY, FRAMEWORK_LIBRARY, HEADERS } from './library.ts';
import { NativeProblem } from './problem.ts';
import { chooseWheel, EXTRACT, pipProblem, REQUIREMENTS, type Wheel } from './wheel.ts';

export interface Python {
  readonly command: string;
  /** `3.11.7`. */
  readonly version: string;
  readonly pip: boolean;
  /** The package that can be imported; it is found, not imported. */
  readonly tensorflow: { readonly folder: string; readonly version: string | null } | null;
}

const ASK = `
import importlib.util, importlib.metadata, json, sys
def version(*names):
    for n in names:
        try:
            return importlib.metadata.version(n)
        except importlib.metadata.PackageNotFoundError:
            pass
spec = importlib.util.find_spec('tensorflow')
places = list(spec.submodule_search_locations or []) if spec else []
print(json.dumps({
    'version': '%d.%d.%d' % sys.version_info[:3],
    'pip': importlib.util.find_spec('pip') is not None,
    'tensorflow': {'folder': places[0], 'version': version('tensorflow', 'tensorflow-cpu')} if places else None,
}))
`;

/** The first Python 3 among `PYTHON`, `python3` and `python`; null where there is none. */
export async function findPython(named = process.env.PYTHON): Promise<Python | null> {
  for (const command of [...(named ? [named] : []), 'python3', 'python']) {
    const { code, out } = await execute(command, ['-c', ASK], { seconds: 60 });
    if (code !== 0) continue;
    const answer: unknown = JSON.parse(out.trim().split('\n').at(-1) ?? 'null');
    if (isAnswer(answer)) return { command, ...answer };
  }
  return null;
}

const isAnswer = (x: unknown): x is Omit<Python, 'command'> =>
  typeof x === 'object' && x !== null && 'version' in x && 'pip' in x && 'tensorflow' in x;

/**
 * Downloads a wheel of TensorFlow into a folder, from wherever pip is set up to look.
 * @throws NativeProblem where pip has none, or cannot be asked
 */
export async function downloadWheel(python: Python, folder: string): Promise<Wheel> {
  let output = '';
  for (const requirement of REQUIREMENTS) {
    const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--progress-bar=off'];
    const { code, all } = await execute(
      python.command,
      [...args, '--disable-pip-version-check', '--retries=2', '-d', folder, requirement],
      { seconds: 900 },
    );
    output = all;
    const wheel = code === 0 ? chooseWheel(readdirSync(folder)) : null;
    if (wheel) return wheel;
    // Only "there is no such version" is a reason to ask for another one.
    if (code !== 0 && !/No matching distribution|Could not find a version/i.test(all)) break;
  }
  const problem = pipProblem(output, `Python ${python.version}`, `${process.platform}-${process.arch}`);
  throw new NativeProblem(`${problem.message}\n${lastLines(output, 6)}`, problem.remedy, problem.missing);
}

/** Takes what is needed out of a wheel. @throws NativeProblem when that fails */
export async function extractWheel(python: Python, wheel: string, folder: string): Promise<void> {
  const args = [wheel, folder, `${CC_LIBRARY},${FRAMEWORK_LIBRARY}`, HEADERS.join(',')];
  const { code, all } = await execute(python.command, ['-c', EXTRACT, ...args], { seconds: 600 });
  if (code === 0) return;
  throw new NativeProblem(
    `the wheel could not be unpacked\n${lastLines(all, 4)}`,
    /No space left|Errno 28/i.test(all) ? 'free some disk space, then run it again' : 'run it again',
    false,
  );
}
