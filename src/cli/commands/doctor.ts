import * as os from 'node:os';
import { isAuto } from '../../engines/choice.ts';
import { backendNames, type EngineName, engineNames } from '../../engines/names.ts';
import { openEngine } from '../../engines/open.ts';
import { version } from '../../version.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

/** An engine as this machine has it. */
export interface EngineReport {
  readonly name: string;
  readonly available: boolean;
  /** Whether `--engine auto` considers it. */
  readonly default: boolean;
  /** Of what computes: the library's, or this program's own. */
  readonly version?: string;
  readonly detail: string;
  /** Why it is not available, and what to do. */
  readonly reason?: string;
  readonly simd?: boolean;
  /** Threads within an operation. */
  readonly threads?: number;
}

type Facts = Pick<EngineReport, 'version' | 'detail' | 'simd' | 'threads'>;

/** Tries every engine and says what came of it. */
export async function doctorCommand(terminal: Terminal): Promise<number> {
  const auto = await openEngine('auto');
  const candidates = isAuto(auto) ? auto.candidates.map((e) => e.name) : [auto.name];
  const engines: EngineReport[] = [];
  for (const name of engineNames) if (name !== 'auto') engines.push(await reportOf(name, candidates));
  const machine = {
    platform: `${process.platform}-${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: os.totalmem(),
    free_memory: os.freemem(),
    simd: engines.find((e) => e.name === 'wasm')?.simd ?? null,
  };
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  terminal.line(`energy ${version}, Node ${process.version}, ${machine.platform}`);
  terminal.line(
    `  ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'} (${machine.cpu}), ${gib(machine.memory)} of memory, ${gib(machine.free_memory)} free`,
  );
  terminal.line();
  for (const e of engines) {
    const text = e.available ? [e.version, e.detail].filter(Boolean).join(', ') : e.reason;
    terminal.line(
      `  ${e.available ? '✓' : '✗'} ${e.name.padEnd(11)} ${text}${e.default ? ' (used by default)' : ''}`,
    );
  }
  terminal.line();
  terminal.line(
    'By default each computation takes whichever of those used by default it is expected to be quickest on;',
  );
  terminal.line(`--engine NAME forces one, --backend NAME (${backendNames.join(', ')}) one of tfjs.`);
  terminal.event({
    event: 'result',
    verb: 'doctor',
    version,
    node: process.version,
    machine,
    engines,
    default: engines.filter((e) => e.default).map((e) => e.name),
  });
  return ExitCode.fine;
}

async function reportOf(
  name: Exclude<EngineName, 'auto'>,
  candidates: readonly string[],
): Promise<EngineReport> {
  const isDefault = candidates.some((c) => c === name || c === `tfjs:${name}`);
  try {
    return { name, available: true, default: isDefault, ...(await factsOf(name)) };
  } catch (e) {
    return { name, available: false, default: false, detail: '', reason: reasonOf(e) };
  }
}

/** @throws Error where the engine cannot be had */
async function factsOf(name: Exclude<EngineName, 'auto'>): Promise<Facts> {
  switch (name) {
    case 'kernels':
      await openEngine(name);
      return { version, detail: 'WebAssembly made for the program, float64', simd: true, threads: 1 };
    case 'reference':
      await openEngine(name);
      return { version, detail: 'float64, slow; the oracle', simd: false, threads: 1 };
    case 'onnx': {
      const { loadRuntime } = await import('../../engines/onnx/runtime.ts');
      const runtime = await loadRuntime();
      return { version: runtime.version, detail: 'ONNX Runtime, native, float32', simd: true };
    }
    case 'tensorflow':
    case 'wasm':
    case 'cpu': {
      const { backendFacts } = await import('../../engines/tfjs/index.ts');
      const facts = await backendFacts(name);
      const what = { tensorflow: 'native TensorFlow', wasm: 'WebAssembly', cpu: 'plain JavaScript, slow' };
      const threads =
        facts.threads === undefined
          ? 'threads'
          : facts.threads === 1
            ? 'one thread'
            : `${facts.threads} threads`;
      return {
        version: facts.version,
        detail: `${what[name]} (${facts.package}), float32${facts.simd ? `, SIMD, ${threads}` : ''}`,
        simd: facts.simd,
        threads: facts.threads ?? os.availableParallelism(),
      };
    }
  }
}

/** The first line of an error, and of what it came from. */
function reasonOf(e: unknown): string {
  const first = (x: unknown): string => (x instanceof Error ? x.message : String(x)).split('\n')[0].trim();
  const cause = e instanceof Error && e.cause !== undefined ? first(e.cause) : '';
  return cause === '' ? first(e) : `${first(e)} [${cause.slice(0, 160)}]`;
}
