/** From a program's text to models and states, for tests of the whole pipeline. */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bind } from '../../src/bind/bind.ts';
import type { BoundProgram } from '../../src/bind/bound.ts';
import { initialParams } from '../../src/bind/params.ts';
import { packageLibrary } from '../../src/cli/library.ts';
import { type Compiled, compileProgram } from '../../src/compile.ts';
import { isDiscrete, isVector, rangeOf, stateCount, valueMap } from '../../src/domain.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { referenceEngine } from '../../src/engines/reference/index.ts';
import { type Model, makeModel } from '../../src/infer/model.ts';
import type { Host } from '../../src/io/host.ts';
import { memoryHost } from '../../src/io/memory-host.ts';
import type { Slot } from '../../src/ir/types.ts';
import { moduleReader } from '../../src/modules.ts';
import type { Stream } from '../../src/random/stream.ts';
import { render } from '../../src/syntax/render.ts';
import { constrainValue } from '../../src/transforms/scalars.ts';
import { constrainVector, vectorLength } from '../../src/transforms/vectors.ts';

export const testFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The programs of a folder under `test/`, by name without `.energy`, sorted. */
export const programsIn = (folder: string): readonly string[] =>
  readdirSync(path.join(testFolder, folder))
    .filter((f) => f.endsWith('.energy'))
    .map((f) => f.slice(0, -'.energy'.length))
    .sort();

export const readProgram = (folder: string, name: string): string =>
  readFileSync(path.join(testFolder, folder, `${name}.energy`), 'utf8');

/** The diagnostics as a person reads them, without colour. */
export const rendered = (c: Compiled): string =>
  c.diagnostics.map((d) => render(d, (file) => c.sources.get(file), { color: false })).join('\n');

export interface Opened {
  readonly compiled: Compiled;
  readonly bound: BoundProgram;
  /** The model of an energy; the first of the program when no name is given. */
  readonly model: (energy?: string, engine?: Engine) => Model;
}

export interface OpenOptions {
  readonly file?: string;
  /** Where data and the files of `use` are; else `files`. */
  readonly host?: Host;
  readonly files?: Readonly<Record<string, string>>;
  readonly constants?: Readonly<Record<string, number>>;
  /** Files that hold data by name. */
  readonly everything?: readonly string[];
  /** Seed of the parameters' initial values. */
  readonly seed?: number;
}

/** Compiles and binds a program. @throws Error with the rendered diagnostics when it is wrong */
export async function open(text: string, options: OpenOptions = {}): Promise<Opened> {
  const host = options.host ?? memoryHost(options.files ?? {});
  const reader = moduleReader(host, packageLibrary());
  const compiled = await compileProgram(text, options.file ?? 'test.energy', reader, {
    constants: new Map(Object.entries(options.constants ?? {})),
  });
  if (!compiled.ok) throw new Error(rendered(compiled));
  const bound = await bind(compiled.program, host, { everything: options.everything });
  const params = initialParams(bound, options.seed ?? 1);
  return {
    compiled,
    bound,
    model: (name, engine = referenceEngine()) => {
      const energies = [...compiled.program.energies.values()];
      const found = name === undefined ? energies[0] : compiled.program.energies.get(name);
      if (!found) throw new Error(`no energy ${name}`);
      return makeModel(bound, found.energy, params, engine);
    },
  };
}

/**
 * Random states of `count` chains: discrete elements uniform, reals normal on the
 * unconstrained line, vectors by their transforms. Requirements are not looked at.
 */
export function randomStates(model: Model, stream: Stream, count: number): Map<Slot, Float64Array> {
  return new Map(
    model.unknowns.map((u) => {
      const d = u.slot.domain;
      const value = isDiscrete(d)
        ? () => valueMap(d).offset + valueMap(d).scale * stream.int(stateCount(d, model.sizeOf))
        : () => constrainValue(stream.normal(), rangeOf(d));
      const values = Float64Array.from({ length: count * u.size }, value);
      if (isVector(d)) {
        const k = model.sizeOf(d.over);
        const length = vectorLength(d, k);
        for (let from = 0; from < values.length; from += length) {
          const z = Float64Array.from({ length }, () => stream.normal());
          constrainVector(d, k, z, values.subarray(from, from + length));
        }
      }
      return [u.slot, values];
    }),
  );
}
