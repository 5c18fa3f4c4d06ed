/** Types of options in words. */
import type { OptionType } from '../options.ts';

/** What an option takes, in words. */
export function optionText(t: OptionType): string {
  switch (t.kind) {
    case 'number': {
      const low = t.min === undefined ? '' : t.max === undefined ? ` ≥ ${t.min}` : ` ${t.min} … ${t.max}`;
      return [`${t.integer ? 'whole number' : 'number'}${low}`, ...(t.words ?? [])].join(' or ');
    }
    case 'boolean':
      return 'true or false';
    case 'word':
      return t.values.join(', ');
    case 'call':
      return Object.keys(t.values)
        .map((v) => `${v}(…)`)
        .join(', ');
    case 'given':
      return '{ place = value, … }';
    case 'rows':
      return 'data';
    case 'job':
      return 'a job';
    case 'unknown':
      return 'an unknown';
  }
}
