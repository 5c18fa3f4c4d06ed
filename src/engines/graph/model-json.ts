/**
 * A graph as the files of a tfjs GraphModel: `model.json` with the topology and the list of weights, and the weights
 * in shards of at most 4 MiB, as tfjs's own converter writes them (tensorflowjs/docs, "Graph model format").
 */
import { bytesOf } from '../onnx/proto.ts';
import type { Attr, DType, Graph, Port } from './nodes.ts';

export interface ModelFile {
  readonly name: string;
  readonly content: Uint8Array | string;
}

const SHARD = 2 ** 22;

const types: Readonly<Record<DType, string>> = { float: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' };
const weightTypes: Readonly<Record<DType, string>> = { float: 'float32', int32: 'int32', bool: 'bool' };

/** @param generatedBy who says to have made it */
export function modelJson(graph: Graph, generatedBy: string): readonly ModelFile[] {
  const weights: { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[] = [];
  const parts: Uint8Array[] = [];
  for (const n of graph.nodes) {
    const value = n.attrs.value;
    if (value?.kind !== 'tensor') continue;
    const dtype = weightTypes[value.value instanceof Float32Array ? 'float' : 'int32'];
    weights.push({ name: n.name, shape: value.shape, dtype });
    parts.push(bytesOf(value.value));
  }
  const shards = sharded(parts);
  const names = shards.map((_, i) => `group1-shard${i + 1}of${shards.length}.bin`);
  const model = {
    format: 'graph-model',
    generatedBy,
    convertedBy: null,
    signature: { inputs: ports(graph.inputs), outputs: ports(graph.outputs) },
    modelTopology: {
      node: graph.nodes.map((n) => ({
        name: n.name,
        op: n.op,
        ...(n.inputs.length > 0 ? { input: n.inputs } : {}),
        attr: Object.fromEntries(Object.entries(n.attrs).map(([k, a]) => [k, attrJson(a)])),
      })),
      library: {},
      versions: { producer: 27 },
    },
    weightsManifest: [{ paths: names, weights }],
  };
  return [
    { name: 'model.json', content: JSON.stringify(model) },
    ...shards.map((content, i) => ({ name: names[i], content })),
  ];
}

const shapeJson = (shape: readonly number[]) => ({ dim: shape.map((n) => ({ size: String(n) })) });

const ports = (list: readonly Port[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    list.map((p) => [
      p.name,
      { name: `${p.node}:0`, dtype: types[p.dtype], tensorShape: shapeJson(p.shape) },
    ]),
  );

function attrJson(a: Attr): Readonly<Record<string, unknown>> {
  switch (a.kind) {
    case 'type':
      return { type: types[a.value] };
    case 'bool':
      return { b: a.value };
    case 'int':
      return { i: String(a.value) };
    case 'shape':
      return { shape: shapeJson(a.value) };
    case 'tensor': {
      const dtype = types[a.value instanceof Float32Array ? 'float' : 'int32'];
      return { tensor: { dtype, tensorShape: shapeJson(a.shape) } };
    }
  }
}

/** The bytes of all parts, in order, in pieces of at most `SHARD`. */
function sharded(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const total = parts.reduce((n, p) => n + p.length, 0);
  const whole = new Uint8Array(total);
  let at = 0;
  for (const p of parts) {
    whole.set(p, at);
    at += p.length;
  }
  const count = Math.max(1, Math.ceil(total / SHARD));
  return Array.from({ length: count }, (_, i) => whole.subarray(i * SHARD, (i + 1) * SHARD));
}
