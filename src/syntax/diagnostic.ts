import type { Span } from './span.ts';

export type Severity = 'error' | 'warning' | 'info';

/** A place that a diagnostic points at: in a program, or in a data file. */
export type Place =
  | { readonly kind: 'source'; readonly span: Span }
  /** `row` and `column` are 1-based as a person counts them; the header line of a CSV is row 1. */
  | { readonly kind: 'data'; readonly file: string; readonly row?: number; readonly column?: string };

export interface Note {
  readonly message: string;
  readonly place?: Place;
}

/**
 * What went wrong, as data. Printing is in `render.ts`.
 * Codes: E01xx syntax, E02xx names, E03xx types and index sets, E04xx energies,
 * E05xx data, E06xx options and jobs, E07xx run time; W… the same for warnings.
 */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly place: Place;
  /** One sentence: what is wrong; expected X, found Y. */
  readonly message: string;
  readonly notes?: readonly Note[];
  /** What to do, or the name that was probably meant. */
  readonly suggestion?: string;
}

/** A fault of the program or its data: reported, never a stack trace; exit code 1. */
export class EnergyError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join('\n'));
    this.name = 'EnergyError';
    this.diagnostics = diagnostics;
  }
}

export const at = (span: Span): Place => ({ kind: 'source', span });

export const hasErrors = (ds: readonly Diagnostic[]): boolean => ds.some((d) => d.severity === 'error');
