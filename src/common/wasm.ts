/** What is used of WebAssembly, which the types of this project's runtimes leave out. */
declare const WebAssembly:
  | {
      validate(bytes: Uint8Array): boolean;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
      readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
    }
  | undefined;

/** A function of a module: its numbers are of 32 bits. */
export type WasmFunction = (...numbers: number[]) => void;

/**
 * One function of an assembled module, with the memory that both sides use. Undefined where WebAssembly has no SIMD.
 *
 * @param base64 the module, which exports `memory` and the function
 */
export function openWasm(
  base64: string,
  name: string,
): { readonly memory: ArrayBuffer; readonly run: WasmFunction } | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) return undefined;
  const { memory, [name]: run } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  if (!(memory instanceof WebAssembly.Memory) || !isWasmFunction(run)) return undefined;
  return { memory: memory.buffer, run };
}

function isWasmFunction(value: unknown): value is WasmFunction {
  return typeof value === 'function';
}
