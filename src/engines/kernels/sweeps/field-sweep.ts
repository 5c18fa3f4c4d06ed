/**
 * Sweeps over two-state sites with local fields, lanes over the sites of a block. The sites of one vector are of
 * one block, so they are independent given the rest and drawing them at once is drawing them one by one.
 */
import type { FieldConditional, SiteGroup } from '../site-tables.ts';
import type { Exports } from '../wasm/module.ts';
import { emitFieldSweep } from './field-code.ts';
import { FAR, fillThresholds, THRESHOLD_BYTES } from './field-draw.ts';
import { type Links, tidyLinks, tooVaried } from './field-levels.ts';
import { type FieldProgram, fieldProgram, SCALE_AT, TABLES_AT } from './field-program.ts';
import { fieldIsPrecise } from './precision.ts';
import type { GroupKernel, KernelMaker, Stage } from './stage.ts';

/** For groups in which at least half of the sites have an energy difference out of a short list. */
export const byteField: KernelMaker = (stage, group) => make(stage, group, true);

/** For any group with local fields. */
export const laneField: KernelMaker = (stage, group) => make(stage, group, false);

function make(stage: Stage, group: SiteGroup, bytes: boolean): ((exports: Exports) => GroupKernel) | null {
  if (group.conditional.kind !== 'field' || !isPrecise(group, group.conditional)) return null;
  const program = programOf(group, group.conditional, bytes);
  if (!program || (bytes && 2 * program.byteSites < group.count)) return null;
  const { heap, module } = stage;
  const base = heap.allocate(program.bytes.length);
  heap.u8().set(program.bytes, base);
  const write = (name: string, far: boolean): string => {
    module.define(name, ['i32', 'i32'], ['i32'], (c) => emitFieldSweep(c, program, base, far));
    return name;
  };
  const near = write(`field.${group.from}.near`, false);
  const far = program.floatSites > 0 ? write(`field.${group.from}.far`, true) : near;
  return (exports) => {
    let run = exports[far];
    return {
      form: formOf(group, program),
      prepare(beta) {
        run = exports[Math.abs(beta) * program.reach < FAR ? near : far];
        heap.f32(base + SCALE_AT, 4).fill(beta * Math.LOG2E);
        program.tables.forEach((energies, t) => {
          fillThresholds(energies, beta, heap.u8(base + TABLES_AT + THRESHOLD_BYTES * t, THRESHOLD_BYTES));
        });
      },
      run: (state, random) => run(state, random),
      get entry() {
        return run;
      },
      dispose: () => heap.release(base),
    };
  };
}

const precise = new WeakMap<SiteGroup, boolean>();

function isPrecise(group: SiteGroup, conditional: FieldConditional): boolean {
  let is = precise.get(group);
  if (is === undefined) {
    is = fieldIsPrecise(conditional);
    precise.set(group, is);
  }
  return is;
}

/** What depends on tables alone is kept: a plan asks for the forms before a run asks for the kernels. */
const known = new WeakMap<
  SiteGroup,
  { links: Links | null; readonly programs: Map<boolean, FieldProgram | null> }
>();

function programOf(group: SiteGroup, conditional: FieldConditional, bytes: boolean): FieldProgram | null {
  let of = known.get(group);
  if (!of) {
    of = { links: null, programs: new Map() };
    known.set(group, of);
  }
  let program = of.programs.get(bytes);
  if (program === undefined) {
    if (bytes && tooVaried(conditional)) program = null;
    else {
      const { start, other, weight } = conditional;
      of.links ??= tidyLinks(start, other, weight);
      program = fieldProgram(group, conditional, of.links, bytes);
    }
    of.programs.set(bytes, program);
  }
  return program;
}

function formOf(group: SiteGroup, program: FieldProgram): string {
  const lanes = 2 * program.byteSites >= group.count ? 'byte lanes' : '32-bit lanes';
  const singles = program.shapes.length === 1 && program.shapes[0].kind === 'single';
  if (singles) return 'one site at a time';
  return 2 * program.gatheredSites >= group.count ? `${lanes}, gathered neighbours` : lanes;
}
