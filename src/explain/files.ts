/** E050 to E052: files and their formats. */
import { type Entries, type Shown, shown, told } from './types.ts';

const binary = 'it takes a file that is no text';

const Y = 'y\n0.5\n-1\n2\n';
const program = (file: string): string => `
data y : real[row] from "${file}"
energy E(x : real) {
  term a = sum((x - y) ^ 2)
}`;

/** A file that is wrong, beside one that is right. */
const file = (text: string, name: string, content: string, better = Y): Shown =>
  shown(text, program(name), program(better === Y ? 'y.csv' : name), {
    wrong: { [name]: content },
    right: { [better === Y ? 'y.csv' : name]: better },
  });

const pair = (file: string): string => `
data weight1 : real(0, inf)[pair, 2, 2] from "${file}"
energy E(x : real) {
  term a = sum(weight1) * x ^ 2
}`;

export const fileEntries: Entries = {
  E0501: shown(
    'There is no such file. Paths in a program start at the folder of the program, not at that of the shell; paths on the command line start at that of the shell.',
    program('nowhere.csv'),
    program('y.csv'),
    { right: { 'y.csv': Y } },
  ),
  E0502: shown(
    'The path leaves the folder of the program. A program from a stranger may read what lies beside it and nothing else on the machine, so `..` and links that lead out are refused. Copy the file into the folder, or name it on the command line with `--data`, where it is you who says so.',
    program('../../secrets.csv'),
    program('y.csv'),
    { right: { 'y.csv': Y } },
  ),
  E0503: shown(
    'The path is there but cannot be read as a file: it is a folder, a device, or you are not allowed to read it. The message says which.',
    program('y.csv'),
    program('y.csv'),
    { wrong: { 'y.csv/part.csv': Y }, right: { 'y.csv': Y } },
  ),
  E0504: told(
    'The file is larger than what is read: 16 MiB for a program, 1 GiB for data. The limits keep a mistake from filling the memory. Split the data, or store them in a binary format such as NPY or Parquet, which are smaller.',
    'it takes a very large file',
  ),
  E0505: told(
    'A result could not be written: the folder does not exist and cannot be made, is a file, the disk is full, or you are not allowed to write there. Files are replaced only when they are complete, so what was there before is still there. Name another folder with `-o`.',
    'it takes a folder that refuses',
  ),
  E0510: file(
    'The name of the file ends in a way that no format known to the language does, and its first bytes are not telling either. Data are read from CSV, TSV, JSON, NPY, NPZ, Parquet and safetensors.',
    'y.bin',
    '\u0001\u0000\u0002',
  ),
  E0511: file(
    'The file is not readable as CSV: it is empty, a quote is not closed, or it is not UTF-8. The place names the row.',
    'y.csv',
    'y\n"0.5\n1\n',
  ),
  E0512: file(
    'The file is not readable as JSON, or holds something other than named arrays or a list of records. The place names the line. A comma behind the last element is the most frequent slip.',
    'y.json',
    '{ "y": [0.5, -1, ] }\n',
    '{ "y": [0.5, -1] }\n',
  ),
  E0513: file(
    'The file ends in `.npy` and does not hold what NumPy writes with `numpy.save`: its first bytes, its header or its length are wrong. Often a transfer as text has changed it.',
    'y.npy',
    'this is no array',
  ),
  E0514: file(
    'The file ends in `.npz` and is no archive as NumPy writes it with `numpy.savez`: it is cut off, damaged, or holds no arrays. Write it anew, or copy it again.',
    'y.npz',
    'this is no archive',
  ),
  E0515: file(
    'The file ends in `.parquet` and is no Parquet file, or a damaged one. Often a download was cut off.',
    'y.parquet',
    'this is no table',
  ),
  E0516: file(
    'The file ends in `.safetensors` and its header is not that of the format, or its tensors lie outside of it. Parameters are written in this format by `fit`; such a file is replaced as a whole, so a damaged one was changed by something else.',
    'y.safetensors',
    'these are no tensors',
  ),
  E0517: file(
    'Rows of a table, or arrays inside an array, have different lengths, so they are no rectangle. The place names the first one that differs.',
    'y.csv',
    'y,z\n1,2\n3\n',
    'y,z\n1,2\n3,4\n',
  ),
  E0518: told(
    'The file is valid but uses a part of its format that is not read, such as complex numbers, an unusual compression or nested columns. Write it anew with plain numbers. Or the format needs an optional package that is not installed here, as netCDF does: the message names it.',
    binary,
  ),
  E0519: told(
    'The file holds a whole number beyond ±(2⁵³ − 1). Numbers are double precision here, and it could not be told from its neighbours. Identifiers of that size are better read as labels of an enum.',
    binary,
  ),
  E0520: told(
    'The folder holds no results of the kind that the command needs: `summary` and `plot` need those of a sample, `--params` those of a job of a program with parameters. Such a folder has a file `run.json` in it.',
    'it takes a folder of results',
  ),
  E0521: told(
    'The files of a folder of results contradict each other, for instance draws of other unknowns than the list beside them. Such a folder is most often made of parts of two runs. Run the job again.',
    'it takes a folder of results',
  ),
  E0522: told(
    'A result cannot be written in the chosen format, such as more than 4 GiB in one NPZ file. Parquet holds everything: `--format parquet`.',
    'it takes a very large result',
  ),
  E0523: shown(
    'The file ends in `.uai` and is not a model as the UAI competitions write it, or the evidence is not on that model. A model is `MARKOV` or `BAYES`, the number of variables, the states of each, the number of factors, the variables of each factor, and for each factor the size of its table and the table. The place names the line, the message what was expected there. Numbers are separated by white space; nothing may follow.',
    pair('short.uai'),
    pair('pair.uai'),
    {
      wrong: { 'short.uai': 'MARKOV\n2\n2 2\n1\n2 0 1\n\n3\n1 2 3\n' },
      right: { 'pair.uai': 'MARKOV\n2\n2 2\n1\n2 0 1\n\n4\n1 2 2 1\n' },
    },
  ),
};
