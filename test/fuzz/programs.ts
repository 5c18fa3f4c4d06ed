/** Programs made from the grammar: names are mostly those declared, so that much of them makes sense. */
import type { Choices } from './random.ts';

interface Local {
  readonly name: string;
  readonly set: string;
}

/** Something to read, by the sets of its indices. */
interface Readable {
  readonly name: string;
  readonly dims: readonly string[];
}

interface Names {
  readonly c: Choices;
  readonly sets: string[];
  /** Sets of pairs. */
  readonly pairs: string[];
  readonly values: Readable[];
  readonly functions: string[];
  readonly energies: string[];
  readonly enums: string[];
  readonly types: string[];
  /** Binders around. */
  readonly locals: readonly Local[];
}

const binaries = ['+', '-', '*', '/', '^', '@', '==', '!=', '<', '<=', '>', '>=', 'and', 'or', '..'];
const arithmetic = ['+', '-', '*', '+', '-', '*', '/'];
const unaries = [
  'exp',
  'log',
  'sqrt',
  'abs',
  'tanh',
  'sin',
  'floor',
  'sigmoid',
  'softplus',
  'lgamma',
  'transpose',
  'trace',
  'diag',
  'norm',
  'log_det',
  'inverse',
  'cholesky',
];
const reductions = [
  'sum',
  'mean',
  'prod',
  'max',
  'min',
  'logsumexp',
  'all',
  'any',
  'softmin',
  'all_different',
];
const distributions = [
  'normal(0, 1)',
  'gamma(2, 1)',
  'beta(1, 2)',
  'exponential(1)',
  'uniform(0, 1)',
  'half_cauchy(1)',
  'poisson(3)',
  'bernoulli(0.3)',
  'categorical([0.2, 0.3, 0.5])',
  'student_t(3, 0, 1)',
];
const numbers = ['0', '1', '2', '3', '0.5', '1e3', '7', '-1', '1e9', '1e308'];

/** A number: an element of something, a binder, or now and then a whole array. */
function nameOf(n: Names): string {
  const { c } = n;
  if (n.locals.length > 0 && c.chance(25)) return c.of(n.locals).name;
  if (n.values.length === 0 || c.chance(3)) return c.of(['1', 'pi', 'inf', 'nowhere', ...n.sets]);
  const { name, dims } = c.of(n.values);
  if (dims.length === 0 || c.chance(8)) return name;
  const at = dims.map((set) => {
    const fitting = n.locals.filter((l) => l.set === set);
    return fitting.length > 0 && c.chance(90)
      ? c.of(fitting).name
      : c.of(set === 'site' ? ['0, 0', '0, 0', '0', ':'] : ['0', '1', ':']);
  });
  return `${name}[${at.join(', ')}]`;
}

const pairsOf = (n: Names): string =>
  n.pairs.length > 0 && n.c.chance(60)
    ? n.c.of(n.pairs)
    : `neighbours(${n.c.chance(95) ? 'site' : n.c.of(n.sets)}${n.c.chance(50) ? ', wrap = true' : ''})`;

function setOf(n: Names, depth: number): string {
  const { c } = n;
  if (depth > 0 && c.chance(8)) return `{ ${generated(n, depth - 1, (m) => c.of(m.locals)?.name ?? 'p')} }`;
  if (c.chance(8)) return `${c.below(3)}..${3 + c.below(4)}`;
  return c.of([...n.sets, ...n.enums, '3']);
}

/** `body for i in S, (p, q) in T where c` */
function generated(n: Names, depth: number, body: (m: Names) => string): string {
  const { c } = n;
  const locals = [...n.locals];
  const binders: string[] = [];
  for (let k = c.chance(70) ? 1 : 2; k > 0; k--) {
    if (c.chance(25)) {
      binders.push(`(p${k}, q${k}) in ${pairsOf(n)}`);
      locals.push({ name: `p${k}`, set: 'site' }, { name: `q${k}`, set: 'site' });
      continue;
    }
    const set = setOf({ ...n, locals }, depth);
    const name = `${c.of(['i', 'j', 't'])}${k}`;
    binders.push(`${name} in ${set}`);
    locals.push({ name, set });
  }
  const m = { ...n, locals };
  const where = c.chance(25) ? ` where ${condition(m, depth - 1)}` : '';
  return `${body(m)} for ${binders.join(', ')}${where}`;
}

function condition(n: Names, depth: number): string {
  const { c } = n;
  if (c.chance(2)) return expression(n, depth);
  if (depth > 0 && c.chance(15))
    return `(${condition(n, depth - 1)} ${c.of(['and', 'or'])} ${condition(n, depth - 1)})`;
  if (c.chance(5)) return `not ${condition(n, depth - 1)}`;
  return `${expression(n, depth - 1)} ${c.of(['<', '<=', '>', '>=', '==', '!='])} ${expression(n, depth - 2)}`;
}

function expression(n: Names, depth: number): string {
  const { c } = n;
  if (depth <= 0) return c.chance(60) ? nameOf(n) : c.of(numbers);
  const sub = (m: Names = n): string => expression(m, depth - 1 - c.below(2));
  switch (c.below(18)) {
    case 0:
    case 1:
    case 2:
      return `(${sub()} ${c.of(arithmetic)} ${sub()})`;
    case 3:
      return `${sub()} ${c.of(c.chance(10) ? binaries : ['+', '-', '*', '^ 2 *'])} ${sub()}`;
    case 4:
      return `-${sub()}`;
    case 5:
      return `${c.of(c.chance(90) ? unaries.slice(0, 10) : unaries)}(${sub()})`;
    case 6:
    case 7:
    case 8:
      return `${c.of(['sum', 'mean', 'max', 'logsumexp', 'prod', 'min'])}(${generated(n, depth, (m) => sub(m))})`;
    case 9:
      return `${c.of(c.chance(85) ? ['sum', 'mean', 'max', 'softplus'] : reductions)}(${c.of([...n.values.map((v) => v.name), '1'])})`;
    case 10:
      return `[${generated(n, depth, (m) => sub(m))}]${c.chance(70) ? '[0]' : ''}`;
    case 11:
      return `[${Array.from({ length: c.length(4) }, () => sub()).join(', ')}]${c.chance(80) ? '[0]' : ''}`;
    case 12:
    case 13:
      return `(if ${condition(n, depth - 1)} then ${sub()} else ${sub()})`;
    case 14:
      return n.functions.length > 0
        ? `${c.of([...n.functions, ...n.energies])}(${sub()}, ${sub()})`
        : nameOf(n);
    case 15: {
      const there = n.locals.filter((l) => l.set === 'site');
      return there.length > 0 ? `${c.of(there).name}.${c.of(['row', 'col'])}` : sub();
    }
    case 16:
      return c.chance(30)
        ? `(scan(t in ${setOf(n, 0)}, prev = ${sub()}) = ${sub({ ...n, locals: [...n.locals, { name: 'prev', set: '' }] })})[0]`
        : `size(${setOf(n, 0)})`;
    default:
      return c.chance(20)
        ? `${c.of(['any', 'all'])}(${generated(n, depth, (m) => condition(m, depth - 2))})`
        : nameOf(n);
  }
}

function domain(n: Names, dims: readonly string[], real = false): string {
  const { c } = n;
  const base =
    real && c.chance(97)
      ? c.of(['real', 'real', 'real(0, inf)', 'real(-1, 1)'])
      : c.of([
          'real',
          'real',
          'real(0, inf)',
          'real(-1, 1)',
          'bit',
          'spin',
          'int(0, 4)',
          'category(3)',
          `category(${c.of(n.sets)})`,
          'ordinal(4)',
          'cyclic(6)',
          'angle',
          'simplex(3)',
          `simplex(${c.of(n.sets)})`,
          `permutation(${c.of(n.sets)})`,
          `subset(${c.of(n.sets)}, 2)`,
          ...n.enums,
          ...n.types,
        ]);
  return dims.length === 0 ? base : `${base}[${dims.join(', ')}]`;
}

const dimsOf = ({ c, sets }: Names): string[] =>
  Array.from({ length: c.chance(45) ? 0 : c.chance(70) ? 1 : 2 }, () => c.of([...sets, '3']));

/** A program of a few declarations and one or two energies. */
export function generatedProgram(c: Choices): string {
  const n: Names = {
    c,
    sets: [],
    pairs: [],
    values: [],
    functions: [],
    energies: [],
    enums: [],
    types: [],
    locals: [],
  };
  const out: string[] = [];
  const declare = <T>(list: T[], name: T, text: string): void => {
    out.push(text);
    list.push(name);
  };
  declare(
    n.sets,
    'site',
    `index site = ${c.of(['grid(3, 4)', 'grid(2, 3)', 'grid(3, 4)', 'ring(5)', 'line(4)', 'grid(2, 2, 2)', '6'])}`,
  );
  if (c.chance(50)) declare(n.sets, 'part', `index part = ${1 + c.below(4)}`);
  for (let k = c.below(6); k > 0; k--) {
    const id = out.length;
    switch (c.below(9)) {
      case 0:
        if (c.chance(50)) declare(n.pairs, `s${id}`, `set s${id} = ${pairsOf(n)}`);
        else
          declare(
            n.sets,
            `s${id}`,
            `set s${id} = { p for p in site where ${condition({ ...n, locals: [{ name: 'p', set: 'site' }] }, 1)} }`,
          );
        break;
      case 1:
        declare(n.enums, `K${id}`, `enum K${id} = { red, green, blue }`);
        break;
      case 2:
        declare(
          n.types,
          `R${id}`,
          `type R${id} = { a : ${domain({ ...n, types: [] }, [])}, b : ${domain(n, dimsOf(n))} }`,
        );
        break;
      case 3:
        declare(
          n.values,
          { name: `c${id}`, dims: [] },
          `const c${id} = ${c.of(numbers)}${c.chance(30) ? ` ${c.of(arithmetic)} ${c.of(numbers)}` : ''}`,
        );
        break;
      case 4:
        declare(
          n.functions,
          `f${id}`,
          `fn f${id}(u : real${c.chance(10) ? '[m]' : ''}, v : real) = ${expression({ ...n, locals: ['u', 'v'].map((name) => ({ name, set: '' })) }, 3)}`,
        );
        break;
      case 5:
        if (c.chance(40))
          declare(
            n.functions,
            `net${id}`,
            `param net${id} = mlp(${c.of([...n.sets, '3', '1'])}, hidden = [4])`,
          );
        break;
      default: {
        const dims = dimsOf(n);
        const start = c.chance(30)
          ? ` = ${c.of(['0', '0.5', 'normal(0, 1)', expression(n, 1)])}`
          : c.chance(40)
            ? ` ~ ${c.of(distributions)}`
            : '';
        declare(n.values, { name: `w${id}`, dims }, `param w${id} : ${domain(n, dims, true)}${start}`);
      }
    }
  }
  for (let k = 1 + c.below(2); k > 0; k--) energy(n, out, `E${k}`);
  if (c.chance(30))
    out.push(
      `run job = ${c.of(['sample', 'minimize', 'logz'])}(${c.of(n.energies)}, ${c.of(['draws', 'chains', 'seed'])} = ${c.below(5)})`,
    );
  return `${out.join('\n')}\n`;
}

function energy(n: Names, out: string[], name: string): void {
  const { c } = n;
  const own: Readable[] = [];
  const params = Array.from({ length: c.length(4) }, (_, i) => {
    const dims = dimsOf(n);
    own.push({ name: `x${i}`, dims });
    return `x${i} : ${domain(n, dims, c.chance(50))}`;
  });
  const inside = { ...n, values: [...n.values, ...own] };
  out.push(`energy ${name}(${params.join(', ')}) {`);
  for (let k = c.length(6); k > 0; k--) {
    switch (c.below(6)) {
      case 0:
        out.push(`  let y${k} = ${expression(inside, 3)}`);
        inside.values.push({ name: `y${k}`, dims: [] });
        break;
      case 1:
        out.push(`  ${nameOf(inside)} ~ ${c.of(distributions)}`);
        break;
      case 2:
        out.push(
          `  require ${c.chance(50) ? condition(inside, 3) : generated(inside, 2, (m) => condition(m, 2))}`,
        );
        break;
      case 3:
        out.push(`  report r${k} = ${expression(inside, 3)}`);
        break;
      default:
        out.push(
          `  term t${k} = ${c.chance(50) ? `sum(${generated(inside, 3, (m) => expression(m, 3))})` : expression(inside, 4)}`,
        );
    }
  }
  out.push('}');
  n.energies.push(name);
}
