/**
 * Where the examples' data files are served, by the path that programs name them with. The gallery's folders are
 * one here (a test keeps their names apart), so a program in the editor finds the data of every example.
 */
const found = import.meta.glob<string>('../../examples/*/data/*.{csv,json,npy,npz,parquet}', {
  query: '?url',
  import: 'default',
  eager: true,
});

export const dataUrls: ReadonlyMap<string, string> = new Map(
  Object.entries(found).map(([path, url]) => [path.slice(path.lastIndexOf('data/')), url]),
);
