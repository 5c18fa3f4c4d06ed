/**
 * UAI files: the format of the probabilistic inference competitions (UAI 2006 to 2022) for discrete graphical models.
 * A model file is `MARKOV` or `BAYES`, the number of variables, the number of states of each, the number of factors,
 * for each factor how many variables it reads and which, and for each factor the size of its table and the table,
 * the last variable of the scope fastest. The product of the tables is the unnormalised probability, in either kind.
 */
import { limits } from '../limits.ts';
import { dataFault } from './codes.ts';
import { parseNumber } from './raw-table.ts';

export interface UaiFactor {
  /** Variables, counted from 0, each once. */
  readonly scope: Int32Array;
  /** Finite and not negative; row-major over the scope. */
  readonly table: Float64Array;
}

export interface UaiModel {
  readonly kind: 'MARKOV' | 'BAYES';
  /** How many states each variable has, at least 1. */
  readonly states: Int32Array;
  readonly factors: readonly UaiFactor[];
}

/** Variables of one factor: arrays have as many sides. */
const MAX_SCOPE = 30;
/** Characters of one number, leading zeros and all. */
const MAX_TOKEN = 512;

/**
 * Reads a model.
 * @throws EnergyError E0523 (malformed; the place names the line), E0518 (a factor of too many variables),
 * E0504 (more table entries than `limits.elements`)
 */
export function readUai(bytes: Uint8Array, file: string): UaiModel {
  const t = new Tokens(bytes, file);
  const kind = t.word('`MARKOV` or `BAYES`');
  if (kind !== 'MARKOV' && kind !== 'BAYES')
    throw t.fault(`expected \`MARKOV\` or \`BAYES\`, found \`${kind}\``, 'a UAI model begins with its kind');
  const count = t.count('the number of variables', limits.setSize, 1);
  const states = new Int32Array(count);
  for (let v = 0; v < count; v++)
    states[v] = t.whole(`the number of states of variable ${v}`, 1, limits.states);
  const number = t.count('the number of factors', limits.setSize);
  const scopes: Int32Array[] = [];
  let entries = 0;
  for (let f = 0; f < number; f++) {
    const scope = readScope(t, f, count);
    scopes.push(scope);
    entries += scope.reduce((n, v) => n * states[v], 1);
    if (entries > limits.elements)
      throw dataFault(
        'E0504',
        file,
        `the tables of \`${file}\` have more than ${limits.elements} entries together, which is the limit`,
        { row: t.line },
      );
  }
  const factors = scopes.map((scope, f): UaiFactor => {
    const size = scope.reduce((n, v) => n * states[v], 1);
    const said = t.count(`the size of the table of factor ${f}`, limits.elements);
    if (said !== size)
      throw t.fault(
        `the table of factor ${f} is said to have ${said} entries; expected ${size}, the product of the numbers of states of ${scope.length === 0 ? 'no variable' : `variables ${scope.join(', ')}`}`,
      );
    const table = new Float64Array(size);
    for (let i = 0; i < size; i++) table[i] = t.weight(f, i);
    return { scope, table };
  });
  t.end('the last table');
  return { kind, states, factors };
}

function readScope(t: Tokens, f: number, variables: number): Int32Array {
  const size = t.count(`the number of variables of factor ${f}`, variables);
  if (size > MAX_SCOPE)
    throw dataFault(
      'E0518',
      t.file,
      `factor ${f} of \`${t.file}\` is over ${size} variables; the most is ${MAX_SCOPE}`,
      { row: t.line },
    );
  const scope = new Int32Array(size);
  for (let k = 0; k < size; k++) {
    const v = t.whole(`a variable of factor ${f}`, 0, variables - 1);
    if (scope.subarray(0, k).includes(v))
      throw t.fault(`factor ${f} names variable ${v} twice`, 'name each variable of a factor once');
    scope[k] = v;
  }
  return scope;
}

/**
 * Reads evidence on a model: how many variables are known, then pairs of a variable and its state, both counted
 * from 0. The older form, in which the number of samples comes first, is read where it holds one sample.
 * @returns the known variables and their states, in the order of the file
 * @throws EnergyError E0523
 */
export function readUaiEvidence(
  bytes: Uint8Array,
  file: string,
  { states }: Pick<UaiModel, 'states'>,
): ReadonlyMap<number, number> {
  const t = new Tokens(bytes, file);
  const known = new Map<number, number>();
  const total = t.total();
  if (total === 0) return known;
  let count = t.count('the number of known variables', states.length);
  if (total !== 1 + 2 * count) {
    const wanted = 1 + 2 * count;
    const samples = count;
    count = total > 1 ? t.count('the number of known variables', states.length) : -1;
    if (samples > 1 && total > wanted)
      throw t.fault(
        `there are ${samples} samples of evidence; expected one`,
        'write each sample into a file of its own',
      );
    if (samples !== 1 || total !== 2 + 2 * count)
      throw t.fault(
        `${samples} known ${samples === 1 ? 'variable is' : 'variables are'} announced, which take ${wanted} numbers in all; found ${total}`,
        'evidence is the number of known variables, then for each of them the variable and its state',
      );
  }
  for (let i = 0; i < count; i++) {
    const v = t.whole('a variable', 0, states.length - 1);
    const state = t.whole(`a state of variable ${v}`, 0, states[v] - 1);
    if (known.has(v)) throw t.fault(`variable ${v} is given twice`);
    known.set(v, state);
  }
  return known;
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

/** The words of a file between white space, read one by one; nothing is held but the bytes. */
class Tokens {
  readonly file: string;
  /** Of the token that was read last, counted from 1. */
  line = 1;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.file = file;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
  }

  fault(message: string, suggestion?: string) {
    const details = { row: this.line, ...(suggestion === undefined ? {} : { suggestion }) };
    return dataFault('E0523', this.file, message, details);
  }

  /** How many tokens the file has. */
  total(): number {
    let n = 0;
    let inside = false;
    for (const byte of this.#bytes.subarray(this.#at)) {
      const word = !isSpace(byte);
      if (word && !inside) n++;
      inside = word;
    }
    return n;
  }

  #skip(): void {
    const bytes = this.#bytes;
    while (this.#at < bytes.length && isSpace(bytes[this.#at])) {
      if (bytes[this.#at] === 10) this.line++;
      this.#at++;
    }
  }

  word(what: string): string {
    this.#skip();
    const bytes = this.#bytes;
    const from = this.#at;
    if (from >= bytes.length)
      throw this.fault(`\`${this.file}\` ends where ${what} should be`, 'is a part of the file missing?');
    while (this.#at < bytes.length && !isSpace(bytes[this.#at])) {
      if (this.#at - from > MAX_TOKEN)
        throw this.fault(`expected ${what}, found a word of more than ${MAX_TOKEN} characters`);
      this.#at++;
    }
    let text = '';
    for (let i = from; i < this.#at; i++) {
      const byte = bytes[i];
      text += byte > 32 && byte < 127 ? String.fromCharCode(byte) : '\ufffd';
    }
    return text;
  }

  whole(what: string, lo: number, hi: number): number {
    const text = this.word(what);
    const n = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(n >= lo && n <= hi))
      throw this.fault(`expected ${what}, a whole number from ${lo} to ${hi}; found \`${text}\``);
    return n;
  }

  /** A number of things that follow, each of which takes a character and a space at least. */
  count(what: string, most: number, least = 0): number {
    const n = this.whole(what, least, most);
    if (n > this.#bytes.length - this.#at)
      throw this.fault(`${what} is ${n}, but the file ends before so many can follow`);
    return n;
  }

  weight(factor: number, entry: number): number {
    const what = `entry ${entry} of the table of factor ${factor}`;
    const text = this.word(what);
    const n = parseNumber(text);
    if (n === undefined || n < 0 || n === Number.POSITIVE_INFINITY)
      throw this.fault(
        `expected ${what}, a finite number that is not negative; found \`${text}\``,
        'tables hold probabilities or weights, not their logarithms',
      );
    return n;
  }

  end(after: string): void {
    this.#skip();
    if (this.#at < this.#bytes.length)
      throw this.fault(
        `there is something after ${after}: \`${this.word('nothing')}\``,
        'is the number of factors right?',
      );
  }
}
