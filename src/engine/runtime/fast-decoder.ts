import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import type * as ort from 'onnxruntime-node';
import { decoderDefaults, promptGraph, upperGraph } from '../../../kernels/decoder.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { DerivedFile } from '../weights/derived-file.ts';
import { exactSide, hasFastIntegers } from './int8-probe.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';

/** How much of what is free a second set of weights may take. */
const PART = { memory: 0.5, disk: 0.25 } as const;

/** What runs an answer with derived weights. */
export interface FastSessions {
  /** `promptGraph` with 8 bits on both sides. */
  readonly prompt: ort.InferenceSession;
  /** `upperGraph` with a shortlist. */
  readonly upper: ort.InferenceSession;
}

/**
 * The decoder with derived weights. A prompt is read with 8 bits on both sides, two to three times as fast as in the
 * base's blocks, which stay for what is written: a run of one token takes as long as its weights take to come from
 * memory, and these are twice as large. Of what is written the output's table is asked in two steps.
 *
 * The weights are made while nothing is asked, and kept beside the base; until then the base runs as it is.
 */
export class FastDecoder {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #from: number;
  readonly #options: SessionOptions;
  #sessions: Promise<FastSessions | undefined> | undefined;
  /** One making at a time; a failed one is not tried again in this process. */
  #making: Promise<void> | undefined;

  /** @param from the block that the upper half begins with */
  constructor(folder: string, manifest: Manifest, from: number, options: SessionOptions) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#from = from;
    this.#options = options;
  }

  /** The sessions; undefined where the base is to be run as it is. */
  sessions(): Promise<FastSessions | undefined> {
    // A failure is not kept: the way through the blocks is open, and the file may be made anew.
    this.#sessions ??= this.#create().catch(() => {
      this.#sessions = undefined;
      return undefined;
    });
    return this.#sessions;
  }

  /** Makes the weights where they are not there; `pause` is waited for between two matrices. */
  make(pause: () => Promise<void>): Promise<void> {
    this.#making ??= this.#make(pause).catch(() => undefined);
    return this.#making;
  }

  async #create(): Promise<FastSessions | undefined> {
    const tensors = await (await this.#file())?.find();
    if (!tensors) return undefined;
    const manifest = { ...this.#manifest, tensors };
    const upper = { ...manifest, tensors: { ...tensors, ...this.#manifest.tensors } };
    const options = { ...decoderDefaults, isRunInvariant: true, cache: 'rows' } as const;
    return {
      prompt: await createSession(promptGraph(manifest, options), this.#folder, this.#options),
      upper: await createSession(upperGraph(upper, this.#from, options), this.#folder, this.#options),
    };
  }

  async #make(pause: () => Promise<void>): Promise<void> {
    if (await this.sessions()) return;
    const { threads } = this.#options;
    const file = await this.#file();
    if (!file) return;
    const disk = await statfs(this.#folder).catch(() => undefined);
    if (disk !== undefined && file.bytes > PART.disk * disk.bavail * disk.bsize) return;
    await file.findOrMake({ isWorthIt: () => hasFastIntegers(file.side, threads), pause });
    this.#sessions = undefined;
  }

  /** The file with the weights; undefined where they are of no use, or memory is short. */
  async #file(): Promise<DerivedFile | undefined> {
    const { device, threads } = this.#options;
    const side = device === 'cpu' && isInBlocks(this.#manifest) ? await exactSide(threads) : undefined;
    if (side === undefined) return undefined;
    const { layers } = this.#manifest.config;
    const file = new DerivedFile(this.#folder, this.#manifest, {
      ...{ prefix: '.answer-', identity: [], layers, side },
      hasShortlist: true,
    });
    return file.bytes > PART.memory * freemem() ? undefined : file;
  }
}

/** Whether all matrices are in blocks: of plain floats nobody asked for less precision. */
export function isInBlocks({ tensors }: Manifest): boolean {
  return Object.values(tensors).every(({ kind, shape }) => kind !== 'float32' || shape.length < 2);
}
