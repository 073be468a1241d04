import { join } from 'node:path';

import type { Engine } from '../../src/engine/client/engine.ts';
import type { MemoryShape } from '../../src/memory/algebra/shape.ts';
import { segment } from '../../src/workspace/segment/segment.ts';

export const SHAPE: MemoryShape = {
  tokens: 1,
  keySize: 8,
  blocks: 0,
  valueSize: 0,
};

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One segment for each paragraph: a few lines make a file of several. */
export function atBlankLines(text: string): Cut[] {
  let start = 1;
  return text.split(/(?<=\n\n)/).map((part) => {
    const lines = Math.max(1, part.split('\n').length - 1);
    const cut = { start, end: start + lines - 1, text: part };
    start += lines;
    return cut;
  });
}

/** As the program cuts; its tokens are taken for four characters each. */
export function asInUse(text: string): Cut[] {
  return segment(text, { maxTokens: 256, measure: (part) => Math.ceil(part.length / 4) });
}

/** Stands for the model: makes keys from the text alone, and counts them. Everything else of an ingest is real. */
export class StandIn {
  encoded = 0;
  readonly #cut: (text: string) => Cut[];

  constructor(cut: (text: string) => Cut[] = atBlankLines) {
    this.#cut = cut;
  }

  /** What ingest() takes. */
  get engine(): Engine {
    return this as unknown as Engine;
  }

  segment(text: string) {
    return Promise.resolve(this.#cut(text).map((cut) => ({ ...cut, tokens: cut.text.length })));
  }

  encode(header: string, text: string) {
    this.encoded++;
    const whole = header + text;
    const raw = Float32Array.from({ length: 8 }, (_, at) => 1 + (whole.charCodeAt((at * 7) % whole.length) || 0));
    const length = Math.hypot(...raw);
    return Promise.resolve({ keys: raw.map((x) => x / length), tokens: text.length, milliseconds: 1 });
  }
}

const MODELS = join(import.meta.dirname, '../../models');

/** The same for whatever opens the adapter that is shipped: its records have that adapter's shape. */
export class AdapterStandIn extends StandIn {
  readonly settings = { baseFolder: join(MODELS, 'base'), adapterFolder: join(MODELS, 'adapter'), device: 'cpu' };
  shape: { readonly tokens: number; readonly keySize: number } = { tokens: 1, keySize: 8 };
  readonly #meanwhile: () => Promise<void>;

  /** @param meanwhile what happens while a segment is encoded */
  constructor(meanwhile: () => Promise<void> = () => Promise.resolve()) {
    super();
    this.#meanwhile = meanwhile;
  }

  override async encode(header: string, text: string) {
    const { keys, ...rest } = await super.encode(header, text);
    await this.#meanwhile();
    const { tokens, keySize } = this.shape;
    const scale = Math.sqrt(keySize / keys.length);
    const repeated = Float32Array.from({ length: tokens * keySize }, (_, at) => (keys[at % keys.length] ?? 0) / scale);
    return { ...rest, keys: repeated };
  }
}
