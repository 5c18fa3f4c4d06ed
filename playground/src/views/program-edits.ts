/** Edits of the program that controls of the page make: options of jobs, new jobs. The text stays the only truth. */
import type { Compiler } from '../compiler.ts';
import type { Editor } from '../editor.ts';
import type { Inspect } from '../inspector.ts';
import type { JobInfo, SourceText } from '../protocol.ts';

export interface ProgramEdits {
  /** Asks about the program as it stands now. */
  readonly inspect: Inspect;
  /** Sets or removes an option of a job; whether the text was changed. */
  readonly setOption: (job: JobInfo, option: string, value: string | null) => Promise<boolean>;
  /** Appends a declaration, and shows it. */
  readonly append: (line: string) => void;
  /** Puts the cursor at an offset of the text. */
  readonly revealAt: (offset: number) => void;
  /** The data that the text declares. */
  readonly dataNames: () => readonly string[];
}

export function programEdits({
  source,
  editor,
  compiler,
}: {
  readonly source: () => SourceText;
  readonly editor: Editor;
  readonly compiler: Pick<Compiler, 'inspect'>;
}): ProgramEdits {
  const inspect: Inspect = (what) => compiler.inspect(source(), what);
  const revealAt = (offset: number): void => {
    const before = editor.text.slice(0, offset).split('\n');
    editor.reveal(before.length, (before.at(-1)?.length ?? 0) + 1);
  };
  return {
    inspect,
    revealAt,
    async setOption({ name, verb, energy }, option, value) {
      const { text } = editor;
      const answer = await inspect({ kind: 'edit-run', job: name, verb, energy, option, value });
      // What was typed meanwhile is not written over.
      if (answer.state !== 'found' || answer.found.edit === null || editor.text !== text) return false;
      editor.edit(answer.found.edit);
      return true;
    },
    append(line) {
      const { text } = editor;
      const at = text.length;
      const lead = text === '' || text.endsWith('\n') ? '' : '\n';
      editor.edit({ start: at, end: at, text: `${lead}${line}\n` });
      revealAt(at + lead.length);
    },
    dataNames: () => [...editor.text.matchAll(/^\s*data\s+(\w+)/gm)].map((m) => m[1]),
  };
}
