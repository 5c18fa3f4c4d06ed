/** Why the native backend cannot be had, and what to do about it. */
export class NativeProblem extends Error {
  /** What the user can do; one or more sentences. */
  readonly remedy: string;
  /**
   * Something is missing that this machine may well do without (a compiler, a wheel), so that whoever
   * asked with `--optional` goes on; false: something that is there does not work.
   */
  readonly missing: boolean;

  constructor(message: string, remedy: string, missing = true) {
    super(message);
    this.remedy = remedy;
    this.missing = missing;
  }
}
