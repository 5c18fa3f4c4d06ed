/** A WebAssembly module: functions of its own and of the host, one memory that the host gives. */
import { type Callable, Code, typeCode, type ValueType } from './code.ts';
import { leb } from './opcodes.ts';

interface Imported extends Callable {
  readonly name: string;
  readonly run: (...args: number[]) => number | undefined;
}

interface Defined extends Callable {
  /** Under which the host calls it. */
  readonly name: string | null;
  readonly body: number[];
}

export type Exports = Readonly<Record<string, (...args: number[]) => number>>;

export class ModuleBuilder {
  private readonly imported: Imported[] = [];
  private readonly defined: Defined[] = [];
  private readonly known = new Map<string, Callable>();

  /** A function of the host; all have to be asked for before the first function is defined. */
  import(
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    run: (...args: number[]) => number | undefined,
  ): Callable {
    const before = this.known.get(name);
    if (before) return before;
    if (this.defined.length > 0) throw new Error('imports come before functions');
    const made: Imported = { index: this.imported.length, name, params, results, run };
    this.imported.push(made);
    this.known.set(name, made);
    return made;
  }

  /**
   * A function of the module.
   * @param name under which the host calls it; null for one that only the module calls
   * @param write emits the body; it may define or share other functions meanwhile
   */
  define(
    name: string | null,
    params: readonly ValueType[],
    results: readonly ValueType[],
    write: (c: Code) => void,
  ): Callable {
    const code = new Code(params);
    write(code);
    // Numbered when written, so that a function which its body asks for comes first.
    const made: Defined = {
      index: this.imported.length + this.defined.length,
      name,
      params,
      results,
      body: code.finish(),
    };
    this.defined.push(made);
    return made;
  }

  /** As `define`, for a function that several ask for by the same key: written once. */
  shared(
    key: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    write: (c: Code) => void,
  ): Callable {
    const before = this.known.get(key);
    if (before) return before;
    const made = this.define(null, params, results, write);
    this.known.set(key, made);
    return made;
  }

  /** The binary module (core specification 2.0, §5.5). It imports its memory as `host.memory`. */
  encode(): Uint8Array<ArrayBuffer> {
    const types = new Map<string, { readonly number: number; readonly bytes: readonly number[] }>();
    const typeOf = ({ params, results }: Callable): number => {
      const key = `${params}>${results}`;
      let t = types.get(key);
      if (!t) {
        const list = (l: readonly ValueType[]): number[] => [...leb(l.length), ...l.map((x) => typeCode[x])];
        t = { number: types.size, bytes: [0x60, ...list(params), ...list(results)] };
        types.set(key, t);
      }
      return t.number;
    };
    const imports = [
      [...name('host'), ...name('memory'), 0x02, 0x00, ...leb(0)],
      ...this.imported.map((f) => [...name('host'), ...name(f.name), 0x00, ...leb(typeOf(f))]),
    ];
    const functions = this.defined.map((f) => leb(typeOf(f)));
    const exports = this.defined.flatMap((f) =>
      f.name === null ? [] : [[...name(f.name), 0x00, ...leb(f.index)]],
    );
    const code = this.defined.map((f) => leb(f.body.length).concat(f.body));
    const out: number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    const section = (id: number, items: readonly (readonly number[])[]): void => {
      let size = leb(items.length).length;
      for (const i of items) size += i.length;
      out.push(id, ...leb(size), ...leb(items.length));
      for (const i of items) for (const b of i) out.push(b);
    };
    section(
      1,
      [...types.values()].map((t) => t.bytes),
    );
    section(2, imports);
    section(3, functions);
    section(7, exports);
    section(10, code);
    return Uint8Array.from(out);
  }

  /** Compiles the module for a memory. */
  instantiate(memory: WebAssembly.Memory): Exports {
    const host: Record<string, WebAssembly.ImportValue> = { memory };
    for (const f of this.imported) host[f.name] = f.run;
    const module = new WebAssembly.Module(this.encode());
    return new WebAssembly.Instance(module, { host }).exports as unknown as Exports;
  }
}

function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...leb(bytes.length), ...bytes];
}
