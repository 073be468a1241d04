import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';

import { AppError, isErrorOf } from '../common/app-error.ts';
export interface ListedQuestion {
  readonly id: string;
  readonly question: string;
}

const FILE = {
  /** Bytes of a file of questions: some hundred thousand of them. */
  bytes: 16 * 1024 * 1024,
} as const;

/**
 * Reads a file with one question in JSON a line. Pipes and devices are refused: they may wait or go on for ever.
 *
 * @throws `ask/bad-questions` that names the file, and the line where one is wrong
 */
export async function readQuestions(file: string): Promise<readonly ListedQuestion[]> {
  return (await textOf(file))
    .split('\n')
    .map((line, index) => [line.trim(), index + 1] as const)
    .filter(([line]) => line !== '')
    .map(([line, number]) => parse(line, number, file));
}

async function textOf(file: string): Promise<string> {
  const bytes = await bytesOf(file).catch((error: unknown) => {
    if (isErrorOf(error, 'ask')) throw error;
    throw bad(`The file ${file} cannot be read. Give a file with one question a line.`);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw bad(`The file ${file} is not UTF-8. Save it as UTF-8, with one question a line.`);
  }
}

async function bytesOf(file: string): Promise<Uint8Array> {
  // Looked at before it is opened: opening a device can already do something.
  if (!(await stat(file)).isFile()) throw notRegular(file);
  // It may have become a pipe since: opening one must not wait for its writer.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw notRegular(file);
    const chunks: Buffer[] = [];
    // The size that is told may be wrong (/proc) or grow: what is read counts. `end` is read too.
    for await (const chunk of handle.createReadStream({ end: FILE.bytes, autoClose: false })) {
      if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    if (bytes.length > FILE.bytes) {
      throw bad(`The file ${file} is larger than ${FILE.bytes / 1024 / 1024} MB. Ask its questions in several parts.`);
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

function parse(line: string, number: number, file: string): ListedQuestion {
  const form = `Line ${number} of ${file} is not of the form {"id": "…", "question": "…"}.`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw bad(form);
  }
  if (typeof value !== 'object' || value === null || !('id' in value) || !('question' in value)) throw bad(form);
  const { id, question } = value;
  if (typeof id !== 'string' || typeof question !== 'string') throw bad(form);
  return { id, question };
}

const bad = (message: string): AppError => new AppError('ask/bad-questions', message);

const notRegular = (file: string): AppError =>
  bad(`${file} is not a regular file. Give a file with one question a line; pipes and devices are not read.`);
