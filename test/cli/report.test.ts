/** `energy report`: one page about a run, or about all runs of a folder. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from './kit.ts';

const program = `/// A bowl & "quotes" <b>.
energy Bowl(x : real, k : bit) {
  term well = 0.5 * x ^ 2
  term coin = -0.3 * k
}
run draws = sample(Bowl, draws = 50, chains = 2, warmup = 50)
run lnz   = logz(Bowl)
run best  = minimize(Bowl)
`;

describe('a report', () => {
  const place = folder({ 'bowl.energy': program });

  it('of all runs of a folder holds source, plan, summary, charts and results', async () => {
    expect((await place.energy('run', 'bowl.energy', '-o', 'out')).code).toBe(0);
    const made = await place.energy('report', 'out', '--json');
    expect(made.code, made.err).toBe(0);
    expect(made.result).toEqual({
      event: 'result',
      verb: 'report',
      file: 'out/report.html',
      runs: ['draws', 'lnz', 'best'],
    });
    const page = readFileSync(path.join(place.dir, 'out/report.html'), 'utf8');
    expect(page).toContain('sample · Bowl');
    expect(page).toMatch(/ln Z = 1\.77\d* \(exact\)|ln Z = /);
    expect(page).toMatch(/Least energy \(/);
    expect(page).toContain('<td>x</td>');
    expect(page.match(/<svg/g)!.length).toBeGreaterThan(3);
    // The text of the program, escaped, and nothing that is loaded or run.
    expect(page).toContain('A bowl &amp; &quot;quotes&quot; &lt;b&gt;.');
    expect(page).not.toMatch(/<script|<link|src="http/);
  }, 60_000);

  it('of one run goes where it is told', async () => {
    const made = await place.energy('report', 'out/lnz', '-o', 'lnz.html');
    expect(made.out).toContain('one run → lnz.html');
    expect(readFileSync(path.join(place.dir, 'lnz.html'), 'utf8')).toContain('logz · Bowl');
  });

  it('of a folder without runs is refused', async () => {
    const none = await place.energy('report', '.');
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/holds no run/);
  });
});
