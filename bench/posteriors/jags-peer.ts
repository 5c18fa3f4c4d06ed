/** JAGS as a peer (Plummer, DSC 2003): four chains in one process, whose monitored updates alone are on the clock. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript, written } from '../kernels/jags-peer.ts';
import { sources } from './cases.ts';
import { type Ran, worstEss } from './ran.ts';

export interface JagsOptions {
  readonly model: string;
  readonly data: Parameters<typeof written>[0];
  readonly monitors: readonly string[];
}

const BURN = 1000;

/** @returns null, with a note, where there is no JAGS or it refuses the model */
export async function jagsRun(
  { model, data, monitors }: JagsOptions,
  folder: string,
  seed: number,
  draws: number,
  note: (text: string) => void,
): Promise<Ran | null> {
  const file = join(sources, 'jags', `${model}.bug`);
  if (!existsSync(file)) return null;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.bug'), readFileSync(file));
  writeFileSync(join(folder, 'data.txt'), written(data));
  const starts = [1, 2, 3, 4].map((c) => {
    const start = `".RNG.name" <- "base::Mersenne-Twister"\n".RNG.seed" <- ${4 * seed + c}\n`;
    writeFileSync(join(folder, `start${c}.txt`), start);
    return `parameters in "start${c}.txt", chain(${c})`;
  });
  const ran = await runScript(
    folder,
    [
      'model in "model.bug"',
      'data in "data.txt"',
      'compile, nchains(4)',
      ...starts,
      'initialize',
      `update ${BURN}, by(${BURN})`,
      ...monitors.map((m) => `monitor ${m}`),
      'pwd',
      `update ${draws}, by(${draws})`,
      'pwd',
      'coda *, stem("draws-")',
      'exit',
      '',
    ].join('\n'),
  );
  if (!ran?.finished || !(ran.seconds > 0)) {
    note(`JAGS: left out, ${ran ? ran.output.split('\n').slice(-3).join(' ') : 'it is not installed'}`);
    return null;
  }
  const index = readFileSync(join(folder, 'draws-index.txt'), 'utf8').trim().split('\n');
  const chains = [1, 2, 3, 4].map((c) =>
    readFileSync(join(folder, `draws-chain${c}.txt`), 'utf8')
      .trim()
      .split('\n')
      .map((l) => Number(l.slice(l.indexOf(' ')))),
  );
  const columns = new Map(
    index.map((line) => {
      const [name, from, to] = line.trim().split(/\s+/);
      return [name, Float64Array.from(chains.flatMap((c) => c.slice(Number(from) - 1, Number(to))))] as const;
    }),
  );
  return { warmup: 0, sampling: ran.seconds, ...worstEss(columns) };
}
