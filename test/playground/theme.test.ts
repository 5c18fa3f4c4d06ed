/** The colours of programs can be read on their ground. */
import type { editor } from 'monaco-editor/editor/editor.api.js';
import { describe, expect, it } from 'vitest';
import { defineThemes } from '../../playground/src/monaco-theme.ts';
import { tokenTypes } from '../../src/language/tokens.ts';

const themes = new Map<string, editor.IStandaloneThemeData>();
defineThemes({ defineTheme: (name, data) => void themes.set(name, data) });

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = [0, 2, 4].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each([...themes])('%s', (_, { rules, colors }) => {
  const grounds = ['editor.background', 'editor.lineHighlightBackground'].map((k) => colors[k].slice(1));

  it('is read with ease: 4.5 to 1 (WCAG 2.2, 1.4.3), also in the line of the cursor', () => {
    const faint = rules.filter((r) => grounds.some((g) => contrast(r.foreground ?? g, g) < 4.5));
    expect(faint.map((r) => r.token)).toEqual([]);
  });

  it('so are the lines above jobs', () => {
    expect(contrast(colors['editorCodeLens.foreground'].slice(1), grounds[0])).toBeGreaterThan(4.5);
  });

  it('has a colour for every meaning', () => {
    const tokens = rules.map((r) => r.token);
    expect(tokenTypes.filter((t) => !tokens.includes(t))).toEqual([]);
  });
});
