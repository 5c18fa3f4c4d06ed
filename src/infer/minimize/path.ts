/** How the lowest energy of a search came down, in few points. */

/** The lowest energy by steps of the search, restarts one after another: it never rises. At most 400 points. */
export interface EnergyPath {
  /** Moves of single elements, states looked at, gradients, branchings made so far. */
  readonly step: readonly number[];
  readonly energy: readonly number[];
}

/** Points that are kept. */
const MOST = 400;

export interface PathRecorder {
  /** A lower energy than any before; steps never go back. */
  push(step: number, energy: number): void;
  /** The path up to `step`, where it has come to `energy`. */
  until(step: number, energy: number): EnergyPath;
}

/** Keeps every improvement, then every second one, and so on; the first and the last always. No clock decides anything. */
export function pathRecorder(): PathRecorder {
  let step: number[] = [];
  let energy: number[] = [];
  let every = 1;
  let count = 0;
  const keep = (wanted: (i: number) => boolean): void => {
    step = step.filter((_, i) => wanted(i));
    energy = energy.filter((_, i) => wanted(i));
  };
  return {
    push(at, value) {
      // The last point gives way where it was kept for being the last one only.
      if (count > 0 && (count - 1) % every !== 0) {
        step.pop();
        energy.pop();
      }
      if (step.length === MOST - 1) {
        every *= 2;
        keep((i) => i % 2 === 0);
      }
      step.push(at);
      energy.push(value);
      count++;
    },
    until(at, value) {
      // Energies of one state differ by rounding, as it was met and as it is told in the end.
      const fallen = energy.map((e) => Math.max(e, value));
      const last = step.at(-1);
      return last !== undefined && last >= at
        ? { step: step.slice(), energy: [...fallen.slice(0, -1), value] }
        : { step: [...step, at], energy: [...fallen, value] };
    },
  };
}
