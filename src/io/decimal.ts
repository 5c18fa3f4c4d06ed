/** Numbers in bytes of text, without a string for each. */
import { isMissing, parseNumber } from './raw-table.ts';

/** The powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, i) => 10 ** i);

/**
 * The number that bytes `from` … `to` − 1 write in full, the same as `parseNumber` of their text; NaN for the marks of
 * a missing cell (`isMissing`, among them no bytes at all); undefined for any other text. A mantissa below 2⁵³ and a
 * power of ten up to 22 give the right double in one rounding (Clinger, "How to read floating point numbers
 * accurately", PLDI 1990); others are left to the host.
 */
export function numberIn(bytes: Uint8Array, from: number, to: number): number | undefined {
  let i = from;
  let negative = false;
  if (i < to && (bytes[i] === 0x2d || bytes[i] === 0x2b)) negative = bytes[i++] === 0x2d;
  let mantissa = 0;
  let scale = 0;
  const first = i;
  for (; i < to; i++) {
    const d = bytes[i] - 0x30;
    if (d < 0 || d > 9) break;
    mantissa = 10 * mantissa + d;
  }
  let digits = i - first;
  if (i < to && bytes[i] === 0x2e) {
    const point = ++i;
    for (; i < to; i++) {
      const d = bytes[i] - 0x30;
      if (d < 0 || d > 9) break;
      mantissa = 10 * mantissa + d;
    }
    scale = i - point;
    digits += scale;
  }
  if (i === to && digits > 0 && digits <= 19 && mantissa < 2 ** 53 && scale <= 22) {
    const value = scale === 0 ? mantissa : mantissa / powers[scale];
    return negative ? -value : value;
  }
  let text = '';
  if (to - from > 64) text = new TextDecoder().decode(bytes.subarray(from, to));
  else for (let k = from; k < to; k++) text += String.fromCharCode(bytes[k]);
  if (i === to && digits > 0) return Number(text);
  return parseNumber(text) ?? (isMissing(text) ? Number.NaN : undefined);
}
