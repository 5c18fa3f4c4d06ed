/** The text of `docs/cli.md`: from the commands' own help, the table of options and the tables of codes. */
import { bindCodes } from '../../src/bind/codes.ts';
import { checkCodes } from '../../src/check/codes.ts';
import { exitTexts } from '../../src/cli/help/details.ts';
import { ExitCode } from '../../src/cli/terminal.ts';
import { emitCodes } from '../../src/emit/codes.ts';
import { inferCodes } from '../../src/infer/codes.ts';
import { ioCodes } from '../../src/io/codes.ts';
import { learnCodes } from '../../src/learn/codes.ts';
import { type OptionSpec, type OptionType, verbs } from '../../src/options.ts';
import { syntaxCodes } from '../../src/syntax/codes.ts';
import { energy, root } from './kit.ts';

const commands = [
  'check',
  'format',
  'emit',
  'plan',
  'run',
  ...verbs.filter((v) => v.available && v.takesEnergy).map((v) => v.name),
  'compile',
  'new',
  'summary',
  'plot',
  'report',
  'doc',
  'explain',
  'lsp',
  'playground',
  'worker',
  'doctor',
  'native',
  'demo',
  'completion',
  'help',
];

/** Help as it is printed eighty columns wide. */
async function help(argv: readonly string[]): Promise<string> {
  const tty = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY');
  Object.defineProperty(process.stdout, 'isTTY', { value: false, configurable: true });
  const { out } = await energy([...argv, '--help'], root);
  if (tty) Object.defineProperty(process.stdout, 'isTTY', tty);
  else Reflect.deleteProperty(process.stdout, 'isTTY');
  return `\`\`\`text\n${out.trim()}\n\`\`\``;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n');

function typeText(t: OptionType): string {
  switch (t.kind) {
    case 'number': {
      const bounds =
        t.min !== undefined && t.max !== undefined
          ? ` ${t.min} … ${t.max}`
          : t.min !== undefined
            ? ` ≥ ${t.min}`
            : '';
      const number = `${t.integer ? 'whole number' : 'number'}${bounds}`;
      return [number, ...(t.words ?? []).map((w) => `\`${w}\``)].join(' or ');
    }
    case 'boolean':
      return 'true or false';
    case 'word':
      return t.values.map((v) => `\`${v}\``).join(', ');
    case 'call':
      return Object.keys(t.values)
        .map((v) => `\`${v}(…)\``)
        .join(', ');
    case 'given':
      return '`{ place = value, … }`';
    case 'rows':
      return 'data';
    case 'job':
      return 'a job';
    case 'unknown':
      return 'an unknown';
  }
}

const optionRow = (o: OptionSpec): readonly string[] => [
  `\`${o.name}\`${o.required ? ' (needed)' : ''}`,
  typeText(o.type),
  o.default === undefined ? '' : `\`${o.default}\``,
  o.doc,
];

function verbText(): string {
  const head = ['option', 'value', 'default', 'meaning'];
  return verbs
    .filter((v) => v.available)
    .map((v) => {
      const calls = v.options.flatMap((o) =>
        o.type.kind === 'call'
          ? Object.entries(o.type.values).map(
              ([name, inner]) => `Options of \`${name}(…)\`:\n\n${table(head, inner.map(optionRow))}`,
            )
          : [],
      );
      return [
        `### ${v.name}`,
        `${v.doc[0].toUpperCase()}${v.doc.slice(1)}.`,
        table(head, v.options.map(optionRow)),
        ...calls,
      ].join('\n\n');
    })
    .join('\n\n');
}

const codes = (tables: readonly Readonly<Record<string, string>>[]): string =>
  table(
    ['code', 'what is wrong'],
    tables
      .flatMap((t) => Object.entries(t))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, title]) => [code, title]),
  );

export async function cliText(): Promise<string> {
  const helps: string[] = [];
  for (const c of commands) helps.push(`### energy ${c}\n\n${await help([c])}`);
  return `# The command line

<!-- Made by test/docs/cli-text.ts; UPDATE_GOLDENS=1 npx vitest run test/docs/cli.test.ts writes it anew. -->

In a checkout the command is \`node dist/src/cli/bin.js\` after \`npm run build\` (\`npx energy\` where the package is installed); below it is called \`energy\`.

- [Commands](#commands)
- [Verbs and their options](#verbs-and-their-options)
- [Completion](#completion)
- [Help and manual pages](#help-and-manual-pages)
- [What a run writes](#what-a-run-writes)
- [Progress and interruption](#progress-and-interruption)
- [UAI models](#uai-models)
- [JSON](#json)
- [Exit codes](#exit-codes)
- [Diagnostic codes](#diagnostic-codes)

## Commands

${await help([])}

${helps.join('\n\n')}

## Verbs and their options

These are the options of \`run\` jobs in a program and, as \`--name value\`, the flags of the command of the same name. \`compare\` is a job only. A verb on the command line becomes a \`run\` job of the program, so both are checked and carried out alike. Without a default the plan chooses; \`energy plan\` prints the plan, and [inference.md](inference.md) says how it is made.

${verbText()}

## Completion

| shell | what makes it complete |
| --- | --- |
| bash | \`eval "$(energy completion bash)"\` in \`~/.bashrc\` |
| zsh | \`eval "$(energy completion zsh)"\` in \`~/.zshrc\`, after \`compinit\`; or the script as \`_energy\` in a folder of \`fpath\` |
| fish | \`energy completion fish > ~/.config/fish/completions/energy.fish\` |
| PowerShell | \`energy completion powershell \\| Out-String \\| Invoke-Expression\` in \`$PROFILE\` |

Completed are commands, flags that are not there yet, values of flags that have a choice, files, folders of runs, and the names in the program of the line:

\`\`\`text
energy run examples/learning/wine.energy <TAB>           check  class  learn  wines
energy run examples/physics/ising.energy --set <TAB>     beta=  n=
energy predict … WineEnergy test --unknown w.<TAB>       w.alcohol  w.malic_acid  …
energy sample … --given '{ <TAB>                         unknowns; in brackets indices, behind = data
energy plot <TAB>                                        runs/ising/draws  …
energy explain E03<TAB>                                  E0301  E0302  …
\`\`\`

The scripts are small: each asks \`energy __complete -- WORDS\`, whose last word is the one being typed (with \`--next\` an empty one behind them). It answers in about a tenth of a second with a candidate a line, a tab and its description; a line \`:files energy uai\` or \`:folders\` asks the shell to list paths of its own. Programs are read line by line, neither checked nor run; one that does not parse yields the names that can be seen in it, and whatever goes wrong the answer is empty and the exit code 0.

## Help and manual pages

\`energy VERB --help\` is the list of flags above. \`energy help VERB\` is the manual page: what it does, flags by what they are for, options of its jobs with type, default and meaning, examples, exit codes, files. \`energy help options\`, \`files\` and \`exit\` are pages about all verbs. With \`--man\` a page is roff (macros of man(7)):

\`\`\`text
energy help fit --man | man -l -
energy help --all --man -o ~/.local/share/man/man1       then: man energy-fit
\`\`\`

## What a run writes

\`energy run file.energy\` writes a folder for each job under \`runs/FILE/\` (\`-o\` names another one); a verb writes \`runs/FILE-VERB/\`. Files are replaced atomically.

| file | holds |
| --- | --- |
| \`run.json\` | version, engine, the program's text and hash, the job with its options, seed, plan, timings, diagnostics, and which files belong to it |
| \`draws.parquet\` | of \`sample\`: unknowns, reports, the energy and each of its terms, for every draw. \`--format csv\` writes one file a chain in CmdStan's layout (\`draws-1.csv\`, …), \`--format npz\` arrays by name, \`--format nc\` (with the optional package \`h5wasm\`) netCDF that \`arviz.from_netcdf\` reads; layouts, and how to read each: [files.md](files.md) |
| \`params.safetensors\` | of programs with parameters: their values after the job; \`--params dir\` reads them |
| \`checkpoint.safetensors\` | of a fit, every hundred steps and at its end: what \`fit --resume dir\` needs to go on to the same bytes |
| \`events.jsonl\` | of \`fit\`: step, loss, gradient norm, energies of rows and negatives |
| \`state.json\` | of \`minimize\`: the unknowns as nested arrays, categories by their names; \`--given\` reads it. \`run.json\` holds \`energy_path\` (\`step\`, \`energy\`): how the lowest energy came down |
| \`comparison.svg\` | of \`compare\`: one picture of the classifier's verdict, the columns and the pairs |
| \`scores.csv\` | of \`score\`: the energy of each row, and each term |
| \`predictions.csv\` | of \`predict\`: the true value and the probability of each value |
| \`completed.csv\` | of \`complete\`: the table that the rows came from, its missing cells filled with the mean or the likeliest value, everything else as it stands (\`completed-NAME.csv\` where the rows are of several data) |
| \`cells.json\` | of \`complete\`: for every missing cell \`row\` (from 0), \`line\` in the file, \`column\`, the \`value\` that fills it, \`mean\`, \`sd\`, \`mcse\`, \`q5\`, \`q50\`, \`q95\`, \`ess\`, \`r_hat\`, of what is discrete \`probabilities\`, and whether these are \`exact\` |
| \`completions.parquet\` | of \`complete\`: the completions, \`row\`, \`draw\`, \`column\`, \`value\` (of a category its code) and \`label\`; draws of one number belong together within a row. \`--format csv\` writes \`completions.csv\` |

\`energy compile\` writes a graph, \`manifest.json\` and \`README.md\` into \`runs/FILE-FORMAT/\` (\`-o\` names another folder): [exporting.md](exporting.md).

## Progress and interruption

While a job works, a terminal shows a block of lines, drawn again in place and gone when the job is over:

\`\`\`text
chain 0  ━━━━━━━━━━━━━━━╸──────────────  draw  527 of 1000  1163/s  energy -272.00  accepted 0.83
chain 1  ━━━━━━━━━━━━━━━╸──────────────  draw  527 of 1000  1163/s  energy -261.60  accepted 0.81
draws: 2 s · 1 s left · worst R-hat 1.008
\`\`\`

- Of chains each has a row: bar, warm-up or draws, draws a second, energy of the last draw, mean probability of acceptance, divergences. More than eight, or more than fit, are folded into the slowest, the fastest and all together; one row is enough where all are equally far. Chains that workers draw are shown like any others.
- The worst R-hat is that of everything with one number in a draw and of arrays of up to 16 elements: split R-hat of the values so far, looked at once a second. The summary at the end has the rank-normalised one.
- Any other job is one row: of a fit step, steps a second, smoothed loss, loss of held-out rows, norm of the gradient; of \`logz\` and \`minimize\` the estimate or the lowest energy so far; of \`complete\`, \`predict\` and \`score\` rows.
- Where standard error is no terminal there is none of it. \`--quiet\` prints nothing but what is wrong, with \`--json\` no events of progress. \`NO_COLOR\` is heeded.

Ctrl-C (SIGINT) and SIGTERM end a run with what it has computed so far, which is saved with \`complete: false\`: draws, parameters with a checkpoint to go on from, the estimate, the best state, rows that were looked at, cells that were filled, of \`compare\` the distances without the tests. Later jobs are not started. Where there is nothing to keep, as of \`logz\` before its first estimate, it says so. The exit code is 130, after SIGTERM 143. A second signal ends the process at once.

## UAI models

Where a program is expected, \`check\`, \`plan\`, \`emit\` and the verbs take a model in the format of the UAI competitions, \`MARKOV\` or \`BAYES\`, by its extension \`.uai\`:

\`\`\`text
energy logz grid.uai
energy sample grid.uai --evidence grid.uai.evid
energy minimize grid.uai --evidence grid.uai.evid
energy emit energy grid.uai > grid.energy
\`\`\`

The model becomes an energy \`Model\`: exp(−E) is the product of the tables, whichever the kind. Variables with k states are one unknown \`xk\`, in the order of the file; factors whose variables have the same numbers of states are one term. A table entry of 0 forbids its states: it becomes a requirement. Hence

- \`logz\` is ln of the sum over all states that agree with the evidence, ln P(evidence) of a Bayesian network. Results of the competitions (\`PR\`) are log₁₀: divide by ln 10.
- \`minimize\` is \`MPE\`, with the proof where one is found; \`sample\` gives marginals (\`MAR\`), by independent exact draws where the width allows.
- \`--evidence file\` is what is known: how many variables, then each variable and its state, counted from 0. It may stand beside \`--given\`.
- \`emit energy\` prints the program. It reads the tables from the \`.uai\` file, beside which it belongs, and is where to go on: other terms, other unknowns, rows of data for \`predict\` and \`complete\`. Arrays of a \`.uai\` file have the names that stand in it (\`weight1\`, \`at1_1\`, …).

## JSON

With \`--json\` every command prints one JSON object a line; numbers that JSON lacks are \`null\`. The last line is the result.

| \`event\` | further keys |
| --- | --- |
| \`diagnostic\` | \`severity\`, \`code\`, \`message\`, \`place\`, \`notes\`, \`suggestion\`, \`file\`, \`line\`, \`column\` |
| \`start\` | \`job\`, \`verb\`, \`energy\` |
| \`progress\` | \`job\`, \`phase\` (\`training\`, \`warmup\`, \`sampling\`, \`working\`, \`searching\`, \`summing\`: of draws, scalar by scalar), \`done\`, \`total\`, \`rate\` (a second), \`value\` (loss, mean or lowest energy, the estimate of ln Z so far), \`seconds_left\` (\`null\`: not known); of learning \`training\` (\`gradientNorm\`, \`dataEnergy\`, \`negativeEnergy\`, \`heldOut\`); of chains \`chains\` (each with \`chain\`, \`phase\`, \`draw\`, \`of\`, \`rate\`, \`energy\`, \`acceptance\`, \`divergences\`; of more than 256 some that are spread evenly), \`chain_count\`, \`r_hat\` (the worst so far, or \`null\`). About four a second at most; the first of a phase and the last are always there |
| \`plan\` | \`job\`, \`plan\` |
| \`result\` | \`verb\`, and by verb as below |

| result of | keys |
| --- | --- |
| \`check\` | \`ok\`, \`files\`, \`errors\`, \`warnings\` |
| \`plan\` | \`plans\`: for each energy \`method\`, \`unknowns\`, \`states\`, \`logz\`, \`defaults\`; \`steps\`: for each fit \`job\`, \`energy\`, \`loss\`, \`rows\`, \`slices\`, \`memory\` (bytes of a slice at its peak; \`null\`: the engine does not plan it), \`engine\` |
| \`fit\` | \`job\`, \`energy\`, \`folder\`, \`loss\` (mean of the last 100 steps), \`steps\`, \`seconds\`, \`complete\` |
| \`sample\` | \`job\`, \`energy\`, \`folder\`, \`method\`, \`seconds\`, \`workers\`, \`complete\`, and the keys of a summary |
| \`logz\` | \`log_z\`, \`error\` (standard error, 0: exact), \`method\`, \`states\`, \`complete\`; where it was stopped before its first estimate \`log_z\` and \`folder\` are \`null\` |
| \`minimize\` | \`energy\`, \`state\` (by unknown nested arrays, names of categories), \`terms\`, \`reports\`, \`proved_optimal\`, \`bound\` (no state is below it; \`null\`: not known), \`method\` (\`given\`, \`enumeration\`, \`elimination\`, \`search\`, \`annealing\`, \`newton\`, \`lbfgs\`, \`mixed\`), \`how\`, \`restarts\`, \`reached\`, \`evaluations\`, \`gradient\`, \`complete\`, \`file\` |
| \`score\` | \`mean_energy\`, \`rows\`, \`complete\`, \`file\` |
| \`predict\` | \`unknown\`, \`rows\`, \`accuracy\`, \`expected_calibration_error\`, \`log_loss\`, \`brier\`, \`complete\`, \`file\` |
| \`complete\` | \`rows\`, \`incomplete\` (rows with missing cells), \`missing\` (cells), \`exact\` (cells whose probabilities are exact), \`draws\`, \`methods\` (rows by method), \`max_r_hat\`, \`min_ess\`, \`diagnostics\`, \`complete\`, \`cells\` (the first thousand, as in \`cells.json\`), \`files\` |
| \`compare\` | \`verdict\` (a sentence); \`columns\`, \`pairs\` (similarities, 1 is the same), \`column_mean\`, \`pair_mean\`, \`mmd\` (unbiased, squared), \`kernel\`; \`kernel_test\` (\`p\`, \`chance\`, \`halves\`, \`bandwidth\`, \`rate\`, \`relabellings\`, \`rows\`); \`classifier\` (\`accuracy\`, \`error\`, \`p\`, \`auc\`, \`auc_error\`, \`rows\`, \`by\`), null of too few rows; \`marginals\` (worst first: \`measure\`, \`distance\`, \`chance\`, \`wasserstein\`, \`missing\`), \`associations\` of pairs (worst first: \`names\`, \`measure\`, \`data\`, \`draws\`), \`association_chance\`; \`rows\`, \`worth\` of the draws, \`missing\` cells and rows; \`complete\`; \`files\` |
| \`plot\` | \`folder\`, \`files\` |
| \`report\` | \`file\`, \`runs\` |
| \`new\` | \`files\`, \`columns\` (\`name\`, \`kind\`, \`missing\` and what the kind says) |
| \`compile\` | \`folder\`, \`steps\` (operations), and the keys of \`manifest.json\`: \`energy\`, \`program\`, \`target\`, \`batch\`, \`precision\`, \`files\`, \`inputs\`, \`outputs\`, \`without_gradient\`, \`params\`, \`data\` |
| \`emit\` | \`what\`; of \`typed\` \`program\`, of \`energy\`, \`ir\` and \`tex\` \`text\`; \`emit ast\` prints the tree itself |
| \`doc\` | \`items\`: \`name\`, \`kind\`, \`forms\`, \`doc\`, \`facts\`, \`example\`, \`value\`, \`module\` |
| \`explain\` | without a code \`codes\`; else \`code\`, \`title\`, \`text\`, \`wrong\`, \`right\` (\`program\`, \`files\`), \`without\` |
| \`doctor\` | \`version\`, \`node\`, \`machine\` (\`platform\`, \`cpu\`, \`cores\`, \`memory\` and \`free_memory\` in bytes, \`simd\`), \`engines\` (\`name\`, \`available\`, \`default\`, \`version\`, \`detail\`, \`reason\`, \`simd\`, \`threads\`), \`default\` |
| \`native\` | \`available\`, \`installed\` (false: it was there), \`tensorflow\`, \`tfjsNode\`, \`node\`, \`library\`; where it cannot be had \`reason\`, \`remedy\` |
| \`playground\` | (event \`listening\`) \`url\`, \`port\`, \`folder\` |
| \`demo\` | \`page\` and the figures that it shows |

\`energy summary dir --json\` prints the summary itself: \`draws\`, \`chains\`, \`quantities\` and \`terms\` (each with \`name\`, \`mean\`, \`sd\`, \`mcse_mean\`, \`q5\`, \`q50\`, \`q95\`, \`ess_bulk\`, \`ess_tail\`, \`r_hat\`; categories with \`frequencies\`), \`diagnostics\` (\`level\`, \`quantity\`, \`message\`).

## Exit codes

${table(
  ['code', 'meaning'],
  Object.entries(ExitCode).map(([k, v]) => [String(v), exitTexts[k as keyof typeof ExitCode]]),
)}

## Diagnostic codes

\`energy explain CODE\` says what a code means at length, with an example.

${codes([syntaxCodes, checkCodes, ioCodes, bindCodes, inferCodes, learnCodes, emitCodes])}
`;
}
