/** The programs that mutations start from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutated } from './mutations.ts';
import { generatedProgram } from './programs.ts';
import { Choices } from './random.ts';

const folders = ['examples', 'test/good', 'test/bad', 'stdlib'];

/** Every program below `root`, in the order of their paths; those of more than `most` characters are left out. */
export function corpusIn(root: string, most = 4000): string[] {
  return folders.flatMap((folder) => {
    let names: string[];
    try {
      names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort();
    } catch {
      return [];
    }
    return names
      .filter((n) => n.endsWith('.energy'))
      .map((n) => readFileSync(join(root, folder, n), 'utf8'))
      .filter((t) => t.length <= most);
  });
}

/** Text number `seed`: of three, two are mutations of the corpus and one is generated (or a mutation of such). */
export function textOf(corpus: readonly string[], seed: number): string {
  const c = new Choices(seed);
  if (c.below(3) > 0) return mutated(corpus, c);
  const made = generatedProgram(c);
  return c.chance(70) ? made : mutated([made, c.of(corpus)], c);
}
