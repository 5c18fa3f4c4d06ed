/** E08: compiling energies to files of other programs. */
import { type Entries, told } from './types.ts';

const command = 'The program itself is right: it is `energy compile` that refuses it.';

export const compileEntries: Entries = {
  E0801: told(
    'The energy has something that the format has no operation for: a function of a whole matrix (`solve`, `inverse`, `cholesky`, `log_det`, `det`, and the densities made of them), or a recurrence of so many steps that they cannot be written out one by one. The message names it and points at the term. Other formats have the same gap. Take the term out of the energy that is compiled, shorten the recurrence, or evaluate the energy with `energy score` instead.',
    command,
  ),
  E0802: told(
    'The constants of the graph, which are the data, the parameters and the tables of index sets, take more than 2 GiB; files of these formats end there. Bind fewer data, or compile the energy for fewer states at a time with `--batch`.',
    command,
  ),
};
