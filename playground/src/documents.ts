/** The texts that Monaco holds: one model a file that was shown or looked at, by its path. */
import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import { UndoRedoGroup } from 'monaco-editor/platform/undoRedo/common/undoRedo.js';
import { isStd } from '../../src/syntax/module-path.ts';

type Model = Monaco.editor.ITextModel;
type Edits = Monaco.editor.IIdentifiedSingleEditOperation[];

const SCHEME = 'page';

export interface Documents {
  /** The path that an address stands for; null for what is none of these files. */
  pathOf(uri: Monaco.Uri): string | null;
  /** The model of a file, with this text from now on. Where that is its text already, what can be undone stays. */
  have(path: string, text: string): Model;
  find(path: string): Model | undefined;
  /** The model of a file that a name leads to; null where there is no text to be had. */
  look(path: string): Promise<Model | null>;
  /** Models become what the files are now; those of files that are gone go. The library's stay. */
  follow(textOf: (path: string) => string | null, except: string): void;
  /** Changes files together: what is undone in one is undone in all. */
  change(edits: ReadonlyMap<string, Edits>): void;
}

/**
 * @param textOf reads a file that is not open
 * @param changed called when a file becomes another one by an edit, or by one that is undone
 */
export function documentsOf(
  api: typeof Monaco,
  language: string,
  textOf: (path: string) => Promise<string | null>,
  changed: (path: string, text: string) => void,
): Documents {
  const models = new Map<string, Model>();
  /** While a text is taken over, nobody edits. */
  let quiet = false;
  const pathOf = ({ scheme, path }: Monaco.Uri): string | null => (scheme === SCHEME ? path.slice(1) : null);
  const set = (model: Model, text: string): void => {
    if (model.getValue() === text) return;
    quiet = true;
    model.setValue(text);
    quiet = false;
  };
  const have = (path: string, text: string): Model => {
    const found = models.get(path);
    if (found) {
      set(found, text);
      return found;
    }
    const made = api.editor.createModel(text, language, api.Uri.from({ scheme: SCHEME, path: `/${path}` }));
    made.onDidChangeContent(() => {
      if (!quiet) changed(path, made.getValue());
    });
    models.set(path, made);
    return made;
  };
  return {
    pathOf,
    have,
    find: (path) => models.get(path),
    async look(path) {
      const text = await textOf(path);
      return text === null ? null : have(path, text);
    },
    follow(now, except) {
      for (const [path, model] of models) {
        if (path === except || isStd(path)) continue;
        const text = now(path);
        if (text !== null) {
          set(model, text);
          continue;
        }
        models.delete(path);
        model.dispose();
      }
    },
    change(edits) {
      const group = new UndoRedoGroup();
      for (const [path, own] of edits) {
        const model = models.get(path) as (Model & GroupedEdits) | undefined;
        model?.pushStackElement();
        model?.pushEditOperations([], own, () => [], group);
        model?.pushStackElement();
      }
    },
  };
}

/** What Monaco's models can do besides what they are described by. */
interface GroupedEdits {
  pushEditOperations(
    before: Monaco.Selection[],
    edits: Edits,
    after: () => Monaco.Selection[],
    group: UndoRedoGroup,
  ): Monaco.Selection[] | null;
}
