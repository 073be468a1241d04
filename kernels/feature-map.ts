import type { Graph, Value } from './graph.ts';

/**
 * φ as a parameter of the memory. The fields are those of the map at rest (integers, in the memory's own folder), so
 * one description serves both; what only concerns integers is ignored here.
 *
 * `elu1`: ELU(gain · x) + 1. Gain 1, the default, is the paper's σ (arXiv 2404.07143, eqs. 3 and 4; Katharopoulos et
 * al., arXiv 2006.16236, eq. 7). d_φ = d.
 *
 * `dpfp`: r ⊙ roll(r, j) for j = 1 … order, r = relu([x, -x]) (Schlag et al., arXiv 2102.11174, section 5.3, where
 * order is ν). d_φ = 2 · d · order.
 *
 * `topk`: `size` sparse projections of x, each a sum of `fan` of its numbers with fixed signs; the `keep` largest
 * positive ones stay, the rest are 0. d_φ = size.
 */
export type FeatureSpec =
  | { readonly kind: 'elu1'; readonly gain?: number }
  | { readonly kind: 'dpfp'; readonly order: number }
  | {
      readonly kind: 'topk';
      readonly size: number;
      readonly keep: number;
      readonly fan: number;
      readonly seed: number;
    };

/** d_φ of a map over d numbers. */
export function featureSize(spec: FeatureSpec, width: number): number {
  switch (spec.kind) {
    case 'elu1':
      return width;
    case 'dpfp':
      return 2 * width * spec.order;
    case 'topk':
      return spec.size;
  }
}

/** φ(x): [.., d] → [.., d_φ], float32, none below 0. `width` is d. Throws RangeError on parameters that make no map. */
export function featureMap(graph: Graph, spec: FeatureSpec, x: Value, width: number): Value {
  switch (spec.kind) {
    case 'elu1':
      return elu1(graph, spec.gain ?? 1, x);
    case 'dpfp':
      return dpfp(graph, spec.order, x, width);
    case 'topk':
      return topk(graph, spec, x, width);
  }
}

function elu1(graph: Graph, gain: number, x: Value): Value {
  const scaled = gain === 1 ? x : graph.node('Mul', [x, graph.scalar(gain)]);
  // ELU(x) + 1 = relu(x) + exp(min(x, 0)). The operator Elu is not on WebGPU in every operator set.
  const below = graph.node('Exp', [graph.node('Min', [scaled, graph.scalar(0)])]);
  return graph.node('Add', [graph.node('Relu', [scaled]), below]);
}

function dpfp(graph: Graph, order: number, x: Value, width: number): Value {
  const both = 2 * width;
  if (!(Number.isInteger(order) && order >= 1 && order < both)) {
    throw new RangeError(`dpfp over ${width} numbers needs an order from 1 to ${both - 1}, not ${order}.`);
  }
  const r = graph.node('Relu', [graph.node('Concat', [x, graph.node('Neg', [x])], { axis: -1 })]); // [.., 2 d]
  const partners = Array.from({ length: order * both }, (_, at) => ((at % both) + Math.floor(at / both) + 1) % both);
  const rolled = graph.node('Gather', [r, graph.int64s(partners)], { axis: -1 }); // [.., order · 2 d]
  const repeated = order === 1 ? r : graph.node('Concat', Array<Value>(order).fill(r), { axis: -1 });
  return graph.node('Mul', [repeated, rolled]);
}

function topk(graph: Graph, spec: FeatureSpec & { kind: 'topk' }, x: Value, width: number): Value {
  const { size, keep } = spec;
  if (!(Number.isInteger(keep) && keep >= 1 && keep <= size)) {
    throw new RangeError(`topk over ${size} features keeps from 1 to ${size} of them, not ${keep}.`);
  }
  const matrix = graph.once(`topk.${width}.${size}.${spec.fan}.${spec.seed}`, () =>
    graph.floats(projections(spec, width), [width, size]),
  );
  const heights = graph.node('Relu', [graph.node('MatMul', [x, matrix])]); // [.., N]
  const [best, places] = graph.nodes('TopK', [heights, graph.int64s([keep])], 2, { axis: -1, largest: 1, sorted: 1 });
  if (best === undefined || places === undefined) throw new Error('TopK has two outputs');
  const none = graph.node('Sub', [heights, heights]);
  return graph.node('ScatterElements', [none, places, best], { axis: -1 });
}

/**
 * The projections of `topk` as a matrix [d, size] of 0, 1 and -1. Each takes `fan` distinct numbers and their signs
 * from mulberry32, in the order that the map at rest draws them: the same seed is the same map.
 */
export function projections(
  { size, fan, seed }: { readonly size: number; readonly fan: number; readonly seed: number },
  width: number,
): Float32Array {
  if (!(Number.isInteger(fan) && fan >= 1 && fan <= width)) {
    throw new RangeError(`A projection of ${width} numbers sums from 1 to ${width} of them, not ${fan}.`);
  }
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const matrix = new Float32Array(width * size);
  for (let feature = 0; feature < size; feature += 1) {
    const taken = new Set<number>();
    while (taken.size < fan) taken.add(next() % width);
    for (const index of taken) matrix[index * size + feature] = (next() & 1) === 0 ? 1 : -1;
  }
  return matrix;
}
