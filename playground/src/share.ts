/**
 * Links that carry a program: `#code=` and the text, deflated, in base64url; or `#example=` and a name.
 * The text never leaves the page: what stands behind `#` is not sent to a server.
 */

/** The largest program that a link is opened with: 1 MiB of text. */
const MOST_TEXT = 2 ** 20;

export type Link =
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'example'; readonly name: string };

export async function linkOf(text: string): Promise<string> {
  const packed = await through(
    new TextEncoder().encode(text),
    new CompressionStream('deflate-raw'),
    Infinity,
  );
  return `#code=${toBase64Url(packed)}`;
}

/** What a link says; null for none, and for one that is damaged. */
export async function readLink(hash: string): Promise<Link | null> {
  const [, key, value] = /^#(code|example)=([\w-]+)$/.exec(hash) ?? [];
  if (key === 'example') return { kind: 'example', name: value };
  if (key !== 'code') return null;
  try {
    const bytes = await through(fromBase64Url(value), new DecompressionStream('deflate-raw'), MOST_TEXT);
    return { kind: 'code', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return null;
  }
}

/** @throws RangeError where more than `most` bytes come out */
async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: GenericTransformStream,
  most: number,
): Promise<Uint8Array> {
  const reader = new Blob([bytes])
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
  const out = new Uint8Array(size);
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

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
