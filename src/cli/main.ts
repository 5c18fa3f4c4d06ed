/** The command line: verbs, flags, exit codes. What each verb does is in `commands/`. */
import { CommanderError } from 'commander';
import { compileTargets } from '../emit/compile/targets.ts';
import { backendNames, engineNames } from '../engines/names.ts';
import { drawsFormats } from '../io/draws-formats.ts';
import { type OptionSpec, verbs } from '../options.ts';
import { themes } from '../plot/context.ts';
import { templates } from '../scaffold/templates.ts';
import { EnergyError } from '../syntax/diagnostic.ts';
import { version } from '../version.ts';
import { type Act, aboutItself } from './about-itself.ts';
import { collect, EnergyCommand, RUN_OPTIONS, type Source, sourceOf, words } from './command.ts';
import type { CompileFlags } from './commands/compile.ts';
import type { NativeFlags } from './commands/native.ts';
import type { NewFlags } from './commands/new.ts';
import type { PlaygroundFlags } from './commands/playground.ts';
import type { PlotFlags } from './commands/plot.ts';
import type { WorkerFlags } from './commands/worker.ts';
import { verbExamples } from './help/details.ts';
import type { CommonOptions } from './program.ts';
import { ExitCode, type Io, Terminal, UsageError } from './terminal.ts';
import { views } from './views.ts';

/** Runs one command; never throws. @returns the exit code */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: number = ExitCode.fine;
  const terminal = new Terminal(io, argv.includes('--json'), argv.includes('--quiet'));
  const program = commands(io, terminal, async (run) => {
    code = await run();
  });
  try {
    if (argv.length === 0) {
      terminal.answer(program.helpInformation());
      return ExitCode.usage;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (e) {
    terminal.clearLive();
    if (e instanceof CommanderError) return e.exitCode === 0 ? ExitCode.fine : ExitCode.usage;
    if (e instanceof UsageError) {
      io.err.write(`energy: ${e.message}\n`);
      return ExitCode.usage;
    }
    if (e instanceof EnergyError) {
      terminal.diagnostics(e.diagnostics);
      return ExitCode.wrong;
    }
    io.err.write(
      `energy ${version}: internal error: ${e instanceof Error ? e.message : String(e)}\n` +
        'This is a fault of ours. Please report it with the program and the command; run again with ENERGY_DEBUG=1 for details.\n',
    );
    if (process.env.ENERGY_DEBUG && e instanceof Error) io.err.write(`${e.stack}\n`);
    return ExitCode.internal;
  }
}

/** The tree of commands. What a command does is loaded when it is called. */
export function commands(io: Io, terminal: Terminal, act: Act): EnergyCommand {
  const program = new EnergyCommand('energy')
    .description('Energy: write an energy function; check, sample, train and plot it.')
    .version(version, '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: (s) => io.out.write(s), writeErr: (s) => io.err.write(s) })
    .showHelpAfterError('(run with --help for the options)');

  const compileTime = (c: EnergyCommand): EnergyCommand =>
    c
      .group('Program')
      .option('--set <name=value>', 'override a constant', collect)
      .takes('--set', { kind: 'pairs', of: 'const' })
      .option('--json', 'print events as JSON, one a line');
  const withSources = (c: EnergyCommand): EnergyCommand =>
    compileTime(c)
      .option('--data <name=file>', 'bind data, or a JSON file with all of them', collect)
      .option(
        '--params <dir>',
        'use the parameters that a fit wrote there; stem=dir: those of the file stem.energy that is used',
        collect,
      )
      .takes('--data', { kind: 'pairs', of: 'data' })
      .takes('--params', { kind: 'pairs', of: 'use' });
  const withData = (c: EnergyCommand): EnergyCommand =>
    withSources(c)
      .group('Computation')
      .takes('--engine', words(engineNames))
      .takes('--backend', words(backendNames))
      .option('--engine <name>', `what computes: ${engineNames.join(', ')}`, 'auto')
      .option('--backend <name>', backendHelp)
      .option('--seed <n>', 'seed of every random number');
  const writes = (c: EnergyCommand): EnergyCommand =>
    withData(c)
      .group('Results')
      .takes('--format', words(drawsFormats))
      .option('-o, --output <dir>', 'folder for the results')
      .option('--format <name>', 'file format of draws: parquet, csv, npz, nc (netCDF, for ArviZ)', 'parquet')
      .option('--strict', 'exit with 3 when the diagnostics of a run are bad')
      .option('--quiet', 'print nothing but what is wrong; with --json no progress');

  compileTime(
    program.command('check <files...>').description('report what is wrong in programs, without running them'),
  )
    .option('--strict', 'treat warnings as errors')
    .example('energy check model.energy', 'energy check - < model.energy')
    .action((files: string[], o: CommonOptions) =>
      act(async () => (await import('./commands/check.ts')).checkCommand(io, terminal, files, o)),
    );

  program
    .command('format <files...>')
    .description('lay programs out in the canonical way')
    .option('--check', 'only say whether they are')
    .option('--stdout', 'print instead of writing')
    .example('energy format model.energy')
    .action((files: string[], o: { check?: boolean; stdout?: boolean }) =>
      act(async () => (await import('./commands/format.ts')).formatCommand(io, terminal, files, o)),
    );

  withData(
    program
      .command('emit <what> <file>')
      .description(`print a view of a program: ${views.join(', ')}`)
      .option('--standalone', 'of tex: a whole document')
      .option('-o, --output <file>', 'of graph: an SVG file')
      .takes('what', words(views)),
  )
    .example('energy emit ir model.energy', 'energy emit tex model.energy --standalone')
    .action((what: string, file: string, o: CommonOptions & { standalone?: boolean }) =>
      act(async () => (await import('./commands/emit.ts')).emitCommand(io, terminal, what, file, o)),
    );

  withData(program.command('plan <file> [energy]').description('which method serves which unknowns, and why'))
    .option('--evidence <file>', evidence)
    .takes('--evidence', evidenceFiles)
    .example('energy plan examples/physics/ising.energy --set n=64')
    .action((file: string, energy: string | undefined, o: CommonOptions) =>
      act(async () => (await import('./commands/plan.ts')).planCommand(io, terminal, file, energy, o)),
    );

  writes(
    program
      .command('run <file> [job]')
      .description("run the file's jobs in order, or one of them (and the fits before it)"),
  )
    .group('Workers')
    .takes('--workers', words(['auto']))
    .option('--workers <n|auto>', 'threads that draw the chains of sample jobs, instead of what they say')
    .option('--workers-at <host:port,…>', workersAt)
    .option('--token-file <file>', tokenFile)
    .example('energy run examples/physics/ising.energy -o runs/ising')
    .action((file: string, job: string | undefined, o: CommonOptions) =>
      act(async () => (await import('./commands/run.ts')).runCommand(io, terminal, file, job, o)),
    );

  for (const verb of verbs) {
    if (!verb.available || !verb.takesEnergy) continue;
    const positional = verb.options.filter((x) => x.positional);
    const c = writes(
      program
        .command(`${verb.name} <file> [energy] ${positional.map((x) => `[${x.name}]`).join(' ')}`.trim())
        .description(verb.doc),
    );
    c.group(RUN_OPTIONS);
    for (const option of verb.options) {
      if (option.positional || option.name === 'seed') continue;
      c.option(flagOf(option), helpOf(option)).takes(`--${option.name}`, sourceOf(option.type));
    }
    c.group('Results');
    if (verb.options.some((x) => x.type.kind === 'given'))
      c.option('--evidence <file>', evidence).takes('--evidence', evidenceFiles);
    if (verb.name === 'sample') {
      c.group('Workers');
      c.option('--workers-at <host:port,…>', workersAt);
      c.option('--token-file <file>', tokenFile);
    }
    if (verb.name === 'fit')
      c.option('--resume <dir>', 'go on from the checkpoint of an earlier fit, to the same bytes').takes(
        '--resume',
        { kind: 'runs' },
      );
    c.example(...(verbExamples[verb.name] ?? []));
    c.action((...args: unknown[]) => {
      const [file, energy, ...rest] = args.slice(0, -2) as (string | undefined)[];
      const o = args[args.length - 2] as CommonOptions & Record<string, string>;
      return act(async () =>
        (await import('./commands/verb.ts')).verbCommand(io, terminal, verb, file!, energy, rest, o),
      );
    });
  }

  withSources(
    program
      .command('compile <file> [energy]')
      .description(
        'export an energy with its gradients as a graph that tfjs, TensorFlow or ONNX Runtime runs',
      ),
  )
    .option('--seed <n>', 'seed of parameters that start at random')
    .group('Results')
    .takes('--to', words(compileTargets))
    .option('--to <format>', `${compileTargets.join(', ')}`, 'tfjs')
    .option('--batch <n>', 'states side by side: the first dimension of all arrays; without it, one state')
    .option('--step <job>', 'instead of an energy, a step of this `fit`: loss, derivatives and optimiser')
    .option('-o, --output <dir>', 'folder for the files')
    .example(
      'energy compile examples/physics/ising.energy --batch 64 -o ising-tfjs',
      'energy compile model.energy Joint --params runs/fit --to savedmodel -o joint',
      'energy compile examples/learning/boltzmann.energy --step learn --to onnx -o learn-onnx',
    )
    .action((file: string, energy: string | undefined, o: CompileFlags) =>
      act(async () => (await import('./commands/compile.ts')).compileCommand(io, terminal, file, energy, o)),
    );

  program
    .command('new [file]')
    .description(
      'write a program to begin with: from a table, whose columns say what they are, or a template',
    )
    .takes('--from', { kind: 'files', extensions: ['csv', 'parquet'] })
    .takes('--template', { kind: 'words', words: templates.map((t) => ({ value: t.name, doc: t.doc })) })
    .option('--from <table>', 'CSV or Parquet: an energy over its rows')
    .option('--target <column>', 'of --from: the column that is to be predicted')
    .option('--name <name>', 'of --from: the name of the energy')
    .option('--template <name>', `${templates.map((t) => t.name).join(', ')}`)
    .option('--force', 'write over files that are there')
    .option('--json', 'print events as JSON, one a line')
    .example('energy new --from penguins.csv --target species', 'energy new glass.energy --template lattice')
    .action((file: string | undefined, o: NewFlags) =>
      act(async () => (await import('./commands/new.ts')).newCommand(io, terminal, file, o)),
    );

  program
    .command('summary <dir>')
    .takes('dir', { kind: 'runs' })
    .description('means, errors, effective sample sizes and R-hat of a run')
    .option('--json', 'print JSON')
    .option('--all', 'every scalar, however many')
    .example('energy summary runs/ising/draws')
    .action((dir: string, o: { all?: boolean }) =>
      act(async () => (await import('./commands/summary.ts')).summaryCommand(io, terminal, dir, o)),
    );

  program
    .command('plot <dir>')
    .takes('dir', { kind: 'runs' })
    .description('draw the charts of a run as SVG (and PNG), and a page that shows them')
    .option('--json', 'print JSON')
    .option('-o, --output <dir>', 'folder for the charts')
    .option('--png', 'PNG files, too')
    .option('--width <pixels>', 'of PNG files; twice the width of the chart if absent')
    .takes('--theme', words(themes))
    .option(
      '--theme <name>',
      `${themes.join(', ')}: auto follows the viewer, in PNG files it is light`,
      'auto',
    )
    .example('energy plot runs/ising/draws', 'energy plot runs/ising/draws --png --width 1600 --theme dark')
    .action((dir: string, o: PlotFlags) =>
      act(async () => (await import('./commands/plot.ts')).plotCommand(io, terminal, dir, o)),
    );

  program
    .command('report <dir>')
    .takes('dir', { kind: 'runs' })
    .description(
      'one HTML file of a run, or of all runs in a folder: source, plan, diagnostics, tables, charts',
    )
    .option('--json', 'print JSON')
    .option('-o, --output <file>', 'where it goes: report.html in the folder if absent')
    .example('energy report runs/ising')
    .action((dir: string, o: { output?: string }) =>
      act(async () => (await import('./commands/report.ts')).reportCommand(io, terminal, dir, o)),
    );

  program
    .command('doc [name]')
    .takes('name', {
      kind: 'words',
      words: async () => (await import('./completion/reference-words.ts')).referenceWords(),
    })
    .description('what a word, a function, a distribution or a part of the standard library means')
    .option('--json', 'print JSON')
    .example('energy doc student_t', 'energy doc std/ising')
    .action((name: string | undefined) =>
      act(async () => (await import('./commands/doc.ts')).docCommand(terminal, name)),
    );

  program
    .command('explain [code]')
    .takes('code', {
      kind: 'words',
      words: async () => (await import('./completion/reference-words.ts')).codeWords(),
    })
    .description('what a diagnostic code means, with an example; without a code the list of them')
    .option('--json', 'print JSON')
    .example('energy explain E0302')
    .action((code: string | undefined) =>
      act(async () => (await import('./commands/explain.ts')).explainCommand(terminal, code)),
    );

  program
    .command('worker')
    .description('draw chains for runs on other machines (`--workers-at`), until it is interrupted')
    .option('--listen <host:port>', 'where to be called', '127.0.0.1:7411')
    .option('--token-file <file>', tokenFile)
    .option('--cores <n>', 'workers at once; as many as the machine has cores if absent')
    .option('--json', 'print JSON')
    .example('openssl rand -hex 32 > token', 'energy worker --listen 0.0.0.0:7411 --token-file token')
    .action((o: WorkerFlags) =>
      act(async () => (await import('./commands/worker.ts')).workerCommand(io, terminal, o)),
    );

  program
    .command('lsp')
    .description(
      'serve an editor: the language server, on standard input and output; docs/editors.md sets editors up',
    )
    .option('--stdio', 'as editors say it; there is no other way')
    .example('energy lsp', 'energy lsp --stdio')
    .action(() => act(async () => (await import('./commands/lsp.ts')).lspCommand()));

  program
    .command('playground [dir]')
    .description('serve the playground on this machine, with a folder open, until it is interrupted')
    .option('--port <n>', 'of 127.0.0.1; 0: any that is free; 7412, or any, if absent')
    .option('--no-open', 'print the address only, open no browser')
    .option('--json', 'print JSON')
    .example('energy playground', 'energy playground models --no-open')
    .action((dir: string | undefined, o: PlaygroundFlags) =>
      act(async () => (await import('./commands/playground.ts')).playgroundCommand(io, terminal, dir, o)),
    );

  program
    .command('doctor')
    .description('what this machine has: engines and backends with their versions, cores, memory')
    .option('--json', 'print JSON')
    .example('energy doctor --json')
    .action(() => act(async () => (await import('./commands/doctor.ts')).doctorCommand(terminal)));

  program
    .command('native')
    .description('install the native TensorFlow engine: its library from pip, its addon compiled here')
    .option(
      '--tensorflow <dir>',
      'a folder that has the library: of TensorFlow for C, or of the package for Python',
    )
    .option('--optional', 'exit with 0 where something is missing for it')
    .option('--json', 'print events as JSON, one a line')
    .example('energy native')
    .action((o: NativeFlags) =>
      act(async () => (await import('./commands/native.ts')).nativeCommand(io, terminal, o)),
    );

  program
    .command('demo')
    .description('train, sample, complete and classify digits and wines; writes a page with pictures')
    .option('-o, --output <dir>', 'folder for the results', 'runs/demo')
    .option('--engine <name>', `what computes: ${engineNames.join(', ')}`, 'auto')
    .option('--backend <name>', backendHelp)
    .option('--json', 'print events as JSON, one a line')
    .takes('--engine', words(engineNames))
    .takes('--backend', words(backendNames))
    .example('energy demo', 'energy demo -o pictures --engine wasm')
    .action((o: CommonOptions) =>
      act(async () => (await import('./commands/demo.ts')).demoCommand(io, terminal, o)),
    );

  aboutItself(program, io, terminal, act);
  return program;
}

const backendHelp = `the tfjs backend that computes, whatever seems quickest: ${backendNames.join(', ')}`;
const workersAt = 'other machines that draw chains, too: where `energy worker` listens';
const tokenFile = 'a file with the token that workers and runs share; ENERGY_WORKER_TOKEN if absent';
const evidence = 'what is known of a UAI model: a .evid file';
const evidenceFiles: Source = { kind: 'files', extensions: ['evid'] };

const flagOf = (o: OptionSpec): string =>
  `--${o.name} <${o.type.kind === 'number' ? ['n', ...(o.type.words ?? [])].join('|') : o.type.kind === 'given' ? 'values|file.json' : 'value'}>`;

const helpOf = (o: OptionSpec): string =>
  `${o.doc}${o.default === undefined ? '' : ` (default: ${o.default})`}`;
