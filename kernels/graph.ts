import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './onnx-proto.ts';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from './onnx-proto.ts';

/** The name of a value inside a graph. */
export type Value = string;

/** A size, or the name of a dynamic one. */
export type Dimension = number | string;

export type ElementType = 'float32' | 'float16' | 'int32' | 'int64' | 'int8' | 'uint8';

/** An attribute: numbers that are whole become INT, so a FLOAT that may be whole is written as `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Where a tensor's bytes lie in a file beside the graph. */
export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

const dataTypes: Record<ElementType, DataType> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
};

/** ONNX's own operators stop at 21: Elu and others leave the WebGPU provider in later sets. */
const OPERATOR_SETS = { '': 21n, 'com.microsoft': 1n };
const IR_VERSION = 10n;

/**
 * Collects nodes, initializers, inputs and outputs, and writes them as one ONNX model. Weights stay in their files:
 * `external` refers to bytes beside the graph, so a graph of a 0.5B model is a few hundred kilobytes.
 */
export class Graph {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #shared = new Map<string, Value>();
  readonly #renamed = new Map<Value, string>();
  #counter = 0;

  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Declares an input of the graph. */
  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /**
   * Gives `value` to the outside under `name`. The value itself is renamed: an Identity node would copy the key-value
   * cache, and past and present could no longer be one buffer.
   */
  output(name: string, value: Value, type: ElementType, shape: readonly Dimension[]): void {
    this.#renamed.set(value, name);
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /**
   * A node with one output. An input that is left out is `''`. `operator` is `MatMul` or `com.microsoft.MatMulNBits`.
   */
  node(operator: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    const [value] = this.nodes(operator, inputs, 1, attributes);
    if (value === undefined) throw new Error(`${operator} has no output`);
    return value;
  }

  /** A node with `count` outputs. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    count: number,
    attributes: Record<string, Attribute> = {},
  ): readonly Value[] {
    const dot = operator.lastIndexOf('.');
    const opType = operator.slice(dot + 1);
    const name = this.#fresh(opType);
    const output = Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}.${index}`));
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType,
        domain: dot < 0 ? '' : operator.slice(0, dot),
        name,
        input: [...inputs],
        output,
        attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
      }),
    );
    return output;
  }

  /** A tensor whose bytes stay in a file beside the graph. The same name twice is the same tensor. */
  external(name: string, type: ElementType, shape: readonly number[], place: Place): Value {
    if (!this.#initializers.has(name)) {
      const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
      this.#initializers.set(
        name,
        create(TensorProtoSchema, {
          name,
          dataType: dataTypes[type],
          dims: shape.map(BigInt),
          dataLocation: DataLocation.EXTERNAL,
          externalData: [
            entry('location', place.file),
            entry('offset', String(place.offset)),
            entry('length', String(place.bytes)),
          ],
        }),
      );
    }
    return name;
  }

  /** Names of the files that external tensors lie in. */
  externalFiles(): readonly string[] {
    const locations = [...this.#initializers.values()].flatMap((tensor) =>
      tensor.externalData.filter((entry) => entry.key === 'location').map((entry) => entry.value),
    );
    return [...new Set(locations)];
  }

  floats(values: Float32Array | readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#inline('float32', shape, new Uint8Array(Float32Array.from(values).buffer));
  }

  bytes(values: Uint8Array<ArrayBuffer>, shape: readonly number[]): Value {
    return this.#inline('uint8', shape, values);
  }

  int8s(values: Int8Array<ArrayBuffer>, shape: readonly number[]): Value {
    return this.#inline('int8', shape, new Uint8Array(values.buffer));
  }

  /** float16 numbers by their bytes. */
  halves(values: Uint8Array<ArrayBuffer>, shape: readonly number[]): Value {
    return this.#inline('float16', shape, values);
  }

  int64s(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.#inline('int64', shape, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer));
  }

  scalar(value: number): Value {
    return this.floats([value], []);
  }

  /** The value of `make()`, made at most once in this graph under `key`. */
  once(key: string, make: () => Value): Value {
    const value = this.#shared.get(key) ?? make();
    this.#shared.set(key, value);
    return value;
  }

  /** Reshape with ONNX's conventions: 0 keeps a size, -1 is what remains. */
  reshape(value: Value, shape: readonly number[]): Value {
    return this.node('Reshape', [value, this.int64s(shape)]);
  }

  cast(value: Value, to: ElementType): Value {
    return this.node('Cast', [value], { to: dataTypes[to] });
  }

  /** The model as bytes: opset 21 and com.microsoft 1. */
  serialize(): Uint8Array {
    const final = (value: Value) => this.#renamed.get(value) ?? value;
    for (const node of this.#nodes) {
      node.input = node.input.map(final);
      node.output = node.output.map(final);
    }
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: 'ask-codebase',
      opsetImport: Object.entries(OPERATOR_SETS).map(([domain, version]) =>
        create(OperatorSetIdProtoSchema, { domain, version }),
      ),
      graph: create(GraphProtoSchema, {
        name: this.name,
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      }),
    });
    return toBinary(ModelProtoSchema, model);
  }

  #inline(type: ElementType, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>): Value {
    const name =
      bytes.length <= 64
        ? `${type}:${shape.join('x')}:${Buffer.from(bytes).toString('base64')}`
        : this.#fresh('constant');
    if (!this.#initializers.has(name)) {
      this.#initializers.set(
        name,
        create(TensorProtoSchema, { name, dataType: dataTypes[type], dims: shape.map(BigInt), rawData: bytes }),
      );
    }
    return name;
  }

  #fresh(stem: string): string {
    return `${stem}_${this.#counter++}`;
  }
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: bytes });
  }
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
      : create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value });
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: dataTypes[type],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}
