/** Where workers are, and the token that they share with runs, as the command line says them. */
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type Io, UsageError } from '../terminal.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const DEFAULT_PORT = 7411;

/** @throws UsageError for what is no `host:port`, `host`, `:port` or `[v6 address]:port` */
export function addressOf(text: string, flag: string, host = '127.0.0.1'): Address {
  const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if ((v6 ?? name) === undefined || text.trim() === '' || number > 65_535)
    throw new UsageError(`${flag} takes host:port, not \`${text}\``);
  return { host: (v6 ?? name) || host, port: number };
}

export const shown = ({ host, port }: Address): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Where the token comes from where no file is named. */
const VARIABLE = 'ENERGY_WORKER_TOKEN';
const SHORTEST = 16;

/** @throws UsageError where there is none, or one that is soon guessed */
export async function tokenOf(io: Pick<Io, 'cwd'>, file: string | undefined): Promise<string> {
  const said =
    file === undefined
      ? process.env[VARIABLE]
      : await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => {
          throw new UsageError(`--token-file: \`${file}\` cannot be read`);
        });
  const token = said?.trim() ?? '';
  if (token === '')
    throw new UsageError(
      `workers and runs share a token: name its file by --token-file, or put it into ${VARIABLE} (\`openssl rand -hex 32 > token\` makes one)`,
    );
  if (token.length < SHORTEST) throw new UsageError(`a token has at least ${SHORTEST} characters`);
  return token;
}
