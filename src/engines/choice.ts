/** Several engines as one: each program goes to the one that the cost model expects to be quickest. */
import { machines, nanoseconds, workOf } from './cost.ts';
import type { ArrayProgram, Engine } from './engine.ts';

export interface Choice {
  readonly engine: Engine;
  /** In words, with the estimates. */
  readonly why: string;
}

/** An engine that passes each program on. */
export interface AutoEngine extends Engine {
  readonly candidates: readonly Engine[];
  choose(program: ArrayProgram): Choice;
}

/** @param candidates at least one; all of them known to the cost model */
export function autoEngine(candidates: readonly Engine[]): AutoEngine {
  const choose = (program: ArrayProgram): Choice => {
    const work = workOf(program);
    const [best, ...others] = candidates
      .map((engine) => ({ engine, cost: nanoseconds(work, machines[engine.name]) }))
      .sort((a, b) => a.cost - b.cost);
    const rest = others.map((o) => `${o.engine.name} ${showTime(o.cost)}`).join(', ');
    return {
      engine: best.engine,
      why: `about ${showTime(best.cost)} an evaluation${rest ? ` (${rest})` : ''}`,
    };
  };
  return {
    name: `auto (${candidates.map((e) => e.name).join(', ')})`,
    epsilon: Math.max(...candidates.map((e) => e.epsilon)),
    candidates,
    choose,
    compile: (program, constants) => choose(program).engine.compile(program, constants),
  };
}

export const isAuto = (engine: Engine): engine is AutoEngine => 'choose' in engine;

/** Two digits, with its unit. */
function showTime(ns: number): string {
  const [unit, scale] = ns < 1e6 ? ['µs', 1e3] : ns < 1e9 ? ['ms', 1e6] : ['s', 1e9];
  return `${Number((ns / scale).toPrecision(2))} ${unit}`;
}
