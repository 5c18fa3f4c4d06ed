/**
 * A graph as TensorFlow's SavedModel: one MetaGraphDef with the tag `serve` and the signature `serving_default`. All
 * weights are constants of the graph, so there is no folder of variables. Field numbers are those of TensorFlow's
 * `saved_model.proto`, `meta_graph.proto`, `graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto`,
 * `tensor_shape.proto` and `types.proto`.
 */
import { bytesOf, Message } from '../onnx/proto.ts';
import { type Attr, type DType, dtypeOf, type Graph, type GraphNode, type Port } from './nodes.ts';

/** Of TensorFlow's `DataType`. */
const types: Readonly<Record<DType, number>> = { float: 1, int32: 3, bool: 10 };
/** The version of graphs that knows all operations that occur. */
const PRODUCER = 27;

/** A protocol buffer may not be larger. */
export const LARGEST_SAVED_MODEL = 2 ** 31 - 1;

/** The content of `saved_model.pb`. */
export function savedModel(graph: Graph): Uint8Array {
  const def = new Message();
  for (const n of graph.nodes) def.message(1, nodeDef(n));
  def.message(4, new Message().integer(1, PRODUCER));
  const signature = new Message();
  for (const p of graph.inputs) entry(signature, 1, p.name, tensorInfo(p));
  for (const p of graph.outputs) entry(signature, 2, p.name, tensorInfo(p));
  signature.text(3, 'tensorflow/serving/predict');
  const meta = new Message();
  meta.message(1, new Message().text(4, 'serve').text(5, '2.9.0'));
  meta.message(2, def);
  entry(meta, 5, 'serving_default', signature);
  return new Message().integer(1, 1).message(2, meta).finish();
}

function nodeDef(n: GraphNode): Message {
  const out = new Message().text(1, n.name).text(2, n.op);
  for (const i of n.inputs) out.text(3, i);
  for (const [name, a] of Object.entries(n.attrs)) entry(out, 5, name, attr(a));
  return out;
}

function attr(a: Attr): Message {
  const out = new Message();
  switch (a.kind) {
    case 'type':
      return out.integer(6, types[a.value]);
    case 'bool':
      return out.integer(5, a.value ? 1 : 0);
    case 'int':
      return out.integer(3, a.value);
    case 'shape':
      return out.message(7, shape(a.value));
    case 'tensor':
      return out.message(
        8,
        new Message()
          .integer(1, types[dtypeOf(a.value)])
          .message(2, shape(a.shape))
          .bytes(4, bytesOf(a.value)),
      );
  }
}

function shape(dims: readonly number[]): Message {
  const out = new Message();
  for (const n of dims) out.message(2, new Message().integer(1, n));
  return out;
}

const tensorInfo = (p: Port): Message =>
  new Message().text(1, `${p.node}:0`).integer(2, types[p.dtype]).message(3, shape(p.shape));

/** An entry of a map from texts to messages. */
const entry = (to: Message, field: number, key: string, value: Message): Message =>
  to.message(field, new Message().text(1, key).message(2, value));
