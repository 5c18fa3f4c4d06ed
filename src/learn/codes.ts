/** Diagnostic codes of learning, with their titles. Stable: never reuse a number. */
export const learnCodes = {
  E0710: 'an energy that is not finite while learning',
  E0711: 'a gradient that is not finite',
  E0712: 'no rows to learn from',
  E0713: 'a row that is not finite',
  E0714: 'a row outside the support of the energy',
  E0715: 'a checkpoint of something else',
  E0716: 'an energy without parameters',
  E0717: 'options that exclude each other',
  E0718: 'an option outside its range',
  E0719: 'an unknown that the loss cannot perturb',
  E0720: 'a loss that is not available in this version',
  E0724: 'a score of what is not real',
  E0725: 'score matching at an edge of the domain',
  E0726: 'score matching of an energy with kinks',
  E0727: 'an unknown without noise',
  E0742: 'a likelihood whose partition function cannot be computed',
  E0743: 'an option of the likelihood outside its range',
  E0744: 'a likelihood without states',
  E0746: 'an unknown without data that cannot be summed out',
  E0745: 'energies that run away',
  E0747: 'an optimiser that the loss cannot serve',
  W0710: 'hardly any negative is in the support',
  W0711: 'a return to a checkpoint',
  W0712: 'an integral that is not accurate',
} as const;

export type LearnCode = keyof typeof learnCodes;
