import { expect, test } from 'vitest';
import type { Association, StreamReset } from '../../src/index.js';
import { codeOf, connected, failure, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';
import { ALL, losing, sendAll, take } from './fixture.js';

test('a peer with peerMayReset ‘nothing’ denies every request, and messages go on as before', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks, ALL, { peerMayReset: 'nothing' });
    await sendAll(a, 3, 'one');
    const denied: StreamReset[] = [];
    a.on('streamReset', (event) => denied.push(event));
    const error = await failure(a.resetStreams({ outgoing: [3] }));
    expect(error.message).toBe('EPERM: resetStreams: the peer denies the request');
    expect(denied).toEqual([{ direction: 'outgoing', streams: [3], outcome: 'denied' }]);
    expect(await codeOf(a.resetStreams({ incoming: [3] }))).toBe('EPERM');
    expect(await codeOf(a.resetAssociation())).toBe('EPERM');
    expect(await codeOf(a.addStreams({ outbound: 1 }))).toBe('EPERM');
    expect(await codeOf(a.addStreams({ inbound: 1 }))).toBe('EPERM');
    await sendAll(a, 3, 'two');
    expect(await take(b, 2)).toEqual([
      ['one', 0],
      ['two', 1],
    ]);
  }));

test('by default a peer may reset streams, but may not reset the association or add streams', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    await a.resetStreams({ outgoing: [1], incoming: [1] });
    expect(await codeOf(a.resetAssociation())).toBe('EPERM');
    expect(await codeOf(a.addStreams({ outbound: 1 }))).toBe('EPERM');
    expect((await failure(a.addStreams({ inbound: 1 }))).message).toContain("peerMayReset to 'association'");
    await b.resetStreams({ outgoing: [1] }); // also after a denied request
    await a.resetStreams({ outgoing: [1] });
  }));

test('invalid arguments are refused at once', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks, ALL, ALL);
    expect(await codeOf(a.resetStreams({}))).toBe('EINVAL');
    expect(await codeOf(a.resetStreams({ outgoing: [10] }))).toBe('EINVAL');
    expect(await codeOf(a.resetStreams({ outgoing: 3 as never }))).toBe('EINVAL');
    expect(await codeOf(a.resetStreams({ incoming: [-1] }))).toBe('EINVAL');
    expect(await codeOf(a.addStreams({}))).toBe('EINVAL');
    expect(await codeOf(a.addStreams({ outbound: 65_535 }))).toBe('EINVAL');
    expect(await codeOf(a.addStreams({ inbound: 3000 }))).toBe('EINVAL'); // more than streams.inbound
    expect(await codeOf(a.resetStreams({ outgoing: [1], timeoutMs: -1 }))).toBe('EINVAL');
  }));

test('if either end doesn’t support RE-CONFIG, requests fail with EOPNOTSUPP', () =>
  withTwoStacks(async (stacks) => {
    const socket = stacks.client.socket();
    socket.setOption('reconfiguration', false);
    const listener = stacks.server.socket();
    listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
    listener.listen();
    const a = await socket.connectx([{ address: '10.0.1.2', port: 5001 }]);
    const b = await listener.accept();
    for (const end of [a, b]) {
      expect(await codeOf(end.resetStreams({ outgoing: [0] }))).toBe('EOPNOTSUPP');
      expect(await codeOf(end.resetAssociation())).toBe('EOPNOTSUPP');
      expect(await codeOf(end.addStreams({ outbound: 1 }))).toBe('EOPNOTSUPP');
    }
  }));

async function partitioned(stacks: TwoStacks): Promise<Association> {
  const { a } = await connected(stacks);
  stacks.network.partition('*');
  return a;
}

test('timeoutMs and signal end the wait, and don’t withdraw the request', () =>
  withTwoStacks(async (stacks) => {
    const a = await partitioned(stacks);
    expect(await codeOf(a.resetStreams({ outgoing: [1], timeoutMs: 300 }))).toBe('ETIMEDOUT');
    const reason = new Error('enough');
    const controller = new AbortController();
    const reset = a.resetStreams({ outgoing: [2], signal: controller.signal });
    controller.abort(reason);
    await expect(reset).rejects.toBe(reason);
    await expect(a.resetStreams({ outgoing: [2], signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  }));

test('a request fails when the association is lost', () =>
  withTwoStacks(async (stacks) => {
    const a = await partitioned(stacks);
    expect((await failure(a.resetStreams({ outgoing: [1] }))).message).toContain('the association is lost');
    expect(a.state).toBe('closed');
  }));

test('an abort by the peer fails a pending request with its error', () =>
  withTwoStacks(async (stacks) => {
    const { a, b, clientSocket } = await connected(stacks);
    losing(stacks.network, Number.POSITIVE_INFINITY);
    const waits = failure(a.resetStreams({ outgoing: [1] }));
    b.abort('no more');
    expect((await waits).message).toContain('no more');
    expect(clientSocket.associations).toEqual([]);
    expect(await codeOf(a.resetStreams({ outgoing: [1] }))).toBe('ECONNRESET');
  }));

test('a shutdown fails a pending request with EPIPE, and doesn’t wait for it', () =>
  withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    losing(stacks.network, Number.POSITIVE_INFINITY);
    const waits = codeOf(a.resetStreams({ outgoing: [1] }));
    await Promise.all([b.close(), a.closed]);
    expect(await waits).toBe('EPIPE');
  }));
