import { zlibSync } from 'fflate';

/** Eight-bit pixels, row-major from the top left. */
export type Pixels =
  | { readonly kind: 'grey'; readonly data: Uint8Array }
  | { readonly kind: 'rgba'; readonly data: Uint8Array }
  /** `data` indexes `palette`: up to 256 colours of (red, green, blue, alpha). */
  | { readonly kind: 'palette'; readonly data: Uint8Array; readonly palette: readonly Rgba[] };

export type Rgba = readonly [number, number, number, number];

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The polynomial of ISO 3309, reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) c = CRC_TABLE[(c ^ b) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/**
 * A PNG file (ISO/IEC 15948): eight bits a channel, no filter, one compressed block.
 * @throws RangeError where sizes are not positive or do not match the data, or a palette is empty, too long or
 * indexed outside.
 */
export function encodePng(width: number, height: number, pixels: Pixels): Uint8Array {
  const channels = pixels.kind === 'rgba' ? 4 : 1;
  if (!(width > 0 && height > 0 && Number.isInteger(width) && Number.isInteger(height))) {
    throw new RangeError(`a picture of ${width} × ${height} pixels cannot be written`);
  }
  if (pixels.data.length !== width * height * channels) {
    throw new RangeError(
      `expected ${width * height * channels} bytes of pixels, found ${pixels.data.length}`,
    );
  }
  const stride = width * channels;
  const raw = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    raw.set(pixels.data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = pixels.kind === 'rgba' ? 6 : pixels.kind === 'palette' ? 3 : 0;
  const parts = [Uint8Array.from(SIGNATURE), chunk('IHDR', header)];
  if (pixels.kind === 'palette') {
    const { palette } = pixels;
    if (palette.length === 0 || palette.length > 256) {
      throw new RangeError(`a palette holds 1 to 256 colours, found ${palette.length}`);
    }
    if (pixels.data.some((i) => i >= palette.length))
      throw new RangeError('a pixel points outside the palette');
    parts.push(chunk('PLTE', Uint8Array.from(palette.flatMap((c) => c.slice(0, 3)))));
    if (palette.some((c) => c[3] < 255)) parts.push(chunk('tRNS', Uint8Array.from(palette.map((c) => c[3]))));
  }
  parts.push(chunk('IDAT', zlibSync(raw, { level: 9 })), chunk('IEND', new Uint8Array(0)));
  return concat(parts);
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base 64 with padding (RFC 4648). */
export function base64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    out += BASE64[word >> 18] + BASE64[(word >> 12) & 63];
    out += left > 1 ? BASE64[(word >> 6) & 63] : '=';
    out += left > 2 ? BASE64[word & 63] : '=';
  }
  return out;
}

/** The picture as an address for an `img` or SVG `image`. */
export const pngDataUri = (width: number, height: number, pixels: Pixels): string =>
  `data:image/png;base64,${base64(encodePng(width, height, pixels))}`;
