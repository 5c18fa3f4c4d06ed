/** How functions and distributions are written in mathematics. */
import { escaped } from './names.ts';

const operatorName = (name: string): string => `\\operatorname{${escaped(name)}}`;

/** `\left( … \right)` with commas. */
export const parentheses = (args: readonly string[]): string => `\\left(${args.join(', ')}\\right)`;

const simple =
  (head: string) =>
  (args: readonly string[]): string =>
    `${head}${parentheses(args)}`;
const around =
  (open: string, close: string) =>
  (args: readonly string[]): string =>
    `\\left${open}${args.join(', ')}\\right${close}`;

const tight = (x: string): string =>
  /^([A-Za-z]|\\[A-Za-z]+|\\mathrm\{[^{}]*\})(_\{[^{}]*\})?$/.test(x) ? x : `\\left(${x}\\right)`;

/** Functions whose usual form is no name with arguments. */
const forms: Readonly<Record<string, (args: readonly string[]) => string>> = {
  exp: simple('\\exp'),
  log: simple('\\log'),
  sin: simple('\\sin'),
  cos: simple('\\cos'),
  tan: simple('\\tan'),
  asin: simple('\\arcsin'),
  acos: simple('\\arccos'),
  atan: simple('\\arctan'),
  sinh: simple('\\sinh'),
  cosh: simple('\\cosh'),
  tanh: simple('\\tanh'),
  max: simple('\\max'),
  min: simple('\\min'),
  log2: simple('\\log_{2}'),
  log10: simple('\\log_{10}'),
  log1p: ([x]) => `\\log\\left(1 ${x.startsWith('-') ? `- ${x.slice(1)}` : `+ ${x}`}\\right)`,
  lgamma: simple('\\log\\Gamma'),
  digamma: simple('\\psi'),
  trigamma: simple("\\psi'"),
  Phi: simple('\\Phi'),
  log_Phi: simple('\\log\\Phi'),
  sigmoid: simple('\\operatorname{logit}^{-1}'),
  inv_logit: simple('\\operatorname{logit}^{-1}'),
  sqrt: ([x]) => `\\sqrt{${x}}`,
  cbrt: ([x]) => `\\sqrt[3]{${x}}`,
  abs: around('|', '|'),
  floor: around('\\lfloor', '\\rfloor'),
  ceil: around('\\lceil', '\\rceil'),
  norm: around('\\lVert', '\\rVert'),
  size: around('|', '|'),
  square: ([x]) => `${tight(x)}^{2}`,
  transpose: ([x]) => `${tight(x)}^{\\top}`,
  inverse: ([x]) => `${tight(x)}^{-1}`,
  solve: ([a, b]) => `${tight(a)}^{-1} ${tight(b)}`,
  quad: ([a, x]) => `${tight(x)}^{\\top} ${tight(a)} ${tight(x)}`,
  dot: ([x, y]) => `${tight(x)}^{\\top} ${tight(y)}`,
  outer: ([x, y]) => `${tight(x)} ${tight(y)}^{\\top}`,
  det: simple('\\det'),
  log_det: ([a]) => `\\log\\left|\\det ${tight(a)}\\right|`,
  trace: simple('\\operatorname{tr}'),
  choose: ([n, k]) => `\\binom{${n}}{${k}}`,
  lchoose: ([n, k]) => `\\log\\binom{${n}}{${k}}`,
  mod: ([x, y]) => `\\left(${tight(x)} \\bmod ${tight(y)}\\right)`,
};

/** A built-in function of typeset arguments; undefined for one without a form of its own. */
export const functionTex = (name: string, args: readonly string[]): string | undefined =>
  Object.hasOwn(forms, name) && args.length > 0 ? forms[name](args) : undefined;

/** A name applied to arguments. */
export const applied = (name: string, args: readonly string[]): string =>
  `${operatorName(name)}${parentheses(args)}`;

const letters: Readonly<Record<string, string>> = {
  normal: '\\mathcal{N}',
  multi_normal: '\\mathcal{N}',
  uniform: '\\mathcal{U}',
};

/** `normal` is 𝒩, `half_cauchy` is HalfCauchy. */
export const distributionTex = (name: string): string =>
  Object.hasOwn(letters, name)
    ? letters[name]
    : `\\operatorname{${name
        .split('_')
        .map((w) => escaped(`${w.charAt(0).toUpperCase()}${w.slice(1)}`))
        .join('')}}`;
