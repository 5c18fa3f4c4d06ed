/** Opens an address in the user's browser, where there is one. */
import { spawn } from 'node:child_process';

/** @returns whether there is a display that a browser could be opened on */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const command = commandFor(process.platform, url, env);
  if (!command) return false;
  const [name, ...args] = command;
  const child = spawn(name, args, { stdio: 'ignore', detached: true });
  // Where the command is missing the printed address is what is left.
  child.on('error', () => {});
  child.unref();
  return true;
}

function commandFor(
  platform: NodeJS.Platform,
  url: string,
  env: NodeJS.ProcessEnv,
): readonly [string, ...string[]] | null {
  switch (platform) {
    case 'darwin':
      return ['open', url];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler', url];
    default:
      return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open', url] : null;
  }
}
