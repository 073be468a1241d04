import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import type * as ort from 'onnxruntime-node';
import { upperGraph } from '../../../kernels/decoder.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { DerivedFile } from '../weights/derived-file.ts';
import { exactSide, hasFastIntegers } from './int8-probe.ts';
import { createPromptReader, writeOptions } from './prompt-reader.ts';
import type { PromptReader } from './prompt-reader.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';

/** How much of what is free a second set of weights may take. */
const PART = { memory: 0.5, disk: 0.25 } as const;

/** What runs an answer with derived weights. */
export interface FastSessions {
  /** Reads prompts with 8 bits on both sides. */
  readonly prompt: PromptReader;
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
    // A failure is kept until the file was made anew: every question would wait for the next one.
    this.#sessions ??= this.#create().catch(() => undefined);
    return this.#sessions;
  }

  /** Makes the weights where they are not there; `pause` is waited for between two matrices. */
  async make(pause: () => Promise<void>): Promise<void> {
    this.#making ??= this.#make(pause).catch(() => undefined);
    await this.#making;
  }

  async #create(): Promise<FastSessions | undefined> {
    const file = await this.#file();
    if (file && isMemoryShort(file)) {
      // Other programs may have ended by the next question.
      this.#sessions = undefined;
      return undefined;
    }
    const tensors = await file?.find();
    if (!tensors) return undefined;
    const manifest = { ...this.#manifest, tensors };
    const upper = { ...manifest, tensors: { ...tensors, ...this.#manifest.tensors } };
    const prompt = await createPromptReader(manifest, this.#folder, this.#options);
    try {
      return {
        prompt,
        upper: await createSession(upperGraph(upper, this.#from, writeOptions), this.#folder, this.#options),
      };
    } catch (error) {
      await prompt.release();
      throw error;
    }
  }

  async #make(pause: () => Promise<void>): Promise<void> {
    if (await this.sessions()) return;
    const { threads } = this.#options;
    const file = await this.#file();
    if (!file) return;
    if (isMemoryShort(file) || (await isDiskShort(file, this.#folder))) {
      // There may be room behind the next answer.
      this.#making = undefined;
      return;
    }
    await file.findOrMake({ isWorthIt: () => hasFastIntegers(file.side, threads), pause });
    if (!(await this.#sessions)) this.#sessions = undefined;
  }

  /** The file with the weights; undefined where they are of no use. */
  async #file(): Promise<DerivedFile | undefined> {
    const { device, threads } = this.#options;
    const side = device === 'cpu' && isInBlocks(this.#manifest) ? await exactSide(threads) : undefined;
    if (side === undefined) return undefined;
    const { layers } = this.#manifest.config;
    return new DerivedFile(this.#folder, this.#manifest, {
      ...{ prefix: '.answer-', identity: [], layers, side },
      hasShortlist: true,
    });
  }
}

function isMemoryShort({ bytes }: DerivedFile): boolean {
  return bytes > PART.memory * freemem();
}

async function isDiskShort({ bytes }: DerivedFile, folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk !== undefined && bytes > PART.disk * disk.bavail * disk.bsize;
}

/** Whether all matrices are in blocks: of plain floats nobody asked for less precision. */
export function isInBlocks({ tensors }: Manifest): boolean {
  return Object.values(tensors).every(({ kind, shape }) => kind !== 'float32' || shape.length < 2);
}
