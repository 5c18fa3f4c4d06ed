/** ln Z as words and as JSON. */
import { estimators, type LogZ } from '../infer/log-z.ts';

/** The keys of `run.json` and of `--json`. */
export const logZFacts = (r: LogZ): Readonly<Record<string, unknown>> => ({
  log_z: r.logZ,
  error: r.error,
  method: r.method,
  how: r.how,
  states: r.states,
  chains: r.chains,
  temperatures: r.rungs,
  ess: r.ess,
  pareto_k: r.tail,
  warnings: r.warnings,
  complete: r.complete,
});

export function logZText(r: LogZ): string {
  const states = (n: number | null): string => (n === null ? '' : `: ${n} ${n === 1 ? 'state' : 'states'}`);
  switch (r.method) {
    case 'exact':
      switch (r.how) {
        case 'gaussian':
          return `ln Z = ${r.logZ} (exact: ${r.states === 1 ? 'a Gaussian integral' : `${r.states} Gaussian integrals`})`;
        case 'elimination':
          return `ln Z = ${r.logZ} (exact${states(r.states)}, by elimination)`;
        default:
          return `ln Z = ${r.logZ} (exact${states(r.states)})`;
      }
    case 'ais':
    case 'smc': {
      const digits = Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(r.error))));
      const value = Number.isFinite(digits) ? r.logZ.toFixed(digits) : String(r.logZ);
      const error = Number.isFinite(digits) ? r.error.toFixed(digits) : String(r.error);
      return `ln Z = ${value} ± ${error} (${estimators[r.method]}, ${r.chains} chains, ladder of ${r.rungs} temperatures${r.complete ? '' : ', stopped early'})`;
    }
  }
}
