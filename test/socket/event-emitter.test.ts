import { type EventEmitter, on, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { connected, listening, SERVER, withTwoStacks } from '../support/two-stacks.js';

/** As Node's helpers see it. They need `once`, `on` and `removeListener`; TypeScript wants the whole class. */
const emitter = (object: object) => object as EventEmitter;

describe("Node's helpers work with stacks, sockets and associations", () => {
  test('events.once resolves with the event', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks);
      const accepted = once(emitter(server), 'association');
      const a = await stacks.client.socket().connectx(SERVER);
      const [b] = (await accepted) as [Association];
      const closed = once(emitter(b), 'close');
      a.abort();
      expect(await closed).toMatchObject([{ code: 'ECONNRESET' }]);
    }));

  test('events.once ends with its signal, and leaves no listener', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      for (const object of [a, b, stacks.client, stacks.client.socket()]) {
        const controller = new AbortController();
        const name = object === a || object === b ? 'close' : object === stacks.client ? 'addresses' : 'association';
        const waiting = once(emitter(object), name, { signal: controller.signal });
        controller.abort();
        await expect(waiting).rejects.toThrow(/abort/i);
      }
      await Promise.all([a.close(), b.close()]);
    }));

  test('events.on iterates over events until its signal is aborted', () =>
    withTwoStacks(
      async (stacks) => {
        const { a } = await connected(stacks);
        const controller = new AbortController();
        const changes: unknown[] = [];
        const watching = (async () => {
          for await (const [event] of on(emitter(a), 'path', { signal: controller.signal })) changes.push(event);
        })().catch((error) => error);
        stacks.network.partition('10.0.1.1', '10.0.1.2');
        for (let second = 0; second < 200; second++) {
          void a.send('x');
          await stacks.network.advance(1000);
        }
        controller.abort();
        expect((await watching).name).toBe('AbortError');
        expect(changes).toContainEqual({ address: '10.0.1.2', change: 'unreachable' });
      },
      { limitMs: 1e7 },
    ));

  test('addListener and removeListener are on and off; off also removes what once has added', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const calls: string[] = [];
      const listener = () => calls.push('removed');
      a.once('close', listener);
      a.off('close', listener);
      a.addListener('close', listener);
      a.removeListener('close', listener);
      a.addListener('close', () => calls.push('kept'));
      await Promise.all([a.close(), b.close()]);
      expect(calls).toEqual(['kept']);
    }));
});

describe('an event that does not exist is a TypeError', () => {
  test('which names the one that is meant, or all', () =>
    withTwoStacks(async (stacks) => {
      const { a, clientSocket } = await connected(stacks);
      const listener = () => undefined;
      expect(() => a.on('closed' as 'close', listener)).toThrow(
        new TypeError("there is no event 'closed': did you mean 'close'?"),
      );
      expect(() => a.once('senderdry' as 'senderDry', listener)).toThrow("did you mean 'senderDry'?");
      expect(() => a.off('paths' as 'path', listener)).toThrow("did you mean 'path'?");
      expect(() => a.on('data' as 'path', listener)).toThrow('messages come by receive()');
      expect(() => a.on('toString' as 'path', listener)).toThrow(/there are path, restart, .*close$/);
      expect(() => clientSocket.on('connection' as 'association', listener)).toThrow('there are association');
      expect(() => stacks.client.on('address' as 'addresses', listener)).toThrow("did you mean 'addresses'?");
      expect(() => a.on('close', 'x' as never)).toThrow("a listener must be a function, not the string 'x'");
    }));
});
