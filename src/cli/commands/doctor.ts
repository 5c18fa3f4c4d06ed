import { engineNames } from '../../engines/names.ts';
import { openEngine } from '../../engines/open.ts';
import { version } from '../../version.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

const details: Readonly<Record<string, string>> = {
  kernels: 'WebAssembly made for the program, float64',
  reference: 'float64, slow; the oracle',
};

/** Tries every engine and says what came of it. */
export async function doctorCommand(terminal: Terminal): Promise<number> {
  const engines: { name: string; available: boolean; detail: string }[] = [];
  for (const name of engineNames) {
    if (name === 'auto') continue;
    try {
      const e = await openEngine(name);
      engines.push({ name, available: true, detail: details[name] ?? e.name });
    } catch (e) {
      engines.push({
        name,
        available: false,
        detail: e instanceof Error ? e.message.split('\n')[0] : String(e),
      });
    }
  }
  const { bestBackend } = await import('../../engines/tfjs/index.ts');
  const best = await bestBackend();
  terminal.line(`energy ${version}, Node ${process.version}, ${process.platform}-${process.arch}`);
  for (const e of engines)
    terminal.line(
      `  ${e.available ? '✓' : '✗'} ${e.name.padEnd(11)} ${e.detail}${e.name === best || e.name === 'kernels' ? ' (used by default)' : ''}`,
    );
  terminal.event({
    event: 'result',
    verb: 'doctor',
    version,
    node: process.version,
    engines,
    default: ['kernels', best],
  });
  return ExitCode.fine;
}
