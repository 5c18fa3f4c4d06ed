import { it } from 'vitest';
import { open } from '/work/main/test/run/kit.ts';
import { noClamp } from '/work/main/src/infer/model.ts';
import { makePlan } from '/work/main/src/plan/plan.ts';
import { discreteGraph } from '/work/main/src/analyse/discrete-graph.ts';
import { eliminationOrder } from '/work/main/src/exact/order.ts';
import { kernelsEngine } from '/work/main/src/engines/kernels/index.ts';
import { Heap } from '/work/main/src/engines/kernels/wasm/heap.ts';
it('t', async () => {
  for (const n of [32, 60]) {
  const m = (await open(`index site = grid(${n}, ${n})
energy Ising(s : spin[site]) { term pairs = -0.44 * sum(s[p] * s[q] for (p, q) in neighbours(site, wrap = true)) }`)).model(undefined, kernelsEngine(new Heap()));
  for (let i = 0; i < 2; i++) {
  let t = performance.now(); makePlan(m, noClamp(m)).gibbs?.dispose(); console.log(n, 'plan', performance.now() - t);
  t = performance.now(); makePlan(m, noClamp(m), 'gibbs').gibbs?.dispose(); console.log('gibbs', performance.now() - t);
  t = performance.now(); const g = discreteGraph(m, noClamp(m)); console.log('graph', performance.now() - t);
  t = performance.now(); if (!('why' in g)) console.log(eliminationOrder(g.graph, { largest: 2 ** 18, total: 2 ** 20, restarts: 2 }), performance.now() - t);
  t = performance.now(); if (!('why' in g)) console.log(eliminationOrder(g.graph), performance.now() - t);
  } }
}, 60000);
