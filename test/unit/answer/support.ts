import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FolderIndex } from '../../../src/index/folder-index.ts';
import { mulberry32 } from '../../../src/common/random.ts';
import { terms } from '../../../src/memory/search/tokenize.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import type { AskOptions, Engine, GenerateOptions } from '../../../src/engine/client/engine.ts';
import type { Message } from '../../../src/engine/generate/tokenizer.ts';
import { atBlankLines } from '../../support/encoder.ts';

const MODELS = join(import.meta.dirname, '../../../models');
const [KEYS, KEY_SIZE] = [8, 256];

/** The words of a text as a vector of length 1: texts that share words are near each other. */
function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(KEY_SIZE);
  for (const term of terms(text)) {
    const seed = Array.from(term).reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0, 7);
    // Each word says something of every number, as in a model's vector: one of few numbers is not kept by four bits.
    const random = mulberry32(seed);
    for (let at = 0; at < KEY_SIZE; at++) vector[at] = (vector[at] ?? 0) + (random() < 0.5 ? -1 : 1);
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** Stands for the model: vectors from words, and one answer that it says word by word. */
export class ScriptedEngine {
  readonly settings = { adapterFolder: join(MODELS, 'adapter'), baseFolder: join(MODELS, 'base') };
  /** What it was asked to go on with. */
  readonly prompts: (readonly Message[])[] = [];
  readonly options: GenerateOptions[] = [];
  /** What happens before its last word. */
  meanwhile: () => void = () => undefined;
  readonly #answer: string;

  constructor(answer = '') {
    this.#answer = answer;
  }

  segment = (text: string) =>
    Promise.resolve(atBlankLines(text).map((cut) => ({ ...cut, tokens: Math.ceil(cut.text.length / 4) })));

  encode = (header: string, text: string) => {
    const vector = vectorOf(header + text);
    const keys = Float32Array.from({ length: KEYS * KEY_SIZE }, (_, at) => vector[at % KEY_SIZE] ?? 0);
    return Promise.resolve({ keys, tokens: text.length, milliseconds: 1 });
  };

  question = (text: string, { signal }: AskOptions = {}) => {
    signal?.throwIfAborted();
    return Promise.resolve(vectorOf(text));
  };

  countHere = (text: string) => Promise.resolve(Math.ceil(text.length / 4));

  /** What it says of its last prompt. */
  keptTokens = 10;
  promptTokens = 10;

  describe = () => Promise.resolve({ prefillRate: 200, keptTokens: this.keptTokens });

  generate = (messages: readonly Message[], options: GenerateOptions) => {
    options.signal?.throwIfAborted();
    this.prompts.push(messages);
    this.options.push(options);
    options.onEvent?.({ kind: 'prefilled', tokens: this.promptTokens, of: this.promptTokens });
    for (const text of this.#answer.match(/\S+\s*/g) ?? []) {
      options.onEvent?.({ kind: 'token', text });
      options.signal?.throwIfAborted();
    }
    this.meanwhile();
    const measured = { promptTokens: this.promptTokens, tokens: 3, prefillMs: 1, decodeMs: 1 };
    return Promise.resolve({ text: this.#answer, ending: 'stop' as const, ...measured });
  };
}

/** Files in a folder of their own, indexed whole or by their words alone, with what stands for the model. */
export async function indexed(
  folder: string,
  files: Readonly<Record<string, string>>,
  engine = new ScriptedEngine(),
  by: 'words' | 'words and vectors' = 'words and vectors',
) {
  const root = join(folder, 'root');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const index = await FolderIndex.open({ root, engine: engine as unknown as Engine, home: join(folder, 'home') });
  await (by === 'words' ? index.indexWords({}) : index.refresh({}));
  // Its places are known once its vectors are read.
  if (index.length === 0) throw new Error('Nothing is indexed.');
  return { index, search: MultiFolderSearch.of(index), engine, write };
}
