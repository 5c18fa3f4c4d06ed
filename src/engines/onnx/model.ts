/** ONNX models: graphs of named nodes, and the file that holds one (onnx.proto, IR version 8; operators of opset 18). */
import type { TensorProgram } from '../tensors/ops.ts';
import { lowerToOnnx } from './lower.ts';
import { bytesOf, Message } from './proto.ts';
import {
  type Attribute,
  elementTypes,
  type Initializer,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValue,
  type PortNames,
} from './types.ts';

export type { PortNames } from './types.ts';

/** Read by every runtime that knows opset 18 (ONNX 1.13, ONNX Runtime 1.14 and later). */
export const IR_VERSION = 8;
export const OPSET = 18;

/** What a file says about itself. */
export interface ModelMeta {
  /** Of the graph. */
  readonly name?: string;
  readonly doc?: string;
  readonly producerVersion?: string;
  /** By the name of an input or output. */
  readonly docs?: ReadonlyMap<string, string>;
  /** Free entries, in order. */
  readonly properties?: ReadonlyMap<string, string>;
}

/**
 * A tensor program as an ONNX file.
 * @param names one for each input and output, all of them different and not empty
 * @throws Error when the program has steps that ONNX cannot say (`unsupportedStep`), or on names that do not fit
 */
export function onnxBytes(tensors: TensorProgram, names: PortNames, meta: ModelMeta = {}): Uint8Array {
  return modelBytes(lowerToOnnx(tensors, names), meta);
}

export function modelBytes(graph: OnnxGraph, meta: ModelMeta = {}): Uint8Array {
  const model = new Message().integer(1, IR_VERSION).text(2, 'energy');
  if (meta.producerVersion !== undefined) model.text(3, meta.producerVersion);
  if (meta.doc !== undefined) model.text(6, meta.doc);
  model.message(7, graphMessage(graph, meta)).message(8, new Message().text(1, '').integer(2, OPSET));
  for (const [key, value] of meta.properties ?? [])
    model.message(14, new Message().text(1, key).text(2, value));
  return model.finish();
}

function graphMessage(graph: OnnxGraph, meta: ModelMeta): Message {
  const out = new Message();
  for (const n of graph.nodes) out.message(1, nodeMessage(n));
  out.text(2, meta.name ?? 'energy');
  for (const i of graph.initializers) out.message(5, tensorMessage(i));
  if (meta.doc !== undefined) out.text(10, meta.doc);
  for (const v of graph.inputs) out.message(11, valueMessage(v, meta));
  for (const v of graph.outputs) out.message(12, valueMessage(v, meta));
  return out;
}

function nodeMessage({ op, ins, out, attributes }: OnnxNode): Message {
  const message = new Message();
  for (const name of ins) message.text(1, name);
  message.text(2, out).text(3, out).text(4, op);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeMessage(name, value));
  return message;
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return message.text(4, value).integer(20, 3);
  // Not packed: the schema of attributes is older than packing.
  for (const v of value) message.integer(8, v);
  return message.integer(20, 7);
}

function tensorMessage({ name, shape, data }: Initializer): Message {
  const type =
    data instanceof Float32Array
      ? elementTypes.float
      : data instanceof Int32Array
        ? elementTypes.int32
        : elementTypes.int64;
  const message = new Message();
  for (const n of shape) message.integer(1, n);
  return message.integer(2, type).text(8, name).bytes(9, bytesOf(data));
}

function valueMessage({ name, shape }: OnnxValue, meta: ModelMeta): Message {
  const dims = new Message();
  for (const n of shape) dims.message(1, new Message().integer(1, n));
  const tensor = new Message().integer(1, elementTypes.float).message(2, dims);
  const message = new Message().text(1, name).message(2, new Message().message(1, tensor));
  const doc = meta.docs?.get(name);
  return doc === undefined ? message : message.text(3, doc);
}
