/** Names of a program as mathematics: Greek words as letters, what follows `_` or is a digit as subscripts. */

const lower =
  'alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon chi psi omega';
const upper = 'Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega';
const words = new Map<string, string>([
  ...[...lower.split(' '), ...upper.split(' ')].map((w): [string, string] => [w, `\\${w}`]),
  ['epsilon', '\\varepsilon'],
  ['phi', '\\varphi'],
]);
/** The Greek alphabet; letters that look Latin are written so. */
const letters = new Map<string, string>(
  Object.entries({
    α: '\\alpha',
    β: '\\beta',
    γ: '\\gamma',
    δ: '\\delta',
    ε: '\\varepsilon',
    ζ: '\\zeta',
    η: '\\eta',
    θ: '\\theta',
    ι: '\\iota',
    κ: '\\kappa',
    λ: '\\lambda',
    μ: '\\mu',
    ν: '\\nu',
    ξ: '\\xi',
    ο: 'o',
    π: '\\pi',
    ρ: '\\rho',
    ς: '\\varsigma',
    σ: '\\sigma',
    τ: '\\tau',
    υ: '\\upsilon',
    φ: '\\varphi',
    χ: '\\chi',
    ψ: '\\psi',
    ω: '\\omega',
    ϑ: '\\vartheta',
    ϕ: '\\phi',
    ϵ: '\\epsilon',
    Α: 'A',
    Β: 'B',
    Γ: '\\Gamma',
    Δ: '\\Delta',
    Ε: 'E',
    Ζ: 'Z',
    Η: 'H',
    Θ: '\\Theta',
    Ι: 'I',
    Κ: 'K',
    Λ: '\\Lambda',
    Μ: 'M',
    Ν: 'N',
    Ξ: '\\Xi',
    Ο: 'O',
    Π: '\\Pi',
    Ρ: 'P',
    Σ: '\\Sigma',
    Τ: 'T',
    Υ: '\\Upsilon',
    Φ: '\\Phi',
    Χ: 'X',
    Ψ: '\\Psi',
    Ω: '\\Omega',
    µ: '\\mu',
  }),
);

/** A name in two parts: a letter or word, and what stands below it. */
export interface Mark {
  readonly base: string;
  readonly below: readonly string[];
}

/** `x`, `sigma_y`, `theta1`, `σ₀`, `log_share`. */
export function symbolOf(name: string): Mark {
  const plain = name.replace(/[₀-₉]/g, (c) => String(c.charCodeAt(0) - 0x2080));
  const [head, ...rest] = plain.split('_');
  const split = /^(\D+?)(\d+)$/.exec(head);
  const [stem, digits] = split ? [split[1], [split[2]]] : [head, []];
  const parts = [...digits, ...rest.map(part)];
  const letter = letterOf(stem);
  const short = rest.every((r) => r.length === 1 || words.has(r) || /^\d+$/.test(r));
  if (letter !== undefined && stem !== '' && rest.every((r) => r !== ''))
    return { base: letter, below: parts };
  if (split && short) return { base: roman(stem), below: parts };
  return { base: roman(plain), below: [] };
}

const letterOf = (text: string): string | undefined =>
  words.get(text) ?? letters.get(text) ?? (/^[A-Za-z]$/.test(text) ? text : undefined);

const part = (text: string): string => letterOf(text) ?? (/^\d+$/.test(text) ? text : roman(text));

/** A word upright; `_` is a character of its own in TeX. */
export const roman = (text: string): string => `\\mathrm{${escaped(text)}}`;

/** Text inside `\text`, `\mathrm` and `\operatorname`. */
export const escaped = (text: string): string =>
  [...text].map((c) => (/[_#$%&{}]/.test(c) ? `\\${c}` : (greekText(c) ?? c))).join('');

const greekText = (c: string): string | undefined => {
  const letter = letters.get(c);
  return letter?.startsWith('\\') ? `\\ensuremath{${letter}}` : letter;
};

/** A symbol with further subscripts: `J_{pq}` where all are letters or digits, else with commas. */
export function subscripted(symbol: Mark, indices: readonly string[]): string {
  const all = [...symbol.below, ...indices];
  if (all.length === 0) return symbol.base;
  const short = symbol.below.length === 0 && all.every((i) => /^([A-Za-z]|\\[a-z]+|\d)$/.test(i));
  const separator = short ? (all.some((i) => i.startsWith('\\')) ? ' ' : '') : ',';
  return `${symbol.base}_{${all.join(separator)}}`;
}

/** A letter for an index that the program does not name, different from the names in use. */
export function freeLetter(used: ReadonlySet<string>): string {
  for (const c of 'ijklmnabcdefghopqrstuvwxyz') if (!used.has(c)) return c;
  for (let n = 1; ; n++) if (!used.has(`i${n}`)) return `i${n}`;
}
