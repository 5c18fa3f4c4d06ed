/** Programs that try to use up the stack, the memory or the time of the front end. */

export interface Hostile {
  readonly name: string;
  /** Made on demand: some are long. */
  readonly text: () => string;
  /** What must come of it: the code of a diagnostic (of the parser, the checker or the binder), or success. */
  readonly expect: string | 'success' | 'any';
}

const many = (n: number, piece: string | ((i: number) => string), separator = ''): string =>
  Array.from({ length: n }, (_, i) => (typeof piece === 'string' ? piece : piece(i))).join(separator);

const energy = (expression: string): string =>
  `energy E(a : real) {\n  term t = ${expression}\n  term q = a ^ 2\n}\n`;

const deep = 10_000;

/** Nesting: of every bracket and of every operator. */
const nesting: readonly Hostile[] = [
  {
    name: 'nested parentheses',
    text: () => energy(`${many(deep, '(')}a${many(deep, ')')}`),
    expect: 'E0111',
  },
  { name: 'open parentheses', text: () => energy(many(deep, '(')), expect: 'any' },
  { name: 'nested brackets', text: () => energy(`${many(deep, '[')}a${many(deep, ']')}`), expect: 'E0111' },
  { name: 'open brackets', text: () => energy(many(deep, '[')), expect: 'any' },
  { name: 'nested braces', text: () => energy(`${many(deep, '{')}a${many(deep, '}')}`), expect: 'any' },
  { name: 'open braces', text: () => many(deep, 'energy E() {\n'), expect: 'any' },
  { name: 'braces at the top', text: () => many(deep, '{'), expect: 'any' },
  { name: 'closing brackets', text: () => many(deep, ')]}'), expect: 'any' },
  {
    name: 'conditions in conditions',
    text: () => energy(`${many(deep, 'if ')}true${many(deep, ' then 1 else 0')}`),
    expect: 'E0111',
  },
  {
    name: 'conditions in consequences',
    text: () => energy(`${many(deep, 'if a > 0 then ')}1${many(deep, ' else 0')}`),
    expect: 'E0111',
  },
  {
    name: 'a chain of else if',
    text: () => energy(`${many(deep, 'if a > 0 then 1 else ')}0`),
    expect: 'E0111',
  },
  { name: 'minus signs', text: () => energy(`${many(deep, '-')}a`), expect: 'E0111' },
  { name: 'negations', text: () => energy(`if ${many(deep, 'not ')}a > 0 then 1 else 0`), expect: 'E0111' },
  { name: 'powers', text: () => energy(many(deep, 'a', ' ^ ')), expect: 'E0111' },
  { name: 'calls in calls', text: () => energy(`${many(deep, 'sin(')}a${many(deep, ')')}`), expect: 'E0111' },
  { name: 'calls of calls', text: () => energy(`a${many(deep, '(1)')}`), expect: 'E0111' },
  { name: 'indices of indices', text: () => energy(`a${many(deep, '[0]')}`), expect: 'E0111' },
  { name: 'fields of fields', text: () => energy(`a${many(deep, '.b')}`), expect: 'E0111' },
  {
    name: 'sums in sums',
    text: () => energy(`${many(deep, 'sum(')}a${many(deep, (i) => ` for i${i} in 2)`)}`),
    expect: 'E0111',
  },
  {
    name: 'sets in sets',
    text: () => `index s = 3\nset t = { p for p in ${many(deep, '{ q for q in ')}s${many(deep, ' }')} }\n`,
    expect: 'E0111',
  },
  {
    name: 'domains in calls',
    text: () => `param w : real[${many(deep, 'size(')}3${many(deep, ')')}]\n`,
    expect: 'E0111',
  },
  {
    name: 'scans in scans',
    text: () => energy(`${many(deep, 'scan(t in 3, p = ')}0${many(deep, ') = p')}`),
    expect: 'E0111',
  },
];

/** Length: of lines, of sums, of lists. */
const length: readonly Hostile[] = [
  { name: 'a sum of 100,000 terms', text: () => energy(many(100_000, 'a', ' + ')), expect: 'E0111' },
  { name: 'a sum of 900 terms', text: () => energy(many(900, 'a', ' + ')), expect: 'success' },
  {
    name: 'a list of 10,000 numbers',
    text: () => energy(`sum([${many(10_000, '1', ', ')}])`),
    expect: 'any',
  },
  { name: 'a line of a megabyte of letters', text: () => energy('a'.repeat(1 << 20)), expect: 'E0201' },
  { name: 'a line of a megabyte of digits', text: () => energy('1'.repeat(1 << 20)), expect: 'E0116' },
  { name: 'a line of 128 KiB of signs', text: () => '@'.repeat(1 << 17), expect: 'any' },
  { name: 'a line of 128 KiB of foreign letters', text: () => '漢'.repeat(1 << 17), expect: 'any' },
  { name: '128 KiB of quotes', text: () => '"'.repeat(1 << 17), expect: 'any' },
  { name: '128 KiB of open quotes', text: () => '"\n'.repeat(1 << 16), expect: 'any' },
  { name: '128 KiB of stray characters', text: () => '$ '.repeat(1 << 16), expect: 'any' },
  { name: '128 KiB of line ends', text: () => '\n'.repeat(1 << 17), expect: 'success' },
  { name: '128 KiB of comments', text: () => '//\n'.repeat(40_000), expect: 'success' },
  {
    name: '128 KiB of comments on one line',
    text: () => `${' '.repeat(10)}/* */`.repeat(9_000),
    expect: 'any',
  },
  {
    name: '128 KiB of documentation',
    text: () => `${'/// a\n'.repeat(19_000)}const n = 1\n`,
    expect: 'success',
  },
  { name: 'a comment of 128 KiB', text: () => `//${'/'.repeat(1 << 17)}`, expect: 'success' },
  { name: 'an open comment', text: () => `/*${'*'.repeat(1 << 17)}`, expect: 'any' },
  {
    name: 'a string of 128 KiB',
    text: () => `data x : real from "${'\\n'.repeat(1 << 16)}"`,
    expect: 'any',
  },
  {
    name: 'backslashes in an open string',
    text: () => `data x : real from "${'\\'.repeat(1 << 17)}`,
    expect: 'any',
  },
  { name: '10,000 declarations', text: () => many(10_000, (i) => `const n${i} = ${i}\n`), expect: 'success' },
  { name: '10,000 declarations of one name', text: () => many(10_000, 'const n = 1\n'), expect: 'E0202' },
  { name: '10,000 unknown names', text: () => many(10_000, (i) => `const n${i} = m${i}\n`), expect: 'E0201' },
  {
    name: '3,000 unknown names among 3,000',
    text: () =>
      `${many(3000, (i) => `const long_name_${i} = ${i}\n`)}${many(3000, (i) => `const n${i} = ling_name_${i}\n`)}`,
    expect: 'E0201',
  },
  {
    name: '10,000 constants in a circle',
    text: () => many(10_000, (i) => `const n${i} = n${(i + 1) % 10_000}\n`),
    expect: 'E0313',
  },
  {
    name: '10,000 constants in a chain',
    text: () => `${many(10_000, (i) => `const n${i} = n${i + 1}\n`)}const n10000 = 1\n`,
    expect: 'any',
  },
  {
    name: '10,000 names in one use',
    text: () => `use ${many(10_000, (i) => `a${i}`, ', ')} from "a.energy"\n`,
    expect: 'any',
  },
  {
    name: '10,000 parameters',
    text: () => `energy E(${many(10_000, (i) => `a${i} : real`, ', ')}) {\n  term t = a0\n}\n`,
    expect: 'W0401',
  },
  {
    name: '10,000 terms',
    text: () => `energy E(a : real) {\n${many(10_000, (i) => `  term t${i} = a ^ 2\n`)}}\n`,
    expect: 'success',
  },
  {
    name: '10,000 samples',
    text: () => `energy E(a : real) {\n${many(10_000, '  a ~ normal(0, 1)\n')}}\n`,
    expect: 'success',
  },
  {
    name: '10,000 fields',
    text: () =>
      `type R = { ${many(10_000, (i) => `f${i} : real`, ', ')} }\nenergy E(r : R) {\n  term t = r.f0\n}\n`,
    expect: 'W0401',
  },
  {
    name: '10,000 values of an enum',
    text: () =>
      `enum K = { ${many(10_000, (i) => `v${i}`, ', ')} }\nenergy E(k : K) {\n  term t = k == K.v0\n}\n`,
    expect: 'W0406',
  },
  {
    name: '10,000 binders',
    text: () => energy(`sum(a for ${many(10_000, (i) => `i${i} in 2`, ', ')})`),
    expect: 'any',
  },
  {
    name: '10,000 mistakes in an energy',
    text: () => `energy E(a : real) {\n${many(10_000, (i) => `  trm t${i} = a\n`)}}\n`,
    expect: 'any',
  },
  {
    name: '10,000 misspelt declarations',
    text: () => many(10_000, (i) => `cnst n${i} = 1\n`),
    expect: 'any',
  },
  { name: '10,000 statements outside', text: () => many(10_000, (i) => `term n${i} = 1\n`), expect: 'any' },
  {
    name: '10,000 broken parameters',
    text: () => `energy E(${many(10_000, (i) => `a${i} real`, ', ')}) {\n  term t = a0\n}\n`,
    expect: 'any',
  },
];

/** Characters that are none, or that are not seen. */
const characters: readonly Hostile[] = [
  { name: 'NUL', text: () => '\0'.repeat(1000), expect: 'E0101' },
  { name: 'NUL in an expression', text: () => energy('a\0+ a'), expect: 'E0101' },
  { name: 'lone surrogates', text: () => energy('a \ud800 + \udc00 a'), expect: 'E0101' },
  { name: 'surrogates at the ends', text: () => '\udc00const n = 1\ud800', expect: 'E0101' },
  { name: 'a surrogate in a string', text: () => 'data x : real from "\ud800"', expect: 'any' },
  { name: 'a byte order mark', text: () => `\ufeff${energy('a')}`, expect: 'success' },
  { name: 'CRLF', text: () => energy('a').replaceAll('\n', '\r\n'), expect: 'success' },
  { name: 'CR alone', text: () => energy('a').replaceAll('\n', '\r'), expect: 'success' },
  { name: 'line separators', text: () => energy('a').replaceAll('\n', '\u2028'), expect: 'any' },
  { name: 'marks of direction', text: () => energy('\u202ea\u202c'), expect: 'E0101' },
  { name: 'nothing', text: () => '', expect: 'success' },
];

/** Sizes that cannot be held. */
const sizes: readonly Hostile[] = [
  { name: 'a large index', text: () => 'index n = 1e12\n', expect: 'E0306' },
  { name: 'an index of inf', text: () => 'index n = inf\n', expect: 'E0306' },
  { name: 'an index of a fraction', text: () => 'index n = 2.5\n', expect: 'E0306' },
  { name: 'an index of 0/0', text: () => 'index n = 0 / 0\n', expect: 'E0306' },
  { name: 'a large grid', text: () => 'index n = grid(1e6, 1e6)\n', expect: 'E0306' },
  {
    name: 'a large range of whole numbers',
    text: () => 'energy E(x : int(0, 1e15)) {\n  term t = x\n}\n',
    expect: 'E0306',
  },
  {
    name: 'a range beyond whole numbers',
    text: () => 'energy E(x : int(-1e300, 1e300)) {\n  term t = x\n}\n',
    expect: 'E0306',
  },
  {
    name: 'a large category',
    text: () => 'energy E(x : category(1e9)) {\n  term t = x == 1\n}\n',
    expect: 'any',
  },
  { name: 'a large ordinal', text: () => 'energy E(x : ordinal(1e9)) {\n  term t = x\n}\n', expect: 'E0306' },
  { name: 'a large range', text: () => energy('sum(a for i in 0..1e15)'), expect: 'any' },
  { name: 'a range from far away', text: () => energy('sum(a * i for i in 1e15..1e15 + 3)'), expect: 'any' },
  { name: 'a large anonymous index', text: () => 'param w : real[1e12]\n', expect: 'E0301' },
  { name: 'a fractional anonymous index', text: () => 'param w : real[2.5]\n', expect: 'any' },
  {
    name: 'a parameter over a product of large sets',
    text: () =>
      `index a = 100000\nindex b = 100000\nindex c = 100000\nparam w : real[a, b, c] = 0\nenergy E(x : real) {\n  term t = x * w[0, 0, 0]\n}\n`,
    expect: 'E0540',
  },
  {
    name: 'an unknown over a product of large sets',
    text: () =>
      `index a = 100000\nindex b = 100000\nindex c = 100000\nenergy E(x : real[a, b, c]) {\n  term t = sum(x ^ 2)\n}\n`,
    expect: 'E0540',
  },
  { name: 'a wide network', text: () => 'param net = mlp(3, hidden = [1e9])\n', expect: 'E0306' },
  {
    name: 'a wide network in many layers',
    text: () =>
      'index n = 65536\nparam net = mlp(n, hidden = [65536, 65536, 65536, 65536])\nenergy E(x : real[n]) {\n  term t = net(x)\n}\n',
    expect: 'E0540',
  },
  {
    name: 'a set comprehension over a product of large sets',
    text: () => 'index n = 1000000\nset s = { (i, j) for i in n, j in n where i < j }\n',
    expect: 'E0540',
  },
  {
    name: 'a set of a large set with itself three times',
    text: () => 'index n = 100000\nset s = { (i, j, k) for i in n, j in n, k in n where i < j }\n',
    expect: 'E0540',
  },
  {
    name: 'an initial value that is a sum over large sets',
    text: () =>
      'index n = 100000\nindex m = 100000\nparam w : real = sum(i * j for i in n, j in m)\nenergy E(x : real) {\n  term t = w * x\n}\n',
    expect: 'any',
  },
  {
    name: 'a long slice',
    text: () => 'index n = 1000000\nenergy E(x : real[n]) {\n  term t = sum(x[0:1e9])\n}\n',
    expect: 'E0303',
  },
  { name: 'huge numbers', text: () => energy('a * 1e308 * 1e308 - 1e308 * 1e308'), expect: 'any' },
  { name: 'a literal too large', text: () => energy('a * 1e309'), expect: 'E0116' },
  {
    name: 'a literal with a huge exponent',
    text: () => energy(`a * 1e${'9'.repeat(1000)}`),
    expect: 'E0116',
  },
];

/** Expressions that are small as graphs and large as trees. */
const growth: readonly Hostile[] = [
  {
    name: '10,000 lets, each doubling',
    text: () =>
      `energy E(a0 : real) {\n${many(10_000, (i) => `  let a${i + 1} = a${i} + a${i}\n`)}  term t = a10000\n}\n`,
    expect: 'any',
  },
  {
    name: '10,000 lets, each squaring',
    text: () =>
      `energy E(a0 : real) {\n${many(10_000, (i) => `  let a${i + 1} = a${i} * a${i}\n`)}  term t = a10000\n}\n`,
    expect: 'any',
  },
  {
    name: '300 lets, each doubling',
    text: () =>
      `energy E(a0 : real) {\n${many(300, (i) => `  let a${i + 1} = sin(a${i}) + a${i}\n`)}  term t = a300\n}\n`,
    expect: 'success',
  },
  {
    name: '300 arrays, each made of the one before',
    text: () =>
      `index n = 4\nenergy E(a0 : real[n]) {\n${many(300, (i) => `  let a${i + 1} = [a${i}[i] + a${i}[3 - i] for i in n]\n`)}  term t = sum(a300)\n}\n`,
    expect: 'any',
  },
  {
    name: '12 functions in each other, each with 250 sums',
    text: () =>
      `fn f0(x : real) = x + 1\n${many(12, (i) => `fn f${i + 1}(x : real) = ${many(250, 'sum(')}f${i}(x)${many(250, (k) => ` for i${k} in 2)`)}\n`)}${energy('f12(a)')}`,
    expect: 'any',
  },
  {
    name: '20 functions in each other, each with 250 conditions',
    text: () =>
      `fn f0(x : real) = x + 1\n${many(20, (i) => `fn f${i + 1}(x : real) = ${many(250, 'if x > 0 then ')}f${i}(x)${many(250, ' else 0')}\n`)}${energy('f20(a)')}`,
    expect: 'any',
  },
  {
    name: '20 functions in each other, each with 900 terms',
    text: () =>
      `fn f0(x : real) = x + 1\n${many(20, (i) => `fn f${i + 1}(x : real) = f${i}(x)${many(900, ' + x')}\n`)}${energy('f20(a)')}`,
    expect: 'E0313',
  },
  {
    name: '100 functions in each other, each in its argument',
    text: () =>
      `fn f0(x : real) = x + 1\n${many(100, (i) => `fn f${i + 1}(x : real) = sin(f${i}(cos(f${i > 0 ? 0 : 0}(x))))\n`)}${energy('f100(a)')}`,
    expect: 'any',
  },
  {
    name: '490 lets, each a function of the one before',
    text: () =>
      `energy E(a0 : real) {\n${many(490, (i) => `  let a${i + 1} = sin(a${i}) + a${i}\n`)}  term t = a490\n}\n`,
    expect: 'success',
  },
  {
    name: '450 lets, each a condition on the one before',
    text: () =>
      `energy E(a0 : real) {\n${many(450, (i) => `  let a${i + 1} = if a${i} > ${i} then a${i} else sin(a${i})\n`)}  term t = a450 ^ 2\n}\n`,
    expect: 'success',
  },
  {
    name: '400 lets, each an array of the one before',
    text: () =>
      `index n = 4\nenergy E(a0 : real[n]) {\n${many(400, (i) => `  let a${i + 1} = [tanh(a${i}[i]) for i in n]\n`)}  term t = sum(a400)\n}\n`,
    expect: 'success',
  },
  {
    name: '900 lets, each an array at an index of the one before',
    text: () =>
      `index n = 4\nenergy E(a0 : real[n]) {\n${many(900, (i) => `  let a${i + 1} = [tanh(a${i}[3 - i]) for i in n]\n`)}  term t = sum(a900)\n}\n`,
    expect: 'any',
  },
  {
    name: '600 lets, each a sum over the one before',
    text: () =>
      `index n = 4\nparam W : real[n, n] = 0\nenergy E(a0 : real[n]) {\n${many(600, (i) => `  let a${i + 1} = tanh(W @ a${i})\n`)}  term t = sum(a600)\n}\n`,
    expect: 'any',
  },
  {
    name: '300 lets, each a condition on the one before',
    text: () =>
      `energy E(a0 : real) {\n${many(300, (i) => `  let a${i + 1} = if a${i} > ${i} then a${i} else a${i} + 1\n`)}  term t = a300 ^ 2\n}\n`,
    expect: 'success',
  },
  {
    name: '300 conditions, each guarding the next',
    text: () =>
      `energy E(a : real, b : real) {\n  let c0 = a > 0\n${many(300, (i) => `  let c${i + 1} = c${i} and (b > ${i} or c${i})\n`)}  term t = if c300 then a ^ 2 else b ^ 2\n}\n`,
    expect: 'success',
  },
  {
    name: '300 reads, each at the one before',
    text: () =>
      `index n = 4\ndata f : n[n] from "f.csv"\nenergy E(a0 : category(n)) {\n${many(300, (i) => `  let a${i + 1} = f[a${i}]\n`)}  term t = if a300 == 0 then 1 else 0\n}\n`,
    expect: 'any',
  },
  {
    name: '300 minima of sums',
    text: () =>
      `index n = 4\nenergy E(a0 : real[n]) {\n${many(300, (i) => `  let a${i + 1} = [min(a${i}[i] + a${i}[j] for j in n) for i in n]\n`)}  term t = sum(a300)\n}\n`,
    expect: 'any',
  },
  {
    name: 'matrix products in a chain',
    text: () =>
      `index n = 4\nindex m = 4\nparam W : real[n, n]\nenergy E(a0 : real[n]) {\n${many(200, (i) => `  let a${i + 1} = tanh(W @ a${i})\n`)}  term t = sum(a200)\n}\n`,
    expect: 'any',
  },
  {
    name: '60 functions, each calling the one before twice',
    text: () =>
      `fn f0(x : real) = x + 1\n${many(60, (i) => `fn f${i + 1}(x : real) = f${i}(x) * f${i}(x + 1)\n`)}${energy('f60(a)')}`,
    expect: 'E0313',
  },
  {
    name: '60 energies, each calling the one before twice',
    text: () =>
      `energy E0(x : real) {\n  term t = x\n}\n${many(60, (i) => `energy E${i + 1}(x : real) {\n  term t = E${i}(x)\n  term u = E${i}(x)\n}\n`)}`,
    expect: 'E0313',
  },
  {
    name: '5,000 functions, each calling the one before',
    text: () =>
      `fn f0(x : real) = x + 1\n${many(5000, (i) => `fn f${i + 1}(x : real) = f${i}(x + 1)\n`)}${energy('f5000(a)')}`,
    expect: 'E0313',
  },
  {
    name: '60 sets, each of the one before twice',
    text: () =>
      `index n = 3\nset s0 = { (i, j) for i in n, j in n }\n${many(60, (i) => `set s${i + 1} = { (p, q) for (p, q) in s${i}, (r, t) in s${i} }\n`)}`,
    expect: 'E0540',
  },
  {
    name: '40 record types, each of the one before twice',
    text: () =>
      `type R0 = { a : real, b : real }\n${many(40, (i) => `type R${i + 1} = { a : R${i}, b : R${i} }\n`)}energy E(r : R40) {\n  term t = 1\n}\n`,
    expect: 'E0313',
  },
  {
    name: '300 record types in a chain',
    text: () =>
      `type R0 = { a : real }\n${many(300, (i) => `type R${i + 1} = { a : R${i} }\n`)}energy E(r : R300) {\n  term t = 1\n}\n`,
    expect: 'any',
  },
  {
    name: 'requirements of requirements',
    text: () => `energy E(a : real) {\n  require ${many(400, 'a > 0', ' and ')}\n  term t = a\n}\n`,
    expect: 'success',
  },
];

export const hostilePrograms: readonly Hostile[] = [
  ...nesting,
  ...length,
  ...characters,
  ...sizes,
  ...growth,
];
