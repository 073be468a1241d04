import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import type * as ort from 'onnxruntime-node';
import { decoderDefaults, promptGraph } from '../../../kernels/decoder.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { EightBitFile } from '../weights/eight-bit-file.ts';
import { exactSide, hasFastIntegers } from './int8-probe.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';

/** How much of what is free a second set of weights may take. */
const PART = { memory: 0.5, disk: 0.25 } as const;

/**
 * Reads prompts with 8 bits on both sides, two to three times as fast as in the base's blocks, which stay for what is
 * written: a run of one token takes as long as its weights take to come from memory, and these are twice as large.
 *
 * The weights are made while nothing is asked, and kept beside the base; until then prompts are read in blocks.
 */
export class PromptReader {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #options: SessionOptions;
  #session: Promise<ort.InferenceSession | undefined> | undefined;
  /** One making at a time; a failed one is not tried again in this process. */
  #making: Promise<void> | undefined;

  constructor(folder: string, manifest: Manifest, options: SessionOptions) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#options = options;
  }

  /** The session that reads prompts; undefined where they are to be read in blocks. */
  session(): Promise<ort.InferenceSession | undefined> {
    // A failure is not kept: the way through the blocks is open, and the file may be made anew.
    this.#session ??= this.#create().catch(() => {
      this.#session = undefined;
      return undefined;
    });
    return this.#session;
  }

  /** Makes the weights where they are not there; `pause` is waited for between two matrices. */
  make(pause: () => Promise<void>): Promise<void> {
    this.#making ??= this.#make(pause).catch(() => undefined);
    return this.#making;
  }

  async #create(): Promise<ort.InferenceSession | undefined> {
    const tensors = await (await this.#file())?.find();
    if (!tensors) return undefined;
    const graph = promptGraph({ ...this.#manifest, tensors }, { ...decoderDefaults, isRunInvariant: true });
    return createSession(graph, this.#folder, this.#options);
  }

  async #make(pause: () => Promise<void>): Promise<void> {
    if (await this.session()) return;
    const { threads } = this.#options;
    const file = await this.#file();
    if (!file) return;
    const disk = await statfs(this.#folder).catch(() => undefined);
    if (disk !== undefined && file.bytes > PART.disk * disk.bavail * disk.bsize) return;
    await file.findOrMake({ isWorthIt: () => hasFastIntegers(file.side, threads), pause });
    this.#session = undefined;
  }

  /** The file with the weights; undefined where they are of no use, or memory is short. */
  async #file(): Promise<EightBitFile | undefined> {
    const { device, threads } = this.#options;
    const side = device === 'cpu' && isInBlocks(this.#manifest) ? await exactSide(threads) : undefined;
    if (side === undefined) return undefined;
    const { layers } = this.#manifest.config;
    const file = new EightBitFile(this.#folder, this.#manifest, { prefix: '.prompt-', identity: [], layers, side });
    return file.bytes > PART.memory * freemem() ? undefined : file;
  }
}

/** Whether all matrices are in blocks: of plain floats nobody asked for less precision. */
export function isInBlocks({ tensors }: Manifest): boolean {
  return Object.values(tensors).every(({ kind, shape }) => kind !== 'float32' || shape.length < 2);
}
