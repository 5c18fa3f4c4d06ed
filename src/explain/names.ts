/** E02: names, declarations and files. */
import { type Entries, shown } from './types.ts';

const Y = { 'y.csv': 'y\n0.5\n-1\n2\n' };

export const nameEntries: Entries = {
  E0201: shown(
    'Nothing of this name is declared here. Names are those of the file, of the files it uses, of the arguments and `let`s of the energy, and of the binders around the place; none comes from elsewhere. If one of them is spelt alike, the message asks whether it was meant.',
    `
param beta : real = 1
energy E(x : real) {
  term a = (beta + bata) * x ^ 2
}`,
    `
param beta : real = 1
energy E(x : real) {
  term a = (beta + beta) * x ^ 2
}`,
  ),
  E0202: shown(
    'A name is declared once in a file, and once among the fields of a type or the values of an enum. A second meaning further down would silently replace the first. Rename one of the two.',
    `
const a = 1
param a : real = 2
energy E(x : real) {
  term t = a * x ^ 2
}`,
    `
const a = 1
param b : real = 2
energy E(x : real) {
  term t = (a + b) * x ^ 2
}`,
  ),
  E0203: shown(
    'These declarations need each other, so that none of them can be worked out first. Declarations may stand in any order, but each must in the end rest on numbers, files or sets that stand by themselves.',
    `
const a = b + 1
const b = a - 1
energy E(x : real) {
  term t = a * x ^ 2
}`,
    `
const a = 2
const b = a - 1
energy E(x : real) {
  term t = (a + b) * x ^ 2
}`,
  ),
  E0204: shown(
    'There is no such field, value or coordinate. Records have the fields of their type, enums their values (`Job.nurse`), sites of a grid the coordinates `row` and `col`; numbers have none.',
    `
type Row = { income : real, age : real }
energy E(r : Row) {
  term t = r.incom ^ 2 + r.age ^ 2
}`,
    `
type Row = { income : real, age : real }
energy E(r : Row) {
  term t = r.income ^ 2 + r.age ^ 2
}`,
  ),
  E0205: shown(
    'No function or distribution has this name: none is declared, none comes from a used file, and the language has none of its own. `energy doc` lists those of the language and of the standard library.',
    `
energy E(x : real) {
  term t = sqr(x)
}`,
    `
energy E(x : real) {
  term t = square(x)
}`,
  ),
  E0206: shown(
    'A named argument or option that the function or verb does not have. A misspelt option that was left out silently would change a result without a word, so every name must be known. `energy doc sample` shows the options of a verb.',
    `
energy E(x : real) {
  term t = x ^ 2
}
run s = sample(E, chain = 4)`,
    `
energy E(x : real) {
  term t = x ^ 2
}
run s = sample(E, chains = 4, draws = 20, warmup = 20)`,
  ),
  E0207: shown(
    'A function or an energy calls itself, directly or through others. All calls are written out while a program is checked, so that sizes and the structure of an energy are known before anything runs; a recursion would never end. Over an index set, `scan` is the recurrence.',
    `
fn f(x : real) : real = f(x) + 1
energy E(x : real) {
  term t = x ^ 2
}`,
    `
index day = 3
energy E(x : real[day]) {
  let level = scan(t in day, prev = 0) = 0.5 * prev + x[t]
  term t = sum(level ^ 2)
}`,
  ),
  E0208: shown(
    'Files use each other in a circle. Each file is read as a whole before the one that uses it, so there would be no first. Move what both need into a third file, and use that from both.',
    `
use twice from "a.energy"
energy E(x : real) {
  term t = twice(x) ^ 2
}`,
    `
use twice from "a.energy"
energy E(x : real) {
  term t = twice(x) ^ 2
}`,
    {
      wrong: {
        'a.energy': 'use once from "b.energy"\nfn twice(x : real) : real = 2 * once(x)\n',
        'b.energy': 'use twice from "a.energy"\nfn once(x : real) : real = 0.5 * twice(x)\n',
      },
      right: {
        'a.energy': 'use once from "b.energy"\nfn twice(x : real) : real = 2 * once(x)\n',
        'b.energy': 'fn once(x : real) : real = x\n',
      },
    },
  ),
  E0209: shown(
    'What `use` names is no `.energy` file and no module of the standard library. Paths start at the folder of the file that says `use`; modules of the standard library are written `"std/lattice"`. A text that is checked by itself, without a folder, can use nothing.',
    `
use norm2 from "shapes"
energy E(x : real[3]) {
  term t = x @ x
}`,
    `
use norm2 from "shapes.energy"
energy E(x : real[3]) {
  term t = norm2(x)
}`,
    { right: { 'shapes.energy': 'fn norm2(x : real[k]) : real = sum(x ^ 2)\n' } },
  ),
  E0210: shown(
    'One file is used both `frozen` and not, perhaps through another file. Its parameters are either trained or kept as they are; the same numbers cannot be both. Say `frozen` at every `use` of the file, or at none.',
    `
use pull from "trap.energy" frozen
use push from "trap.energy"
energy E(x : real) {
  term t = pull(x) + push(x)
}`,
    `
use pull, push from "trap.energy" frozen
energy E(x : real) {
  term t = pull(x) + push(x)
}`,
    {
      wrong: {
        'trap.energy':
          'param k : real(0, inf) = 1\nfn pull(x : real) : real = k * x ^ 2\nfn push(x : real) : real = k * x ^ 4\n',
      },
    },
  ),
  E0211: shown(
    'A program uses at most 200 files, and files use files at most 32 deep. The limits keep a hostile program from having a whole disk read. Put what belongs together into one file.',
    `
use f from "m1.energy"
energy E(x : real) {
  term t = x ^ 2
}`,
    `
use f from "m1.energy"
energy E(x : real) {
  term t = f(x)
}`,
    {
      wrong: Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [
          `m${i + 1}.energy`,
          `use f as g from "m${i + 2}.energy"\nfn f(x : real) : real = g(x)\n`,
        ]),
      ),
      right: { 'm1.energy': 'fn f(x : real) : real = x ^ 2\n' },
    },
  ),
  W0201: shown(
    'Data are shaped by an index set that is declared nowhere, which is allowed: it is declared by this use and takes its size from the file. But its name is spelt almost like one that exists, so it is probably a slip. Write the other name, or declare this one with `index` and nothing behind it.',
    `
index person = 3
data y : real[persn] from "y.csv"
energy E(x : real[person]) {
  term a = 0.5 * sum(x ^ 2) + sum(y) * x[0]
}`,
    `
index person = 3
data y : real[person] from "y.csv"
energy E(x : real[person]) {
  term a = 0.5 * sum(x ^ 2) + sum(y * x)
}`,
    { wrong: Y },
  ),
};
