/**
 * The options of every verb, described once: the language's `run` jobs, the
 * command line's flags, its help and the playground read this table.
 */
import { samplers } from './samplers.ts';

export type OptionType =
  | {
      readonly kind: 'number';
      readonly integer: boolean;
      readonly min?: number;
      readonly max?: number;
      /** Words that stand instead of a number. */
      readonly words?: readonly string[];
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'word'; readonly values: readonly string[] }
  | { readonly kind: 'call'; readonly values: Readonly<Record<string, readonly OptionSpec[]>> }
  | { readonly kind: 'given' }
  /** Rows of data for the energy's unknowns; `partial`: a record need not name all of them. */
  | { readonly kind: 'rows'; readonly partial?: boolean }
  /** The name of an earlier job. */
  | { readonly kind: 'job' }
  | { readonly kind: 'unknown' };

export interface OptionSpec {
  readonly name: string;
  readonly type: OptionType;
  readonly doc: string;
  /** Shown in help; absent: chosen by the plan. */
  readonly default?: number | string | boolean;
  /** May also be given by position, in this order after the energy. */
  readonly positional?: boolean;
  readonly required?: boolean;
}

export interface VerbSpec {
  readonly name: string;
  readonly doc: string;
  /** Whether its first argument is an energy. */
  readonly takesEnergy: boolean;
  readonly options: readonly OptionSpec[];
  /** False: the language knows the verb, this version does not do it yet. */
  readonly available: boolean;
}

const count = (name: string, doc: string, def?: number, min = 1): OptionSpec => ({
  name,
  type: { kind: 'number', integer: true, min },
  doc,
  default: def,
});
const real = (name: string, doc: string, def?: number, min?: number, max?: number): OptionSpec => ({
  name,
  type: { kind: 'number', integer: false, min, max },
  doc,
  default: def,
});
const seed = count('seed', 'seed of every random number', 1, 0);
const given: OptionSpec = {
  name: 'given',
  type: { kind: 'given' },
  doc: 'values that are known: `{ x[left] = photo[left] }`',
};
const rows = (doc: string): OptionSpec => ({
  name: 'data',
  type: { kind: 'rows' },
  doc,
  positional: true,
  required: true,
});

/** Of losses that compare rows with their single changes. */
const sites = (doc: string): OptionSpec => count('sites', doc);
const losses: Readonly<Record<string, readonly OptionSpec[]>> = {
  discrepancy: [
    {
      name: 'kernel',
      type: { kind: 'word', values: ['heat', 'grid', 'mask'] },
      doc: 'what perturbs discrete elements: the heat equation; one is deleted and its values are summed over; some are masked',
      default: 'heat',
    },
    sites('of kernel = grid: elements of each row that a step looks at; chosen by what they cost if absent'),
    real(
      't',
      'time of the heat equation: of bits and categories, of reals in units of the data’s variance, and a twentieth of it of int, ordinal and cyclic',
      0.1,
      0,
    ),
    real(
      't_last',
      'time at the last step; between the first and the last it falls geometrically',
      undefined,
      0,
    ),
    real('t_real', 'of reals: t if absent; 0 leaves them as they are', undefined, 0),
    real(
      't_ordered',
      'of int, ordinal and cyclic, times the square of the number of values: t/20 if absent',
      undefined,
      0,
    ),
    real('t_cyclic', 'of cyclic only: t_ordered if absent', undefined, 0),
    real('t_category', 'of categories, enums and permutations: t if absent', undefined, 0),
    {
      ...count('scales', 'number of times t, t/4, t/16, …; each row draws one for each unknown'),
      type: { kind: 'number', integer: true, min: 1, max: 16 },
    },
    count('draws', 'negatives for each row', 32),
    {
      name: 'negatives',
      type: { kind: 'word', values: ['independent', 'stratified'] },
      doc: 'of a row: independent of each other, or spread evenly over their distribution, with the same mean and less variance',
      default: 'independent',
    },
    real('stabilise', 'weight of the row itself among its negatives', 1, 0),
  ],
  pseudo_likelihood: [
    sites('elements of each row that a step looks at; if absent, all, or as many as can be afforded'),
  ],
  ratio_matching: [
    sites('elements of each row that a step looks at; if absent, all, or as many as can be afforded'),
  ],
  score_matching: [
    {
      name: 'form',
      type: { kind: 'word', values: ['exact', 'sliced', 'denoising'] },
      doc: 'second derivatives by every coordinate, along random directions, or none: noise instead',
      default: 'exact',
    },
    real('noise', 'of denoising, in standard deviations of each column', 0.1, 0),
    {
      ...count('scales', 'of denoising: number of noises σ, σ/2, σ/4, …; each row draws one', 1),
      type: { kind: 'number', integer: true, min: 1, max: 16 },
    },
    count('projections', 'of sliced and denoising: random directions for each row', 1),
  ],
  noise_contrastive: [
    {
      name: 'form',
      type: { kind: 'word', values: ['binary', 'ranking'] },
      doc: 'rows told from noise one by one, which learns ln Z, too, or each row picked out among its noise',
      default: 'binary',
    },
    count('ratio', 'noise for each row', 16),
    {
      name: 'noise',
      type: { kind: 'word', values: ['marginals', 'uniform'] },
      doc: 'columns drawn by themselves, as they are in the data, or uniformly wherever that is possible',
      default: 'marginals',
    },
  ],
  likelihood: [
    real(
      'gamma',
      'of the pseudo-spherical score: above 0 rows of high energy count less; 0 is the likelihood',
      0,
      -1,
    ),
    count(
      'points',
      'nodes of the integral over each real unknown: 1024, for two of them 192 each',
      undefined,
      8,
    ),
  ],
  contrastive: [
    count('sweeps', 'sweeps of the chains between steps', 1),
    {
      name: 'persistent',
      type: { kind: 'boolean' },
      doc: 'whether chains go on from step to step instead of starting at rows',
      default: false,
    },
    count('chains', 'chains that a step moves; as many as it takes rows if absent'),
    count(
      'buffer',
      'of persistent chains: states that are kept, of which a step moves some; as many as chains if absent',
    ),
    real(
      'restart',
      'of persistent chains: share of them that starts anew at each step; none if absent',
      undefined,
      0,
      1,
    ),
    {
      name: 'start',
      type: { kind: 'word', values: ['rows', 'random'] },
      doc: 'where chains start: at rows, or anywhere in the domains',
      default: 'rows',
    },
    {
      name: 'method',
      type: { kind: 'word', values: ['langevin', 'unadjusted'] },
      doc: 'how reals move: Langevin moves with a test of Metropolis, or without',
      default: 'langevin',
    },
    real(
      'step',
      'size of moves of reals, in standard deviations of the data; adapted if absent, with unadjusted 0.1',
      undefined,
      0,
    ),
    real('gamma', 'of the pseudo-spherical score: above 0 rows of high energy count less', 0, -1),
    real('strength', 'weight of the mean squares of energies, which holds their level near 0', 0, 0),
  ],
};
/** How the rate of an optimiser goes from step to step. */
const scheduled: readonly OptionSpec[] = [
  {
    name: 'schedule',
    type: { kind: 'word', values: ['constant', 'cosine', 'linear', 'exponential', 'inverse_sqrt'] },
    doc: 'how the rate falls after its warmup',
    default: 'constant',
  },
  count('warmup', 'steps over which the rate rises to its full size', 0, 0),
  real('floor', 'share of the rate that is left at the end: 0, for exponential 0.01', undefined, 0, 1),
];
const moments: readonly OptionSpec[] = [
  real('beta1', 'decay of the first moment', 0.9, 0, 1),
  real('beta2', 'decay of the second moment', 0.999, 0, 1),
];
const momentum = real('momentum', 'decay of the sum of past steps; 0: none', 0, 0, 1);
const optimizers: Readonly<Record<string, readonly OptionSpec[]>> = {
  adam: [real('rate', 'learning rate', 1e-3, 0), ...moments, ...scheduled],
  adamw: [
    real('rate', 'learning rate', 1e-3, 0),
    real('decay', 'share of each parameter, times the rate, that a step takes off', 0.01, 0),
    ...moments,
    ...scheduled,
  ],
  sgd: [
    real('rate', 'learning rate', 0.01, 0),
    momentum,
    {
      name: 'nesterov',
      type: { kind: 'boolean' },
      doc: 'whether the momentum looks one step ahead',
      default: false,
    },
    ...scheduled,
  ],
  rmsprop: [
    real('rate', 'learning rate', 1e-3, 0),
    real('beta2', 'decay of the second moment', 0.9, 0, 1),
    momentum,
    ...scheduled,
  ],
  adagrad: [real('rate', 'learning rate', 0.01, 0), ...scheduled],
  lbfgs: [
    count('memory', 'changes of place and gradient that the curvature is learned from', 10),
    real('tolerance', 'gradient that ends the fit, times the loss where that is above 1', 1e-7, 0),
  ],
};

const chainsOptions: readonly OptionSpec[] = [
  count('chains', 'independent chains', 4),
  count('draws', 'recorded draws of each chain'),
  count('warmup', 'sweeps or transitions before recording', undefined, 0),
  count('thin', 'sweeps or transitions between recorded draws'),
  {
    name: 'method',
    type: { kind: 'word', values: ['auto', 'mixed', ...Object.keys(samplers)] },
    doc: 'sampler',
    default: 'auto',
  },
  {
    name: 'coordinates',
    type: { kind: 'word', values: ['auto', 'declared'] },
    doc: 'of reals that are drawn around others: standardised by them where that helps, or as declared',
    default: 'auto',
  },
  {
    name: 'workers',
    type: { kind: 'number', integer: true, min: 1, words: ['auto'] },
    doc: 'threads that draw the chains; the draws do not depend on it; auto: all cores when it takes long',
    default: 'auto',
  },
  seed,
];

export const verbs: readonly VerbSpec[] = [
  {
    name: 'fit',
    doc: 'train the parameters on rows of data',
    takesEnergy: true,
    available: true,
    options: [
      {
        ...rows('rows to learn from; discrete unknowns that they do not name are summed out'),
        type: { kind: 'rows', partial: true },
      },
      {
        name: 'loss',
        type: { kind: 'call', values: losses },
        doc: 'what is minimised',
        default: 'discrepancy(t = 0.1, draws = 32, stabilise = 1)',
      },
      {
        name: 'optimizer',
        type: { kind: 'call', values: optimizers },
        doc: 'how it is minimised',
        default: 'adam(rate = 0.001)',
      },
      count('steps', 'optimiser steps; instead of epochs'),
      count('epochs', 'passes over the rows'),
      count('batch', 'rows in a step; with lbfgs all', 128),
      real('clip', 'largest norm of a gradient', 5, 0),
      real('average', 'decay of the moving average of the parameters; 0 keeps the last ones', 0, 0, 1),
      real(
        'held_out',
        'share of the rows that is kept aside; the parameters that suit it best are kept',
        0,
        0,
        1,
      ),
      count('patience', 'looks at the held-out rows without a new best after which the fit ends'),
      {
        name: 'missing',
        type: { kind: 'word', values: ['refuse', 'drop', 'complete'] },
        doc: 'rows with an empty cell: refused, left out when the data are read, or learned from while their empty cells are drawn given the others',
        default: 'refuse',
      },
      seed,
    ],
  },
  {
    name: 'sample',
    doc: 'draw from exp(−E)',
    takesEnergy: true,
    available: true,
    options: [
      given,
      { ...count('n', 'draws in all, one for each chain; instead of chains and draws') },
      ...chainsOptions,
      { name: 'init', type: { kind: 'rows' }, doc: 'rows that chains start from' },
    ],
  },
  {
    name: 'logz',
    doc: 'ln of the partition function, exact or with a standard error',
    takesEnergy: true,
    available: true,
    options: [
      given,
      {
        name: 'method',
        type: { kind: 'word', values: ['auto', 'exact', 'ais', 'smc'] },
        doc: 'exact, annealed importance sampling, sequential Monte Carlo; auto: exact where that can be afforded, else ais',
        default: 'auto',
      },
      count('chains', 'chains of an estimate: 64, with smc 256', undefined, 16),
      real('error', 'standard error at which an estimate is good enough', 0.01, 0),
      count('budget', 'sweeps or transitions of an estimate, all chains together'),
      seed,
    ],
  },
  {
    name: 'score',
    doc: 'energy of each row',
    takesEnergy: true,
    available: true,
    options: [rows('rows to score')],
  },
  {
    name: 'predict',
    doc: 'conditional of one discrete unknown given the rest of each row, exact',
    takesEnergy: true,
    available: true,
    options: [
      rows('rows to predict for'),
      {
        name: 'unknown',
        type: { kind: 'unknown' },
        doc: 'what is predicted, e.g. `r.class`',
        required: true,
      },
    ],
  },
  {
    name: 'compare',
    doc: 'draws beside data: can a classifier tell them apart, and by what; columns, pairs, a kernel distance',
    takesEnergy: false,
    available: true,
    options: [
      {
        name: 'draws',
        type: { kind: 'job' },
        doc: 'an earlier sample job',
        positional: true,
        required: true,
      },
      { ...rows('the data'), required: true },
      seed,
    ],
  },
  {
    name: 'minimize',
    doc: 'a state of least energy',
    takesEnergy: true,
    available: true,
    options: [
      given,
      count(
        'restarts',
        'independent searches: 8 where unknowns are real, 4 annealings where all are discrete',
      ),
      {
        ...count(
          'budget',
          'elementary steps of a search with proof among discrete states; 4·10⁸ if absent, about ten seconds',
        ),
        type: { kind: 'number', integer: false, min: 1 },
      },
      seed,
    ],
  },
  {
    name: 'complete',
    doc: 'sample the missing cells of rows',
    takesEnergy: true,
    available: true,
    options: [
      {
        ...rows('rows with missing cells; unknowns that they do not name are drawn, too'),
        type: { kind: 'rows', partial: true },
      },
      count('draws', 'completions of each row that are kept', 100),
      count('chains', 'independent chains', 4),
      count('record', 'recorded draws of each chain, instead of as many as their diagnostics ask for'),
      count('warmup', 'sweeps or transitions before recording', undefined, 0),
      {
        name: 'method',
        type: { kind: 'word', values: ['auto', 'mixed'] },
        doc: 'auto: what is discrete is summed out of the energy that reals move on where that can be afforded; mixed: drawn in turn',
        default: 'auto',
      },
      seed,
    ],
  },
];

export const verbNamed = (name: string): VerbSpec | undefined => verbs.find((v) => v.name === name);
