import { AppError } from '../../common/app-error.ts';
import { ORDINARY } from '../generate/control-tokens.ts';
import { readModelText } from '../weights/model-files.ts';
import { BytePairs } from './byte-pairs.ts';
import { PIECE_PATTERN, pieceEnd } from './pieces.ts';

const CACHE = {
  /** Different pieces that are remembered: those of a large repository. */
  pieces: 200_000,
  /** Characters of a piece that is said twice. */
  longest: 64,
} as const;

/** The 256 characters that byte-level vocabularies spell bytes with, in the order of the bytes. */
const SPELLED = (() => {
  const visible = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : next++));
})();
const NOT_ASCII = /[^\0-\x7f]/;

/**
 * Counts the tokens of texts, and nothing else: what a cut into segments needs of a tokenizer, some thirty times as
 * fast as by the tokenizer itself, and without the process that runs the model. The counts are the tokenizer's own, or
 * segments would be other ones and every file would be encoded again.
 */
export class TokenCounter {
  readonly #pairs: BytePairs;
  #known = new Map<string, number>();

  private constructor(pairs: BytePairs) {
    this.#pairs = pairs;
  }

  /**
   * Reads `tokenizer.json` in the model's folder; undefined where the tokenizer is of another family than byte pairs
   * with this pattern: then the tokenizer itself has to count. Throws `engine/model-file` where the file is missing.
   */
  static async load(folder: string): Promise<TokenCounter | undefined> {
    const json = await readModelText(folder, 'tokenizer.json');
    if (json === undefined)
      throw new AppError('engine/model-file', `The model's tokenizer.json is missing from ${folder}.`);
    const pairs = bytePairsOf(parsed(json, folder));
    return pairs && new TokenCounter(pairs);
  }

  count(text: string): number {
    const normal = NOT_ASCII.test(text) ? text.normalize('NFC') : text;
    let tokens = 0;
    for (let from = 0; from < normal.length;) {
      const end = pieceEnd(normal, from);
      tokens += end - from === 1 && normal.charCodeAt(from) < 128 ? 1 : this.#piece(normal.slice(from, end));
      from = end;
    }
    return tokens;
  }

  #piece(piece: string): number {
    if (piece.length > CACHE.longest) return this.#pairs.count(Buffer.from(piece));
    const known = this.#known.get(piece);
    if (known !== undefined) return known;
    if (this.#known.size >= CACHE.pieces) this.#known = new Map();
    const count = this.#pairs.count(Buffer.from(piece));
    this.#known.set(piece, count);
    return count;
  }
}

function parsed(json: string, folder: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new AppError('engine/model-file', `The model's tokenizer.json in ${folder} is not JSON.`);
  }
}

/** The merges of a tokenizer of the known family: NFC, the pattern, bytes, pairs, and nothing beside. */
function bytePairsOf(file: unknown): BytePairs | undefined {
  const model = at(file, 'model');
  const [split, bytes, ...others] = list(at(file, 'pre_tokenizer', 'pretokenizers'));
  const isKnown =
    at(file, 'normalizer', 'type') === 'NFC' &&
    at(split, 'pattern', 'Regex') === PIECE_PATTERN &&
    at(split, 'behavior') === 'Isolated' &&
    at(split, 'invert') === false &&
    at(bytes, 'type') === 'ByteLevel' &&
    at(bytes, 'add_prefix_space') === false &&
    at(bytes, 'use_regex') === false &&
    others.length === 0 &&
    at(model, 'type') === 'BPE' &&
    ['continuing_subword_prefix', 'end_of_word_suffix'].every((name) => (at(model, name) ?? '') === '') &&
    ['ignore_merges', 'byte_fallback'].every((name) => at(model, name) !== true) &&
    list(at(file, 'added_tokens')).every(isFrame);
  if (!isKnown) return undefined;
  const words = at(model, 'vocab');
  const entries: [string, unknown][] = typeof words === 'object' && words !== null ? Object.entries(words) : [];
  const ids = new Map<unknown, unknown>(entries);
  const idOf = (token: unknown): number | undefined => {
    const id = ids.get(token);
    return typeof id === 'number' ? id : undefined;
  };
  const merges = list(at(model, 'merges'));
  const spelled = SPELLED.flatMap((character) => idOf(character) ?? []);
  if (spelled.length < SPELLED.length) return undefined;
  const pairs = new BytePairs(spelled, merges.length);
  for (const [rank, pair] of merges.entries()) {
    const [left, right] = typeof pair === 'string' ? pair.split(' ', 2) : list(pair);
    if (typeof left !== 'string' || typeof right !== 'string') return undefined;
    // A vocabulary lists what its merges give in their order: to look up a new string takes five times as long.
    const [next = '', id] = entries[spelled.length + rank] ?? [];
    const isNext = next.length === left.length + right.length && next.startsWith(left) && next.endsWith(right);
    const [first, second] = [idOf(left), idOf(right)];
    const merged = isNext && typeof id === 'number' ? id : idOf(left + right);
    if (first === undefined || second === undefined || merged === undefined) return undefined;
    pairs.add(first, second, merged);
  }
  return pairs;
}

/** Control tokens never come from a text; a run of blanks or a single letter among the added ones would. */
function isFrame(token: unknown): boolean {
  const content = at(token, 'content');
  return typeof content === 'string' && content !== '' && !ORDINARY.test(content);
}

/** The value that lies below these names; undefined where there is none. */
function at(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = Reflect.get(found, name);
  }
  return found;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
