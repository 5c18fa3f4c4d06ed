/** Names inside the program of a command line: jobs, energies, data, constants, unknowns. */
import type { Word } from '../command.ts';
import { outlineIn, usedOutline } from './files.ts';
import { argumentOf, type Line } from './line.ts';
import { type Declaration, membersOf, type Outline, type Unknown, unknownsOf } from './outline.ts';

/** The names that stand for an energy, a job, data, or an unknown of the energy of the line. */
export async function namesOf(
  of: 'energy' | 'job' | 'data' | 'unknown',
  line: Line,
  cwd: string,
): Promise<readonly Word[]> {
  const file = argumentOf(line, 'file') ?? argumentOf(line, 'files');
  const outline = file === undefined ? undefined : outlineIn(cwd, file);
  if (file === undefined || !outline) return [];
  switch (of) {
    case 'job':
      return declared(outline, 'run').map((d) => ({
        value: d.name,
        doc: short(d.rest.replace(/^=\s*/, '')),
      }));
    case 'data':
      return declared(outline, 'data').map((d) => ({
        value: d.name,
        doc: short(d.rest.replace(/^:\s*/, '')),
      }));
    case 'energy':
      return (await energiesOf(outline, file, cwd)).map(({ name, energy }) => ({
        value: name,
        doc: short(energy.rest.replace(/\{.*$/, '')),
      }));
    case 'unknown': {
      const chosen = await energyOf(outline, file, line, cwd);
      return chosen.flatMap(({ energy, outline: from }) => unknownWords(energy, from));
    }
  }
}

/** What may stand before the `=` of `--set`, `--data` and `--params`; of a constant also its value. */
export async function pairWords(
  of: 'const' | 'data' | 'use',
  typed: string,
  line: Line,
  cwd: string,
): Promise<readonly Word[]> {
  const file = argumentOf(line, 'file') ?? argumentOf(line, 'files');
  const outline = file === undefined ? undefined : outlineIn(cwd, file);
  if (!outline) return [];
  if (of === 'use')
    return outline.uses.map((u) => ({ value: `${stem(u.from)}=`, doc: `what ${u.from} declares` }));
  // Of an option that comes again only what it does not say yet.
  const flag = of === 'const' ? '--set' : '--data';
  const said = new Set((line.flags.get(flag) ?? []).map((p) => p.slice(0, p.indexOf('='))));
  return declared(outline, of)
    .filter((d) => !said.has(d.name))
    .map((d) => {
      const value = of === 'const' ? /=\s*(\S.*)$/.exec(d.rest)?.[1] : undefined;
      const whole = value !== undefined && /^-?[\d.]+(e-?\d+)?$/.test(value) && typed.includes('=');
      return { value: `${d.name}=${whole ? value : ''}`, doc: short(d.rest.replace(/^:\s*/, '')) };
    });
}

/** The last name of `{ x[left] = photo[left], … }` as it may be: an unknown, in brackets an index, else data or a constant. */
export async function givenWords(typed: string, line: Line, cwd: string): Promise<readonly Word[]> {
  const file = argumentOf(line, 'file') ?? argumentOf(line, 'files');
  const outline = file === undefined ? undefined : outlineIn(cwd, file);
  if (file === undefined || !outline) return [];
  const before = typed.replace(/[\p{L}_][\p{L}\p{N}_]*$/u, '');
  const names = (kinds: readonly Declaration['kind'][]): readonly Word[] =>
    outline.declarations
      .filter((d) => kinds.includes(d.kind))
      .map((d) => ({ value: d.name, doc: short(`${d.kind} ${d.rest}`) }));
  const open = before.lastIndexOf('[') > before.lastIndexOf(']');
  const found = open
    ? [...names(['index', 'set', 'const']), ...membersIn(outline)]
    : /[{,]\s*$/.test(before)
      ? await namesOf('unknown', line, cwd)
      : /=\s*$/.test(before)
        ? [...names(['data', 'const']), ...membersIn(outline)]
        : [];
  return found.map((w) => ({ ...w, value: before + w.value }));
}

const membersIn = (outline: Outline): readonly Word[] =>
  declared(outline, 'enum').flatMap((d) => membersOf(d).map((value) => ({ value, doc: `of ${d.name}` })));

const declared = (outline: Outline, kind: Declaration['kind']): readonly Declaration[] =>
  outline.declarations.filter((d) => d.kind === kind);

interface Found {
  /** What the program calls it. */
  readonly name: string;
  readonly energy: Declaration;
  readonly outline: Outline;
}

/** The energies that a program declares or uses. */
async function energiesOf(outline: Outline, file: string, cwd: string): Promise<readonly Found[]> {
  const own = declared(outline, 'energy').map((energy) => ({ name: energy.name, energy, outline }));
  const used: Found[] = [];
  for (const use of outline.uses) {
    const from = await usedOutline(cwd, file, use.from);
    if (!from) continue;
    for (const { name, as } of use.names) {
      const energy = declared(from, 'energy').find((d) => d.name === name);
      if (energy) used.push({ name: as, energy, outline: from });
    }
  }
  return [...own, ...used];
}

/** The energy that the line names; all of them where it names none. */
async function energyOf(outline: Outline, file: string, line: Line, cwd: string): Promise<readonly Found[]> {
  const all = await energiesOf(outline, file, cwd);
  const named = all.filter((e) => e.name === argumentOf(line, 'energy'));
  return named.length > 0 ? named : all;
}

/** Unknowns, and the fields of those that are records. */
function unknownWords(energy: Declaration, outline: Outline): readonly Word[] {
  return unknownsOf(energy).flatMap((u: Unknown) => {
    const record = declared(outline, 'type').find((d) => d.name === u.domain);
    const fields = record
      ? membersOf(record).map((f) => ({ value: `${u.name}.${f}`, doc: record.name }))
      : [];
    return [{ value: u.name, doc: u.domain }, ...fields];
  });
}

const stem = (from: string): string => (from.split('/').at(-1) ?? from).replace(/\.energy$/, '');

const short = (text: string): string => text.replace(/\s+/g, ' ').trim();
