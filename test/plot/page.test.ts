import { expect, it } from 'vitest';
import { marginal } from '../../src/plot/marginal.ts';
import { htmlPage, table } from '../../src/plot/page.ts';
import { count, ctx, hostile, normals, real } from './well-formed.ts';

it('is one file that runs nothing and loads nothing', () => {
  const svg = marginal(ctx, real('mu', normals(50, 1)));
  const html = htmlPage({
    title: 'Run',
    subtitle: 'seed 1',
    sections: [
      { heading: 'One', text: 'First.\n\nSecond.', svg },
      { heading: 'Two', svg: [svg, svg], html: '<p id="own">x</p>' },
    ],
    footer: 'energy',
  });
  expect(html).toMatch(/^<!doctype html>/);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
  expect(count(html, '<figure>')).toBe(3);
  expect(html).toContain('<p>First.</p>\n<p>Second.</p>');
  expect(html).toContain('<p id="own">x</p>');
  expect(html).toContain('prefers-color-scheme:dark');
  expect(html).toContain('@media print');
});

it('escapes every text', () => {
  const html = htmlPage({
    title: hostile,
    subtitle: hostile,
    sections: [
      { heading: hostile, text: hostile, table: { columns: [hostile], rows: [[hostile]], caption: hostile } },
    ],
    footer: hostile,
  });
  expect(html).not.toContain('<script');
  expect(count(html, '&lt;script&gt;')).toBe(9);
});

it('sets numbers flush right and text flush left, and fills short rows', () => {
  const html = table({ columns: ['name', 'mean', 'share'], rows: [['mu', -1.5, '12 %'], ['tau']] });
  expect(html).toContain('<td>mu</td><td class="n">−1.5</td><td class="n">12 %</td>');
  expect(html).toContain('<td>tau</td><td class="n"></td><td class="n"></td>');
  expect(html).toContain('<th scope="col">name</th><th scope="col" class="n">mean</th>');
});
