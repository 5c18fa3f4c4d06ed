/**
 * Railroad diagrams: a rule as a track that is followed from left to right.
 * Words are rounded boxes, rules are boxes that link to their own diagrams,
 * classes of tokens are dashed. Each shape is laid out on a main line and says
 * how far it reaches above and below it.
 */
import type { Shape } from './shapes.ts';

interface Piece {
  readonly width: number;
  /** Reach above and below the main line. */
  readonly up: number;
  readonly down: number;
  readonly draw: (x: number, y: number) => string;
}

const boxHeight = 30;
const fontSize = 14;
/** Advance of a monospace letter, in parts of the font's size. */
const advance = 0.605;
const padding = 13;
const gap = 14;
const rowGap = 12;
const radius = 10;
const margin = 12;

const style = [
  '.t{fill:none;stroke:#57606a;stroke-width:1.6}',
  'rect{stroke-width:1.4}',
  '.w{fill:#fff3d6;stroke:#b7791f}',
  '.r{fill:#e3eefc;stroke:#3b6fb5}',
  '.c{fill:#eef0f2;stroke:#6e7781;stroke-dasharray:4 3}',
  `text{font:${fontSize}px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;text-anchor:middle;fill:#1f2328}`,
  '.k{font-weight:600}',
  'a:hover rect{stroke-width:2.4}',
  '@media (prefers-color-scheme:dark){',
  '.t{stroke:#9aa4af}.w{fill:#4a3710;stroke:#e0b04c}.r{fill:#1c3354;stroke:#7fb0f0}',
  '.c{fill:#2b3036;stroke:#a5aeb8}text{fill:#f0f3f6}}',
].join('');

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** The diagram of one rule as an SVG document. `name` is its title for screen readers. */
export function railroad(name: string, shape: Shape): string {
  const track = layOut(shape);
  const lead = 26;
  const width = Math.ceil(track.width + 2 * (margin + lead));
  const height = Math.ceil(track.up + track.down + 2 * margin);
  const y = margin + track.up;
  const end = margin + lead + track.width;
  const body = [
    path(`M${margin} ${y - 9}v18m6 -18v18m0 -9h${lead - 6}`),
    track.draw(margin + lead, y),
    path(`M${round(end)} ${y}h${lead - 6}m0 -9v18m6 -18v18`),
  ].join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(name)}">
<title>${escaped(name)}</title>
<style>${style}</style>
${body}
</svg>
`;
}

function layOut(s: Shape): Piece {
  switch (s.kind) {
    case 'word':
      return box(s.text, 'w', null);
    case 'class':
      return box(s.name, 'c', null);
    case 'rule':
      return box(s.name, 'r', s.name);
    case 'sequence':
      return s.parts.length === 0 ? skip : row(s.parts.map(layOut));
    case 'choice':
      return choice(s.parts.map(layOut));
    case 'option':
      return bypass(layOut(s.body));
    case 'repeat': {
      const loop = loopOf(layOut(s.body), s.separator ? layOut(s.separator) : skip);
      return s.orNone ? bypass(loop) : loop;
    }
  }
}

const round = (x: number): number => Math.round(x * 100) / 100;
const path = (d: string): string => `<path class="t" d="${d}"/>`;
const line = (x: number, y: number, to: number): string =>
  to - x < 0.01 ? '' : path(`M${round(x)} ${round(y)}H${round(to)}`);

const skip: Piece = { width: 0, up: 0, down: 0, draw: () => '' };

function box(text: string, cls: 'w' | 'c' | 'r', target: string | null): Piece {
  const width = round(text.length * fontSize * advance + 2 * padding);
  const half = boxHeight / 2;
  return {
    width,
    up: half,
    down: half,
    draw: (x, y) => {
      const corner = cls === 'r' ? 4 : half;
      const shape =
        `<rect class="${cls}" x="${round(x)}" y="${round(y - half)}" width="${width}" height="${boxHeight}" rx="${corner}"/>` +
        `<text${cls === 'w' ? ' class="k"' : ''} x="${round(x + width / 2)}" y="${round(y + fontSize * 0.34)}">${escaped(text)}</text>`;
      return target === null ? shape : `<a href="${escaped(target)}.svg">${shape}</a>`;
    },
  };
}

function row(parts: readonly Piece[]): Piece {
  const width = parts.reduce((sum, p) => sum + p.width, 0) + gap * (parts.length - 1);
  return {
    width,
    up: Math.max(...parts.map((p) => p.up)),
    down: Math.max(...parts.map((p) => p.down)),
    draw: (x, y) => {
      let at = x;
      return parts
        .map((p, i) => {
          const lead = i === 0 ? '' : line(at - gap, y, at);
          const drawn = lead + p.draw(at, y);
          at += p.width + gap;
          return drawn;
        })
        .join('\n');
    },
  };
}

/** Alternatives one below the other, the first on the main line. */
function choice(parts: readonly Piece[]): Piece {
  const inner = Math.max(...parts.map((p) => p.width));
  const side = 2 * radius + 4;
  const offsets: number[] = [0];
  for (let i = 1; i < parts.length; i++)
    offsets.push(Math.max(offsets[i - 1] + parts[i - 1].down + rowGap + parts[i].up, 2 * radius));
  return {
    width: inner + 2 * side,
    up: parts[0].up,
    down: (offsets.at(-1) ?? 0) + (parts.at(-1)?.down ?? 0),
    draw: (x, y) => {
      const right = x + side + inner;
      return parts
        .map((p, i) => {
          const at = y + offsets[i];
          const mid = p.draw(x + side, at) + line(x + side + p.width, at, right);
          if (i === 0) return line(x, y, x + side) + mid + line(right, y, right + side);
          const fall = offsets[i] - 2 * radius;
          return (
            path(
              `M${round(x)} ${round(y)}h4a${radius} ${radius} 0 0 1 ${radius} ${radius}v${round(fall)}a${radius} ${radius} 0 0 0 ${radius} ${radius}`,
            ) +
            mid +
            path(
              `M${round(right)} ${round(at)}a${radius} ${radius} 0 0 0 ${radius} ${-radius}v${round(-fall)}a${radius} ${radius} 0 0 1 ${radius} ${-radius}h4`,
            )
          );
        })
        .join('\n');
    },
  };
}

/** The piece on the main line, and a way over it. */
function bypass(body: Piece): Piece {
  const side = 2 * radius + 2;
  const rise = Math.max(body.up + rowGap - 2, 2 * radius);
  const up = rise - 2 * radius;
  return {
    width: body.width + 2 * side,
    up: rise + 2,
    down: body.down,
    draw: (x, y) => {
      const right = x + side + body.width;
      const over =
        `M${round(x)} ${round(y)}h2a${radius} ${radius} 0 0 0 ${radius} ${-radius}v${round(-up)}a${radius} ${radius} 0 0 1 ${radius} ${-radius}` +
        `H${round(right)}a${radius} ${radius} 0 0 1 ${radius} ${radius}v${round(up)}a${radius} ${radius} 0 0 0 ${radius} ${radius}h2`;
      return path(over) + line(x, y, x + side) + body.draw(x + side, y) + line(right, y, right + side);
    },
  };
}

/** The piece on the main line, and a way back below it with what stands between two of them. */
function loopOf(body: Piece, back: Piece): Piece {
  const side = radius + 4;
  const inner = Math.max(body.width, back.width);
  const fall = Math.max(body.down + rowGap - 2 + back.up, 2 * radius);
  const down = fall - 2 * radius;
  return {
    width: inner + 2 * side,
    up: body.up,
    down: fall + Math.max(back.down, 2),
    draw: (x, y) => {
      const left = x + side;
      const right = left + inner;
      const start = left + (inner - body.width) / 2;
      const between = left + (inner - back.width) / 2;
      const low = y + fall;
      return [
        line(x, y, start),
        body.draw(start, y),
        line(start + body.width, y, right + side),
        path(
          `M${round(right)} ${round(y)}a${radius} ${radius} 0 0 1 ${radius} ${radius}v${round(down)}a${radius} ${radius} 0 0 1 ${-radius} ${radius}H${round(between + back.width)}`,
        ),
        back.draw(between, low),
        path(
          `M${round(between)} ${round(low)}H${round(left)}a${radius} ${radius} 0 0 1 ${-radius} ${-radius}v${round(-down)}a${radius} ${radius} 0 0 1 ${radius} ${-radius}`,
        ),
      ].join('');
    },
  };
}
