/** Ten thousand texts through the front end; `npm run fuzz` throws as many as one likes. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { corpusIn, textOf } from './corpus.ts';
import { examine } from './examine.ts';

const count = Number(process.env.FUZZ_TEXTS ?? 10_000);
const first = Number(process.env.FUZZ_SEED ?? 1);
const corpus = corpusIn(resolve(import.meta.dirname, '../..'), 800);

describe('the front end answers', () => {
  it(`for ${count} broken and generated programs`, async () => {
    const faults: string[] = [];
    let refused = 0;
    let bound = 0;
    for (let seed = first; seed < first + count; seed++) {
      const text = textOf(corpus, seed);
      const { finding, reached } = await examine(text);
      if (reached === 'refused') refused++;
      if (reached === 'bound') bound++;
      // How long it takes depends on what else the machine does: the command line watches over that.
      if (finding && !finding.signature.startsWith('slow'))
        faults.push(`${finding.signature}\n${finding.detail}\n${text}`);
    }
    expect(faults.slice(0, 3)).toEqual([]);
    // Neither all rubbish nor all right.
    expect(refused).toBeGreaterThan(count / 4);
    expect(bound).toBeGreaterThan(count / 100);
  }, 240_000);
});
