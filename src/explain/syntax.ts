/** E01: what can be wrong with a program's text. */
import { type Entries, shown } from './types.ts';

export const syntaxEntries: Entries = {
  E0101: shown(
    'The text holds a character that means nothing in the language. Names are made of Latin, Greek or Cyrillic letters, digits and `_`; operators are those on a keyboard, so that every program can be typed. Where the character is a typographic form of an operator, the message says which one to write.',
    `
energy E(x : real) {
  term a = x × 2 + 0.5 * x ^ 2
}`,
    `
energy E(x : real) {
  term a = x * 2 + 0.5 * x ^ 2
}`,
  ),
  E0102: shown(
    'A text in double quotes does not end on its line. Texts are names of files, and none of them has a line break, so the end of the line is where the language stops looking for the second quote. Add the quote.',
    `
data y : real[row] from "y.csv
energy E(x : real) {
  term a = sum((x - y) ^ 2)
}`,
    `
data y : real[row] from "y.csv"
energy E(x : real) {
  term a = sum((x - y) ^ 2)
}`,
    { wrong: { 'y.csv': 'y\n0.5\n1\n' } },
  ),
  E0103: shown(
    'The parser needed one thing here and found another; the message names both. It then goes on at the next declaration or statement, so that one mistake is told once. Often a word or an operator is missing just before the place that is marked: in the example an `if` without its `else`, which is needed because every expression has a value.',
    `
energy E(x : real) {
  term a = if x > 0 then x
}`,
    `
energy E(x : real) {
  term a = if x > 0 then x else x ^ 2
}`,
  ),
  E0104: shown(
    'A bracket was opened and its partner is missing. The message says where it was opened; the place that is marked is where the parser gave up waiting, often the next line. Close it there, or earlier.',
    `
energy E(x : real[3]) {
  term a = sum(x ^ 2
  term b = x[0]
}`,
    `
energy E(x : real[3]) {
  term a = sum(x ^ 2)
  term b = x[0]
}`,
  ),
  E0105: shown(
    'A closing bracket has no partner before it. Take it away, or open a bracket where it was meant to begin.',
    `
energy E(x : real) {
  term a = x ^ 2)
}`,
    `
energy E(x : real) {
  term a = x ^ 2
}`,
  ),
  E0106: shown(
    'A declaration or statement names something and then needs `=` and what it is. `~` stands for a distribution, `:` for a domain, `=` for a value; here it is the value that is missing its sign.',
    `
energy E(x : real) {
  term a x ^ 2
}`,
    `
energy E(x : real) {
  term a = x ^ 2
}`,
  ),
  E0107: shown(
    'A name is needed here. Terms have names because they are recorded with every draw and shown in every report; a term without one could not be pointed at. The words `if then else for where true false and or not` are reserved and cannot be names.',
    `
energy E(x : real) {
  term = x ^ 2
}`,
    `
energy E(x : real) {
  term a = x ^ 2
}`,
  ),
  E0108: shown(
    'An expression is needed here and nothing that could begin one follows: an operator without its right side, a `=` with nothing behind it, an empty place in a list. Write the missing part or take the operator away.',
    `
energy E(x : real) {
  term a = x ^ 2 +
  term b = x
}`,
    `
energy E(x : real) {
  term a = x ^ 2 + 1.5 * x
  term b = x
}`,
  ),
  E0109: shown(
    'A file is a list of declarations and an energy a list of statements, each of which begins with a word that says what it is. This line begins with something else: often a misspelt keyword, or a bare expression that was meant as a term.',
    `
energy E(x : real) {
  0.5 * x ^ 2
}`,
    `
energy E(x : real) {
  term a = 0.5 * x ^ 2
}`,
  ),
  E0110: shown(
    'A declaration stands inside an energy, or a statement outside of one. Constants, sets, data and energies belong to the file and are known everywhere in it; terms, requirements and reports belong to one energy. Inside an energy `let` names a value.',
    `
energy E(x : real) {
  const k = 3
  term a = k * x ^ 2
}`,
    `
const k = 3
energy E(x : real) {
  term a = k * x ^ 2
}`,
  ),
  E0111: shown(
    'Expressions stand inside each other more than 256 deep. No person writes such a text, and a limit keeps a hostile one from exhausting the machine that reads it. Name parts of the expression with `let`.',
    `const a = ${'('.repeat(260)}1${')'.repeat(260)}`,
    'const a = ((1))',
  ),
  E0112: shown(
    'Comparisons do not chain: `0 < x < 1` would compare a truth value with 1. Join two comparisons by `and`.',
    `
energy E(x : real) {
  term a = x ^ 2 + (0 < x < 1)
}`,
    `
energy E(x : real) {
  term a = x ^ 2 + (0 < x and x < 1)
}`,
  ),
  E0113: shown(
    '`not` binds more loosely than arithmetic and comparisons, so that `not a == b` means what it says. Inside an arithmetic expression it therefore needs parentheses around it.',
    `
energy E(a : bit, b : bit) {
  term t = a * not (b == 1)
}`,
    `
energy E(a : bit, b : bit) {
  term t = a * (not b == 1)
}`,
  ),
  E0114: shown(
    'This mark means in other languages what is written differently here: `**` is `^`, `&&` is `and`, `||` is `or`, `!` is `not`, comments begin with `//`, and no `;` ends a line. The parser understands what was meant and checks the rest of the program.',
    `
energy E(x : real) {
  term a = x ** 2
}`,
    `
energy E(x : real) {
  term a = x ^ 2
}`,
  ),
  E0115: shown(
    'In a text, a backslash begins one of the few escapes `\\\\`, `\\"`, `\\n`, `\\t`. Any other letter behind it is refused, since it was most likely meant as a path of Windows. Write paths with `/`, on every machine.',
    `
data y : real[row] from "a\\qb.csv"
energy E(x : real) {
  term a = sum((x - y) ^ 2)
}`,
    `
data y : real[row] from "a/qb.csv"
energy E(x : real) {
  term a = sum((x - y) ^ 2)
}`,
    { right: { 'a/qb.csv': 'y\n1\n2\n' } },
  ),
  E0116: shown(
    'A number is digits, then perhaps a point with digits on both sides, then perhaps an exponent: `2`, `0.5`, `1e-3`. A number right before a name is no product: write `2 * x`. A number beyond 1.8e308 has no value in double precision; `inf` is the word for infinity.',
    `
energy E(x : real) {
  term a = 2x + x ^ 2
}`,
    `
energy E(x : real) {
  term a = 2 * x + x ^ 2
}`,
  ),
  E0117: shown(
    'What stands left of `=` in a list of given values, or left of `~`, must be a place: a name, an element `x[i]`, a field `r.a`. An expression such as `x + 1` has no place of its own; solve for the unknown and give that.',
    `
energy E(x : real) {
  term a = x ^ 2
}
run s = sample(E, given = { x + 1 = 2 })`,
    `
energy E(x : real, y : real) {
  term a = x ^ 2 + (x - y) ^ 2
}
run s = sample(E, given = { x = 1 }, draws = 20, warmup = 20)`,
  ),
  E0118: shown(
    'Every argument of an energy or function, every field and all data have a domain. It says which values are possible, and from it follow how the unknown is sampled and how it is perturbed in training, so nothing is assumed where it is missing. Write one after the colon, such as `real` or `spin`.',
    `
energy E(x : ) {
  term a = x ^ 2
}`,
    `
energy E(x : real) {
  term a = x ^ 2
}`,
  ),
  E0119: shown(
    'The parser lists a hundred mistakes and counts the rest. Mend the first ones: later ones often follow from them. A file of another language also ends here.',
    Array.from({ length: 101 }, (_, i) => `energy E${i}(x : real) { term a = x ^ }`).join('\n'),
    'energy E(x : real) { term a = x ^ 2 }',
  ),
};
