import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { nodeHost } from '../../src/io/node-host.ts';
import { kernelsEngine } from '../../src/engines/kernels/index.ts';
import { referenceEngine } from '../../src/engines/reference/engine.ts';
import { continuousPart } from '../../src/infer/continuous.ts';
import { noClamp } from '../../src/infer/model.ts';
import { Stream } from '../../src/random/stream.ts';
import { open, randomStates } from '../run/kit.ts';
const files: string[] = [];
const walk = (d: string) => { for (const f of readdirSync(d)) { const p = path.join(d, f); if (statSync(p).isDirectory()) walk(p); else if (f.endsWith('.energy')) files.push(p); } };
walk(process.env.EX ?? 'examples/statistics');
it.each(files)('%s', async (file) => {
  const dir = path.dirname(path.resolve(file));
  const o = await open(readFileSync(file, 'utf8'), { host: nodeHost({ root: dir }) , file });
  for (const name of o.compiled.program.energies.keys()) {
    const run = (engine: any, time: any) => {
      const timed = { ...engine, compile: (p: any, c: any) => { const t = performance.now(); const e = engine.compile(p, c); time.ms = performance.now() - t; return e; } };
      const m = o.model(name, timed);
      const states = randomStates(m, new Stream(7), 2);
      const part = continuousPart(m, noClamp(m), 2, states);
      if (!part) return null;
      const z = part.read(states);
      const t0 = performance.now();
      const out = part.evaluate(z);
      const first = performance.now() - t0;
      if (engine.name === 'kernels') { let n = 0; const t = performance.now(); while (performance.now() - t < 60) { part.evaluate(z); n++; } time.rate = 2 * n / 0.06; }
      return { ...out, first };
    };
    const t: any = {};
    const a = run(kernelsEngine(), t); const b = run(referenceEngine(), {});
    if (!a || !b) return;
    const scale = b.gradient.reduce((m: number, x: number) => Math.max(m, Number.isFinite(x) ? Math.abs(x) : 0), 1);
    let worst = 0;
    b.gradient.forEach((g: number, i: number) => { if (!Object.is(g, a.gradient[i])) worst = Math.max(worst, Math.abs(g - a.gradient[i]) / scale); });
    b.energy.forEach((g: number, i: number) => { if (g !== a.energy[i]) worst = Math.max(worst, Math.abs(g - a.energy[i]) / Math.abs(g)); });
    console.log(`${path.basename(file)} ${name}: compile ${t.ms.toFixed(0)} ms, ${t.rate.toFixed(0)}/s, error ${worst.toExponential(1)} E ${b.energy[0]}`);
    expect(worst).toBeLessThan(1e-9);
  }
}, 120000);
