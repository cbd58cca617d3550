import { describe, expect, test } from 'vitest';
import type { Association, Socket } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import {
  codeOf,
  failure,
  isEqual,
  listening,
  PORT,
  pattern,
  SERVER,
  type TwoStacks,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

const MANY: SocketOptions = { style: 'one-to-many' };

function connect(stacks: TwoStacks, count: number): Promise<Association[]> {
  return Promise.all(Array.from({ length: count }, () => stacks.client.socket().connectx(SERVER)));
}

/** Receives all messages until the socket is closed. */
async function received(socket: Socket): Promise<[Association, string][]> {
  const messages: [Association, string][] = [];
  for (;;) {
    const message = await socket.receive();
    if (!message) return messages;
    messages.push([message.association, textOf(message)]);
  }
}

describe('receive() of a one-to-many socket', () => {
  test('gets the messages of all associations, which need not be accepted, each in order', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const all = received(server);
      const clients = await connect(stacks, 200);
      for (const [number, client] of clients.entries()) for (const part of 'ab') await client.send(`${number}${part}`);
      await stacks.network.advance(100);
      expect(clients.every(({ state }) => state === 'open')).toBe(true);
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      const messages = await all;
      expect(messages).toHaveLength(400);
      const of = new Map<Association, string[]>();
      for (const [association, text] of messages) of.set(association, [...(of.get(association) ?? []), text]);
      expect(of.size).toBe(200);
      expect([...of.values()].map((texts) => texts.join()).sort()).toEqual(
        clients.map((_, number) => `${number}a,${number}b`).sort(),
      );
    }));

  test('gets what came before the first call, also from associations that have ended since', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const [stays, leaves] = await connect(stacks, 2);
      await stays?.send('stays');
      await leaves?.send('leaves');
      await leaves?.close();
      await stacks.network.advance(10);
      const texts = [textOf(await server.receive()), textOf(await server.receive())];
      expect(texts.sort()).toEqual(['leaves', 'stays']);
      expect(await codeOf(server.receive({ timeoutMs: 10 }))).toBe('ETIMEDOUT');
    }));

  test('lets associations take turns: one that sends a lot does not delay the others', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const [busy, quiet] = await connect(stacks, 2);
      for (let number = 0; number < 20; number++) await busy?.send(`busy ${number}`);
      await quiet?.send('quiet');
      await stacks.network.advance(10);
      const texts = [];
      for (let count = 0; count < 21; count++) texts.push(textOf(await server.receive()));
      expect(texts.indexOf('quiet')).toBeLessThan(2);
      const others = texts.filter((text) => text !== 'quiet');
      expect(others).toEqual(Array.from({ length: 20 }, (_, number) => `busy ${number}`));
    }));

  test('leaves the messages of an association to those who wait there', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const [client] = await connect(stacks, 1);
      const association = await server.accept();
      const atSocket = server.receive();
      const atAssociation = association.receive();
      const onStream = association.stream(3).receive();
      await client?.send('on 3', { stream: 3 });
      await client?.send('first');
      await client?.send('second');
      expect(textOf(await atAssociation)).toBe('first');
      expect(textOf(await atSocket)).toBe('second');
      expect(textOf(await onStream)).toBe('on 3');
    }));

  test('loses no message if the wait ends by a signal or a deadline', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const controller = new AbortController();
      const waiting = failure(server.receive({ signal: controller.signal }));
      expect(await codeOf(server.receive({ timeoutMs: 5 }))).toBe('ETIMEDOUT');
      controller.abort(new Error('enough'));
      expect((await waiting).message).toBe('enough');
      const [client] = await connect(stacks, 1);
      await client?.send('here');
      expect(textOf(await server.receive())).toBe('here');
    }));

  test('closes the receive windows while nobody receives, and gets everything afterwards', () =>
    withTwoStacks(
      async (stacks) => {
        const server = listening(stacks, { ...MANY, readAheadBytes: 10_000, receiveBufferBytes: 50_000 });
        const none = server.receive({ timeoutMs: 0 });
        expect(await codeOf(none)).toBe('ETIMEDOUT');
        const clients = await connect(stacks, 5);
        let sent = 0;
        const sending = clients.map(async (client, at) => {
          for (let number = 0; number < 40; number++) {
            await client.send(pattern(10_000, at * 100 + number));
            sent++;
          }
        });
        await stacks.network.advance(2000);
        const unread = server.associations.reduce((sum, association) => sum + association.status().receiverWindow, 0);
        expect(unread).toBeGreaterThan(0);
        const counts = new Map<Association, number>();
        for (let count = 0; count < 200; count++) {
          const message = await server.receive();
          if (message) counts.set(message.association, (counts.get(message.association) ?? 0) + 1);
        }
        await Promise.all(sending);
        expect([...counts.values()]).toEqual([40, 40, 40, 40, 40]);
        expect(sent).toBe(200);
      },
      { limitMs: 1e7 },
    ));

  test('gets a message that is larger than the receive buffer while others are held', () =>
    withTwoStacks(
      async (stacks) => {
        const server = listening(stacks, { ...MANY, readAheadBytes: 1000, receiveBufferBytes: 20_000 });
        const [small, large] = await connect(stacks, 2);
        const big = pattern(300_000, 7);
        const sending = [large?.send(big), ...Array.from({ length: 20 }, () => small?.send(pattern(1000)))];
        await stacks.network.advance(1000);
        const sizes: number[] = [];
        for (let count = 0; count < 21; count++) {
          const message = await server.receive();
          if (message && message.data.length > 1000) expect(isEqual(message.data, big)).toBe(true);
          sizes.push(message?.data.length ?? 0);
        }
        await Promise.all(sending);
        expect(sizes.sort((a, b) => b - a).slice(0, 2)).toEqual([300_000, 1000]);
      },
      { limitMs: 1e7 },
    ));

  test('resolves with undefined when the socket is closed and everything is received', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const [client] = await connect(stacks, 1);
      await client?.send('last words');
      await stacks.network.advance(10);
      expect(textOf(await server.receive())).toBe('last words');
      await client?.send('very last words');
      await stacks.network.advance(10);
      const waiting = stacks.client.socket(MANY).receive();
      server.abort();
      expect(textOf(await server.receive())).toBe('very last words');
      expect(await server.receive()).toBeUndefined();
      await stacks.network.advance(10);
      await stacks.client.close();
      expect(await waiting).toBeUndefined();
    }));

  test('is refused on a one-to-one socket: EOPNOTSUPP says where its messages are', () =>
    withTwoStacks(async (stacks) => {
      const error = await failure(stacks.client.socket().receive());
      expect(error).toMatchObject({ code: 'EOPNOTSUPP' });
      expect(error.message).toContain('receive() of its association');
    }));
});

describe('send(message, { to }) of a one-to-many socket', () => {
  const [first] = SERVER;

  test('sets an association up where there is none, and uses it from then on: messages arrive in order', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const client = stacks.client.socket(MANY);
      const sent = ['a', 'b', 'c'].map((text, index) => client.send(text, { to: index === 1 ? SERVER : first! }));
      const [association, ...others] = await Promise.all(sent);
      expect(others).toEqual([association, association]);
      expect(association?.state).toBe('open');
      const texts = [];
      for (let count = 0; count < 3; count++) texts.push(textOf(await server.receive()));
      expect(texts).toEqual(['a', 'b', 'c']);
      await client.send('d', { to: first!, stream: 4, ppid: 46 });
      expect(await server.receive()).toMatchObject({ stream: 4, ppid: 46 });
      expect(client.associations).toEqual([association]);
    }));

  test('answers the association from which a message came', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const client = stacks.client.socket(MANY);
      await client.send('ping', { to: SERVER });
      const message = await server.receive();
      expect(await server.send('pong', { to: message!.association })).toBe(message?.association);
      expect(textOf(await client.receive())).toBe('pong');
    }));

  test('rejects with the error of the set-up, and of connectx for wrong peers', () =>
    withTwoStacks(async (stacks) => {
      const client = stacks.client.socket(MANY);
      expect(await codeOf(client.send('x', { to: first! }))).toBe('ECONNREFUSED');
      const late = await failure(client.send('x', { to: { address: '10.0.1.77', port: PORT }, timeoutMs: 1500 }));
      expect(late).toMatchObject({ code: 'ETIMEDOUT', attempts: [{ address: '10.0.1.77' }] });
      expect(await codeOf(client.send('x', { to: [] }))).toBe('EINVAL');
      expect(await codeOf(client.send('', { to: first! }))).toBe('EINVAL');
      expect(await codeOf(client.send('x', { to: first!, stream: -1 }))).toBe('EINVAL');
      for (const options of [{ to: undefined }, {}, undefined]) {
        await expect(client.send('x', options as never)).rejects.toThrow(/^send: give `to`: an association/);
      }
      await expect(client.send('x', null as never)).rejects.toThrow(TypeError);
      expect(client.associations).toEqual([]);
    }));

  test('rejects for an association of another socket, for one that has ended, and on a one-to-one socket', () =>
    withTwoStacks(async (stacks) => {
      const server = listening(stacks, MANY);
      const client = stacks.client.socket(MANY);
      const association = await client.send('x', { to: SERVER });
      expect(await codeOf(server.send('x', { to: association }))).toBe('EINVAL');
      association.abort();
      expect(await codeOf(client.send('x', { to: association }))).toBe('ECONNRESET');
      expect((await client.send('again', { to: SERVER })).state).toBe('open');
      const oneToOne = stacks.client.socket();
      for (const options of [{ to: SERVER }, undefined]) {
        expect(await failure(oneToOne.send('x', options as never))).toMatchObject({ code: 'EOPNOTSUPP' });
      }
    }));
});

test('if peers leave more messages than 64 MB unreceived, new associations are refused until some are received', () =>
  withTwoStacks(
    async (stacks) => {
      const big = pattern(4_000_000);
      const server = listening(stacks, { ...MANY, receiveBufferBytes: 5_000_000 });
      server.receive().catch(() => undefined);
      const visit = async () => {
        const [visitor] = await connect(stacks, 1);
        await visitor?.send(big);
        await visitor?.close();
      };
      let visits = 0;
      for (; visits < 30; visits++) {
        const error = await visit().catch((reason) => reason);
        if (error) break;
      }
      expect(visits).toBe(18); // the first message was received, 17 of the others fit into 64 MB, and one more came
      for (let count = 1; count < visits; count++) expect((await server.receive())?.data.length).toBe(big.length);
      await visit();
    },
    { limitMs: 1e8 },
  ));
