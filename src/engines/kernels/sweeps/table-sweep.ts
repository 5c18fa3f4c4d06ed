/**
 * Sweeps over sites whose conditional is given by tables. Each site goes to the first form that takes it: sites
 * with few states around them to tabulated thresholds, others to sums of energies. The sites of a block are
 * visited shape by shape, which is no matter, since they are independent given the rest.
 */
import type { Callable } from '../wasm/code.ts';
import { tablesArePrecise } from './precision.ts';
import type { GroupKernel, KernelMaker, Stage } from './stage.ts';
import { makeEnergies } from './table-energies.ts';
import { type Shape, type TableForm, type TableGroup, withOrder } from './table-form.ts';
import { makeThresholds } from './table-thresholds.ts';

export const tableKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables' || !tablesArePrecise(conditional)) return null;
  return sweepBy(stage, withOrder(group, conditional), ['thresholds', 'energies']);
};

/** By sums of energies only: for tests and comparisons. */
export const energyKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables') return null;
  return sweepBy(stage, withOrder(group, conditional), ['energies']);
};

/** By sums of energies only, each multiplied as it is added: for tests and comparisons. */
export const scaledKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables') return null;
  return sweepBy(stage, withOrder(group, conditional, 0), ['energies']);
};

type FormName = 'thresholds' | 'energies';

function sweepBy(stage: Stage, group: TableGroup, names: readonly FormName[]): ReturnType<KernelMaker> {
  const forms: TableForm[] = [];
  const shapes: Shape[] = [];
  const shapeOf = new Int32Array(group.count).fill(-1);
  const take = (form: TableForm | null): void => {
    if (!form) return;
    form.shapeOf.forEach((s, p) => {
      if (shapeOf[p] < 0 && s >= 0) shapeOf[p] = shapes.length + s;
    });
    forms.push(form);
    shapes.push(...form.shapes);
  };
  if (names.includes('thresholds')) take(makeThresholds(stage, group));
  if (shapeOf.includes(-1))
    take(
      makeEnergies(
        stage,
        group,
        shapeOf.map((s) => (s < 0 ? 1 : 0)),
      ),
    );
  if (shapeOf.includes(-1)) {
    for (const at of forms.flatMap((f) => f.addresses)) stage.heap.release(at);
    return null;
  }
  const { runs, count, records } = layOut(stage, group, shapes, shapeOf);
  const name = `tables ${group.from}`;
  defineSweep(stage, name, shapes, runs, count);
  return (exports): GroupKernel => ({
    form: forms.map((f) => f.name).join(', '),
    prepare(beta) {
      for (const f of forms) f.prepare(beta);
    },
    run: exports[name],
    entry: exports[name],
    dispose() {
      for (const at of [runs, records, ...forms.flatMap((f) => f.addresses)]) stage.heap.release(at);
    },
  });
}

/** Bytes of a run: shape, number of sites, address of the records. */
const RUN_BYTES = 16;

/** The records, block by block and shape by shape, and the list of runs. */
function layOut(
  stage: Stage,
  group: TableGroup,
  shapes: readonly Shape[],
  shapeOf: Int32Array,
): { runs: number; count: number; records: number } {
  const { heap } = stage;
  let bytes = 0;
  for (const s of shapeOf) bytes += shapes[s].recordBytes;
  const records = heap.allocate(bytes);
  const view = new DataView(heap.memory.buffer);
  const list: number[] = [];
  let at = records;
  for (let b = 0; b + 1 < group.blocks.length; b++) {
    const sites = new Map<number, number[]>();
    for (let p = group.blocks[b]; p < group.blocks[b + 1]; p++) {
      const of = sites.get(shapeOf[p]);
      if (of) of.push(p);
      else sites.set(shapeOf[p], [p]);
    }
    for (const [s, members] of sites) {
      list.push(s, members.length, at, 0);
      for (const p of members) {
        shapes[s].write(view, at, p);
        at += shapes[s].recordBytes;
      }
    }
  }
  const runs = heap.allocate(4 * list.length);
  heap.i32(runs, list.length).set(list);
  return { runs, count: list.length / 4, records };
}

/** (state, random) → position or −1: one run after another. */
function defineSweep(
  { module }: Stage,
  name: string,
  shapes: readonly Shape[],
  runs: number,
  count: number,
): Callable {
  return module.define(name, ['i32', 'i32'], ['i32'], (c) => {
    const [state, random] = c.params;
    const [run, fault] = [c.local('i32'), c.local('i32')];
    const call = (shape: Shape): void => {
      c.get(run).memory('i32.load', 8).get(run).memory('i32.load', 4);
      c.get(state).get(random).call(shape.sweep);
    };
    const choose = (from: number): void => {
      if (from === shapes.length - 1) {
        call(shapes[from]);
        return;
      }
      c.get(run).memory('i32.load').i32(from).op('i32.eq');
      c.if(
        () => call(shapes[from]),
        () => choose(from + 1),
        'i32',
      );
    };
    c.i32(-1).set(fault);
    const last = c.local('i32');
    c.for(run, runs, runs + RUN_BYTES * count, RUN_BYTES, () => {
      choose(0);
      c.tee(last).get(fault).get(last).i32(0).op('i32.ge_s', 'select').set(fault);
    });
    c.get(fault);
  });
}
