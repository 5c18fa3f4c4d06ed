/** Running the jobs of a program in the terminal. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { invocation } from './program.ts';

/** A job as a code lens names it. */
export interface Job {
  readonly name: string;
  readonly line: number;
}

/** Saves the program and runs a job of it, or all of them. */
export async function runInTerminal(uri: vscode.Uri, job: string | null): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.isUntitled || !(await document.save())) {
    void vscode.window.showWarningMessage('Save the program first: a job runs from its file.');
    return;
  }
  const file = uri.fsPath;
  const setting = vscode.workspace.getConfiguration('energy', uri).get('path', 'energy');
  const { command, args } = invocation(setting, 'run', path.basename(file), ...(job === null ? [] : [job]));
  const name = `${path.basename(file)}: ${job ?? 'all jobs'}`;
  const task = new vscode.Task(
    { type: 'energy', file, job },
    vscode.workspace.getWorkspaceFolder(uri) ?? vscode.TaskScope.Workspace,
    name,
    'energy',
    // The editor quotes what its shell needs quoted.
    new vscode.ShellExecution(command, [...args], { cwd: path.dirname(file) }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated };
  await vscode.tasks.executeTask(task);
}

/**
 * Asks which of the jobs is meant; the one at the cursor comes first, and of a single one nobody is asked.
 * @returns a name, null for all of them, undefined where nothing was chosen
 */
export async function chosenJob(jobs: readonly Job[], line: number): Promise<string | null | undefined> {
  if (jobs.length === 0) {
    void vscode.window.showInformationMessage('This program has no `run` jobs.');
    return undefined;
  }
  if (jobs.length === 1) return jobs[0].name;
  const near = (j: Job): number => (j.line <= line ? line - j.line : Number.MAX_SAFE_INTEGER);
  const items = [...jobs]
    .sort((a, b) => near(a) - near(b))
    .map((j) => ({ label: j.name, description: `line ${j.line + 1}`, job: j.name as string | null }));
  const all = { label: 'All jobs', description: 'in their order', job: null };
  const chosen = await vscode.window.showQuickPick([...items, all], { placeHolder: 'Which job?' });
  return chosen?.job;
}
