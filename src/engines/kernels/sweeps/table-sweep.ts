/**
 * Sweeps over sites whose conditional is given by tables. Each site goes to the first form that takes it: sites
 * with few states around them to tabulated thresholds, others to products of weights, what is left to sums of
 * energies. The sites of a block are visited shape by shape, which is no matter, since they are independent given
 * the rest.
 */
import type { Callable } from '../wasm/code.ts';
import { type Exports, ModuleBuilder } from '../wasm/module.ts';
import { tablesArePrecise } from './precision.ts';
import type { GroupKernel, KernelMaker, Stage } from './stage.ts';
import { makeEnergies } from './table-energies.ts';
import { type Shape, type TableForm, type TableGroup, withOrder } from './table-form.ts';
import { makeProducts } from './table-products.ts';
import { makeThresholds } from './table-thresholds.ts';

export const tableKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables' || !tablesArePrecise(conditional)) return null;
  return sweepBy(stage, withOrder(group, conditional), ['thresholds', 'products', 'energies']);
};

/** By sums of energies only: for tests and comparisons. */
export const energyKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables') return null;
  return sweepBy(stage, withOrder(group, conditional), ['energies']);
};

/** By products of weights where they fit, else by sums of energies: for tests and comparisons. */
export const productKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables') return null;
  return sweepBy(stage, withOrder(group, conditional), ['products', 'energies']);
};

/** By sums of energies only, each multiplied as it is added: for tests and comparisons. */
export const scaledKernel: KernelMaker = (stage, group) => {
  const { conditional } = group;
  if (conditional.kind !== 'tables') return null;
  return sweepBy(stage, withOrder(group, conditional, 0), ['energies']);
};

type FormName = 'thresholds' | 'products' | 'energies';

/**
 * Where products of weights serve up to some inverse temperature only, sums of energies take over beyond. These are
 * made when they are first needed.
 */
function sweepBy(stage: Stage, group: TableGroup, names: readonly FormName[]): ReturnType<KernelMaker> {
  const every = new Int32Array(group.count).fill(1);
  const thresholds = names.includes('thresholds') ? makeThresholds(stage, group) : null;
  const left = without(every, thresholds);
  const products = names.includes('products') && left.includes(1) ? makeProducts(stage, group, left) : null;
  const others = without(left, products);
  const energies = others.includes(1) ? makeEnergies(stage, group, others) : null;
  const forms = [thresholds, products, energies].filter((f) => f !== null);
  if (!energies && others.includes(1)) {
    for (const at of forms.flatMap((f) => f.addresses)) stage.heap.release(at);
    return null;
  }
  const finish = sweepOf(stage, group, forms);
  if (!products) return finish;
  return (exports) => {
    const near = finish(exports);
    let far: GroupKernel | null = null;
    let now = near;
    return {
      form: near.form,
      prepare(beta) {
        if (products.fits(beta)) now = near;
        else {
          far ??= withoutProducts(stage, group, names, [
            products.shapeOf.map((s) => (s < 0 ? 0 : 1)),
            others,
          ]);
          now = far;
        }
        now.prepare(beta);
      },
      run: (state, random) => now.run(state, random),
      get entry() {
        return now.entry;
      },
      dispose() {
        near.dispose();
        far?.dispose();
      },
    };
  };
}

/** Sites that the form leaves. */
const without = (wanted: Int32Array, form: Pick<TableForm, 'shapeOf'> | null): Int32Array =>
  form ? wanted.map((w, p) => (form.shapeOf[p] < 0 ? w : 0)) : wanted;

/**
 * The same sites with sums of energies in place of products, in a module of its own.
 * @param sites those of products, and those that had sums before, so that all are summed as accurately
 * @throws OutOfMemory
 */
function withoutProducts(
  { heap, ...stage }: Stage,
  group: TableGroup,
  names: readonly FormName[],
  sites: readonly Int32Array[],
): GroupKernel {
  return heap.whole(() => {
    const own: Stage = { ...stage, heap, module: new ModuleBuilder() };
    const thresholds = names.includes('thresholds') ? makeThresholds(own, group) : null;
    const sums = sites.map((wanted) => (wanted.includes(1) ? makeEnergies(own, group, wanted) : null));
    const forms = [thresholds, ...sums].filter((f) => f !== null);
    return sweepOf(own, group, forms)(own.module.instantiate(heap.memory));
  });
}

/** The kernel of forms that have all sites among them: a site is swept by the first that takes it. */
function sweepOf(
  stage: Stage,
  group: TableGroup,
  forms: readonly TableForm[],
): (exports: Exports) => GroupKernel {
  const shapes: Shape[] = [];
  const shapeOf = new Int32Array(group.count).fill(-1);
  for (const form of forms) {
    form.shapeOf.forEach((s, p) => {
      if (shapeOf[p] < 0 && s >= 0) shapeOf[p] = shapes.length + s;
    });
    shapes.push(...form.shapes);
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
