/** The gallery: the repository's example programs, by field. */
const found = import.meta.glob<string>('../../examples/*/[a-z]*.energy', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export interface Example {
  /** `ising`: how links name it. */
  readonly name: string;
  /** Its folder: `physics`. */
  readonly field: string;
  readonly file: string;
  readonly text: string;
  /** Its first sentence, from the `///` at the top. */
  readonly about: string;
}

export const examples: readonly Example[] = Object.entries(found).map(([path, text]) => {
  const [field, file] = path.split('/').slice(-2);
  const doc = /^\/\/\/\s*(.*)/.exec(text)?.[1] ?? '';
  return { name: file.replace(/\.energy$/, ''), field, file, text, about: doc.replace(/[:.].*$/, '') };
});

/** What the page opens with. */
export const firstExample = (): Example => examples.find((e) => e.name === 'ising') ?? examples[0];
