/**
 * Cuts files into segments exactly as the program does, for training: node segments.ts BASE_FOLDER < files > segments
 *
 * A line in: {"id", "path", "text"}. A line out: {"id", "segments": [{"start", "end", "text"}]}; the header is added by
 * text.py.
 */
import { createInterface } from 'node:readline';
import { Tokenizer } from '../../../src/engine/generate/tokenizer.ts';
import { segment } from '../../../src/workspace/segment/segment.ts';

/** As the engine's worker has it. */
const maxTokens = 256;

const [base = 'models/base'] = process.argv.slice(2);
const tokenizer = await Tokenizer.load(base);
const measure = (text: string) => tokenizer.count(text);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, text } = JSON.parse(line);
  const segments = segment(text, { maxTokens, measure });
  if (!process.stdout.write(`${JSON.stringify({ id, segments })}\n`)) {
    await new Promise((drained) => process.stdout.once('drain', drained));
  }
}
