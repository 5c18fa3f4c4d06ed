/** Single changes written out as rows: the form for energies in which everything touches everything. */
import { type DiscreteDomain, isArranged, valueMap, wholeLine } from '../../domain.ts';
import { type Batch, makeBatch } from '../../ir/batch.ts';
import type { Axis, Node } from '../../ir/types.ts';
import type { Stream } from '../../random/stream.ts';
import { exchangeAtRandom } from '../exchange-kernels.ts';
import { asInputs } from '../rows.ts';
import { supportOf } from '../support.ts';
import type { Changing, MadeGroup } from './changes.ts';
import type { LossSpec } from './loss.ts';
import { candidates, Deal } from './site-choice.ts';

export interface ListedSpec {
  readonly spec: LossSpec;
  readonly rows: Batch;
  readonly row: Axis;
  /** The whole energy. */
  readonly total: Node;
}

/**
 * @param among unknowns whose elements are drawn as one lot
 * @param sites elements of each row that a step looks at
 */
export function listedChanges(
  { spec, rows, row, total }: ListedSpec,
  among: readonly Changing[],
  sites: number,
): MadeGroup {
  const { bound, energy, batch } = spec;
  const b = bound.program.builder;
  const elements = among.reduce((n, c) => n + c.elements, 0);
  const width = Math.max(...among.map((c) => c.alternatives));
  const site = b.axis(b.set('site', { kind: 'range', size: sites }), 'site');
  const value = b.axis(b.set('change', { kind: 'range', size: width }), 'change');
  const negatives = makeBatch(b, energy.unknowns, [row, site, value], '′');
  // Changes of arrangements are arrangements.
  const inside = supportOf(
    b,
    energy.support.filter((c) => !(c.implied && isArranged(c.implied.domain))),
  );
  const supported = inside && negatives.on(inside);
  const ragged = among.some((c) => c.alternatives < width);
  const mask = ragged ? b.slot('input', 'listed', wholeLine, [row.set, site.set, value.set]) : null;
  const listed =
    mask &&
    b.read(
      mask,
      [row, site, value].map((a) => b.axisNode(a)),
    );
  const present = new Float64Array(ragged ? batch * sites * width : 0);
  const arrays = new Map(
    energy.unknowns.map((u) => [u, new Float64Array(batch * sites * width * spec.rows.elements.get(u)!)]),
  );
  const inputs = new Map(asInputs(spec.rows, arrays, negatives.slots, [batch, sites, width]));
  if (mask) inputs.set(mask, { shape: [batch, sites, width], data: present });
  const deal = new Deal(batch, sites, elements);
  // Of each element of the lot, which unknown it is of and which of its elements.
  const owner = new Int32Array(elements);
  const element = new Int32Array(elements);
  const writers = among.map((c) => writerOf(c, bound.sizeOf));
  for (let k = 0, i = 0; k < among.length; k++)
    for (let e = 0; e < among[k].elements; e++, i++) {
      owner[i] = k;
      element[i] = e;
    }
  return {
    group: {
      form: 'listed',
      unknowns: among.map((c) => c.unknown),
      elements,
      sites,
      siteAxes: [site],
      value,
      gap: b.sub(rows.on(total), negatives.on(total)),
      where: listed && supported ? b.call('and', listed, supported) : (listed ?? supported),
      own: null,
    },
    inputs,
    constants: new Map(),
    negatives,
    supported,
    draw: ({ states, stream }) => {
      const own = stream.fork(among[0].unknown.name, 'changes');
      deal.draw(own);
      for (const [u, to] of arrays) repeat(states.get(u)!, to, spec.rows.elements.get(u)!, sites * width);
      const { picks } = deal;
      for (let i = 0; i < picks.length; i++) {
        const k = owner[picks[i]];
        const c = among[k];
        writers[k](arrays.get(c.unknown)!, i * width * c.elements, element[picks[i]], own);
        if (ragged) for (let a = 0; a < width; a++) present[i * width + a] = a < c.alternatives ? 1 : 0;
      }
    },
  };
}

/** Each of the rows `copies` times. */
function repeat(from: Float64Array, to: Float64Array, width: number, copies: number): void {
  if (width === 1) {
    for (let n = 0, k = 0; n < from.length; n++) for (let m = 0; m < copies; m++) to[k++] = from[n];
    return;
  }
  const block = width * copies;
  for (let n = 0, start = 0; start < to.length; n++, start += block) {
    for (let e = 0; e < width; e++) to[start + e] = from[n * width + e];
    // What is there is doubled until it is enough.
    for (let done = width; done < block; done *= 2)
      to.copyWithin(start + done, start, start + Math.min(done, block - done));
  }
}

/** Changes one element in rows that are copies of each other, one after another from `start`. */
type Writer = (to: Float64Array, start: number, element: number, stream: Stream) => void;

function writerOf(
  { unknown, elements, alternatives, states }: Changing,
  sizeOf: LossSpec['bound']['sizeOf'],
): Writer {
  const domain = unknown.domain as DiscreteDomain;
  if (domain.kind === 'permutation') {
    const length = sizeOf(domain.values);
    return (to, start, element, stream) => {
      const from = start + element - (element % length);
      const i = element % length;
      const j = (i + 1 + stream.int(length - 1)) % length;
      const kept = to[from + i];
      to[from + i] = to[from + j];
      to[from + j] = kept;
    };
  }
  if (domain.kind === 'subset') {
    const length = sizeOf(domain.of);
    const places = new Int32Array(length);
    return (to, start, element, stream) => {
      const from = start + element - (element % length);
      exchangeAtRandom(to.subarray(from, from + length), 1, stream, places);
    };
  }
  const { offset, scale } = valueMap(domain);
  if (alternatives === states - 1)
    return (to, start, element) => {
      const present = (to[start + element] - offset) / scale;
      for (let a = 0, at = start + element; a < alternatives; a++, at += elements)
        to[at] = offset + scale * (a < present ? a : a + 1);
    };
  const scratch = new Int32Array(alternatives + 1);
  return (to, start, element, stream) => {
    candidates(domain, states, (to[start + element] - offset) / scale, alternatives + 1, stream, scratch);
    for (let a = 0, at = start + element; a < alternatives; a++, at += elements)
      to[at] = offset + scale * scratch[a + 1];
  };
}
