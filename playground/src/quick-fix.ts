/** "Did you mean `bond`?" as a quick fix of the editor. */
import type { editor, languages } from 'monaco-editor/editor/editor.api.js';

/** The name that a marker's message proposes, if what it marks is one word. */
export function proposal(message: string, marked: string): string | null {
  const [, name] = /did you mean `([^`]+)`\?\s*$/.exec(message) ?? [];
  return name !== undefined && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(marked) ? name : null;
}

export const quickFixes: languages.CodeActionProvider = {
  provideCodeActions(model: editor.ITextModel, _range, context) {
    const actions = context.markers.flatMap((marker): languages.CodeAction[] => {
      const text = proposal(marker.message, model.getValueInRange(marker));
      if (text === null) return [];
      const edit = {
        resource: model.uri,
        versionId: model.getVersionId(),
        textEdit: { range: marker, text },
      };
      return [
        {
          title: `Change to \`${text}\``,
          kind: 'quickfix',
          diagnostics: [marker],
          isPreferred: true,
          edit: { edits: [edit] },
        },
      ];
    });
    return { actions, dispose() {} };
  },
};
