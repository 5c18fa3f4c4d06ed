/** `energy lsp`: the language service on standard input and output, in the Language Server Protocol. */
import * as path from 'node:path';
import { createConnection } from 'vscode-languageserver/node';
import { packageRoot } from '../demo/project.ts';
import { serve } from '../lsp/server.ts';
import { ExitCode } from '../terminal.ts';

/** Serves until the client says `exit` or closes the stream. @returns 0 after a `shutdown`, else 1 */
export async function lspCommand(): Promise<number> {
  const stdlib = path.join(await packageRoot(), 'stdlib');
  return new Promise((resolve) => {
    const connection = createConnection(process.stdin, process.stdout);
    let asked = false;
    connection.onShutdown(() => {
      asked = true;
    });
    connection.onExit(() => resolve(asked ? ExitCode.fine : ExitCode.wrong));
    // Standard output belongs to the protocol; an answer that failed was told to the client.
    process.on('unhandledRejection', (e) => process.stderr.write(`energy lsp: ${String(e)}\n`));
    serve(connection, stdlib);
    connection.listen();
  });
}
