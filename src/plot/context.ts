/** Which colours a chart is drawn in. `auto` follows the viewer's `prefers-color-scheme`, inside one file. */
export type Theme = (typeof themes)[number];

export const themes = ['auto', 'light', 'dark'] as const;

/** What every chart needs from its host: a DOM to build marks in (it is never attached to) and a theme. */
export interface ChartContext {
  readonly document: Document;
  readonly theme: Theme;
}
