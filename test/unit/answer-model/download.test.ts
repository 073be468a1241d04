import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadModel } from '../../../src/answer-model/download.ts';
import type { DownloadOptions } from '../../../src/answer-model/download.ts';
import { isAppError } from '../../../src/common/app-error.ts';
import { madeCatalog, modelIndex } from '../../support/model-index.ts';
import type { MadeCatalog, ModelIndex } from '../../support/model-index.ts';

/** Bytes that compress little, so that the archive of a part has some 49,000 bytes. */
const FILE = Uint8Array.from({ length: 300_000 }, (_, at) => (Math.imul(at ^ (at >> 3), 2_654_435_761) >>> 16) & 255);

/** A stalled server is given up after a moment where a test is about that, and never by a busy machine elsewhere. */
const WAITS = { stall: 60_000, retry: 1 };
const IMPATIENT = { stall: 1_000, retry: 1 };

let folder = '';
let target = '';
let made: MadeCatalog;
let index: ModelIndex;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ask-codebase-download-'));
  target = join(folder, 'model.gguf');
  made = madeCatalog('made-up', FILE);
  index = await modelIndex(made);
});
afterEach(async () => {
  await index.close();
  rmSync(folder, { recursive: true, force: true });
});

const download = (options: Partial<DownloadOptions> = {}) =>
  downloadModel(made.model, target, { index: index.address, waits: WAITS, ...options });

/** The sentence of a failure, which has to be one for a person; what has come is kept. */
async function failure(work: Promise<void>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isAppError(error, 'answer-model/download')) throw new Error(`Not told, but: ${String(error)}`);
  expect(error.message).toMatch(/\. Run the command again: what has come is kept\./);
  expect(existsSync(target)).toBe(false);
  return error.message;
}

const whole = () => Buffer.from(FILE).equals(readFileSync(target));

describe('a model that is downloaded in parts', () => {
  it('is put together, checked, and told of while it comes', async () => {
    const seen: number[] = [];
    await download({ onProgress: ({ bytes, ofBytes }) => seen.push(bytes / ofBytes) });
    expect(whole()).toBe(true);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(existsSync(`${target}.part`)).toBe(false);
    expect(existsSync(`${target}.partial`)).toBe(false);
  });

  it('goes on where a connection was cut, without anybody noticing', async () => {
    let cuts = 0;
    let cut: () => void = () => undefined;
    index.fault = (file, _, response, bytes) => {
      if (!file.startsWith('made_part2') || cuts++ > 0) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 40_000));
      cut = () => response.destroy();
      return true;
    };
    // Cut once these bytes have come: what a connection still holds is lost with it.
    await download({
      onProgress: ({ part, bytes }) => {
        if (part === 2 && bytes > (made.model.parts[0]?.bytes ?? 0)) cut();
      },
    });
    expect(whole()).toBe(true);
    expect(index.requests.filter((path) => /part2.*bytes=[1-9]/.test(path))).toHaveLength(1);
  });

  it('goes on where a connection stalled', async () => {
    let stalls = 0;
    index.fault = (file, _, response, bytes) => {
      if (!file.startsWith('made_part1') || stalls++ > 0) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 10_000));
      return true;
    };
    await download({ waits: IMPATIENT });
    expect(whole()).toBe(true);
  });

  it('is begun anew by a server that knows no ranges', async () => {
    let cuts = 0;
    index.fault = (_, __, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length });
      if (cuts++ === 0) response.write(bytes.subarray(0, 20_000), () => response.destroy());
      else response.end(bytes);
      return true;
    };
    await download();
    expect(whole()).toBe(true);
  });

  it('goes on from what an earlier run left', async () => {
    const control = new AbortController();
    const first = download({
      signal: control.signal,
      onProgress: ({ part, bytes }) => {
        if (part === 3 && bytes > 0) control.abort(new DOMException('Stopped.', 'AbortError'));
      },
    });
    await expect(first).rejects.toThrow('Stopped.');
    expect(statSync(`${target}.partial`).size).toBe(200_000);
    index.requests.length = 0;
    await download();
    expect(whole()).toBe(true);
    expect(index.requests.some((path) => path.includes('part1') || path.includes('part2'))).toBe(false);
  });
});

describe('a download that fails says why in a sentence', () => {
  it('a connection that is cut each time', async () => {
    index.fault = (_, __, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100), () => response.destroy());
      return true;
    };
    expect(await failure(download())).toContain('could not be downloaded');
  });

  it('wrong bytes, which are not kept', async () => {
    index.fault = (_, __, response, bytes) => {
      response.end(Buffer.from(bytes).fill(7, 100, 200));
      return true;
    };
    expect(await failure(download())).toContain('its sha256 differs');
    expect(existsSync(`${target}.part`)).toBe(false);
  });

  it('more bytes than there are', async () => {
    index.fault = (_, __, response, bytes) => {
      response.end(Buffer.concat([bytes, bytes]));
      return true;
    };
    expect(await failure(download())).toContain('sends more than');
  });

  it('a file that is not there, and an index that lists nothing', async () => {
    index.fault = (_, __, response) => {
      response.writeHead(404).end();
      return true;
    };
    expect(await failure(download())).toContain('answered 404');
    const other = { ...made.model, parts: made.model.parts.map((part) => ({ ...part, project: 'nothing' })) };
    const listed = downloadModel(other, target, { index: index.address });
    expect(await failure(listed)).toContain('does not list made_part1-1.0-py3-none-any.whl');
  });

  it('a list that stalls once is asked for again, and one that always does is given up', async () => {
    let lists = 0;
    index.listFault = (response) => {
      lists += 1;
      if (lists > 1) return false;
      response.write('{"files": [');
      return true;
    };
    await download({ waits: IMPATIENT });
    expect(whole()).toBe(true);
    rmSync(target);
    index.listFault = (response) => response.write('{"files": [');
    const patience = { stall: 100, retry: 1 };
    expect(await failure(download({ waits: patience }))).toContain('could not be downloaded (no answer came)');
  });

  it('a list without an end, of which no more is read than one could have', async () => {
    let sent = 0;
    let isLeft = false;
    index.listFault = (response) => {
      response.on('close', () => {
        isLeft = true;
      });
      const send = () => {
        sent += 65_536;
        if (!isLeft) response.write(new Uint8Array(65_536), send);
      };
      send();
      return true;
    };
    expect(await failure(download())).toMatch(/The list at .* has no end\./);
    await expect.poll(() => isLeft).toBe(true);
    expect(sent).toBeLessThan(2 ** 24);
  });

  it('an index whose address of a file is none', async () => {
    index.listFault = (response) => {
      const [file] = made.wheels.keys();
      response.end(JSON.stringify({ files: [{ filename: file, url: 'http://' }] }));
      return true;
    };
    expect(await failure(download())).toContain('does not list made_part1');
  });

  it('a server that is not there', async () => {
    await index.close();
    expect(await failure(download())).toContain('could not be downloaded');
  });

  it('parts that are right and make up another file', async () => {
    const other = { ...made.model, sha256: '0'.repeat(64) };
    const work = downloadModel(other, target, { index: index.address });
    expect(await failure(work)).toContain('do not make up the file');
  });

  it('a cancel, which is nobody’s failure', async () => {
    const control = new AbortController();
    const work = download({ signal: control.signal });
    control.abort(new DOMException('Stopped.', 'AbortError'));
    await expect(work).rejects.toThrow('Stopped.');
  });
});
