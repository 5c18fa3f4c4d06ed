/** Engines by name; each is loaded when it is asked for. */
import type { Engine } from './engine.ts';
import type { BrowserBackend, EngineName } from './names.ts';
import type { BackendOptions } from './tfjs/index.ts';

export interface EngineOptions extends BackendOptions {
  /** Threads within an operation, where an engine asks (ONNX Runtime); without, as many as it finds right. */
  readonly threads?: number;
}

/** @throws Error when the engine cannot be had here; `auto` can be had wherever there is WebAssembly */
export async function openEngine(
  name: EngineName | BrowserBackend,
  options: EngineOptions = {},
): Promise<Engine> {
  switch (name) {
    case 'reference':
      return (await import('./reference/index.ts')).referenceEngine();
    case 'kernels':
      return (await import('./kernels/index.ts')).kernelsEngine();
    case 'auto': {
      const { autoEngine } = await import('./choice.ts');
      const { bestBackend, nativeWhenNeeded } = await import('./tfjs/index.ts');
      const portable = await openEngine(await bestBackend(options, ['wasm']), options);
      const native = await nativeWhenNeeded(portable);
      const onnx = await (await import('./onnx/index.ts')).onnxWhenNeeded({ ...options, fallback: portable });
      const fast = [native, onnx].filter((e) => e !== null);
      return autoEngine([await openEngine('kernels'), portable, ...fast]);
    }
    case 'onnx': {
      const { onnxEngine } = await import('./onnx/index.ts');
      return onnxEngine({ ...options, fallback: await openEngine('wasm', options) });
    }
    default:
      return (await import('./tfjs/index.ts')).tfjsEngine(name, options);
  }
}
