import type { ChartContext } from './context.ts';
import { element, escapeText, group, label } from './markup.ts';
import { fitText, textWidth } from './text.ts';
import { ink, stylesheet } from './theme.ts';

/** The width every chart has unless told, in px. */
export const CHART_WIDTH = 760;
export const CHART_MARGIN = 20;
/** Where a panel starts, so that its axis label stands flush with the title. */
export const PANEL_LEFT = CHART_MARGIN - 3;

export interface LegendItem {
  readonly label: string;
  /** An ink or any CSS colour. */
  readonly color: string;
  readonly shape: 'line' | 'box';
  readonly opacity?: number;
}

export interface Frame {
  readonly width: number;
  readonly title: string;
  /** A quieter second line: sizes, diagnostics, what is shaded. */
  readonly subtitle?: string;
  readonly legend?: readonly LegendItem[];
  /** What a listener is told the picture shows; the title where absent. */
  readonly description?: string;
  /** Height of the body and its markup, laid out from (0, 0) over the full width. */
  readonly body: { readonly height: number; readonly markup: string };
}

const LEGEND_SIZE = 12;
const LEGEND_ROW = 20;

/** Keys in reading order, wrapped to the width; items that would need a fourth row are counted instead. */
function drawLegend(items: readonly LegendItem[], width: number): { markup: string; height: number } {
  const parts: string[] = [];
  let x = 0;
  let row = 0;
  for (const [i, item] of items.entries()) {
    const text = fitText(item.label, 180, LEGEND_SIZE);
    const need = 24 + textWidth(text, LEGEND_SIZE) + 12;
    if (x + need > width && x > 0) {
      x = 0;
      row++;
    }
    if (row === 2 && x + need + 90 > width && i < items.length - 1) {
      parts.push(
        label(x, row * LEGEND_ROW + 12, `and ${items.length - i} more`, { size: LEGEND_SIZE, ink: 'muted' }),
      );
      break;
    }
    const y = row * LEGEND_ROW;
    parts.push(
      item.shape === 'line'
        ? element('line', {
            x1: x,
            x2: x + 16,
            y1: y + 8,
            y2: y + 8,
            stroke: item.color,
            'stroke-width': 3,
            'stroke-linecap': 'round',
            'stroke-opacity': item.opacity,
          })
        : element('rect', {
            x: x + 1,
            y: y + 2,
            width: 12,
            height: 12,
            rx: 2,
            fill: item.color,
            'fill-opacity': item.opacity,
            stroke: ink('neutral'),
            'stroke-width': 0.5,
          }),
      label(x + (item.shape === 'line' ? 22 : 19), y + 12, text, { size: LEGEND_SIZE, ink: 'muted' }),
    );
    x += need;
  }
  return { markup: parts.join(''), height: (row + 1) * LEGEND_ROW };
}

/**
 * One chart as a self-contained SVG document: ground, title, subtitle, keys and body, with the style sheet of
 * the theme inside. All text is escaped; the same input gives the same bytes.
 */
export function drawFrame(ctx: ChartContext, frame: Frame): string {
  const inner = frame.width - 2 * CHART_MARGIN;
  const parts: string[] = [];
  let y = 32;
  parts.push(label(CHART_MARGIN, y, fitText(frame.title, inner, 17), { size: 17, weight: 650 }));
  if (frame.subtitle !== undefined && frame.subtitle !== '') {
    y += 20;
    parts.push(label(CHART_MARGIN, y, fitText(frame.subtitle, inner, 12.5), { size: 12.5, ink: 'muted' }));
  }
  y += 12;
  if (frame.legend !== undefined && frame.legend.length > 0) {
    const legend = drawLegend(frame.legend, inner);
    parts.push(group(CHART_MARGIN, y + 2, legend.markup));
    y += legend.height + 4;
  }
  parts.push(group(0, y, frame.body.markup));
  const height = Math.ceil(y + frame.body.height + 12);
  const ground = element('rect', { width: frame.width, height, rx: 6, fill: ink('bg') });
  const content = ground + parts.join('');
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: `ec ec-${ctx.theme}`,
      width: frame.width,
      height,
      viewBox: `0 0 ${frame.width} ${height}`,
      role: 'img',
      'aria-label': frame.description ?? frame.title,
      'font-family': 'system-ui, sans-serif',
      color: '#1c2127',
    },
    element('title', {}, escapeText(frame.title)),
    element('desc', {}, escapeText(frame.description ?? frame.subtitle ?? frame.title)),
    element('style', {}, stylesheet(ctx.theme, content)),
    content,
  );
}

/** A quiet sentence where there is nothing to draw. */
export const emptyBody = (width: number, sentence: string): Frame['body'] => ({
  height: 90,
  markup: label(width / 2, 50, sentence, { anchor: 'middle', ink: 'muted', size: 14 }),
});
