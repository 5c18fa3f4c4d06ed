/** Where the standard library's text comes from: Node reads `stdlib/` of the package, the playground bundles it. */
export interface StandardLibrary {
  /** The text of a module: `lattice` for `use … from "std/lattice"`; undefined where there is none. */
  read(name: string): Promise<string | undefined>;
  /** The names of all modules, sorted. */
  names(): Promise<readonly string[]>;
}

/** A standard library held in memory: texts by name. */
export const libraryOf = (texts: ReadonlyMap<string, string>): StandardLibrary => ({
  read: async (name) => texts.get(name),
  names: async () => [...texts.keys()].sort(),
});
