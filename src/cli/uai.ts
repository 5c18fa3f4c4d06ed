/** UAI files on the command line: a model where a program is expected, evidence on it as what is given. */
import * as path from 'node:path';
import type { Given, Job, OptionValue } from '../check/values.ts';
import { extensionOf } from '../io/host.ts';
import { nodeHost } from '../io/node-host.ts';
import { readUai, readUaiEvidence, type UaiModel } from '../io/uai.ts';
import { uaiLayout, uaiText, unknownOf } from '../io/uai-program.ts';
import { energyNamed, type Session } from '../run/session.ts';
import { type Io, UsageError } from './terminal.ts';

export const isUai = (file: string): boolean => extensionOf(file) === 'uai';

/** The program that a model is. @throws EnergyError E0501 to E0504, E0518, E0523 */
export const uaiProgram = async (io: Pick<Io, 'cwd'>, file: string): Promise<string> =>
  uaiText(await uaiModel(io, file), path.basename(file));

async function uaiModel(io: Pick<Io, 'cwd'>, file: string): Promise<UaiModel> {
  return readUai(await bytesOf(io, file), file);
}

const bytesOf = (io: Pick<Io, 'cwd'>, file: string): Promise<Uint8Array> => {
  const host = nodeHost({ root: io.cwd });
  host.permit(path.resolve(io.cwd, file));
  return host.read(file);
};

/**
 * `--evidence file`: known variables of a UAI model as values of its unknowns, beside what `--given` says.
 * @throws EnergyError E0523 for evidence that is not on this model; UsageError for a program that is no UAI model
 */
export async function uaiGiven(
  io: Pick<Io, 'cwd'>,
  session: Session,
  job: Pick<Job, 'energy' | 'options' | 'span'>,
  file: string,
  evidence: string,
): Promise<OptionValue & { readonly kind: 'given' }> {
  if (!isUai(file))
    throw new UsageError(`--evidence is for UAI models; what is given to \`${file}\` is said with --given`);
  const model = await uaiModel(io, file);
  const known = readUaiEvidence(await bytesOf(io, evidence), evidence, model);
  const { place } = uaiLayout(model);
  const { energy } = energyNamed(session, job.energy ?? '', job.span);
  const slots = new Map(energy.unknowns.map((slot) => [slot.name, slot]));
  const b = session.program.builder;
  const entries: Given[] = [];
  for (const [variable, state] of known) {
    const slot = slots.get(unknownOf(model.states[variable]))!;
    const indices = [b.const(place[variable])];
    entries.push({ slot, axes: [], where: null, indices, value: b.const(state), span: job.span });
  }
  const given = job.options.given;
  const said = given?.kind === 'given' ? given.entries : [];
  return { kind: 'given', entries: [...said, ...entries], span: job.span };
}
