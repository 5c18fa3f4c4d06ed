/** `energy playground`: the playground on this machine, with a folder open. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { openBrowser } from '../playground/browser.ts';
import { type PlaygroundServer, servePlayground } from '../playground/server.ts';
import { builtPage } from '../playground/site.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';

export interface PlaygroundFlags {
  readonly port?: string;
  /** False with `--no-open`. */
  readonly open?: boolean;
}

/** Where the page is served if nothing is said: the same place every time, so that the browser knows it. */
const PORT = 7412;

/** Serves until it is interrupted. */
export async function playgroundCommand(
  io: Io,
  terminal: Terminal,
  dir: string | undefined,
  o: PlaygroundFlags,
): Promise<number> {
  const port = portOf(o.port);
  const folder = path.resolve(io.cwd, dir ?? '.');
  const stat = await fs.stat(folder).catch(() => null);
  if (!stat?.isDirectory())
    throw new UsageError(
      `\`${dir}\` is ${stat ? 'a file' : 'not there'}; expected a folder${stat ? `: \`${path.dirname(dir!)}\`` : ''}`,
    );
  const page = await builtPage((text) => terminal.line(text));
  const server = await listen(page, folder, port);
  const opened = o.open !== false && openBrowser(server.url);
  terminal.line(`energy playground: ${server.url}`);
  terminal.line(`the folder is ${folder}; ${opened ? '' : 'open the address in a browser; '}Ctrl-C ends it`);
  terminal.event({ event: 'listening', url: server.url, port: server.port, folder });
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.close();
  return ExitCode.fine;
}

async function listen(page: string, folder: string, port: number | undefined): Promise<PlaygroundServer> {
  try {
    return await servePlayground(page, folder, port ?? PORT);
  } catch (e) {
    const code = e instanceof Error && 'code' in e ? String(e.code) : '';
    if (port === undefined && code === 'EADDRINUSE') return servePlayground(page, folder, 0);
    const why = code === 'EADDRINUSE' ? 'is in use' : code === 'EACCES' ? 'may not be used' : undefined;
    if (why) throw new UsageError(`the port ${port} ${why}; say another one, or 0 for any that is free`);
    throw e;
  }
}

/** @throws UsageError */
function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new UsageError(`--port is a number from 0 (any that is free) to 65535, not \`${text}\``);
}
