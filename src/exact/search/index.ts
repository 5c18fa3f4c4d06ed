/** Search on finite graphs: the best state and its proof, a good state, a state of the support, all states. */
export { enumerateSolutions, type FeasibleOptions, feasible } from './feasible.ts';
export { localSearch } from './local-search.ts';
export { tooLarge } from './problem.ts';
export { solve } from './solve.ts';
export type { Enumeration, LocalOptions, LocalResult, Solution, SolveOptions } from './types.ts';
