/**
 * A UAI model as a program of the language: its text, and the arrays that the text reads from the model's file.
 * Variables with equally many states are one unknown, factors whose variables have equally many states one term.
 */
import type { HostArray } from '../arrays.ts';
import { quoted } from '../syntax/strings.ts';
import type { UaiModel } from './uai.ts';

/** Variables with the same number of states. */
interface VariableGroup {
  readonly states: number;
  /** Their numbers in the file, ascending. */
  readonly members: readonly number[];
}

/** Factors whose variables have, one by one, the same numbers of states. */
interface FactorGroup {
  readonly states: readonly number[];
  /** Their numbers in the file, ascending. */
  readonly members: readonly number[];
  /** Whether some entry of a table is 0: states that are forbidden. */
  readonly zeros: boolean;
}

export interface UaiLayout {
  readonly variables: readonly VariableGroup[];
  readonly factors: readonly FactorGroup[];
  /** For each variable its place among those with as many states. */
  readonly place: Int32Array;
}

/** The unknown that holds the variables with so many states. */
export const unknownOf = (states: number): string => `x${states}`;

/** How a model is laid out as arrays. */
export function uaiLayout({ states, factors }: UaiModel): UaiLayout {
  const variables = new Map<number, number[]>();
  const place = new Int32Array(states.length);
  states.forEach((n, v) => {
    const members = variables.get(n) ?? [];
    place[v] = members.length;
    members.push(v);
    variables.set(n, members);
  });
  const byStates = new Map<string, { states: number[]; members: number[]; zeros: boolean }>();
  factors.forEach(({ scope, table }, f) => {
    const own = Array.from(scope, (v) => states[v]);
    const group = byStates.get(own.join()) ?? { states: own, members: [], zeros: false };
    group.members.push(f);
    group.zeros ||= table.includes(0);
    byStates.set(own.join(), group);
  });
  const shorter = (a: readonly number[], b: readonly number[]): number =>
    a.length - b.length || a.map((n, i) => n - b[i]).find((d) => d !== 0) || 0;
  return {
    variables: [...variables]
      .map(([n, members]) => ({ states: n, members }))
      .sort((a, b) => a.states - b.states),
    factors: [...byStates.values()].sort((a, b) => shorter(a.states, b.states)),
    place,
  };
}

const weightName = (group: number): string => `weight${group + 1}`;
const placeName = (group: number, k: number): string => `at${group + 1}_${k + 1}`;

/** What the text of `uaiText` reads, by name: tables over [factor, states…] and places of variables over [factor]. */
export function uaiArrays(model: UaiModel): ReadonlyMap<string, HostArray> {
  const { factors, place } = uaiLayout(model);
  const out = new Map<string, HostArray>();
  factors.forEach(({ states, members }, g) => {
    const size = states.reduce((n, s) => n * s, 1);
    const data = new Float64Array(members.length * size);
    members.forEach((f, i) => {
      data.set(model.factors[f].table, i * size);
    });
    out.set(weightName(g), { shape: [members.length, ...states], data });
    for (let k = 0; k < states.length; k++)
      out.set(placeName(g, k), {
        shape: [members.length],
        data: Int32Array.from(members, (f) => place[model.factors[f].scope[k]]),
      });
  });
  return out;
}

/** The name of the energy of every such program. */
export const UAI_ENERGY = 'Model';

/** How many variables are listed in a comment. */
const LISTED = 400;

/**
 * The program, in the canonical layout but for the breaking of lines.
 * @param file as the text names it: a path beside the program
 */
export function uaiText(model: UaiModel, file: string): string {
  const { variables, factors } = uaiLayout(model);
  const kind = model.kind === 'BAYES' ? 'Bayesian network' : 'Markov network';
  const from = `from ${quoted(file)}`;
  const lines = [
    `/// The ${kind} of ${quoted(file)}: ${counted(model.states.length, 'variable')}, ${counted(model.factors.length, 'factor')}.`,
    '/// exp(−E) is the product of the tables, so that `logz` is the ln of their sum over all that is not given.',
  ];
  for (const { states } of variables) lines.push(`index state${states} = ${states}`);
  for (const { states, members } of variables) {
    if (variables.length > 1) lines.push('', ...listing(states, members));
    lines.push(`index v${states} = ${members.length}`);
  }
  factors.forEach(({ states, members }, g) => {
    lines.push('', `index factor${g + 1} = ${members.length}`);
    const over = [`factor${g + 1}`, ...states.map((s) => `state${s}`)].join(', ');
    lines.push(`data ${weightName(g)} : real(0, inf)[${over}] ${from}`);
    states.forEach((s, k) => {
      lines.push(`data ${placeName(g, k)} : v${s}[factor${g + 1}] ${from}`);
    });
  });
  const args = variables.map(({ states: s }) => `${unknownOf(s)} : category(state${s})[v${s}]`);
  lines.push('', `energy ${UAI_ENERGY}(${args.join(', ')}) {`);
  factors.forEach(({ states, zeros }, g) => {
    const at = ['f', ...states.map((s, k) => `${unknownOf(s)}[${placeName(g, k)}[f]]`)].join(', ');
    const weight = `${weightName(g)}[${at}]`;
    if (!zeros) lines.push(`  term factor_${g + 1} = -sum(log(${weight}) for f in factor${g + 1})`);
    else
      lines.push(
        `  require ${weight} > 0 for f in factor${g + 1}`,
        `  term factor_${g + 1} = -sum(if ${weight} > 0 then log(${weight}) else 0 for f in factor${g + 1})`,
      );
  });
  return `${[...lines, '}'].join('\n')}\n`;
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function listing(states: number, members: readonly number[]): string[] {
  const lines: string[] = [];
  let line = `// ${unknownOf(states)} holds the variables`;
  members.slice(0, LISTED).forEach((v, i) => {
    const word = ` ${v}${i + 1 < members.length ? ',' : ''}`;
    if (line.length + word.length > 96) {
      lines.push(line);
      line = '//';
    }
    line += word;
  });
  lines.push(members.length > LISTED ? `${line} …` : line);
  return lines;
}
