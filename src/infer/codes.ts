/** Diagnostic codes of running an energy, with their titles. */
export const inferCodes = {
  E0701: 'an energy that is not a number',
  E0702: 'no state satisfies the requirements',
  E0703: 'too many states to enumerate',
  E0704: 'a method that does not fit the unknowns',
  E0705: 'a given value outside its domain',
  E0706: 'an array that is read outside its index set',
  E0707: 'a worker that was lost',
  E0708: 'too little memory',
  E0731: 'a density that is not integrable',
  E0732: 'no estimate of ln Z',
  E0741: 'an energy without a least value',
} as const;

export type InferCode = keyof typeof inferCodes;
