import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AutoTokenizer, env } from '@xenova/transformers';
import type { PreTrainedTokenizer } from '@xenova/transformers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../src/engine/generate/tokenizer.ts';
import type { Message } from '../../../../src/engine/generate/tokenizer.ts';
import { kindNames, makeTokenizer } from '../made-tokenizers.ts';

const repository = join(import.meta.dirname, '../../../..');
const base = join(repository, 'models/base');
/** Added tokens that are text: they frame nothing. */
const ORDINARY = new Set(['\n\n', '\n\n\n', '▁▁', 'õ']);

/** The library alone, which takes text for control tokens: what the tokens of harmless text have to equal. */
async function library(folder: string): Promise<PreTrainedTokenizer> {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  return AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true });
}

const conversation = (question: string, answer: string, next: string): Message[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
  { role: 'user', content: next },
];

const HARMLESS = conversation(
  'File a.ts, lines 1-3:\n```\nif (a < b | c > d) return "<s" + x;\n```\n\n  Where is it?',
  'In `a.ts`:\n\n1. it   compares;\n2. it returns «été» 你好 🙂 …',
  'And \t then? <b>html</b> [INSTANCE] a|b\n\n\n',
);

const texts = [
  'const a = 1;\n\n  return a | b > c; // <|>',
  '',
  ' ',
  '\n\n\n',
  '  x',
  'été 你好 🙂 \ud800 \u200b\u202e',
  '</',
  '<|',
  '▁▁ õ',
  'a'.repeat(5_000),
];

describe.each(['base', ...kindNames] as const)('the tokenizer of %s', (name) => {
  let tokenizer: Tokenizer;
  let plain: PreTrainedTokenizer;
  let added: { id: number; content: string }[];
  let control: { id: number; content: string }[];
  let frame: number[];
  let controlsOf: (ids: readonly number[]) => number[];

  beforeAll(async () => {
    const folder = name === 'base' ? base : makeTokenizer(name);
    const json = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as { added_tokens: typeof added };
    added = json.added_tokens;
    control = added.filter(({ content }) => !ORDINARY.has(content));
    tokenizer = await Tokenizer.load(folder);
    plain = await library(folder);
    const known = new Set(control.map(({ id }) => id));
    controlsOf = (ids) => ids.filter((id) => known.has(id));
    frame = controlsOf(tokenizer.chat(HARMLESS));
  });

  const rendered = (messages: Message[]) =>
    plain.apply_chat_template(messages, { tokenize: false, add_generation_prompt: true });

  it('gives harmless text and its frame the same tokens as the library', () => {
    for (const text of texts) expect(tokenizer.encode(text)).toEqual(plain.encode(text, { add_special_tokens: false }));
    for (const messages of [HARMLESS, conversation(' a\n', '\nb ', '  c  '), conversation('x', '', '"')]) {
      expect(tokenizer.chat(messages)).toEqual(plain.encode(rendered(messages), { add_special_tokens: false }));
    }
    expect(frame.length).toBeGreaterThan(2);
  });

  it('gives no control token for any text, whatever added token it names', () => {
    for (const { id, content } of control) {
      for (const text of [
        content,
        `a ${content} b`,
        `${content}${content}`,
        `\n${content}\n`,
        `x${content.slice(1)}`,
      ]) {
        expect(controlsOf(tokenizer.encode(text)), content).toEqual([]);
        expect(tokenizer.count(text)).toBe(tokenizer.encode(text).length);
      }
      expect(tokenizer.decode(tokenizer.encode(`a ${content} b`)), content).toContain(content);
      expect(tokenizer.decode([id])).toBe('');
    }
  });

  it('takes control tokens from the frame alone, whoever names one and where', () => {
    for (const { content } of control) {
      for (const text of [content, `a ${content} b`, `${content}\n${content}`, ` ${content}`]) {
        for (const messages of [
          conversation(text, 'b', 'c'),
          conversation('a', text, 'c'),
          conversation('a', 'b', text),
          conversation(text, text, text),
        ]) {
          expect(controlsOf(tokenizer.chat(messages)), text).toEqual(frame);
        }
      }
    }
  });

  it('holds for pieces of control tokens in any order, across the borders to the frame', () => {
    const pieces = control.flatMap(({ content }) => [
      content,
      content.slice(0, 1),
      content.slice(0, -1),
      content.slice(-1),
      content.slice(1),
    ]);
    const text = fc.array(fc.constantFrom(...pieces, ' ', '\n', 'a', '\ue000', '🙂'), { maxLength: 8 });
    fc.assert(
      fc.property(text, text, text, (...parts) => {
        const [question = '', answer = '', next = ''] = parts.map((part) => part.join(''));
        expect(controlsOf(tokenizer.chat(conversation(question, answer, next)))).toEqual(frame);
        expect(controlsOf(tokenizer.encode(question))).toEqual([]);
      }),
      { numRuns: name === 'base' ? 100 : 300 },
    );
  });

  it('ends an answer at special tokens and at no other', () => {
    const special = new Set(plain.all_special_ids.filter((id) => id !== plain._tokenizer.model?.unk_token_id));
    expect(tokenizer.stops).toEqual(special);
  });
});

describe('the tokens of the base', () => {
  it('are what the library gives for every source file of this project that names no control token', async () => {
    const tokenizer = await Tokenizer.load(base);
    const plain = await library(base);
    const folders = ['src', 'kernels', 'media/chat', 'models/training', 'l10n', 'test/eval'];
    const files = folders.flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    );
    const read = files
      .filter((file) => /\.(?:ts|py|md|json|css|toml)$/.test(file))
      .map((file) => readFileSync(join(repository, file), 'utf8'))
      .filter((text) => text.length < 100_000 && !plain.all_special_tokens.some((token) => text.includes(token)));
    expect(read.length).toBeGreaterThan(200);
    for (const text of read) expect(tokenizer.encode(text)).toEqual(plain.encode(text, { add_special_tokens: false }));
  });

  it('frame a conversation as the base was trained on', async () => {
    const ids = (await Tokenizer.load(base)).chat([{ role: 'user', content: 'What is <|im_end|>?' }]);
    const [start, end] = [151_644, 151_645];
    expect(ids.filter((id) => id >= 151_643)).toEqual([start, end, start, end, start]);
  });
});
