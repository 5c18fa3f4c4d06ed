/** Where a text stops being JSON (RFC 8259); engines' own messages do not always say. */

const space = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The offset of the first token that does not fit; `text.length` where the text ends too early or nothing is wrong. */
export function jsonFaultAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const blank = (): true => skip(space) || true;
  const one = (char: string): boolean => {
    if (text[at] !== char) return false;
    at++;
    return blank();
  };
  /** A string; at a fault inside it, `at` is where. */
  const string = (): boolean => {
    if (text[at] !== '"') return false;
    for (at++; at < text.length; ) {
      const char = text.charCodeAt(at);
      if (char === 0x22) {
        at++;
        return true;
      }
      if (char < 0x20 || (char === 0x5c && !skip(escaped))) return false;
      if (char !== 0x5c) at++;
    }
    return false;
  };
  const memberStart = (): boolean => string() && blank() && one(':');

  blank();
  for (;;) {
    // A value is due.
    if (one('{')) {
      if (!one('}')) {
        open.push('{');
        if (memberStart()) continue;
        return at;
      }
    } else if (one('[')) {
      if (!one(']')) {
        open.push('[');
        continue;
      }
    } else if (string() || skip(scalar)) blank();
    else return at;
    // A value has ended: close what ends with it, or go on after a comma.
    for (;;) {
      const inside = open.at(-1);
      if (inside === undefined) return at;
      if (one(inside === '{' ? '}' : ']')) {
        open.pop();
        continue;
      }
      if (!one(',')) return at;
      if (inside === '{' && !memberStart()) return at;
      break;
    }
  }
}
