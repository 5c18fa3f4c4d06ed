/** Ctrl-C: the first asks for an orderly end, which saves what there is; the second ends at once. */
export interface Interruption {
  readonly aborted: boolean;
  release(): void;
}

export function interruption(): Interruption {
  let aborted = false;
  const on = (): void => {
    if (aborted) process.exit(130);
    aborted = true;
    process.stderr.write('\nstopping; press Ctrl-C again to quit at once\n');
  };
  process.on('SIGINT', on);
  return {
    get aborted() {
      return aborted;
    },
    release: () => {
      process.off('SIGINT', on);
    },
  };
}
