import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSession } from '../../../../src/engine/runtime/session.ts';
import { randomDecoder } from '../../kernels/shard.ts';
import { temporaryFolder } from '../../kernels/support.ts';
import { runTiny, tinyGraph } from '../tiny.ts';

const OPTIONS = { device: 'cpu', threads: 1 } as const;
const PROGRAM = join(import.meta.dirname, '../programs/run-tiny.ts');
const NOBODY = 65_534;

/** A tiny decoder in a folder of its own, with its manifest beside it. */
function tinyModel() {
  const folder = temporaryFolder();
  const manifest = randomDecoder('int4', 5, 'int8').write(folder);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return { folder, manifest };
}

const graphsIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.lower-'));

/** What another process computes in the folder. */
function elsewhere(folder: string, user: { uid?: number; gid?: number } = {}): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, folder], { ...user, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as number[]);
      else reject(new Error(err));
    });
  });
}

describe('the graph that is kept beside its weights', () => {
  let expected: number[];
  let sound: Buffer;

  beforeAll(async () => {
    const { folder, manifest } = tinyModel();
    expected = await runTiny(await createSession(tinyGraph(manifest), folder, OPTIONS), manifest);
    const [name = ''] = graphsIn(folder);
    sound = readFileSync(join(folder, name));
  });

  /** A model whose graph was written before; `spoil` is then given its path. */
  async function spoilt(spoil: (path: string, folder: string) => void) {
    const { folder, manifest } = tinyModel();
    await createSession(tinyGraph(manifest), folder, OPTIONS);
    const [name = ''] = graphsIn(folder);
    const path = join(folder, name);
    spoil(path, folder);
    const values = await runTiny(await createSession(tinyGraph(manifest), folder, OPTIONS), manifest);
    return { folder, path, values };
  }

  const flipped = () => {
    const bytes = Buffer.from(sound);
    bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 1;
    return bytes;
  };
  const ways: Record<string, (path: string, folder: string) => void> = {
    'cut short': (path) => {
      writeFileSync(path, sound.subarray(0, 1000));
    },
    empty: (path) => {
      writeFileSync(path, '');
    },
    garbage: (path) => {
      writeFileSync(path, Buffer.alloc(sound.length, 'garbage'));
    },
    'longer than it was': (path) => {
      writeFileSync(path, Buffer.concat([sound, sound]));
    },
    'one bit off': (path) => {
      writeFileSync(path, flipped());
    },
    'of another version': (path) => {
      const { folder, manifest } = tinyModel();
      const other = { ...manifest, config: { ...manifest.config, rmsEps: 0.5 } };
      const bytes = tinyGraph(other).serialize();
      writeFileSync(path, bytes);
      rmSync(folder, { recursive: true });
    },
    gone: (path) => {
      rmSync(path);
    },
    'a link to something else': (path, folder) => {
      rmSync(path);
      writeFileSync(join(folder, 'else'), 'else');
      symlinkSync('else', path);
    },
    ...(process.platform !== 'win32' && {
      'a pipe': (path) => {
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
    }),
  };

  it.each(Object.keys(ways))('is written again where it is %s', async (way) => {
    const { folder, path, values } = await spoilt(ways[way]!);
    expect(values).toEqual(expected);
    expect(readFileSync(path).equals(sound)).toBe(true);
    expect(graphsIn(folder)).toHaveLength(1);
  });

  it('is left alone where it is sound', async () => {
    const { folder, manifest } = tinyModel();
    await createSession(tinyGraph(manifest), folder, OPTIONS);
    const [name = ''] = graphsIn(folder);
    const { mtimeMs, ino } = statSync(join(folder, name));
    await createSession(tinyGraph(manifest), folder, OPTIONS);
    expect(statSync(join(folder, name))).toMatchObject({ mtimeMs, ino });
  });

  it('is handed over where something that cannot be replaced is in its place', async () => {
    const { folder, values } = await spoilt((path) => {
      rmSync(path);
      mkdirSync(join(path, 'in the way'), { recursive: true });
    });
    expect(values).toEqual(expected);
    expect(graphsIn(folder)).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')('is handed over where the folder cannot be written', async () => {
    const { folder } = tinyModel();
    chmodSync(folder, 0o555);
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    expect(await elsewhere(folder, user)).toEqual(expected);
    expect(graphsIn(folder)).toEqual([]);
    chmodSync(folder, 0o755);
  });

  it('serves processes that begin at once, over a file that is damaged', async () => {
    const { folder } = await spoilt(() => undefined);
    const [name = ''] = graphsIn(folder);
    writeFileSync(join(folder, name), sound.subarray(0, 99));
    const all = await Promise.all(Array.from({ length: 6 }, () => elsewhere(folder)));
    for (const values of all) expect(values).toEqual(expected);
    expect(graphsIn(folder)).toEqual([name]);
    expect(readFileSync(join(folder, name)).equals(sound)).toBe(true);
  });

  it('tells a fault of the weights as such, and writes nothing again for it', async () => {
    const { folder, manifest } = tinyModel();
    await createSession(tinyGraph(manifest), folder, OPTIONS);
    writeFileSync(join(folder, 'weights.bin'), 'short');
    await expect(createSession(tinyGraph(manifest), folder, OPTIONS)).rejects.toThrow(/weights\.bin|external/i);
    expect(graphsIn(folder)).toHaveLength(1);
  });
});
