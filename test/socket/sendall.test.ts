import { expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import { codeOf, listening, pattern, SERVER, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

/** A one-to-many socket of the server, and its three clients. */
async function hubOf(stacks: TwoStacks): Promise<{ hub: Socket; clients: Association[] }> {
  const hub = listening(stacks, { style: 'one-to-many' });
  const clients: Association[] = [];
  for (const inbound of [10, 10, 2]) {
    clients.push(await stacks.client.socket({ streams: { inbound } }).connectx(SERVER));
    await hub.accept();
  }
  return { hub, clients };
}

test('a message goes to every association, with its options', () =>
  withTwoStacks(async (stacks) => {
    const { hub, clients } = await hubOf(stacks);
    expect(await hub.sendAll('to all', { stream: 1, ppid: 9 })).toEqual({ sent: hub.associations, failed: [] });
    for (const client of clients) {
      const message = await client.receive();
      expect(message).toMatchObject({ stream: 1, ppid: 9 });
      expect(textOf(message)).toBe('to all');
    }
  }));

test('associations that a message cannot be sent to are returned as failed, and the others get it', () =>
  withTwoStacks(async (stacks) => {
    const { hub, clients } = await hubOf(stacks);
    const [first, second, third] = hub.associations;
    void second?.close().catch(() => undefined);
    const { sent, failed } = await hub.sendAll('on stream 5', { stream: 5 });
    expect(sent).toEqual([first]);
    expect(failed.map(({ association }) => association)).toEqual([second, third]);
    expect(failed.map(({ error }) => error.code)).toEqual(['EPIPE', 'EINVAL']); // one is closing, one has 2 streams
    expect(textOf(await clients[0]?.receive())).toBe('on stream 5');
    await clients[1]?.receive();
  }));

test('sendAll() queues a message behind waiting ones, whatever its size, and waits for an association that does not receive', () =>
  withTwoStacks(async (stacks) => {
    const { hub, clients } = await hubOf(stacks);
    const [slow] = hub.associations;
    const before = slow?.send(pattern(1_000_000));
    let isDone = false;
    const sending = hub.sendAll(pattern(100_000, 2)).finally(() => {
      isDone = true;
    });
    for (const client of clients.slice(1)) expect((await client.receive())?.data.length).toBe(100_000);
    await stacks.network.advance(1000);
    expect(isDone).toBe(false);
    expect((await clients[0]?.receive())?.data.length).toBe(1_000_000);
    expect((await clients[0]?.receive())?.data.length).toBe(100_000);
    expect((await sending).sent.length).toBe(3);
    await before;
  }));

test('an invalid message or option is refused before anything is sent; without associations nothing is sent', () =>
  withTwoStacks(async (stacks) => {
    const { hub, clients } = await hubOf(stacks);
    expect(await codeOf(hub.sendAll(''))).toBe('EINVAL');
    expect(await codeOf(hub.sendAll('x', { ppid: -1 }))).toBe('EINVAL');
    await expect(hub.sendAll(7 as never)).rejects.toThrow(TypeError);
    expect(await codeOf(clients[0]!.receive({ timeoutMs: 100 }))).toBe('ETIMEDOUT');
    expect(await stacks.server.socket({ style: 'one-to-many' }).sendAll('x')).toEqual({ sent: [], failed: [] });
  }));
