/** Numbers and names of plans, for readers. */
import { h } from '../dom.ts';

/** Methods that are called otherwise than they are written. */
const called: Readonly<Record<string, string>> = {
  gibbs: 'Gibbs',
  nuts: 'NUTS',
  hmc: 'HMC',
  langevin: 'Langevin',
  swendsen_wang: 'Swendsen–Wang',
  wolff: 'Wolff clusters',
  marginal: 'summed out',
  exact: 'exact draws',
  exchange: 'exchanges',
  given: 'given',
  mixed: 'several in turn',
  enumeration: 'enumeration',
  elimination: 'elimination',
  gaussian: 'a Gaussian integral',
  ais: 'annealed sampling',
};

export const methodName = (method: string): string => called[method] ?? method.replaceAll('_', ' ');

/** Whole numbers with their thousands apart, large ones as powers of ten. */
export const count = (n: number): string =>
  n < 1e12 ? Math.round(n).toLocaleString('en') : n.toExponential(1).replace(/e\+?/, '·10^');

/** Two digits and a unit. */
export function timeText(ns: number): string {
  const [unit, scale] = ns < 1e3 ? ['ns', 1] : ns < 1e6 ? ['µs', 1e3] : ns < 1e9 ? ['ms', 1e6] : ['s', 1e9];
  return `${Number((ns / scale).toPrecision(2))} ${unit}`;
}

export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let [size, u] = [bytes, 0];
  for (; size >= 1000 && u < units.length - 1; u++) size /= 1000;
  return `${Number(size.toPrecision(3))} ${units[u]}`;
}

/** Text with its `quoted` names set as code. */
export const prose = (text: string): readonly (Node | string)[] =>
  text.split(/`([^`]*)`/).map((part, i) => (i % 2 === 0 ? part : h('code', {}, part)));
