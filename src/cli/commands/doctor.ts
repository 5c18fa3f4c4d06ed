import { version } from '../../version.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

/** Tries every engine and says what came of it. */
export async function doctorCommand(terminal: Terminal): Promise<number> {
  const tfjs = await import('../../engines/tfjs/index.ts');
  const engines: { name: string; available: boolean; detail: string }[] = [
    { name: 'reference', available: true, detail: 'float64, slow; the oracle' },
  ];
  for (const name of ['tensorflow', 'wasm', 'cpu'] as const) {
    try {
      const e = await tfjs.tfjsEngine(name);
      engines.push({ name, available: true, detail: e.name });
    } catch (e) {
      engines.push({
        name,
        available: false,
        detail: e instanceof Error ? e.message.split('\n')[0] : String(e),
      });
    }
  }
  const best = await tfjs.bestBackend();
  terminal.line(`energy ${version}, Node ${process.version}, ${process.platform}-${process.arch}`);
  for (const e of engines)
    terminal.line(
      `  ${e.available ? '✓' : '✗'} ${e.name.padEnd(11)} ${e.detail}${e.name === best ? ' (used by default)' : ''}`,
    );
  terminal.event({ event: 'result', verb: 'doctor', version, node: process.version, engines, default: best });
  return ExitCode.fine;
}
