import * as path from 'node:path';
import { nodeHost } from '../../io/node-host.ts';
import { readRun } from '../../io/run-folder.ts';
import { type Theme, themes } from '../../plot/context.ts';
import { htmlPage } from '../../plot/page.ts';
import type { RunChart } from '../../plot/run-charts.ts';
import { runPictures } from '../run-pictures.ts';
import { ExitCode, type Io, type Terminal, UsageError } from '../terminal.ts';

export interface PlotFlags {
  readonly output?: string;
  readonly png?: boolean;
  /** Pixels, as written. */
  readonly width?: string;
  readonly theme?: string;
}

/** Pixels of a picture's side; more than that is a slip. */
const WIDEST = 10_000;

/** Draws the charts that fit a run into its folder (or -o): SVG files, PNG files if asked for, and `index.html`. */
export async function plotCommand(io: Io, terminal: Terminal, dir: string, o: PlotFlags): Promise<number> {
  const width = widthOf(o);
  const theme = themeOf(o.theme);
  const host = nodeHost({ root: io.cwd });
  const from = host.permit(path.resolve(io.cwd, dir));
  const to = o.output ? host.permit(path.resolve(io.cwd, o.output)) : path.join(from, 'plots');
  const record = await readRun(host, from);
  const { charts } = await runPictures(host, from, record, theme);
  for (const c of charts) await host.write(path.join(to, c.file), c.svg);
  const pictures: string[] = [];
  if (o.png) {
    const { openRasteriser } = await import('../raster.ts');
    const rasteriser = await openRasteriser();
    // A file of pixels cannot follow its viewer.
    const drawn = theme === 'auto' ? (await runPictures(host, from, record, 'light')).charts : charts;
    for (const { file, svg } of drawn) {
      const name = file.replace(/\.svg$/, '.png');
      await host.write(path.join(to, name), rasteriser.png(svg, width));
      pictures.push(name);
    }
  }
  await host.write(path.join(to, 'index.html'), page(path.basename(dir), charts));
  terminal.line(
    `${charts.length} ${charts.length === 1 ? 'chart' : 'charts'} → ${path.join(path.relative(io.cwd, to) || '.', 'index.html')}`,
  );
  terminal.event({
    event: 'result',
    verb: 'plot',
    folder: path.relative(io.cwd, to),
    files: [...charts.map((c) => c.file), ...pictures, 'index.html'],
  });
  return ExitCode.fine;
}

/** @throws UsageError */
function widthOf({ width, png }: PlotFlags): number | undefined {
  if (width === undefined) return undefined;
  if (!png) throw new UsageError('--width is the width of PNG files; add --png');
  const pixels = Number(width);
  if (/^\d+$/.test(width) && pixels >= 1 && pixels <= WIDEST) return pixels;
  throw new UsageError(`--width is a whole number of pixels from 1 to ${WIDEST}, not \`${width}\``);
}

/** @throws UsageError */
function themeOf(name = 'auto'): Theme {
  const theme = themes.find((t) => t === name);
  if (theme) return theme;
  throw new UsageError(`--theme is ${themes.join(', ')}, not \`${name}\``);
}

const page = (title: string, charts: readonly RunChart[]): string =>
  htmlPage({
    title,
    subtitle: 'Charts of one run.',
    sections: charts.map((c) => ({ heading: c.title, svg: c.svg })),
  });
