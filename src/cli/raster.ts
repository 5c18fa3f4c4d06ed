/** Charts as PNG: resvg compiled to WebAssembly with a font of its own, so the same chart gives the same bytes everywhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { unpackWoff } from './woff.ts';

const FAMILY = 'DejaVu Sans';
const FONTS = [400, 700].map((w) => `@fontsource/dejavu-sans/files/dejavu-sans-latin-${w}-normal.woff`);

/** Pixels for each unit of a chart that is asked for no width. */
const ZOOM = 2;

export interface Rasteriser {
  /** The picture of a chart, `width` pixels wide or twice as large as the chart says. */
  png(svg: string, width?: number): Uint8Array;
}

let opened: Promise<Rasteriser> | undefined;

/** Loads the WebAssembly and the fonts, once. */
export function openRasteriser(): Promise<Rasteriser> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Rasteriser> {
  const { resolve } = createRequire(import.meta.url);
  await initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  const fontBuffers = await Promise.all(FONTS.map(async (f) => unpackWoff(await readFile(resolve(f)))));
  return {
    png(svg, width) {
      const chart = new Resvg(atFullWeights(svg), {
        font: { fontBuffers, defaultFontFamily: FAMILY, sansSerifFamily: FAMILY },
        fitTo: width === undefined ? { mode: 'zoom', value: ZOOM } : { mode: 'width', value: width },
        // Pictures in charts are lattices: their pixels stay squares.
        imageRendering: 1,
      });
      const image = chart.render();
      try {
        return image.asPng();
      } finally {
        image.free();
        chart.free();
      }
    },
  };
}

/** Weights between the hundreds, which resvg passes over, as the next full one. */
const atFullWeights = (svg: string): string =>
  svg.replace(
    /(<[^<>]* font-weight=")(\d+)"/g,
    (_, head, w) => `${head}${Math.ceil(Number(w) / 100) * 100}"`,
  );
