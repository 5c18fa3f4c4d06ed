/**
 * NPZ, NumPy's archive of named arrays: a ZIP file whose members are `name.npy`.
 * Source: `numpy.savez`; PKWARE APPNOTE for the archive, read and written through fflate.
 */
import { unzipSync, type Zippable, zipSync } from 'fflate';
import type { HostArray } from '../arrays.ts';
import { dataFault, guarded } from './codes.ts';
import { readNpy, writeNpy } from './npy.ts';

/** Deflate cannot shrink more than about 1032 to 1, so a member that claims more is hostile. */
const maxDeflateRatio = 1040;

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] <= 5;

/**
 * Reads every array of an archive, by name without `.npy`, in the archive's order. Members are bounded by
 * `maxBytes` together (default 2 GiB). Throws EnergyError E0514, and `readNpy`'s for a member.
 */
export function readNpz(bytes: Uint8Array, file: string, maxBytes = 2 ** 31): Map<string, HostArray> {
  let total = 0;
  const sizes = new Map<string, number>();
  const members = guarded('E0514', file, `\`${file}\` is not a readable NPZ (ZIP) archive`, () =>
    unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        if (!name.endsWith('.npy') || name === '.npy') {
          throw dataFault(
            'E0514',
            file,
            `\`${file}\` holds \`${printable(name)}\`; expected only members named *.npy.`,
          );
        }
        if (sizes.has(name))
          throw dataFault('E0514', file, `\`${file}\` holds \`${printable(name)}\` twice.`);
        if (compression !== 0 && compression !== 8) {
          throw dataFault(
            'E0518',
            file,
            `\`${printable(name)}\` in \`${file}\` uses compression ${compression}; expected deflate.`,
          );
        }
        sizes.set(name, originalSize);
        total += originalSize;
        const claimed =
          compression === 0 ? originalSize === size : originalSize <= maxDeflateRatio * size + 64;
        if (size > bytes.length || !claimed) {
          throw dataFault(
            'E0514',
            file,
            `\`${printable(name)}\` in \`${file}\` claims ${originalSize} bytes from ${size}; the archive has ${bytes.length}.`,
          );
        }
        if (total > maxBytes) {
          throw dataFault('E0504', file, `\`${file}\` unpacks to more than ${maxBytes} bytes.`);
        }
        return true;
      },
    }),
  );
  const arrays = new Map<string, HostArray>();
  for (const [name, size] of sizes) {
    const member = members[name];
    if (member === undefined || member.length !== size) {
      throw dataFault(
        'E0514',
        file,
        `\`${printable(name)}\` in \`${file}\` is cut short; expected ${size} bytes.`,
      );
    }
    arrays.set(name.slice(0, -4), readNpy(member, `${file}:${printable(name)}`));
  }
  if (arrays.size === 0) throw dataFault('E0514', file, `\`${file}\` holds no arrays.`);
  return arrays;
}

/**
 * Writes an archive that `numpy.load` reads. The same arrays give the same bytes. Integers are deflated,
 * floats stored as they are. Throws EnergyError E0522 for more than 4 GiB or 65,535 arrays (plain ZIP's limits).
 */
export function writeNpz(arrays: ReadonlyMap<string, HostArray>, file: string): Uint8Array {
  const members: Zippable = {};
  let total = 0;
  for (const [name, array] of arrays) {
    total += array.data.byteLength + 512 + 4 * name.length;
    const integers = array.data instanceof Int32Array || array.data instanceof Uint8Array;
    members[`${name}.npy`] = [writeNpy(array), { level: integers ? 1 : 0, mtime: new Date(1980, 0, 1) }];
  }
  if (total >= 2 ** 32 || arrays.size > 65_535) {
    throw dataFault('E0522', file, `${arrays.size} arrays of ${total} bytes do not fit in an NPZ file.`, {
      suggestion: 'Use the Parquet format.',
    });
  }
  return zipSync(members);
}

/** A member's name as it may be shown: control characters replaced, cut at 80. */
function printable(name: string): string {
  const shown = name.replace(/\p{C}/gu, '?');
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
