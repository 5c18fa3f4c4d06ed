/** The jobs that could be added to a program: each verb with what it needs, tried out before it is offered. */
import { compileProgram } from '../../../src/compile.ts';
import { isDiscrete } from '../../../src/domain.ts';
import type { ModuleReader } from '../../../src/modules.ts';
import { type VerbSpec, verbs } from '../../../src/options.ts';
import { hasErrors } from '../../../src/syntax/diagnostic.ts';
import type { SourceText } from '../protocol.ts';
import type { Opened } from './program.ts';

/** A job that could be added. */
export interface NewRun {
  readonly verb: string;
  readonly doc: string;
  readonly energy: string | null;
  readonly name: string;
  /** `run draws2 = sample(Ising)`; null where the program lacks what the verb needs. */
  readonly text: string | null;
  /** What it lacks. */
  readonly lacks: string | null;
}

/** What new jobs are called. */
const called: Readonly<Record<string, string>> = {
  fit: 'learn',
  sample: 'draws',
  logz: 'lnz',
  score: 'scores',
  predict: 'guess',
  compare: 'check',
  minimize: 'best',
  complete: 'filled',
};

/** Every verb for every energy with states of its own, those of the file first. */
export async function newRuns(
  opened: Opened,
  source: SourceText,
  reader: ModuleReader,
): Promise<readonly NewRun[]> {
  const { compiled } = opened;
  if (!compiled.ok) return [];
  const { program, tree } = compiled;
  const taken = new Set(
    tree.items.flatMap((i) => (i.kind === 'use' ? i.names.map((n) => (n.as ?? n.name).text) : [i.name.text])),
  );
  const own = tree.items.flatMap((i) => (i.kind === 'energy' ? [i.name.text] : []));
  const energies = [...new Set([...own, ...program.energies.keys()])].filter(
    (n) => program.energies.get(n)?.generic === false,
  );
  const fits = async (text: string): Promise<boolean> => {
    const extra = { text, file: 'a new job' };
    return !hasErrors((await compileProgram(source.text, source.file, reader, { extra })).diagnostics);
  };
  const out: NewRun[] = [];
  for (const verb of verbs) {
    if (!verb.available) continue;
    const name = freeName(called[verb.name] ?? verb.name, taken);
    for (const energy of verb.takesEnergy ? energies : [null]) {
      const found = await firstThat(callsOf(opened, verb, energy), (call) => fits(`run ${name} = ${call}`));
      out.push({
        verb: verb.name,
        doc: verb.doc,
        energy,
        name,
        text: found && `run ${name} = ${found}`,
        lacks: found === null ? lackOf(verb) : null,
      });
    }
  }
  return out;
}

function freeName(base: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}${n}`;
    if (!taken.has(name)) return name;
  }
}

async function firstThat(
  calls: readonly string[],
  ok: (call: string) => Promise<boolean>,
): Promise<string | null> {
  for (const call of calls) if (await ok(call)) return call;
  return null;
}

/** Calls that are tried for one new job, at most. */
const TRIES = 40;

/** What could stand behind `=`, likeliest first. */
function callsOf({ compiled, jobs }: Opened, verb: VerbSpec, energy: string | null): readonly string[] {
  const { program } = compiled;
  const checked = energy === null ? undefined : program.energies.get(energy);
  const data = program.data.map((d) => d.name);
  const args = checked?.args.map((a) => a.name) ?? [];
  const rows = rowsTexts(data, args);
  const calls = verb.options
    .filter((o) => o.required)
    .reduce<readonly (readonly string[])[]>(
      (prefixes, o) => {
        const values = ((): readonly string[] => {
          switch (o.type.kind) {
            case 'rows':
              return rows;
            case 'job':
              return jobs.flatMap((j) => (j.verb === 'sample' ? [j.name] : [])).reverse();
            case 'unknown':
              return (checked?.energy.unknowns ?? []).flatMap((u) =>
                isDiscrete(u.domain) && u.sets.length === 0 ? [`${o.name} = ${u.name}`] : [],
              );
            default:
              return [];
          }
        })();
        return prefixes.flatMap((p) => values.map((v) => [...p, v]));
      },
      [energy === null ? [] : [energy]],
    );
  return calls.slice(0, TRIES).map((c) => `${verb.name}(${c.join(', ')})`);
}

/** Data as rows: one table for one argument, or one for each. */
function rowsTexts(data: readonly string[], args: readonly string[]): readonly string[] {
  if (args.length <= 1) return data;
  const named = args.filter((a) => data.includes(a));
  const same = named.length > 0 ? [`{ ${named.map((a) => `${a} = ${a}`).join(', ')} }`] : [];
  const each = args.reduce<readonly string[]>(
    (all, a) => all.flatMap((x) => data.map((d) => `${x}${x === '' ? '' : ', '}${a} = ${d}`)).slice(0, TRIES),
    [''],
  );
  return [...same, ...each.map((x) => `{ ${x} }`), ...data];
}

function lackOf(verb: VerbSpec): string {
  const kinds = verb.options.filter((o) => o.required).map((o) => o.type.kind);
  if (kinds.includes('unknown')) return 'needs rows of data and a discrete unknown';
  if (kinds.includes('job')) return 'needs a sample job and data like its draws';
  return kinds.includes('rows')
    ? 'needs data whose rows are states of the energy'
    : 'does not fit this energy';
}
