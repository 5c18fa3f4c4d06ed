/** The wheel of TensorFlow for Python: which versions serve, what pip says, what is taken out of it. */
import { NativeProblem } from './problem.ts';

/**
 * What is asked of pip, in this order: the version that the engine's tests are run with, then
 * whichever has the C library and its headers in the wheel. The check after the build decides.
 */
export const REQUIREMENTS: readonly string[] = ['tensorflow-cpu~=2.21.0', 'tensorflow-cpu>=2.16,<3'];

/** Bytes for the wheel and for the two libraries unpacked, with some to spare. */
export const SPACE_NEEDED = 1.3e9;

/** Oldest version whose library is taken from elsewhere: a Python that is there, a folder that is named. */
const OLDEST: readonly [number, number] = [2, 9];

/** Whether a version of TensorFlow, e.g. `2.21.0`, can serve. */
export function serves(version: string): boolean {
  const m = /^(\d+)\.(\d+)\b/.exec(version);
  if (!m) return false;
  const [major, minor] = [Number(m[1]), Number(m[2])];
  return major === OLDEST[0] && minor >= OLDEST[1];
}

export interface Wheel {
  readonly file: string;
  readonly version: string;
}

/** The newest wheel of TensorFlow among names of files. */
export function chooseWheel(files: readonly string[]): Wheel | null {
  const wheels = files.flatMap((file) => {
    const m = /^tensorflow(?:_cpu)?-(\d+\.\d+\.\d+)[^-]*-[^/]*\.whl$/.exec(file);
    return m && serves(m[1]) ? [{ file, version: m[1] }] : [];
  });
  const parts = (v: string): number[] => v.split('.').map(Number);
  wheels.sort((a, b) => {
    const [x, y] = [parts(a.version), parts(b.version)];
    return y[0] - x[0] || y[1] - x[1] || y[2] - x[2];
  });
  return wheels[0] ?? null;
}

/** What went wrong when pip was asked for a wheel. */
export function pipProblem(output: string, python: string, platform: string): NativeProblem {
  const by = 'name a folder with TensorFlow’s C library: npm run native -- --tensorflow DIR';
  if (/No space left|ENOSPC|Errno 28/i.test(output))
    return new NativeProblem(
      'pip ran out of disk space',
      `free about ${gigabytes(SPACE_NEEDED)}, then run it again`,
    );
  if (/No matching distribution|Could not find a version/i.test(output))
    return new NativeProblem(
      `pip has no wheel of tensorflow-cpu for ${python} on ${platform}${/NewConnectionError|ConnectTimeout|Temporary failure|Name or service/i.test(output) ? ', or could not reach its index' : ''}`,
      `use a Python that TensorFlow supports (PYTHON=/path/to/python npm run native), or ${by}`,
    );
  if (/NewConnectionError|ConnectTimeout|ReadTimeout|SSLError|ProxyError|Temporary failure/i.test(output))
    return new NativeProblem(
      'pip could not reach its index',
      `check the network and pip’s settings, or ${by}`,
    );
  return new NativeProblem('pip could not download tensorflow-cpu', `see what it says above, or ${by}`);
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Takes the libraries, the headers that the addon's sources reach, and the licence out of a wheel; in Python,
 * because its zipfile streams what is larger than memory should hold.
 * Arguments: wheel, folder, the two libraries' names, the first headers.
 */
export const EXTRACT = `
import os, posixpath, re, shutil, sys, zipfile
wheel, folder, libraries, headers = sys.argv[1], sys.argv[2], sys.argv[3].split(','), sys.argv[4].split(',')
with zipfile.ZipFile(wheel) as z:
    names = set(z.namelist())
    def take(name, to):
        to = os.path.join(folder, to)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with z.open(name) as source, open(to, 'wb') as target:
            shutil.copyfileobj(source, target, 1 << 22)
    for name in libraries:
        if 'tensorflow/' + name not in names:
            sys.exit('the wheel has no ' + name)
        take('tensorflow/' + name, name)
    root = 'tensorflow/include/'
    waiting, seen = list(headers), set()
    while waiting:
        header = waiting.pop()
        if header in seen or root + header not in names:
            continue
        seen.add(header)
        take(root + header, 'include/' + header)
        for found in re.findall(rb'^\\s*#\\s*include\\s+["<]([^">]+)[">]', z.read(root + header), re.M):
            text = found.decode()
            waiting += [text, posixpath.normpath(posixpath.join(posixpath.dirname(header), text))]
    missing = [h for h in headers if h not in seen]
    if missing:
        sys.exit('the wheel has no ' + missing[0])
    for name in names:
        if name.endswith(('dist-info/LICENSE', 'licenses/LICENSE', 'THIRD_PARTY_NOTICES.txt')):
            take(name, os.path.basename(name))
`;
