import { type Ink, ink, inkClass, inkFallback, inkOf } from './theme.ts';

/**
 * Characters that may not stand in XML (controls, lone surrogates, non-characters) or that would reorder the
 * text around them (bidirectional overrides and isolates).
 */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is being removed
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe to stand in XML or HTML, in content and in quoted attributes alike. */
export const escapeText = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (c) => ENTITIES[c]);

/** Decimals beyond the second add bytes and no visible detail. */
const shorten = (value: string): string =>
  value.replace(/-?\d+\.\d{3,}(?:e[-+]?\d+)?/g, (n) => String(Math.round(Number(n) * 100) / 100));

const GEOMETRY = new Set('x y x1 x2 y1 y2 cx cy r rx width height d transform points dx dy'.split(' '));

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * One element as text. Attribute values are escaped, coordinates rounded to 0.01 px, and a `fill` or `stroke`
 * given as an ink becomes a class with the light colour as its fallback. Children are markup already.
 */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const classes: string[] = [];
  let text = `<${name}`;
  for (const [key, raw] of Object.entries(attributes)) {
    if (raw === undefined) continue;
    let value = String(raw);
    if (key === 'class') {
      classes.push(value);
      continue;
    }
    if (key === 'fill' || key === 'stroke') {
      const named = inkOf(value);
      if (named !== undefined) {
        classes.push(inkClass(key, named));
        value = inkFallback(named);
      }
    }
    text += ` ${key}="${escapeText(GEOMETRY.has(key) ? shorten(value) : value)}"`;
  }
  if (classes.length > 0) text += ` class="${escapeText(classes.join(' '))}"`;
  const body = children.join('');
  return body === '' ? `${text}/>` : `${text}>${body}</${name}>`;
}

export const group = (x: number, y: number, ...children: readonly string[]): string =>
  element('g', { transform: `translate(${x},${y})` }, ...children);

export interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly ink?: Ink;
  readonly opacity?: number;
}

/** A line of text at a baseline; nothing for an empty one. */
export const label = (x: number, y: number, content: string, style: TextStyle = {}): string =>
  content === ''
    ? ''
    : element(
        'text',
        {
          x,
          y,
          'font-size': style.size ?? 12,
          'font-weight': style.weight,
          'text-anchor': style.anchor ?? 'start',
          'fill-opacity': style.opacity,
          fill: ink(style.ink ?? 'fg'),
        },
        escapeText(content),
      );

const SVG_TEXT = 3;
const SVG_ELEMENT = 1;

/**
 * A DOM tree as XML text, attributes in order of name, so that every DOM gives the same text for the same
 * tree: Plot's own style element is left out (the chart has one for all), as are attributes that would load or
 * run anything.
 */
export function serialize(node: Node): string {
  if (node.nodeType === SVG_TEXT) return escapeText(node.nodeValue ?? '');
  if (node.nodeType !== SVG_ELEMENT) return '';
  const tree = node as Element;
  const name = tree.localName;
  if (name === 'style' || name === 'script') return '';
  const attributes: Record<string, string> = {};
  const inOrder = Array.from(tree.attributes).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const a of inOrder) {
    if (/^(xmlns|on|style$|href$|xlink)/.test(a.name)) continue;
    attributes[a.name] = a.value;
  }
  return element(name, attributes, ...Array.from(tree.childNodes, serialize));
}
