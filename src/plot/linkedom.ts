import { parseHTML } from 'linkedom';
import type { ChartContext, Theme } from './context.ts';

/** A chart context without a browser: a small in-memory document. The only file that knows linkedom. */
export function linkedomContext(theme: Theme = 'auto'): ChartContext {
  const { document } = parseHTML('<!doctype html><html><head></head><body></body></html>');
  return { document: document as unknown as Document, theme };
}
