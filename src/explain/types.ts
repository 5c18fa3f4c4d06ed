/** What a diagnostic code means at length. */

/** A program with the files that stand beside it, by path. */
export interface Example {
  readonly program: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Shown {
  /** What is wrong, why the language is so, how to mend it. Plain sentences. */
  readonly text: string;
  /** Yields this code and no other. */
  readonly wrong: Example;
  /** Yields nothing. */
  readonly right: Example;
}

export interface Told {
  readonly text: string;
  /** Why no program can show it: it takes a file that is no text, or a command. */
  readonly without: string;
}

/** An entry without its code and title, as the files of this folder hold them. */
export type Entry = Shown | Told;
export type Entries = Readonly<Record<string, Entry>>;

/** A program, and the texts of the files beside it. */
export const example = (program: string, files: Readonly<Record<string, string>> = {}): Example => ({
  program: `${program.trim()}\n`,
  files,
});

/** The entry of a code that a program shows. */
export const shown = (
  text: string,
  wrong: string,
  right: string,
  files: {
    readonly wrong?: Readonly<Record<string, string>>;
    readonly right?: Readonly<Record<string, string>>;
  } = {},
): Shown => ({
  text,
  wrong: example(wrong, files.wrong),
  right: example(right, files.right ?? files.wrong),
});

export const told = (text: string, without: string): Told => ({ text, without });
