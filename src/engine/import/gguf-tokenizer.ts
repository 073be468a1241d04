import { PIECE_PATTERN } from '../token-count/pieces.ts';
import { numbers, unreadable } from './stored-tensor.ts';

/** What llama.cpp calls the way in which a text is split before pairs are merged. */
const SPLITS: Readonly<Record<string, { readonly split: readonly unknown[]; readonly isNormalized: boolean }>> = {
  qwen2: { split: [splitBy(PIECE_PATTERN)], isNormalized: true },
  'llama-bpe': { split: [splitBy(PIECE_PATTERN.replace('|\\p{N}|', '|\\p{N}{1,3}|'))], isNormalized: false },
  smollm: { split: [{ type: 'Digits', individual_digits: true }], isNormalized: false },
};

/** Types of tokens in a vocabulary (llama.cpp's `llama_token_type`). */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

/**
 * tokenizer.json and tokenizer_config.json out of the vocabulary that a GGUF file carries.
 *
 * @param name the file's, for a sentence about it
 * @throws `answer-model/unreadable` for a vocabulary of another kind than byte pairs, and where no chat template is
 */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, unknown>, name: string): Record<string, string> {
  const kind = metadata.get('tokenizer.ggml.model');
  const flavor = metadata.get('tokenizer.ggml.pre');
  const known = typeof flavor === 'string' && Object.hasOwn(SPLITS, flavor) ? SPLITS[flavor] : undefined;
  if (kind !== 'gpt2' || known === undefined) {
    const found = `${String(kind)}, ${String(flavor)}`;
    const sentence = `The tokenizer of ${name} is of a kind that is not known (${found}). Give the model's folder of safetensors.`;
    throw unreadable(sentence);
  }
  const template = metadata.get('tokenizer.chat_template');
  if (typeof template !== 'string') {
    throw unreadable(`${name} has no chat template: it is not a model that answers.`);
  }
  const tokens = texts(metadata.get('tokenizer.ggml.tokens'));
  const types = numbers(metadata.get('tokenizer.ggml.token_type'));
  const merges = texts(metadata.get('tokenizer.ggml.merges')).map((merge) => merge.split(' ', 2));
  const vocab = new Map<string, number>();
  const added: unknown[] = [];
  for (const [id, content] of tokens.entries()) {
    const type = types[id] ?? NORMAL;
    if (type === NORMAL) vocab.set(content, id);
    if (type !== CONTROL && type !== USER_DEFINED) continue;
    const isSpecial = type === CONTROL;
    added.push({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: isSpecial,
    });
  }
  const isSplitByBytes = known.split.every((step) => !isSplit(step));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: isSplitByBytes };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: known.isNormalized ? { type: 'NFC' } : null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...known.split, bytes] },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: flavor === 'llama-bpe',
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
  const special = (key: string) => tokens[Number(metadata.get(`tokenizer.ggml.${key}_token_id`) ?? -1)];
  const config = {
    tokenizer_class: 'PreTrainedTokenizer',
    clean_up_tokenization_spaces: false,
    bos_token: special('bos'),
    eos_token: special('eos'),
    pad_token: special('padding'),
    chat_template: template,
  };
  return {
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': `${JSON.stringify(config, undefined, 1)}\n`,
  };
}

function splitBy(pattern: string): unknown {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function isSplit(step: unknown): boolean {
  return typeof step === 'object' && step !== null && 'type' in step && step.type === 'Split';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
