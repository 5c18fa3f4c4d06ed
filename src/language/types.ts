/**
 * What the language service answers with: plain data in the shapes of the Language Server Protocol 3.17
 * (lines and UTF-16 columns from 0), so that a server only has to pass it on.
 */

export interface Position {
  readonly line: number;
  readonly character: number;
}
export interface Range {
  readonly start: Position;
  readonly end: Position;
}
export interface Location {
  readonly uri: string;
  readonly range: Range;
}
export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}
/** Changes by document. */
export interface WorkspaceEdit {
  readonly changes: Readonly<Record<string, readonly TextEdit[]>>;
}
export interface Markdown {
  readonly kind: 'markdown';
  readonly value: string;
}

/** 1 error, 2 warning, 3 information. */
export type DiagnosticSeverity = 1 | 2 | 3;
export interface LanguageDiagnostic {
  readonly range: Range;
  readonly severity: DiagnosticSeverity;
  readonly code: string;
  readonly source: 'energy';
  readonly message: string;
  readonly relatedInformation: readonly { readonly location: Location; readonly message: string }[];
  /** 1: shown as superfluous. */
  readonly tags: readonly 1[];
}

export interface Hover {
  readonly contents: Markdown;
  readonly range: Range;
}

/** The protocol's numbers for kinds of completions. */
export const completionKinds = {
  function: 3,
  field: 5,
  variable: 6,
  class: 7,
  module: 9,
  property: 10,
  value: 12,
  enum: 13,
  keyword: 14,
  snippet: 15,
  file: 17,
  enumMember: 20,
  constant: 21,
  struct: 22,
  event: 23,
  operator: 24,
  typeParameter: 25,
} as const;
export type CompletionKind = keyof typeof completionKinds;

export interface CompletionItem {
  readonly label: string;
  readonly kind: (typeof completionKinds)[CompletionKind];
  readonly detail?: string;
  readonly documentation?: Markdown;
  readonly insertText: string;
  /** 1 as it stands, 2 a snippet with `${1:…}`. */
  readonly insertTextFormat: 1 | 2;
  readonly sortText: string;
  readonly filterText?: string;
  /** What is replaced: the word at the cursor. */
  readonly range: Range;
  readonly additionalTextEdits?: readonly TextEdit[];
}

/** The protocol's numbers for kinds of symbols. */
export const symbolKinds = {
  file: 1,
  module: 2,
  class: 5,
  property: 7,
  field: 8,
  enum: 10,
  function: 12,
  variable: 13,
  constant: 14,
  array: 18,
  object: 19,
  enumMember: 22,
  struct: 23,
  event: 24,
  operator: 25,
} as const;
export interface DocumentSymbol {
  readonly name: string;
  readonly detail: string;
  readonly kind: (typeof symbolKinds)[keyof typeof symbolKinds];
  readonly range: Range;
  readonly selectionRange: Range;
  readonly children: readonly DocumentSymbol[];
}

export interface SignatureHelp {
  readonly signatures: readonly {
    readonly label: string;
    readonly documentation?: Markdown;
    readonly parameters: readonly {
      /** Start and end in the label. */
      readonly label: readonly [number, number];
      readonly documentation?: Markdown;
    }[];
  }[];
  readonly activeSignature: number;
  /** Absent: none of them. */
  readonly activeParameter?: number;
}

export interface FoldingRange {
  readonly startLine: number;
  readonly endLine: number;
  readonly kind?: 'comment' | 'imports' | 'region';
}

export interface CodeAction {
  readonly title: string;
  readonly kind: 'quickfix';
  readonly isPreferred: boolean;
  readonly diagnostics: readonly LanguageDiagnostic[];
  readonly edit: WorkspaceEdit;
}

export interface CodeLens {
  readonly range: Range;
  readonly command: {
    readonly title: string;
    /** `energy.run` with the document and the job. */
    readonly command: 'energy.run';
    readonly arguments: readonly [uri: string, job: string];
  };
}

/** What may be renamed, and what it is called now. */
export interface RenamePlace {
  readonly range: Range;
  readonly placeholder: string;
}
/** Why a name is not changed, in one sentence. */
export interface Refusal {
  readonly refused: string;
}
export const isRefusal = (x: object | null): x is Refusal => x !== null && 'refused' in x;
