/** The codes of what can be wrong with a program's text, each with its title. Codes never change their meaning. */
export const syntaxCodes = {
  E0101: 'unknown character',
  E0102: 'a string is not closed',
  E0103: 'something else was expected here',
  E0104: 'a bracket is not closed',
  E0105: 'a closing bracket that nothing opens',
  E0106: 'a missing `=`',
  E0107: 'a missing name',
  E0108: 'a missing expression',
  E0109: 'not a declaration or statement',
  E0110: 'a declaration or statement in the wrong place',
  E0111: 'nested too deeply',
  E0112: 'operators that do not chain',
  E0113: '`not` inside an arithmetic expression',
  E0114: 'an operator or mark of another language',
  E0115: 'an unknown escape in a string',
  E0116: 'a malformed number',
  E0117: 'not something that can be given a value',
  E0118: 'a missing domain',
  E0119: 'too many mistakes',
} as const;

export type SyntaxCode = keyof typeof syntaxCodes;
