/** The two looks of the editor. Token names are those of `monarchTokenOf`. */
import type { editor } from 'monaco-editor/editor/editor.api.js';
import type { TokenClass } from '../../grammar/tokens.ts';
import type { TokenType } from '../../src/language/tokens.ts';
import { monarchTokenOf } from '../../src/syntax/highlight.ts';
import type { Theme } from './theme.ts';

export const themeName = (theme: Theme): string => `energy-${theme}`;

interface Ink {
  readonly colour: string;
  readonly style?: string;
}

const inks: Readonly<Record<Theme, Readonly<Record<Exclude<TokenClass, 'space'>, Ink>>>> = {
  light: {
    declaration: { colour: '0a5c99', style: 'bold' },
    keyword: { colour: '0a5c99' },
    domain: { colour: '00735a' },
    number: { colour: 'b04a00' },
    string: { colour: '8a5a00' },
    operator: { colour: '515c68' },
    delimiter: { colour: '5d6670' },
    identifier: { colour: '1c2127' },
    comment: { colour: '66707b', style: 'italic' },
    doc: { colour: '5a6b7c', style: 'italic' },
    invalid: { colour: 'b3261e' },
  },
  dark: {
    declaration: { colour: '6cbcf0', style: 'bold' },
    keyword: { colour: '6cbcf0' },
    domain: { colour: '4fd1ae' },
    number: { colour: 'f5a267' },
    string: { colour: 'e8c26a' },
    operator: { colour: '9aa7b4' },
    delimiter: { colour: '808c98' },
    identifier: { colour: 'e7eaee' },
    comment: { colour: '8491a0', style: 'italic' },
    doc: { colour: '92a2b3', style: 'italic' },
    invalid: { colour: 'ff8a80' },
  },
};

/** Names by their meaning, as the language service tells them (`tokenTypes` of src/language/tokens.ts). */
const meanings: Readonly<Record<Theme, Readonly<Partial<Record<TokenType, Ink>>>>> = {
  light: {
    type: { colour: '00735a' },
    typeParameter: { colour: '00735a' },
    class: { colour: '00735a' },
    struct: { colour: '00735a' },
    enum: { colour: '00735a' },
    enumMember: { colour: '8a5a00' },
    function: { colour: '5d4aa8' },
    variable: { colour: '1c2127' },
    parameter: { colour: '1c2127' },
    property: { colour: '45505c' },
    event: { colour: '1c2127' },
  },
  dark: {
    type: { colour: '4fd1ae' },
    typeParameter: { colour: '4fd1ae' },
    class: { colour: '4fd1ae' },
    struct: { colour: '4fd1ae' },
    enum: { colour: '4fd1ae' },
    enumMember: { colour: 'e8c26a' },
    function: { colour: 'b9a8f5' },
    variable: { colour: 'e7eaee' },
    parameter: { colour: 'e7eaee' },
    property: { colour: 'b8c1cb' },
    event: { colour: 'e7eaee' },
  },
};

const grounds: Readonly<Record<Theme, Record<string, string>>> = {
  light: {
    'editor.background': '#ffffff',
    'editor.foreground': '#1c2127',
    'editorLineNumber.foreground': '#b4bcc4',
    'editorLineNumber.activeForeground': '#5c6670',
    'editor.lineHighlightBackground': '#f4f6f8',
    'editor.selectionBackground': '#cfe4f5',
    'editorCursor.foreground': '#0072b2',
    'editorBracketMatch.background': '#e3eff8',
    'editorBracketMatch.border': '#9cc5e4',
    'editorHoverWidget.background': '#ffffff',
    'editorHoverWidget.border': '#d5dae0',
    'editorCodeLens.foreground': '#5c6670',
    'editorSuggestWidget.background': '#ffffff',
    'editorSuggestWidget.border': '#d5dae0',
    'editorSuggestWidget.selectedBackground': '#dcebf7',
    'editorSuggestWidget.selectedForeground': '#1c2127',
    'editorSuggestWidget.highlightForeground': '#0a5c99',
    'editorSuggestWidget.focusHighlightForeground': '#0a5c99',
    'editorWidget.background': '#ffffff',
    'editorWidget.border': '#d5dae0',
    'peekView.border': '#9cc5e4',
    'peekViewTitle.background': '#e6f1f9',
    'peekViewTitleLabel.foreground': '#1c2127',
    'peekViewTitleDescription.foreground': '#5c6670',
    'peekViewEditor.background': '#fafbfc',
    'peekViewEditorGutter.background': '#fafbfc',
    'peekViewEditor.matchHighlightBackground': '#f8df9d',
    'peekViewResult.background': '#f4f5f7',
    'peekViewResult.fileForeground': '#1c2127',
    'peekViewResult.lineForeground': '#3d4751',
    'peekViewResult.matchHighlightBackground': '#f8df9d',
    'peekViewResult.selectionBackground': '#dcebf7',
    'peekViewResult.selectionForeground': '#1c2127',
    'editorWidget.resizeBorder': '#00000000',
    'widget.shadow': '#1c212733',
    'input.background': '#f4f5f7',
    'input.foreground': '#1c2127',
    'input.border': '#d0d5db',
    'inputOption.activeBackground': '#dcebf7',
    'inputOption.activeBorder': '#9cc5e4',
    'inputOption.activeForeground': '#0a5c99',
    'editor.findMatchBackground': '#f5c451',
    'editor.findMatchHighlightBackground': '#fae7b4',
    'editor.rangeHighlightBackground': '#fdf3e0',
    'textCodeBlock.background': '#f0f2f5',
    focusBorder: '#00000000',
  },
  dark: {
    'editor.background': '#14171c',
    'editor.foreground': '#e7eaee',
    'editorLineNumber.foreground': '#4a535e',
    'editorLineNumber.activeForeground': '#a3adb8',
    'editor.lineHighlightBackground': '#1a1e25',
    'editor.selectionBackground': '#244a68',
    'editorCursor.foreground': '#4aa8e6',
    'editorBracketMatch.background': '#1f3a50',
    'editorBracketMatch.border': '#3a6d94',
    'editorHoverWidget.background': '#1b1f26',
    'editorHoverWidget.border': '#343b45',
    'editorCodeLens.foreground': '#9aa7b4',
    'editorSuggestWidget.background': '#1b1f26',
    'editorSuggestWidget.border': '#343b45',
    'editorSuggestWidget.selectedBackground': '#24435a',
    'editorSuggestWidget.selectedForeground': '#e7eaee',
    'editorSuggestWidget.highlightForeground': '#6cbcf0',
    'editorSuggestWidget.focusHighlightForeground': '#6cbcf0',
    'editorWidget.background': '#1b1f26',
    'editorWidget.border': '#343b45',
    'peekView.border': '#3a6d94',
    'peekViewTitle.background': '#14293a',
    'peekViewTitleLabel.foreground': '#e7eaee',
    'peekViewTitleDescription.foreground': '#a3adb8',
    'peekViewEditor.background': '#101318',
    'peekViewEditorGutter.background': '#101318',
    'peekViewEditor.matchHighlightBackground': '#5a4713',
    'peekViewResult.background': '#0d0f13',
    'peekViewResult.fileForeground': '#e7eaee',
    'peekViewResult.lineForeground': '#c3cad2',
    'peekViewResult.matchHighlightBackground': '#5a4713',
    'peekViewResult.selectionBackground': '#24435a',
    'peekViewResult.selectionForeground': '#e7eaee',
    'editorWidget.resizeBorder': '#00000000',
    'widget.shadow': '#000000a0',
    'input.background': '#0d0f13',
    'input.foreground': '#e7eaee',
    'input.border': '#363e49',
    'inputOption.activeBackground': '#24435a',
    'inputOption.activeBorder': '#3a6d94',
    'inputOption.activeForeground': '#cfe8fa',
    'editor.findMatchBackground': '#7d6117',
    'editor.findMatchHighlightBackground': '#45380f',
    'editor.rangeHighlightBackground': '#26210f',
    'textCodeBlock.background': '#252b34',
    focusBorder: '#00000000',
  },
};

/** Nested brackets in one colour, at every depth. */
const quietBrackets = (colour: string): Record<string, string> =>
  Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((depth) => [`editorBracketHighlight.foreground${depth}`, `#${colour}`]),
  );

export function defineThemes(api: { readonly defineTheme: typeof editor.defineTheme }): void {
  for (const theme of ['light', 'dark'] as const) {
    const classes = Object.entries(inks[theme]) as [TokenClass, Ink][];
    api.defineTheme(themeName(theme), {
      base: theme === 'dark' ? 'vs-dark' : 'vs',
      inherit: true,
      rules: [
        // Those of the grammar come later: a class that both have is of one colour.
        ...Object.entries(meanings[theme]).map(([token, { colour }]) => ({ token, foreground: colour })),
        ...classes.map(([cls, { colour, style }]) => ({
          token: monarchTokenOf(cls),
          foreground: colour,
          fontStyle: style ?? '',
        })),
      ],
      colors: { ...grounds[theme], ...quietBrackets(inks[theme].delimiter.colour) },
    });
  }
}
