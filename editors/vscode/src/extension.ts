/** The extension: starts the language server, and runs jobs. */
import * as vscode from 'vscode';
import {
  CodeLensRequest,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { chosenJob, type Job, runInTerminal } from './jobs.ts';
import { invocation, spawned } from './program.ts';

const ID = 'energy';

let client: LanguageClient | undefined;
let output: vscode.LogOutputChannel | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel('Energy', { log: true });
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand('energy.run', (uri: string, job: string) =>
      runInTerminal(vscode.Uri.parse(uri), job),
    ),
    vscode.commands.registerCommand('energy.runJob', runJob),
    vscode.commands.registerCommand('energy.restart', restart),
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration('energy.path')) void restart();
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}

async function restart(): Promise<void> {
  await stop();
  await start();
}

async function stop(): Promise<void> {
  const present = client;
  client = undefined;
  // One that never ran cannot be stopped, and need not be.
  await present?.dispose().catch(() => undefined);
}

async function start(): Promise<void> {
  const setting = vscode.workspace.getConfiguration('energy').get('path', 'energy');
  const { command, args, shell } = spawned(invocation(setting, 'lsp'), process.platform);
  const server: ServerOptions = {
    command,
    args: [...args],
    transport: TransportKind.stdio,
    options: { shell },
  };
  const options: LanguageClientOptions = {
    documentSelector: [
      { language: ID, scheme: 'file' },
      { language: ID, scheme: 'untitled' },
    ],
    ...(output ? { outputChannel: output } : {}),
  };
  client = new LanguageClient(ID, 'Energy', server, options);
  try {
    await client.start();
  } catch (e) {
    output?.error(e instanceof Error ? e : String(e));
    void askForPath(command);
  }
}

async function askForPath(command: string): Promise<void> {
  const change = 'Change the path';
  const chosen = await vscode.window.showErrorMessage(
    `The Energy language server did not start: \`${command}\` is not there, or ended at once.`,
    change,
  );
  if (chosen === change) await vscode.commands.executeCommand('workbench.action.openSettings', 'energy.path');
}

async function runJob(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== ID) {
    void vscode.window.showInformationMessage('Open an Energy program to run a job of it.');
    return;
  }
  const { uri } = editor.document;
  const job = await chosenJob(await jobsOf(uri), editor.selection.active.line);
  if (job !== undefined) await runInTerminal(uri, job);
}

/** The jobs of a program, as the server's code lenses say; none without a server. */
async function jobsOf(uri: vscode.Uri): Promise<readonly Job[]> {
  if (!client?.isRunning()) return [];
  const textDocument = { uri: client.code2ProtocolConverter.asUri(uri) };
  const lenses = (await client.sendRequest(CodeLensRequest.type, { textDocument })) ?? [];
  return lenses.flatMap((l) =>
    l.command ? [{ name: String(l.command.arguments?.[1]), line: l.range.start.line }] : [],
  );
}
