import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { grammarRules } from '../../grammar/shapes.ts';
import { ruleText } from '../../grammar/notation.ts';
import { railroad } from '../../grammar/railroad.ts';
it('x', () => {
  const rules = grammarRules();
  for (const r of rules) { console.log(ruleText(r, 22)); writeFileSync(`/tmp/rr/${r.name}.svg`, railroad(r.name, r.shape)); }
});
