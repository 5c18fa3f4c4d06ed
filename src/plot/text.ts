/**
 * An upper estimate of the width of a line in px, for layout without font metrics: the wider of the usual
 * system fonts, by class of character.
 */
export function textWidth(text: string, size: number): number {
  let em = 0;
  for (const c of text) {
    if (/[ijl.,:;'|!()[\]·]/.test(c)) em += 0.36;
    else if (/[mwMW@%—…×]/.test(c)) em += 0.92;
    else if (/[A-Z]/.test(c)) em += 0.7;
    else if (c === ' ') em += 0.33;
    else if (/[⁰¹²³⁴-⁹⁻]/.test(c)) em += 0.42;
    else if ((c.codePointAt(0) ?? 0) >= 0x1100) em += 1.05;
    else em += 0.62;
  }
  return em * size;
}

/** The text on one line, cut with an ellipsis where it would be wider than `width` px. */
export function fitText(text: string, width: number, size: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (textWidth(line, size) <= width) return line;
  const letters = [...line];
  let used = textWidth('…', size);
  let n = 0;
  while (n < letters.length) {
    used += textWidth(letters[n], size);
    if (used > width) break;
    n++;
  }
  return `${letters.slice(0, n).join('').trimEnd()}…`;
}

/** `1 draw`, `1,000 draws`. */
export const plural = (n: number, noun: string): string =>
  `${groupDigits(String(n))} ${noun}${n === 1 ? '' : 's'}`;

/** Thousands set apart by commas, in the integer part. */
export const groupDigits = (digits: string): string => {
  const [whole, fraction] = digits.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
};
