/** E053, E054: binding data to what a program declares. */
import { type Entries, shown, told } from './types.ts';

const near = `
energy E(x : real) {
  term a = sum((x - y) ^ 2)
}`;
const Y = 'y\n0.5\n-1\n2\n';

export const dataEntries: Entries = {
  W0530: shown(
    'A file of data holds no rows, only its header or an empty list. Sums over them are 0 and statements about them say nothing, so draws are those of the prior. Look whether it is the right file.',
    `data y : real[row] from "y.csv"${near}`,
    `data y : real[row] from "y.csv"${near}`,
    { wrong: { 'y.csv': 'y\n' }, right: { 'y.csv': Y } },
  ),
  E0530: shown(
    'Data are declared and nothing says where they come from. Write `from "file"` behind the declaration, or give a file on the command line: `--data y=file.csv`.',
    `data y : real[row]${near}`,
    `data y : real[row] from "y.csv"${near}`,
    { right: { 'y.csv': Y } },
  ),
  E0531: shown(
    'Two things say different sizes of one index set: two files, or a declaration and a file. Arrays over one set belong together element by element, so their sizes must agree. Correct the file, or use two sets if the elements are not the same things.',
    `
index row = 7
data y : real[row] from "y.csv"${near}`,
    `
index row = 3
data y : real[row] from "y.csv"${near}`,
    { wrong: { 'y.csv': Y } },
  ),
  E0532: shown(
    'The file holds an array of another shape than the declaration says: too few or too many dimensions, or sides of other lengths. The message says what was found. A lattice may be stored flat or by its sides; everything else dimension by dimension.',
    `
index row = 2
index col = 2
data y : real[row, col] from "y.json"${near}`,
    `
index row = 2
index col = 2
data y : real[row, col] from "y.json"${near}`,
    {
      wrong: { 'y.json': '{ "y": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]] }\n' },
      right: { 'y.json': '{ "y": [[1, 2], [3, 4]] }\n' },
    },
  ),
  E0533: shown(
    'A value in the data, or an initial value, is none of its domain: a number outside its bounds, a label that the enum does not have, text where a number belongs. The place names the file, the row and the column. Correct the value or widen the domain; categories that count from 1 are declared with `one_based`.',
    `data y : int(0, 9)[row] from "y.csv"${near}`,
    `data y : int(0, 12)[row] from "y.csv"${near}`,
    { wrong: { 'y.csv': 'y\n3\n7\n12\n' } },
  ),
  E0534: shown(
    'A cell is empty (or `NA`, `null` in JSON), and nothing is put in its place silently. Fill it, or leave the row out. Rows that no expression of the program reads may have empty cells where `complete` draws them; every other verb needs whole rows. Values that are missing in what terms read are unknowns: arguments of the energy. A vector, such as a simplex, is missing whole or not at all.',
    `data y : real[row] from "y.csv"${near}`,
    `data y : real[row] from "y.csv"${near}`,
    { wrong: { 'y.csv': 'y,z\n0.5,1\n,2\n2,3\n' }, right: { 'y.csv': 'y,z\n0.5,1\n2,3\n' } },
  ),
  E0535: shown(
    'The file has no column or array of this name. Columns are found by their names, of a record by the names of its fields, and never by their order.',
    `
type Row = { heigth : real, weight : real }
data rows : Row[person] from "people.csv"
energy E(r : Row) {
  term a = r.heigth ^ 2 + r.weight ^ 2
}
run s = score(E, rows)`,
    `
type Row = { height : real, weight : real }
data rows : Row[person] from "people.csv"
energy E(r : Row) {
  term a = r.height ^ 2 + r.weight ^ 2
}
run s = score(E, rows)`,
    { wrong: { 'people.csv': 'height,weight\n1.8,80\n1.6,55\n' } },
  ),
  E0536: shown(
    'Nothing says how many elements this index set has. A bare `index person` takes its size from the first data that are shaped by it, and there are none. Write the size, or shape data by the set.',
    `
index person
energy E(x : real[person]) {
  term a = sum(x ^ 2)
}
run s = sample(E, draws = 20, warmup = 20)`,
    `
index person = 3
energy E(x : real[person]) {
  term a = sum(x ^ 2)
}
run s = sample(E, draws = 20, warmup = 20)`,
  ),
  E0537: shown(
    'No element satisfies the condition of this set, so everything over it would be empty. That is mostly a slip in the condition.',
    `
index site = line(4)
set far = { i for i in site where i > 2 and i < 1 }
energy E(x : real[site]) {
  term a = sum(x[i] for i in far) + sum(x ^ 2)
}`,
    `
index site = line(4)
set far = { i for i in site where i > 2 or i < 1 }
energy E(x : real[site]) {
  term a = sum(x[i] for i in far) + sum(x ^ 2)
}`,
  ),
  E0538: shown(
    'With the sizes of the data, an index leaves its set: at the last element, `t + 1` is none. Every read is checked before anything runs, unless a guard keeps it from happening: a `where`, or an `if` around the read. On a `ring`, `t + 1` goes round.',
    `
index day = line(4)
energy E(x : real[day]) {
  term start = x[0] ^ 2
  term steps = sum((x[t + 1] - x[t]) ^ 2 for t in day)
}`,
    `
index day = line(4)
energy E(x : real[day]) {
  term start = x[0] ^ 2
  term steps = sum((x[t + 1] - x[t]) ^ 2 for t in day where t < 3)
}`,
  ),
  E0539: told(
    'The command line binds data, or sets a constant, that the program does not declare. A misspelt name would leave the real one unbound, so it is refused. The names are those that stand behind `data` and `const` in the file; those of a used file are written `stem.name`.',
    'it comes from what the command line says',
  ),
  E0540: shown(
    'Arrays, unknowns or sums of this program have more numbers than can be held or worked out on any machine that the language is meant for. The limit is told before anything is allocated. Use smaller sets, or leave out what is not needed with `where`.',
    `
index site = 60000
param J : real[site, site] = 0
energy E(s : spin[site]) {
  term t = sum(J[p, p] * s[p] for p in site)
}`,
    `
index site = 60
param J : real[site, site] = 0
energy E(s : spin[site]) {
  term t = sum(J[p, p] * s[p] for p in site)
}`,
  ),
  E0541: shown(
    'A determinant, an inverse, a Cholesky factor or a solution of linear equations needs as many rows as columns, and with these data the two index sets have different sizes. Index rows and columns by one set.',
    `
data A : real[i, j] from "A.json"
energy E(x : real) {
  term t = x ^ 2 * det(A)
}`,
    `
data A : real[i, i] from "A.json"
energy E(x : real) {
  term t = x ^ 2 * det(A)
}`,
    {
      wrong: { 'A.json': '{ "A": [[2, 1, 0], [1, 2, 1]] }\n' },
      right: { 'A.json': '{ "A": [[2, 1], [1, 2]] }\n' },
    },
  ),
};
