/** Texts kept beside the programs they belong to. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** True under `npm run promote`, which accepts what comes out as what is expected. */
const promoting = process.env.UPDATE_GOLDENS === '1';

/** Compares a text with the file that holds it; a missing file is a failure unless goldens are promoted. */
export function expectGolden(file: string, text: string): void {
  if (promoting) {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
    return;
  }
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  expect(text, `${file} differs; look at it, then \`npm run promote\``).toBe(kept);
}
