/**
 * Documents with optional line breaks, and their layout within a line width.
 * After Wadler, "A prettier printer" (2003): a group is laid out on one line
 * if it fits, and otherwise breaks at all of its own lines.
 */
export type Doc =
  | string
  | { readonly kind: 'concat'; readonly parts: readonly Doc[]; readonly hard: boolean }
  | { readonly kind: 'nest'; readonly body: Doc; readonly hard: boolean }
  | { readonly kind: 'group'; readonly body: Doc; readonly hard: boolean }
  /** A line break, or `flat` where its group is on one line. */
  | { readonly kind: 'line'; readonly flat: string; readonly hard: boolean }
  /** A comment at the end of a line: as wide as nothing, and a line break must follow. */
  | { readonly kind: 'comment'; readonly text: string; readonly hard: true };

const isHard = (doc: Doc): boolean => typeof doc !== 'string' && doc.hard;

export const concat = (...parts: readonly Doc[]): Doc => concatAll(parts);
export const concatAll = (parts: readonly Doc[]): Doc => ({
  kind: 'concat',
  parts,
  hard: parts.some(isHard),
});
export const nest = (...parts: readonly Doc[]): Doc => {
  const body = concatAll(parts);
  return { kind: 'nest', body, hard: isHard(body) };
};
export const group = (...parts: readonly Doc[]): Doc => {
  const body = concatAll(parts);
  return { kind: 'group', body, hard: isHard(body) };
};
/** A space, or a line break. */
export const line: Doc = { kind: 'line', flat: ' ', hard: false };
/** Nothing, or a line break. */
export const softline: Doc = { kind: 'line', flat: '', hard: false };
/** A line break whatever fits. */
export const hardline: Doc = { kind: 'line', flat: '', hard: true };

export const trailingComment = (text: string): Doc => ({ kind: 'comment', text, hard: true });

export function joined(parts: readonly Doc[], separator: Doc): Doc {
  return concatAll(parts.flatMap((p, i) => (i === 0 ? [p] : [separator, p])));
}

interface Frame {
  readonly indent: number;
  readonly flat: boolean;
  readonly doc: Doc;
}

/** Lays a document out in lines of at most `width` columns where its breaks allow it. */
export function layout(doc: Doc, width: number): string {
  const out: string[] = [];
  let column = 0;
  const stack: Frame[] = [{ indent: 0, flat: false, doc }];
  for (let frame = stack.pop(); frame; frame = stack.pop()) {
    const { indent, flat, doc: d } = frame;
    if (typeof d === 'string') {
      out.push(d);
      column += d.length;
      continue;
    }
    switch (d.kind) {
      case 'concat':
        for (let i = d.parts.length - 1; i >= 0; i--) stack.push({ indent, flat, doc: d.parts[i] });
        break;
      case 'nest':
        stack.push({ indent: indent + 2, flat, doc: d.body });
        break;
      case 'group': {
        const inner = { indent, flat: true, doc: d.body };
        const fit = flat || (!d.hard && fits(inner, stack, width - column));
        stack.push({ indent, flat: fit, doc: d.body });
        break;
      }
      case 'line':
        if (flat && !d.hard) {
          out.push(d.flat);
          column += d.flat.length;
        } else {
          out.push('\n', ' '.repeat(indent));
          column = indent;
        }
        break;
      case 'comment':
        out.push(d.text);
        break;
    }
  }
  return out.join('').split('\n').map(withoutTrail).join('\n');
}

/** Not by a regular expression, which would look at every space of a deep indentation again and again. */
function withoutTrail(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(0, end);
}

/** Whether `first` and what follows it up to the next possible break fit into `room` columns. */
function fits(first: Frame, rest: readonly Frame[], room: number): boolean {
  let left = room;
  let below = rest.length;
  const stack: Frame[] = [first];
  while (left >= 0) {
    const frame = stack.pop() ?? rest[--below];
    if (!frame) return true;
    const { indent, flat, doc } = frame;
    if (typeof doc === 'string') {
      left -= doc.length;
      continue;
    }
    switch (doc.kind) {
      case 'concat':
        for (let i = doc.parts.length - 1; i >= 0; i--) stack.push({ indent, flat, doc: doc.parts[i] });
        break;
      case 'nest':
        stack.push({ indent, flat, doc: doc.body });
        break;
      case 'group':
        stack.push({ indent, flat: flat && !doc.hard, doc: doc.body });
        break;
      case 'line':
        if (!flat || doc.hard) return true;
        left -= doc.flat.length;
        break;
      case 'comment':
        return true;
    }
  }
  return false;
}
