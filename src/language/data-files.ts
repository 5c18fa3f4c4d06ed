/** Which files data may be read from. */
import { extensionOf } from '../io/host.ts';

const readable = new Set(['csv', 'tsv', 'txt', 'json', 'npy', 'npz', 'parquet', 'safetensors']);

/** The names in a folder that data may name: files of known formats, and folders. */
export const declaredData = (names: readonly string[]): readonly string[] =>
  names.filter((n) => !n.startsWith('.') && (readable.has(extensionOf(n)) || extensionOf(n) === ''));
