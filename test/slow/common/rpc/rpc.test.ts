import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { RpcClient } from '../../../../src/common/rpc/client.ts';
import type { Crash, RpcOptions } from '../../../../src/common/rpc/client.ts';
import { forkedPeer, threadPeer } from '../../../../src/common/rpc/peer.ts';
import type { Peer, PeerEvents } from '../../../../src/common/rpc/peer.ts';
import type { TestCalls } from './programs/peer.ts';

const script = join(import.meta.dirname, 'programs/peer.ts');
const started: RpcClient<TestCalls>[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rpc-'));
});

afterEach(() => {
  for (const client of started.splice(0)) client.kill();
  rmSync(folder, { recursive: true });
});

it('an unbound thread that has no call lets our process end', async () => {
  const rpcFolder = join(import.meta.dirname, '../../../../src/common/rpc');
  const program = `
    import { RpcClient } from ${JSON.stringify(join(rpcFolder, 'client.ts'))};
    import { unboundThreadPeer } from ${JSON.stringify(join(rpcFolder, 'peer.ts'))};
    const fail = () => new Error('It failed.');
    const start = (events) => unboundThreadPeer(${JSON.stringify(script)}, events);
    const rpc = new RpcClient({ start, onCrash: fail, closed: fail, onLog: () => {} });
    console.log(await rpc.call('add', { a: 1, b: 2 }), await rpc.call('add', { a: 3, b: 4 }));
  `;
  const path = join(folder, 'program.mjs');
  writeFileSync(path, program);
  const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 20_000 });
  expect(stdout).toBe('3 7\n');
}, 30_000);

const kinds: readonly (readonly [string, (events: PeerEvents) => Peer])[] = [
  ['a worker thread', (events) => threadPeer(script, undefined, events)],
  ['a forked child', (events) => forkedPeer(script, { argument: '', environment: {} }, events)],
];

describe.each(kinds)('calls of %s', (_, startPeer) => {
  function client(options: Partial<RpcOptions> = {}) {
    const crashes: Crash[] = [];
    const logs: string[] = [];
    const peers: Peer[] = [];
    const rpc = new RpcClient<TestCalls>({
      start: (events) => {
        const peer = startPeer(events);
        peers.push(peer);
        return peer;
      },
      onCrash: (crash) => {
        crashes.push(crash);
        return crash.isRepeatable && crash.crashes < 3 ? undefined : new Error('It died.');
      },
      closed: () => new Error('It is closed.'),
      onLog: (_level, line) => logs.push(line),
      ...options,
    });
    started.push(rpc);
    return { rpc, crashes, logs, peers };
  }

  it('bring the reply that belongs to the kind', async () => {
    const { rpc, peers } = client();
    expect(peers).toHaveLength(0);
    expectTypeOf(rpc.call('add', { a: 1, b: 2 })).resolves.toEqualTypeOf<number>();
    // @ts-expect-error a request of another kind
    const wrong = rpc.call('add', { to: 3 });
    expect(await wrong).toBeNaN();
    const { signal } = new AbortController();
    const sums = await Promise.all([1, 2, 3].map((a) => rpc.call('add', { a, b: 10 }, { signal })));
    expect(sums).toEqual([11, 12, 13]);
    // One signal may serve thousands of calls.
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(peers).toHaveLength(1);
  });

  it('tell what comes before the end in order, each to its own caller', async () => {
    const { rpc } = client();
    const one: number[] = [];
    const two: number[] = [];
    const ends = await Promise.all([
      rpc.call('count', { to: 50 }, { onEvent: (at) => one.push(at) }).then((reply) => [reply, one.length]),
      rpc.call('count', { to: 20 }, { onEvent: (at) => two.push(at) }).then((reply) => [reply, two.length]),
    ]);
    expect(ends).toEqual([
      ['to 50', 50],
      ['to 20', 20],
    ]);
    expect(one).toEqual(Array.from({ length: 50 }, (_none, at) => at + 1));
    expect(two).toEqual(Array.from({ length: 20 }, (_none, at) => at + 1));
  });

  it('fail alone', async () => {
    const { rpc, peers } = client();
    const wait = rpc.call('add', { a: 1, b: 1 });
    await expect(rpc.call('refuse', undefined)).rejects.toMatchObject({ code: 'unexpected', message: 'No.' });
    await expect(rpc.call('uncopyable', undefined)).rejects.toThrow(/could not be cloned/);
    await expect(rpc.call('add', { a: (() => 1) as never, b: 1 })).rejects.toThrow(/could not be cloned/);
    await expect(rpc.call('toString' as never, {} as never)).rejects.toThrow('There is no call of the kind toString.');
    expect(await wait).toBe(2);
    expect(await rpc.call('add', { a: 2, b: 2 })).toBe(4);
    expect(peers).toHaveLength(1);
  });

  it('outlive messages that are none of the protocol, from either side', async () => {
    const { rpc, logs, peers } = client();
    expect(await rpc.call('babble', undefined)).toBe('done');
    expect(logs).toHaveLength(6);
    for (const message of [null, 7, {}, { type: 'call' }, { type: 'abort', id: 0.5 }, { type: 'abort', id: 99 }]) {
      peers[0]!.post(message as never);
    }
    expect(await rpc.call('add', { a: 3, b: 4 })).toBe(7);
    expect(peers).toHaveLength(1);
  });

  it('end with the signal’s reason, wherever they are', async () => {
    const { rpc } = client({ maxRunning: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new DOMException('Enough.', 'AbortError');
    const begun = Promise.withResolvers<string>();
    const running = rpc.call('wait', undefined, { signal, onEvent: begun.resolve });
    await begun.promise;
    const waiting = rpc.call('add', { a: 100, b: 1 }, { signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(running).rejects.toBe(reason);
    await expect(rpc.call('add', { a: 200, b: 1 }, { signal })).rejects.toBe(reason);
    await rpc.call('add', { a: 300, b: 1 });
    expect(await rpc.call('seen', undefined)).toEqual([300]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('let the more urgent go first, and the peer have no more than it may', async () => {
    const { rpc } = client({ maxRunning: 1 });
    const first = rpc.call('count', { to: 1 });
    const calls = [2, 0, 1, 2, 0].map((priority, at) => rpc.call('add', { a: at, b: 0 }, { priority }));
    await Promise.all([first, ...calls]);
    expect(await rpc.call('seen', undefined)).toEqual([1, 4, 2, 0, 3]);
  });

  it('are made again when the peer dies under them', async () => {
    const { rpc, crashes, peers } = client({ backOff: 1 });
    const mark = join(folder, 'died');
    const others = [1, 2].map((a) => rpc.call('wait', undefined).catch(() => a));
    expect(await rpc.call('dieOnce', { mark })).toBe('lived');
    expect(peers).toHaveLength(2);
    expect(crashes).toHaveLength(3);
    expect(crashes[0]).toMatchObject({ crashes: 1, isRepeatable: true, exit: { code: 7 } });
    expect(crashes[0]!.exit.said).toContain('last words');
    rpc.kill();
    expect(await Promise.all(others)).toEqual([1, 2]);
  });

  it('are not made again where that cannot be, nor for ever', async () => {
    const { rpc, peers } = client();
    let begun = 0;
    const once = rpc.call(
      'dieOnce',
      { mark: join(folder, 'never') },
      { onEvent: () => begun++, isRepeatable: () => false },
    );
    await expect(once).rejects.toThrow('It died.');
    expect([begun, peers.length]).toEqual([1, 1]);
    await expect(rpc.call('die', undefined)).rejects.toThrow('It died.');
    expect(peers).toHaveLength(4);
    expect(await rpc.call('add', { a: 1, b: 1 })).toBe(2);
  });

  it('that hear no abort end with their peer', async () => {
    const { rpc, crashes, peers } = client({ abortGrace: 1 });
    const controller = new AbortController();
    const stuck = rpc.call('spin', undefined, {
      signal: controller.signal,
      onEvent: () => {
        controller.abort();
      },
    });
    await expect(stuck).rejects.toThrow(/abort/i);
    expect(crashes).toHaveLength(0);
    expect(await rpc.call('add', { a: 1, b: 1 })).toBe(2);
    expect(peers).toHaveLength(2);
  });

  it('are refused once it is closed', async () => {
    const { rpc } = client();
    const begun = Promise.withResolvers<string>();
    const running = rpc.call('spin', undefined, { onEvent: begun.resolve });
    await begun.promise;
    rpc.kill();
    await expect(running).rejects.toThrow('It is closed.');
    await expect(rpc.call('add', { a: 1, b: 1 })).rejects.toThrow('It is closed.');
    expect(rpc.isRunning).toBe(false);
  });

  it('are ended by a close in good order, which waits for the peer', async () => {
    const { rpc } = client({ maxRunning: 1 });
    const begun = Promise.withResolvers<string>();
    const running = rpc.call('wait', undefined, { onEvent: begun.resolve });
    await begun.promise;
    const waiting = rpc.call('add', { a: 1, b: 1 });
    const ends = Promise.allSettled([running, waiting]);
    await rpc.close();
    expect(rpc.isRunning).toBe(false);
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('start the peer again after it was idle', async () => {
    const { rpc, peers } = client({ idle: 1 });
    await rpc.call('add', { a: 1, b: 1 });
    await expect.poll(() => rpc.isRunning).toBe(false);
    expect(await rpc.call('add', { a: 2, b: 2 })).toBe(4);
    expect(peers).toHaveLength(2);
  });
});
