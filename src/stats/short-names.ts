/** Names for people, without the record's name that all of them share: `body mass` of `r.body_mass`. */
export function shortNames(names: readonly string[]): (name: string) => string {
  const prefix = names[0]?.slice(0, names[0].indexOf('.') + 1) ?? '';
  const shared = prefix !== '' && names.every((n) => n.startsWith(prefix));
  return (name) => (shared ? name.slice(prefix.length) : name).replaceAll('_', ' ');
}
