import { installNative } from '../native/install.ts';
import { NativeProblem } from '../native/problem.ts';
import { ExitCode, type Io, type Terminal } from '../terminal.ts';

export interface NativeFlags {
  readonly tensorflow?: string;
  readonly optional?: boolean;
}

/** Installs the native TensorFlow backend, step by step, and says what came of it. */
export async function nativeCommand(io: Io, terminal: Terminal, o: NativeFlags): Promise<number> {
  const result = { event: 'result', verb: 'native', node: process.version };
  try {
    const r = await installNative(o, io.cwd, (text) => {
      terminal.line(`  ${text}`);
      terminal.event({ event: 'step', text });
    });
    terminal.line(
      `native TensorFlow ${r.installed ? 'is ready' : 'is there already'}: TensorFlow ${r.tensorflow}, @tensorflow/tfjs-node ${r.tfjsNode}, Node ${process.version}`,
    );
    terminal.event({ ...result, available: true, ...r });
    return ExitCode.fine;
  } catch (e) {
    if (!(e instanceof NativeProblem)) throw e;
    const goesOn = o.optional === true && e.missing;
    if (!terminal.json) {
      io.err.write(`energy: no native TensorFlow: ${e.message}\n  What to do: ${e.remedy}\n`);
      if (goesOn) io.err.write('  It is optional; the other engines work without it.\n');
    }
    terminal.event({ ...result, available: false, reason: e.message, remedy: e.remedy });
    return goesOn ? ExitCode.fine : ExitCode.wrong;
  }
}
