/** How the program `energy` is started. */

export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * A setting as a command: a name that the path knows, a file, or a JavaScript file for `node`.
 * @param setting what the user wrote; empty: `energy`
 */
export function invocation(setting: string, ...args: readonly string[]): Invocation {
  const path = setting.trim() === '' ? 'energy' : setting.trim();
  return /\.[cm]?js$/i.test(path) ? { command: 'node', args: [path, ...args] } : { command: path, args };
}

/**
 * The same for `spawn`. What npm installs on Windows are scripts, which only a shell can start; to it, what has
 * spaces must be in quotes.
 */
export function spawned(
  { command, args }: Invocation,
  platform: string,
): Invocation & { readonly shell: boolean } {
  if (platform !== 'win32') return { command, args, shell: false };
  const quoted = (text: string): string => (/[\s&()^%!;,=]/.test(text) ? `"${text}"` : text);
  return { command: quoted(command), args: args.map(quoted), shell: true };
}
