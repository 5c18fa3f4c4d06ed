/** One tab a program: where a second one opens it, it gets a copy, so that neither writes over the other. */

/** The tab before a reload may need this long to let go. */
const PATIENCE_MS = 300;

const claimed = new Map<string, Promise<boolean>>();

/** Resolves to whether this tab has the program; it keeps it until it is closed. */
export function claim(id: string): Promise<boolean> {
  const before = claimed.get(id);
  if (before) return before;
  const got = !('locks' in navigator)
    ? Promise.resolve(true)
    : new Promise<boolean>((resolve) => {
        navigator.locks
          .request(`energy.program.${id}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
            resolve(true);
            return new Promise<void>(() => {});
          })
          .catch(() => {
            claimed.delete(id);
            resolve(false);
          });
      });
  claimed.set(id, got);
  return got;
}
