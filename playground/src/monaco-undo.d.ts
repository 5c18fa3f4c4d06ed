/** A part of Monaco that it does not describe: what is undone together. */
declare module 'monaco-editor/platform/undoRedo/common/undoRedo.js' {
  export class UndoRedoGroup {
    readonly id: number;
  }
}
