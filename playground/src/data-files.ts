/** Where the examples' data files are served, by the path that programs name them with. */
const found = import.meta.glob<string>('../../examples/data/*.{csv,json,npy,npz,parquet}', {
  query: '?url',
  import: 'default',
  eager: true,
});

export const dataUrls: ReadonlyMap<string, string> = new Map(
  Object.entries(found).map(([path, url]) => [path.replace('../../examples/', ''), url]),
);
