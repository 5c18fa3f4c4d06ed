/** Diagnostic codes of binding data, with their titles. */
export const bindCodes = {
  E0530: 'data without a source',
  E0531: 'two sizes for one index set',
  E0532: 'data of the wrong shape',
  E0533: 'a value outside its domain',
  E0534: 'a missing value',
  E0535: 'a column that is not there',
  E0536: 'an index set without a size',
  E0537: 'an empty set',
  E0538: 'an index outside its set',
  E0539: 'data or constants that the program does not declare',
  E0540: 'more numbers than can be held or worked out',
  E0541: 'a matrix that is not square',
  W0530: 'data without rows',
} as const;

export type BindCode = keyof typeof bindCodes;
