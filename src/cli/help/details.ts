/** What manual pages say beyond the flags: examples of the verbs, what a command does at length, its files, where to go on. */
import type { ExitCode } from '../terminal.ts';

/** Pages that are about no command. */
export const topics = ['options', 'files', 'exit'] as const;
export type Topic = (typeof topics)[number];

/** Command lines of the verbs of `options.ts`. */
export const verbExamples: Readonly<Record<string, readonly string[]>> = {
  complete: ['energy complete examples/statistics/missing-cells.energy Ducks seen --draws 20 -o runs/ducks'],
  fit: [
    'energy fit examples/learning/wine.energy WineEnergy train --steps 500 -o runs/wine',
    "energy fit examples/learning/wine.energy WineEnergy train --loss 'contrastive(sweeps = 2)' --optimizer 'adam(rate = 0.002)' --epochs 20",
    'energy fit examples/learning/wine.energy WineEnergy train --steps 2000 --resume runs/wine -o runs/wine',
  ],
  sample: [
    'energy sample examples/physics/ising.energy --chains 4 --draws 1000 --seed 1',
    'energy sample examples/physics/potts.energy --n 64 --workers auto --format csv',
  ],
  logz: [
    'energy logz examples/physics/ising.energy --set n=4',
    'energy logz grid.uai --evidence grid.uai.evid',
  ],
  minimize: ['energy minimize examples/puzzles/knapsack.energy Knapsack -o runs/knapsack'],
  score: ['energy score examples/learning/wine.energy WineEnergy test --params runs/wine --json'],
  predict: [
    'energy predict examples/learning/wine.energy WineEnergy test --unknown w.class --params runs/wine',
  ],
};

export const exitTexts: Readonly<Record<keyof typeof ExitCode, string>> = {
  fine: 'fine',
  wrong: 'the program or its data are wrong, or a run failed; diagnostics say where',
  usage: 'the command was called wrongly',
  badDiagnostics: 'with `--strict`: the run ended, but its diagnostics are bad',
  stopped: 'Ctrl-C: what had been computed is saved, later jobs were not started; a second one ends at once',
  terminated: 'the same, after SIGTERM',
  internal: 'an internal error; please report it',
};

/** The files of a run, with what they hold. */
export const runFiles: Readonly<Record<string, string>> = {
  'run.json':
    'version, engine, the text of the program, the job with its options, seed, plan, timings, diagnostics, and which files belong to it',
  'draws.parquet':
    'of sample: unknowns, reports, the energy and each of its terms, for every draw; with --format csv, npz or nc draws-1.csv and so on, draws.npz, draws.nc',
  'params.safetensors': 'of programs with parameters: their values after the job; --params reads them',
  'checkpoint.safetensors': 'of fit: what --resume needs to go on to the same bytes',
  'events.jsonl': 'of fit: step, loss, gradient norm, energies of rows and negatives',
  'state.json': 'of minimize: the unknowns as nested arrays; --given reads it',
  'comparison.svg': 'of compare: one picture of the verdict',
  'scores.csv': 'of score: the energy of each row, and each term',
  'predictions.csv': 'of predict: the true value and the probability of each value',
  'completed.csv': 'of complete: the table with its missing cells filled',
  'cells.json': 'of complete: for every missing cell what fills it, with its uncertainty',
  'completions.parquet': 'of complete: the completions, a row for each draw of each cell',
};

/** Of environment variables what they say. */
export const environment: Readonly<Record<string, string>> = {
  ENERGY_WORKER_TOKEN: 'the token that workers and runs share, where no --token-file is given',
  ENERGY_CACHE: 'folder of what energy native installs; a folder of the system’s cache if absent',
  ENERGY_DEBUG: 'set: an internal error prints where it happened',
};

export interface Details {
  /** Paragraphs. */
  readonly text: readonly string[];
  /** Files of `runFiles`, or other names with what they hold. */
  readonly files?: readonly (string | readonly [name: string, text: string])[];
  readonly seeAlso: readonly string[];
}

const folder =
  'Results go to the folder that -o names, runs/FILE-VERB if absent; every file in it is replaced atomically, and run.json is written last.';
const flags =
  'Flags become a job of the language itself: their values are what the program could say in a run declaration, and mistakes in them are reported as mistakes of a program are. The energy need not be named where the file declares one.';

/** By command. */
export const details: Readonly<Record<string, Details>> = {
  check: {
    text: [
      'Reads, resolves and checks each program and everything that it uses, and prints what is wrong with place and suggestion. Data are not read. A file called - is standard input.',
    ],
    seeAlso: ['explain', 'format', 'lsp'],
  },
  format: {
    text: [
      'Writes each program back in the one layout that the language has; comments stay where they are. A program with syntax errors is left as it is.',
    ],
    seeAlso: ['check'],
  },
  emit: {
    text: [
      'Prints what the compiler makes of a program, from the syntax tree to the plan: energy is a program, ast the tree, typed the checked declarations, ir the intermediate code, plan the methods, graph which unknowns share a term (an SVG file), tex the energy as typeset mathematics.',
    ],
    seeAlso: ['plan', 'compile'],
  },
  plan: {
    text: [
      'Says by which method each unknown would be drawn, how ln Z would be computed, which options are chosen where the program says none, and how much memory a step of a fit takes. Nothing is run.',
    ],
    seeAlso: ['run', 'sample', 'emit'],
  },
  run: {
    text: [
      'Runs the jobs that the file declares with run, in order. With a name only that job is run, after the fits and the jobs that it builds on. The options of a job stand in the program; energy-options(1) lists them.',
      'Each job writes a folder of its own below the one that -o names, runs/FILE if absent.',
    ],
    files: Object.keys(runFiles),
    seeAlso: ['plan', 'summary', 'plot', 'report', 'options', 'files'],
  },
  fit: {
    text: [
      'Trains the parameters of an energy on rows of data, by default with energy discrepancy.',
      flags,
      folder,
    ],
    files: ['run.json', 'params.safetensors', 'checkpoint.safetensors', 'events.jsonl'],
    seeAlso: ['run', 'score', 'predict', 'report', 'options'],
  },
  sample: {
    text: [
      'Draws from the distribution with density proportional to exp(−E), given what is known.',
      flags,
      folder,
    ],
    files: ['run.json', 'draws.parquet'],
    seeAlso: ['plan', 'summary', 'plot', 'worker', 'options'],
  },
  logz: {
    text: [
      'Computes ln of the sum, or integral, of exp(−E) over all states: exactly by enumeration, elimination or a Gaussian integral where that can be afforded, else as an estimate with its standard error.',
      flags,
    ],
    files: ['run.json'],
    seeAlso: ['plan', 'sample', 'minimize', 'options'],
  },
  score: {
    text: ['Computes the energy of each row of data, term by term.', folder],
    files: ['run.json', 'scores.csv'],
    seeAlso: ['fit', 'predict'],
  },
  predict: {
    text: [
      'Computes, for each row, the exact probabilities of the values of one discrete unknown given all others, and tells how good they are where the data hold the true value.',
      folder,
    ],
    files: ['run.json', 'predictions.csv'],
    seeAlso: ['fit', 'score', 'complete'],
  },
  minimize: {
    text: ['Searches for a state of least energy, and says whether none below it can exist.', flags, folder],
    files: ['run.json', 'state.json'],
    seeAlso: ['logz', 'sample', 'options'],
  },
  complete: {
    text: ['Draws the empty cells of rows of data given the others.', flags, folder],
    files: ['run.json', 'completed.csv', 'cells.json', 'completions.parquet'],
    seeAlso: ['predict', 'sample', 'options'],
  },
  compile: {
    text: [
      'Writes the energy, its terms and its gradients as a graph that runs without this package, with a manifest and a text that says how to call it.',
    ],
    files: [
      ['manifest.json', 'inputs, outputs, what they mean and how they are shaped'],
      ['README.md', 'how the graph is loaded and called'],
    ],
    seeAlso: ['fit', 'emit'],
  },
  new: {
    text: [
      'Writes a program to begin with. From a table it declares one energy over the rows, with the domain of each column as its values suggest; a template is a whole example. Files that are there are kept unless --force is given.',
    ],
    seeAlso: ['check', 'run'],
  },
  summary: {
    text: [
      'Prints, for each scalar of the draws in a run folder, its mean with its error, standard deviation, quantiles, effective sample sizes and R-hat, and what looks wrong.',
    ],
    files: ['run.json', 'draws.parquet'],
    seeAlso: ['plot', 'report', 'sample'],
  },
  plot: {
    text: [
      'Draws the charts that fit a run into its folder plots, or the one that -o names, and a page that shows them.',
    ],
    files: [['plots/index.html', 'the page'], 'run.json'],
    seeAlso: ['summary', 'report'],
  },
  report: {
    text: ['Writes one HTML file, complete in itself, about a run or about all runs of a folder.'],
    files: [['report.html', 'the page'], 'run.json'],
    seeAlso: ['summary', 'plot'],
  },
  doc: {
    text: [
      'Says what a word, a function, a distribution or an item of the standard library means, how it is written, and what it computes. Without a name it lists all of them.',
    ],
    seeAlso: ['explain', 'options'],
  },
  explain: {
    text: ['Says what a diagnostic code means, with a program that yields it and one that does not.'],
    seeAlso: ['check', 'doc'],
  },
  worker: {
    text: [
      'Waits for runs on other machines that name it with --workers-at, and draws chains for them. The draws are the same byte for byte wherever they are made. Whoever calls must know the token.',
    ],
    seeAlso: ['sample', 'run'],
  },
  lsp: {
    text: [
      'Speaks the Language Server Protocol on standard input and output: diagnostics as they are typed, hover, completion, definitions, renaming, formatting. An editor starts it.',
    ],
    seeAlso: ['check', 'format', 'playground'],
  },
  playground: {
    text: [
      'Serves a page on 127.0.0.1 in which the programs of a folder are edited, run and drawn. It answers nobody who does not know the address that it prints, and reads nothing outside the folder.',
    ],
    seeAlso: ['lsp', 'run'],
  },
  doctor: {
    text: [
      'Lists the engines and backends with their versions, and why one is not available; cores and memory.',
    ],
    seeAlso: ['native'],
  },
  native: {
    text: [
      'Installs the native TensorFlow engine, which auto then takes where it expects it to be quickest.',
    ],
    seeAlso: ['doctor'],
  },
  demo: {
    text: [
      'Trains two small energies, draws from them, completes images and classifies, and writes a page about it. It takes a minute or two.',
    ],
    files: [['runs/demo/index.html', 'the page']],
    seeAlso: ['run', 'report'],
  },
  completion: {
    text: [
      'Prints a script for the shell. It asks energy itself what may come next: commands, flags that are not there yet, their values, files, folders of runs, and the names in the program of the line: jobs, energies, data, constants, unknowns. Programs are read, never run; one that is broken yields what can be read of it.',
      'In bash add `eval "$(energy completion bash)"` to ~/.bashrc, in zsh `eval "$(energy completion zsh)"` to ~/.zshrc after compinit; in fish write the script to ~/.config/fish/completions/energy.fish; in PowerShell add `energy completion powershell | Out-String | Invoke-Expression` to $PROFILE.',
    ],
    seeAlso: ['help'],
  },
  help: {
    text: [
      'Prints the manual page of a command, or of a topic. Without one it lists the commands. With --man it prints roff, which man -l shows; with --all every page, and with -o a file each: energy.1, energy-run.1, ….',
    ],
    files: [['~/.local/share/man/man1', 'where man finds pages of yours']],
    seeAlso: ['completion', 'doc', 'explain'],
  },
};
