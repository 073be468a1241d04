import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Added {
  readonly content: string;
  readonly special?: boolean;
  readonly rstrip?: boolean;
}

interface Kind {
  readonly added: readonly Added[];
  readonly config: Readonly<Record<string, unknown>>;
  /** What differs from byte pairs over bytes that are split at words. */
  readonly parts?: Readonly<Record<string, unknown>>;
  readonly model?: Readonly<Record<string, unknown>>;
  readonly alphabet: readonly string[];
  readonly merges?: readonly (readonly [string, string])[];
}

const special = (...contents: string[]): Added[] => contents.map((content) => ({ content, special: true }));
const plain = (...contents: string[]): Added[] => contents.map((content) => ({ content, special: false }));

/** The 256 characters that byte-level vocabularies spell bytes with. */
const BYTES = (() => {
  const visible = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : next++));
})();
/** SentencePiece: characters, and bytes for what is none of them. */
const PIECES = [
  '<unk>',
  '<s>',
  '</s>',
  ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  ...Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)),
  '▁',
];
const turns = (start: string, role: string, end: string) =>
  `{% for message in messages %}{{ '${start}' + ${role} + '\\n' + message['content'] + '${end}' }}{% endfor %}`;
const pieces = {
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
};

/** Small tokenizers of the families that a base may come from, each with the trap that its family is known for. */
const KINDS = {
  /** Reads what an assistant said before, and looks for marks in it. */
  qwen3: {
    added: [
      ...special('<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|fim_prefix|>', '<|vision_pad|>'),
      ...plain('<tool_call>', '</tool_call>', '<tool_response>', '</tool_response>', '<think>', '</think>'),
    ],
    config: {
      eos_token: '<|im_end|>',
      chat_template:
        `{% for message in messages %}{% set content = message.content %}` +
        `{% if message.role == 'user' and content.startswith('<tool_response>') %}{{ '<tool_response>' }}{% endif %}` +
        `{% if message.role == 'assistant' and '</think>' in content %}` +
        `{{ '<think>' }}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}` +
        `{{ '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}{% endfor %}` +
        `{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n' }}{% endif %}`,
    },
    alphabet: BYTES,
    merges: [['<', '|'] as const, ['Ċ', 'Ċ'] as const],
  },
  /** Looks up whole words before it merges, and trims contents. */
  llama3: {
    added: special(
      ...['<|begin_of_text|>', '<|end_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
      ...['<|eom_id|>', '<|python_tag|>', '<|reserved_special_token_0|>'],
    ),
    config: {
      bos_token: '<|begin_of_text|>',
      chat_template:
        `{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + ` +
        `'<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' %}` +
        `{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}` +
        `{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`,
    },
    model: { ignore_merges: true },
    alphabet: BYTES,
    merges: [['<', '|'] as const, ['|', '>'] as const],
  },
  /** The end of a text is a piece that merges may give. */
  llama2: {
    added: special('<unk>', '<s>', '</s>'),
    config: {
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      chat_template:
        `{% for message in messages %}{% if message['role'] == 'user' %}` +
        `{{ bos_token + '[INST] ' + message['content'] | trim + ' [/INST]' }}` +
        `{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}`,
    },
    parts: pieces,
    model: { byte_fallback: true, unk_token: '<unk>' },
    alphabet: [...PIECES, '<s', '</', '</s'],
    merges: [
      ['<', 's'],
      ['<', '/'],
      ['</', 's'],
      ['<s', '>'],
      ['</s', '>'],
    ] as const,
  },
  /** A blank goes before the first text of a prompt alone. */
  mistral: {
    added: special('<unk>', '<s>', '</s>', '[INST]', '[/INST]', '[TOOL_CALLS]'),
    config: {
      bos_token: '<s>',
      chat_template:
        `{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}` +
        `{{ '[INST]' + message['content'] + '[/INST]' }}{% else %}{{ message['content'] + '</s>' }}{% endif %}{% endfor %}`,
    },
    parts: { ...pieces, normalizer: null, pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'first' } },
    model: { byte_fallback: true, unk_token: '<unk>' },
    alphabet: PIECES,
  },
  /** Runs of blanks and rare letters are added tokens: text. */
  gemma: {
    added: [
      ...special('<pad>', '<eos>', '<bos>', '<start_of_turn>', '<end_of_turn>'),
      ...plain('\n\n', '\n\n\n', '▁▁', 'õ', '<table>'),
    ],
    config: {
      bos_token: '<bos>',
      chat_template: `{{ bos_token }}${turns('<start_of_turn>', "message['role']", '<end_of_turn>\\n')}`,
    },
    parts: { ...pieces, normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' } },
    model: { byte_fallback: true, unk_token: '<unk>' },
    alphabet: [...PIECES, '\n', '▁▁'],
    merges: [['▁', '▁'] as const],
  },
  /** Ends take the blanks that follow them. */
  phi: {
    added: special('<|endoftext|>', '<|user|>', '<|assistant|>', '<|system|>', '<|end|>').map((token) => ({
      ...token,
      rstrip: true,
    })),
    config: {
      eos_token: '<|endoftext|>',
      chat_template:
        turns('<|', "message['role'] + '|>'", '<|end|>\\n') +
        `{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`,
    },
    alphabet: BYTES,
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
export const kindNames = Object.keys(KINDS) as KindName[];

/** Writes the tokenizer of a kind into a new folder and gives the folder. */
export function makeTokenizer(name: KindName): string {
  const { added, config, parts, model, alphabet, merges = [] }: Kind = KINDS[name];
  const words = [...new Set([...alphabet, ...merges.map((pair) => pair.join(''))])];
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const ids = added.map(({ content }, at) => vocab[content] ?? words.length + at);
  const tokenizer = {
    version: '1.0',
    added_tokens: added.map((token, at) => ({
      id: ids[at],
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      ...token,
    })),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: ' ?[^ \\n]+|\\n+| +' }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    ...parts,
    model: { type: 'BPE', vocab, merges, ...model },
  };
  const folder = join(mkdtempSync(join(tmpdir(), 'ask-codebase-tokenizer-')), name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const kept = { tokenizer_class: 'PreTrainedTokenizer', clean_up_tokenization_spaces: false, ...config };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(kept));
  return folder;
}
