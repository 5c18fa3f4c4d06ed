/** What the front end owes to every text: an answer, in time, and a printed form that says the same. */
import { bind } from '../../src/bind/bind.ts';
import { compileText } from '../../src/compile.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import { EnergyError } from '../../src/syntax/diagnostic.ts';
import { parse } from '../../src/syntax/parse.ts';
import { print } from '../../src/syntax/print.ts';

export interface Finding {
  /** Equal for texts that show the same fault. */
  readonly signature: string;
  readonly detail: string;
}

export interface Examined {
  readonly finding: Finding | null;
  /** How far the text came. */
  readonly reached: 'refused' | 'checked' | 'bound';
}

/** Milliseconds that one text may take. */
export const patience = 2000;

/** The place in the sources where an error was thrown, with digits and names left out. */
function signatureOf(stage: string, e: unknown): string {
  if (!(e instanceof Error)) return `${stage}: threw no error`;
  const frames = (e.stack ?? '').split('\n').filter((l) => /\/(src|grammar)\//.test(l));
  const at = /(?:src|grammar)\/[\w/-]+\.[jt]s/.exec(frames[0] ?? '')?.[0] ?? '';
  const fn = /at (?:new )?([\w.<>]+)/.exec(frames[0] ?? '')?.[1] ?? '';
  return `${stage}: ${e.name}: ${e.message.replace(/\d+/g, 'N').slice(0, 80)} in ${fn} ${at}`;
}

const found = (signature: string, detail: string, reached: Examined['reached'] = 'refused'): Examined => ({
  finding: { signature, detail },
  reached,
});

/** Looks at one text. Never throws. */
export async function examine(text: string): Promise<Examined> {
  const start = performance.now();
  let stage = 'check';
  let reached: Examined['reached'] = 'refused';
  try {
    const { tree, program, diagnostics, ok } = compileText(text, 'a.energy');
    if (ok === diagnostics.some((d) => d.severity === 'error'))
      return found('ok disagrees with the diagnostics', '');
    for (const d of diagnostics) {
      if (/undefined|\[object|NaN|\bnull\b/.test(d.message) && !/undefined|NaN|null/.test(text))
        return found(`a message with a value of the host: ${d.code}`, d.message);
      if (d.place.kind !== 'source') continue;
      const { start: from, end } = d.place.span;
      if (!(from >= 0 && from <= end && end <= text.length))
        return found(
          `a span outside the text: ${d.code}`,
          `${from} to ${end} of ${text.length}: ${d.message}`,
        );
    }
    const spoken = diagnostics.some((d) => d.severity === 'error' && /^E01/.test(d.code));
    if (!spoken) {
      stage = 'print';
      const printed = print(tree);
      const again = parse(printed, 'a.energy');
      if (again.diagnostics.some((d) => d.severity === 'error'))
        return found('what is printed does not parse', again.diagnostics[0].message);
      if (print(again.program) !== printed) return found('what is printed is printed differently', printed);
    }
    if (ok) {
      reached = 'checked';
      stage = 'bind';
      if (program.data.length === 0) {
        await bind(program, memoryHost({}));
        reached = 'bound';
      }
    }
  } catch (e) {
    if (!(stage === 'bind' && e instanceof EnergyError)) {
      const detail = e instanceof Error ? (e.stack ?? e.message) : String(e);
      return found(signatureOf(stage, e), detail, reached);
    }
  }
  const took = performance.now() - start;
  if (took > patience) return found(`slow: ${stage}`, `${took.toFixed(0)} ms`, reached);
  return { finding: null, reached };
}

/** A smaller text with the same fault: lines, then words, then characters left out (Zeller, 1999, simplified). */
export async function minimised(text: string, signature: string, tries = 600): Promise<string> {
  let left = tries;
  let best = text;
  const still = async (candidate: string): Promise<boolean> => {
    left--;
    return (await examine(candidate)).finding?.signature === signature;
  };
  const splits: readonly (readonly [RegExp, string])[] = [
    [/\n/, '\n'],
    [/(?<=\W)|(?=\W)/, ''],
  ];
  for (const [by, glue] of splits) {
    let list = best.split(by);
    for (
      let size = Math.ceil(list.length / 2);
      size >= 1 && left > 0;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let at = 0; at < list.length && left > 0; ) {
        const rest = [...list.slice(0, at), ...list.slice(at + size)];
        if (rest.length > 0 && (await still(rest.join(glue)))) list = rest;
        else at += size;
      }
    }
    best = list.join(glue);
  }
  return best;
}
