/**
 * Links that carry programs. `#code=` and the text of one program, `#files=` and several files, both deflated, in
 * base64url; or `#example=` and a name. Nothing leaves the page: what stands behind `#` is not sent to a server.
 */
import type { FileEntry, Workspace } from './workspace/model.ts';
import { isData, isProgram, whyNoPath } from './workspace/paths.ts';

/** The most that links are unpacked to: 1 MiB of one text, 4 MiB of files. */
const MOST_TEXT = 2 ** 20;
const MOST_UNPACKED = 2 ** 22;
/** Links beyond this are cut off by programs that pass them on. */
const MOST_LINK = 200_000;
/** Data that a link may carry, packed. */
const MOST_DATA = 96_000;
/** Files in a link. */
const MOST_FILES = 100;

export type Link =
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'example'; readonly name: string }
  | {
      readonly kind: 'files';
      readonly name: string;
      readonly active: string;
      readonly files: ReadonlyMap<string, FileEntry>;
    };

export interface Shared {
  readonly hash: string;
  /** Files that the link does not carry. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/** The link of one program by itself. */
export async function linkOf(text: string): Promise<string> {
  return `#code=${toBase64Url(await packed(new TextEncoder().encode(text)))}`;
}

/**
 * The link of a workspace: all programs, and data as long as they are small, the smallest first.
 * @throws RangeError where the programs alone are too much for a link
 */
export async function linkOfWorkspace(w: Workspace): Promise<Shared> {
  const left: { path: string; why: string }[] = [];
  const programs: [string, Uint8Array][] = [];
  const data: [string, Blob][] = [];
  for (const [path, entry] of w.files) {
    if (entry.kind === 'text') programs.push([path, new TextEncoder().encode(entry.text)]);
    else if (entry.kind === 'away') left.push({ path, why: 'it has not been opened' });
    else if (isData(path)) data.push([path, entry.blob]);
    else left.push({ path, why: 'it is no program and no data' });
  }
  const carried: [string, Uint8Array][] = [];
  let room = MOST_DATA;
  for (const [path, blob] of data.sort(([, a], [, b]) => a.size - b.size)) {
    const bytes = blob.size > MOST_UNPACKED / 2 ? null : new Uint8Array(await blob.arrayBuffer());
    const size = bytes ? (await packed(bytes)).length : Infinity;
    if (bytes && size <= room && programs.length + carried.length < MOST_FILES) {
      carried.push([path, bytes]);
      room -= size;
    } else left.push({ path, why: 'it is too large for a link' });
  }
  const [[file, text]] = programs;
  if (programs.length === 1 && carried.length === 0 && /^(shared|[\w-]+)\.energy$/.test(file)) {
    const hash = await linkOf(new TextDecoder().decode(text));
    if (hash.length > MOST_LINK) throw tooLarge();
    return { hash, left };
  }
  const files = [...programs, ...carried];
  const head = { name: w.name, active: w.active, files: files.map(([path, bytes]) => [path, bytes.length]) };
  const parts = [new TextEncoder().encode(`${JSON.stringify(head)}\n`), ...files.map(([, bytes]) => bytes)];
  const hash = `#files=${toBase64Url(await packed(joined(parts)))}`;
  if (hash.length > MOST_LINK) throw tooLarge();
  return { hash, left };
}

const tooLarge = (): RangeError =>
  new RangeError('the programs are too large for a link: download them instead');

/** What a link says; null for none, and for one that is damaged or unpacks to more than it should. */
export async function readLink(hash: string): Promise<Link | null> {
  const [, key, value] = /^#(code|example|files)=([\w-]+)$/.exec(hash) ?? [];
  if (key === undefined) return null;
  if (key === 'example') return { kind: 'example', name: value };
  try {
    const most = key === 'code' ? MOST_TEXT : MOST_UNPACKED;
    const bytes = await through(fromBase64Url(value), new DecompressionStream('deflate-raw'), most);
    return key === 'code' ? { kind: 'code', text: utf8(bytes) } : unpackFiles(bytes);
  } catch {
    return null;
  }
}

/** Everything that a stranger may have written is looked at before it is believed. */
function unpackFiles(bytes: Uint8Array): Link | null {
  const end = bytes.indexOf(10);
  if (end < 0) return null;
  const head: unknown = JSON.parse(utf8(bytes.subarray(0, end)));
  if (typeof head !== 'object' || head === null) return null;
  const { name, active, files: listed } = head as Record<string, unknown>;
  if (typeof name !== 'string' || typeof active !== 'string' || !Array.isArray(listed)) return null;
  if (listed.length > MOST_FILES) return null;
  const files = new Map<string, FileEntry>();
  let at = end + 1;
  for (const item of listed as readonly unknown[]) {
    if (!Array.isArray(item)) return null;
    const [path, size] = item as readonly unknown[];
    if (typeof path !== 'string' || typeof size !== 'number') return null;
    if (!Number.isInteger(size) || size < 0 || at + size > bytes.length) return null;
    if (whyNoPath(path, files.keys()) !== null) return null;
    const own = bytes.slice(at, at + size);
    files.set(
      path,
      isProgram(path) ? { kind: 'text', text: utf8(own) } : { kind: 'bytes', blob: new Blob([own]) },
    );
    at += size;
  }
  if (!isProgram(active) || !files.has(active)) return null;
  return { kind: 'files', name: name.slice(0, 80), active, files };
}

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

const packed = (bytes: Uint8Array): Promise<Uint8Array> =>
  through(bytes, new CompressionStream('deflate-raw'), Infinity);

/** @throws RangeError where more than `most` bytes come out */
async function through(bytes: Uint8Array, stream: GenericTransformStream, most: number): Promise<Uint8Array> {
  const reader = new Blob([bytes.slice()])
    .stream()
    .pipeThrough(stream as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>)
    .getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new RangeError(`more than ${most} bytes`);
    }
    parts.push(value);
  }
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
