/** What engines throw where a program or its data do not fit. */
export class OutOfMemory extends Error {
  /**
   * @param bytes that were asked for
   * @param limit bytes that there are; absent where the host does not say
   */
  constructor(
    readonly bytes: number,
    readonly limit?: number,
  ) {
    super(`no memory for ${bytes} bytes${limit === undefined ? '' : ` of at most ${limit}`}`);
    this.name = 'OutOfMemory';
  }
}
