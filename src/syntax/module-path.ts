/** Where `use … from "path"` leads: paths as text, no files are touched. */

/**
 * A module is named by its path from the folder of the entry program, normalised, with `/` between its parts
 * (`lib/stroke.energy`), one of the standard library by `std/` and its name (`std/lattice`). The two never
 * meet: files end in `.energy`, names of the library do not.
 */
export type UsePath =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'std'; readonly path: string; readonly name: string }
  | {
      readonly kind: 'refused';
      readonly code: 'E0209' | 'E0502';
      readonly message: string;
      readonly suggestion?: string;
    };

const SUFFIX = '.energy';
const STD = 'std/';
/** Longer paths are refused: no file system has them. */
const MAX_LENGTH = 1024;

export const isStd = (path: string): boolean => path.startsWith(STD) && !path.endsWith(SUFFIX);

/** The folder of a module with a slash at its end; '' for the folder of the entry program. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** What a module is called by itself: its file's name without folder and suffix. */
export const stemOf = (path: string): string => {
  const name = path.slice(folderOf(path).length);
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
};

/** The path of an entry program from its own folder: the last part of its file's name. */
export const entryPath = (file: string): string => /[^\\/]*$/.exec(file)![0];

/** What messages call a module that an entry program uses: its file as seen from where the user stands. */
export const shownFile = (entryFile: string, path: string): string =>
  isStd(path) ? path : entryFile.slice(0, entryFile.length - entryPath(entryFile).length) + path;

/**
 * The module that `use … from "written"` in the module `from` names. Paths are relative to the folder of the
 * file that says `use`; `..` may not leave the entry program's folder.
 */
export function resolveUse(from: string, written: string): UsePath {
  const refused = (message: string, suggestion?: string): UsePath => ({
    kind: 'refused',
    code: 'E0502',
    message,
    suggestion,
  });
  if (written.startsWith(STD)) return stdPath(written);
  const foreign = whyForeign(written);
  if (foreign !== null)
    return refused(
      `\`${written}\` ${foreign}`,
      'name a file in the folder of this program, e.g. "stroke.energy"',
    );
  if (isStd(from)) {
    // Inside the standard library a neighbour may be named as a file, too.
    const near = joined(folderOf(from), written);
    if (near === null || !near.startsWith(STD)) return refused(`\`${written}\` leaves the standard library`);
    return stdPath(near.endsWith(SUFFIX) ? near.slice(0, -SUFFIX.length) : near);
  }
  const path = joined(folderOf(from), written);
  if (path === null)
    return refused(
      `\`${written}\` leaves the folder of the program`,
      'move the file into it, or run the program from a folder that holds both',
    );
  if (!path.endsWith(SUFFIX) || stemOf(path) === '')
    return {
      kind: 'refused',
      code: 'E0209',
      message: `\`${written}\` is not the name of an .energy file`,
      suggestion: /\.\w+$/.test(written)
        ? `a data file is read by the data: \`data y : … from "${written}"\``
        : /^[\w./-]*\w$/.test(written)
          ? `did you mean "${written}${SUFFIX}"?`
          : undefined,
    };
  return { kind: 'file', path };
}

/**
 * The path of a data file that a module names, from the entry program's folder. What leaves that folder, or
 * is no relative path, comes back as something the host refuses (E0502).
 */
export function resolveData(from: string, written: string): string {
  const folder = folderOf(from);
  if (folder === '' || whyForeign(written) !== null) return written;
  return joined(folder, written) ?? `${folder}${written}`;
}

function stdPath(written: string): UsePath {
  const name = written.slice(STD.length);
  if (/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(name) && written.length <= MAX_LENGTH)
    return { kind: 'std', path: written, name };
  return {
    kind: 'refused',
    code: 'E0209',
    message: `\`${written}\` is not the name of a module of the standard library`,
    suggestion: 'its modules are named like "std/lattice"',
  };
}

function whyForeign(written: string): string | null {
  if (written.trim() === '') return 'names no file';
  if (written.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(written)) return 'is an address; modules are files';
  if (/^[\\/~]/.test(written)) return 'is an absolute path; paths of modules are relative';
  if (written.includes('\\')) return 'has a `\\`: folders are separated by `/`';
  for (const unit of written) if (unit.codePointAt(0)! < 0x20) return 'has a control character';
  return null;
}

/** `folder` (with its slash) and a relative path, without `.` and `..`; null where it climbs above the top. */
function joined(folder: string, written: string): string | null {
  const out: string[] = [];
  for (const part of (folder + written).split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.pop() === undefined) return null;
  }
  return out.join('/');
}
