/**
 * The declared limits of the front end. A program from a stranger ends in a diagnostic or in success, within
 * these bounds of stack, memory and time, whatever it says. None of them is met by a program that a person
 * would write; a limit that is met is told with its number.
 *
 * | limit | bounds | told as |
 * | --- | --- | --- |
 * | `nesting` | brackets, conditions and recurrences inside each other in a text | E0111 |
 * | `treeDepth` | operators inside each other in one expression of a text | E0111 |
 * | `diagnostics` | mistakes listed for one file; the rest is counted | E0119 |
 * | `elaboration` | how deep checking may be in expressions, calls and declarations at once (stack) | E0313 |
 * | `calls` | calls of functions and energies written out in one program (time) | E0313 |
 * | `callDepth` | calls inside calls (stack) | E0313 |
 * | `nodes` | operations of a checked program, shared ones counted once (memory) | E0313 |
 * | `operationDepth` | operations on results of operations, through `let`s and calls, a loop counting as four (stack of what walks them) | E0313 |
 * | `slots` | unknowns, parameters and data, the fields of records counted one by one (memory) | E0313 |
 * | `setSize` | elements of an index set | E0306 |
 * | `states` | values of a discrete unknown | E0306 |
 * | `units` | units of one layer of a network | E0306 |
 * | `elements` | numbers in the parameters, in the unknowns of an energy, in the tables of a set (memory) | E0540 |
 * | | cells of a table that is read (memory) | E0504 |
 * | `positions` | places at which a set comprehension or an initial value is evaluated (time) | E0540 |
 */
export const limits = {
  nesting: 256,
  treeDepth: 1000,
  diagnostics: 100,
  elaboration: 1500,
  calls: 2 ** 16,
  callDepth: 128,
  nodes: 2 ** 19,
  operationDepth: 1000,
  slots: 2 ** 16,
  setSize: 2 ** 27,
  states: 2 ** 16,
  units: 2 ** 16,
  elements: 2 ** 27,
  positions: 2 ** 26,
} as const;

/** Thrown where a program outgrows a limit while it is checked; the checker tells it as E0313, once. */
export class TooLarge extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TooLarge';
  }
}

/** Whether an error says that the host's stack is used up: the last resort behind the limits of depth. */
export const isStackOverflow = (e: unknown): boolean =>
  (e instanceof RangeError && /call stack/i.test(e.message)) ||
  (e instanceof Error && /too much recursion/i.test(e.message));
