/** Engines by name; each is loaded when it is asked for. */
import type { Engine } from './engine.ts';
import type { EngineName } from './names.ts';
import type { BackendOptions } from './tfjs/index.ts';

/** @throws Error when the engine cannot be had here; `auto` can be had wherever there is WebAssembly */
export async function openEngine(name: EngineName, options: BackendOptions = {}): Promise<Engine> {
  switch (name) {
    case 'reference':
      return (await import('./reference/index.ts')).referenceEngine();
    case 'kernels':
      return (await import('./kernels/index.ts')).kernelsEngine();
    case 'auto': {
      const { autoEngine } = await import('./choice.ts');
      const { bestBackend } = await import('./tfjs/index.ts');
      return autoEngine([await openEngine('kernels'), await openEngine(await bestBackend(options), options)]);
    }
    case 'onnx': {
      const { onnxEngine } = await import('./onnx/index.ts');
      return onnxEngine({ ...options, fallback: await openEngine('wasm', options) });
    }
    default:
      return (await import('./tfjs/index.ts')).tfjsEngine(name, options);
  }
}
