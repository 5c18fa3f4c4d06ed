import { escapeText } from './markup.ts';

/** A small table: numbers are set flush right, text flush left. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly caption?: string;
}

export interface Section {
  readonly heading: string;
  /** Paragraphs, apart by empty lines. */
  readonly text?: string;
  /** Charts, one or several; they share a row where there is room. Trusted markup, as the charts return it. */
  readonly svg?: string | readonly string[];
  readonly table?: Table;
  /** Trusted markup, put in as it is: the caller escapes. */
  readonly html?: string;
}

export interface Page {
  readonly title: string;
  readonly subtitle?: string;
  readonly sections: readonly Section[];
  readonly footer?: string;
}

const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--fg:#1c2127;--muted:#5c6670;--line:#dde1e6;--accent:#0072b2;--word:#8250a8;--kind:#0b7285;--digit:#a15c00;--quote:#2b7a3d;--warn:#d98200}
@media (prefers-color-scheme:dark){:root{--bg:#0d0f13;--card:#14171c;--fg:#e7eaee;--muted:#a3adb8;--line:#2a3039;--accent:#4aa8e6;--word:#c79bf0;--kind:#66c7d9;--digit:#f0b35e;--quote:#8fd19e;--warn:#f0a63a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;-webkit-text-size-adjust:100%}
main,header,footer{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:52px;padding-bottom:8px}
h1{font-size:clamp(1.7rem,1.2rem + 2vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0;overflow-wrap:anywhere}
header p{color:var(--muted);font-size:1.08rem;margin:.5rem 0 0;max-width:70ch}
section{margin:40px 0}
h2{font-size:1.28rem;letter-spacing:-.01em;margin:0 0 .7rem;overflow-wrap:anywhere}
section>p{margin:0 0 1rem;max-width:72ch}
.charts{display:grid;gap:18px;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));align-items:start}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:8px;overflow:hidden;display:grid;justify-items:center}
figure>svg{max-width:100%;height:auto}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px;margin:0 0 18px}
table{border-collapse:collapse;width:100%;font-size:.93rem;font-variant-numeric:tabular-nums}
caption{caption-side:bottom;text-align:left;color:var(--muted);padding:8px 16px 12px;font-size:.88rem}
th,td{padding:7px 16px;text-align:left;white-space:nowrap}
th{font-weight:600;color:var(--muted);border-bottom:1px solid var(--line)}
tbody tr+tr td{border-top:1px solid var(--line)}
.n{text-align:right}
pre.source{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;overflow-x:auto;font:13.5px/1.6 ui-monospace,"SF Mono",Menlo,Consolas,monospace;margin:0}
.source .keyword,.source .declaration{color:var(--word);font-weight:600}.source .domain{color:var(--kind)}.source .number{color:var(--digit)}
.source .string{color:var(--quote)}.source .comment,.source .doc{color:var(--muted);font-style:italic}
.findings{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--warn);border-radius:8px;padding:10px 16px;max-width:90ch}
.findings summary{cursor:pointer;font-weight:600}.findings ul{margin:.5rem 0 0;padding-left:1.2rem}.findings li{margin:.25rem 0}
.fine{color:var(--muted)}
td:last-child{white-space:normal;min-width:12ch}
footer{color:var(--muted);font-size:.88rem;padding-top:18px;padding-bottom:44px}
footer p{border-top:1px solid var(--line);padding-top:16px;margin:0}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--fg:#000;--muted:#444;--line:#bbb}body{font-size:11pt}
header{padding-top:0}section{margin:20px 0}figure,tr{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}}
`.trim();

/**
 * A table as markup, everything escaped; numbers are written as they are, so round them before. A short row
 * is filled up with empty cells.
 */
export function table(data: Table): string {
  const numeric = data.columns.map((_, c) => {
    const cells = data.rows.map((r) => r[c]).filter((v) => v !== undefined && v !== '');
    return (
      cells.length > 0 &&
      cells.every((v) => typeof v === 'number' || /^[-−+]?[\d.,]+(×10[⁰-⁹⁻]+)?( ?%)?$/.test(v))
    );
  });
  const cell = (tag: 'th' | 'td', c: number, value: string | number): string => {
    const scope = tag === 'th' ? ' scope="col"' : '';
    const text = typeof value === 'number' ? String(value).replace(/^-/, '−') : value;
    return `<${tag}${scope}${numeric[c] ? ' class="n"' : ''}>${escapeText(text)}</${tag}>`;
  };
  const head = data.columns.map((name, c) => cell('th', c, name)).join('');
  const body = data.rows
    .map((row) => `<tr>${data.columns.map((_, c) => cell('td', c, row[c] ?? '')).join('')}</tr>`)
    .join('\n');
  const caption = data.caption === undefined ? '' : `<caption>${escapeText(data.caption)}</caption>`;
  return `<div class="scroll"><table>${caption}<thead><tr>${head}</tr></thead>\n<tbody>${body}</tbody></table></div>`;
}

const paragraphs = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .filter((p) => p.trim() !== '')
    .map((p) => `<p>${escapeText(p.trim())}</p>`)
    .join('\n');

function drawSection(section: Section): string {
  const charts =
    section.svg === undefined ? [] : typeof section.svg === 'string' ? [section.svg] : section.svg;
  const parts = [
    `<h2>${escapeText(section.heading)}</h2>`,
    section.text === undefined ? '' : paragraphs(section.text),
    section.table === undefined ? '' : table(section.table),
    charts.length === 0
      ? ''
      : `<div class="charts">${charts.map((svg) => `<figure>${svg}</figure>`).join('\n')}</div>`,
    section.html ?? '',
  ];
  return `<section>\n${parts.filter((p) => p !== '').join('\n')}\n</section>`;
}

/**
 * One self-contained HTML file: no scripts (and a policy that forbids them), nothing loaded from elsewhere,
 * light and dark by the reader's preference, fit for print. Text is escaped; `svg` and `html` are trusted.
 */
export function htmlPage(page: Page): string {
  const title = escapeText(page.title);
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<header><h1>${title}</h1>${page.subtitle === undefined ? '' : `<p>${escapeText(page.subtitle)}</p>`}</header>`,
    '<main>',
    ...page.sections.map(drawSection),
    '</main>',
    page.footer === undefined ? '' : `<footer><p>${escapeText(page.footer)}</p></footer>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
