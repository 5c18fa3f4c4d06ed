/** Light and dark: the reader's preference, or what the toggle says. */
export type Theme = 'light' | 'dark';

const KEY = 'energy.theme';

export interface Themes {
  readonly now: Theme;
  toggle(): void;
  onChange(listener: (theme: Theme) => void): void;
}

export function makeThemes(): Themes {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const listeners: ((theme: Theme) => void)[] = [];
  let chosen = stored();
  const now = (): Theme => chosen ?? (dark.matches ? 'dark' : 'light');
  const apply = (): void => {
    document.documentElement.dataset.theme = now();
    for (const l of listeners) l(now());
  };
  dark.addEventListener('change', apply);
  apply();
  return {
    get now() {
      return now();
    },
    toggle() {
      chosen = now() === 'dark' ? 'light' : 'dark';
      try {
        localStorage.setItem(KEY, chosen);
      } catch {
        // Storage may be switched off; the choice then lasts as long as the page.
      }
      apply();
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null;
  }
}

const resolved = new Map<string, string>();

/** The colour that a custom property stands for in the present theme, for canvases: `--c0`. */
export function cssColour(name: string): string {
  const key = `${document.documentElement.dataset.theme} ${name}`;
  let colour = resolved.get(key);
  if (colour === undefined) {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${name})`;
    colour = getComputedStyle(probe).color;
    probe.remove();
    resolved.set(key, colour);
  }
  return colour;
}
