import { describe, expect, test } from 'vitest';
import {
  all,
  connected,
  isEqual,
  listening,
  PORT,
  pattern,
  SERVER,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;

for (const client of STYLES) {
  for (const server of STYLES) {
    test(`a ${client} client and a ${server} server exchange messages`, async () => {
      await withTwoStacks(async (stacks) => {
        const { a, b } = await connected(stacks, { style: client }, { style: server });
        await a.send('ping');
        expect(textOf(await b.receive())).toBe('ping');
        await b.send('pong');
        expect(textOf(await a.receive())).toBe('pong');
        await a.close();
        expect(await b.receive()).toBeUndefined();
        expect([a.state, b.state]).toEqual(['closed', 'closed']);
      });
    });
  }
}

test('each association of a one-to-many socket gets its own messages', async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks, { style: 'one-to-many' });
    const echoed = (async () => {
      for await (const association of server.listen()) {
        void (async () => {
          for await (const { data, stream } of association) await association.send(data, { stream });
        })();
      }
    })();
    const names = ['Ada', 'Bob', 'Cy', 'Di', 'Eve'];
    const clients = await Promise.all(names.map(() => stacks.client.socket().connectx(SERVER)));
    for (let round = 0; round < 10; round++) {
      await Promise.all(clients.map((client, index) => client.send(`${names[index]} ${round}`, { stream: index })));
    }
    for (const [index, client] of clients.entries()) {
      for (let round = 0; round < 10; round++) {
        const message = await client.receive();
        expect(textOf(message)).toBe(`${names[index]} ${round}`);
        expect(message?.stream).toBe(index);
      }
    }
    expect(new Set(server.associations.map(({ id }) => id)).size).toBe(names.length);
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
    await echoed;
  });
});

test('a one-to-many socket connects to several peers, and accepts a peer, on one port', async () => {
  await withTwoStacks(async (stacks) => {
    const left = stacks.client.socket({ style: 'one-to-many' });
    left.bindx([{ address: '10.0.1.1', port: 7001 }]);
    left.listen();
    const servers = [PORT, PORT + 1].map((port) => {
      const socket = stacks.server.socket({ style: 'one-to-many' });
      socket.bindx([{ address: '10.0.1.2', port }]);
      socket.listen();
      return socket;
    });
    const out = await Promise.all(servers.map((_, i) => left.connect({ address: '10.0.1.2', port: PORT + i })));
    const back = await stacks.server.socket().connect({ address: '10.0.1.1', port: 7001 });
    const accepted = await left.accept();
    expect(left.associations).toHaveLength(3);
    await back.send('in');
    expect(textOf(await accepted.receive())).toBe('in');
    for (const [index, association] of out.entries()) {
      await association.send(`out ${index}`);
      expect(textOf(await (await servers[index]!.accept()).receive())).toBe(`out ${index}`);
    }
  });
});

test('stream, payload protocol identifier, order and text arrive as they were sent', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const { streams } = a.setup;
    expect(streams).toEqual({ inbound: 10, outbound: 10 });
    await a.send('grüße 🌍', { stream: 9, ppid: 0xdeadbeef });
    await a.send(new Uint8Array([1, 2]).buffer, { stream: 3, ppid: 46, unordered: true, sackImmediately: true });
    await a.send(new Uint8Array([0, 7, 0]).subarray(1, 2), { stream: 9 });
    const [first, second, third] = [await b.receive(), await b.receive(), await b.receive()];
    expect(textOf(first)).toBe('grüße 🌍');
    expect(first).toMatchObject({ stream: 9, ppid: 0xdeadbeef, unordered: false, ssn: 0 });
    expect(second).toMatchObject({ stream: 3, ppid: 46, unordered: true });
    expect([...second!.data]).toEqual([1, 2]);
    expect(third).toMatchObject({ stream: 9, ppid: 0, ssn: 1 });
    expect([...third!.data]).toEqual([7]);
    expect(third!.tsn).toBe((first!.tsn + 2) >>> 0);
  });
});

test('an unordered message overtakes a lost one of its stream; an ordered one waits for it', async () => {
  await withTwoStacks(async (stacks) => {
    const { network } = stacks;
    const { a, b } = await connected(stacks);
    let drop = 1;
    network.filter(({ bytes }) => (bytes.length > 500 && drop-- > 0 ? 'drop' : undefined));
    await a.send(pattern(600));
    await a.send('second');
    await a.send('unordered', { unordered: true });
    const order = [await b.receive(), await b.receive(), await b.receive()].map((message) => message?.data.length);
    expect(order).toEqual(['unordered'.length, 600, 'second'.length]);
  });
});

const SIZES = [
  1, 2, 3, 4, 5, 1000, 1431, 1432, 1433, 1451, 1452, 1453, 1456, 1472, 1500, 2863, 2864, 2865, 4096, 65_535, 65_536,
  65_537, 131_071, 131_072, 131_073, 262_143, 262_144, 262_145, 300_000, 524_288, 524_289, 1_000_003, 5_000_000,
];

for (const style of STYLES) {
  test(`messages of 1 byte to 5 MB arrive whole in both directions, ${style}`, async () => {
    await withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks, { style }, { style });
        for (const [index, size] of SIZES.entries()) {
          const bytes = pattern(size, index);
          const other = pattern(size, index + 100);
          const sent = Promise.all([a.send(bytes, { stream: index % 10 }), b.send(other, { stream: index % 10 })]);
          const [there, here] = await Promise.all([b.receive(), a.receive()]);
          await sent;
          expect(there?.data.length).toBe(size);
          expect(isEqual(there?.data, bytes) && isEqual(here?.data, other)).toBe(true);
        }
      },
      { traceLength: 100 },
    );
  });
}

test('messages larger than a small send buffer arrive whole', async () => {
  await withTwoStacks(async (stacks) => {
    const small = { sendBufferBytes: 4096, receiveBufferBytes: 4096, readAheadBytes: 1 };
    const { a, b } = await connected(stacks, small, small);
    for (const size of [4095, 4096, 4097, 8192, 100_000]) {
      const bytes = pattern(size);
      const sent = a.send(bytes);
      expect(isEqual((await b.receive())?.data, bytes)).toBe(true);
      await sent;
    }
  });
});

test('messages sent without waiting keep their order, whatever their sizes and streams', async () => {
  await withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const sizes = Array.from({ length: 60 }, (_, index) => [1, 70_000, 20, 300_000, 1400][index % 5]!);
    const sent = sizes.map((size, index) => a.send(pattern(size, index), { stream: index % 3 }));
    void Promise.all(sent).then(() => a.close());
    const last = [-3, -2, -1];
    let count = 0;
    for await (const { data, stream } of b) {
      const index = last[stream]! + 3;
      expect(isEqual(data, pattern(sizes[index]!, index))).toBe(true);
      last[stream] = index;
      count++;
    }
    expect(count).toBe(sizes.length);
  });
});

test('10,000 messages arrive in order, exactly once, even if a tenth of the packets is lost', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks);
      const received = all(b);
      for (let number = 0; number < 10_000; number++) {
        await a.send(Uint8Array.of(number, number >> 8, ...pattern(number % 40)));
      }
      await a.close();
      const messages = await received;
      expect(messages).toHaveLength(10_000);
      expect(messages.every(({ data }, number) => data[0] === (number & 0xff) && data[1] === number >> 8)).toBe(true);
    },
    {
      conditions: { latencyMs: 5, loss: 0.1, duplicate: 0.02, reorder: 0.02 },
      limitMs: 1e8,
      stack: { preset: 'fast-failover' },
    },
  );
});

describe('web streams', () => {
  test('messages can be piped through them', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const echo = b.readable.pipeTo(b.writable, { preventAbort: true });
      const writer = a.writable.getWriter();
      await writer.write('plain');
      await writer.write({ data: 'with options', stream: 4, ppid: 9 });
      const reader = a.readable.getReader();
      expect(textOf((await reader.read()).value)).toBe('plain');
      expect((await reader.read()).value).toMatchObject({ stream: 4, ppid: 9 });
      await writer.close();
      await echo;
      expect(await reader.read()).toEqual({ done: true, value: undefined });
    });
  });

  test('after cancel() of a readable, receive() gets the next message', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const reader = b.readable.getReader();
      const pending = reader.read();
      await stacks.network.advance(1);
      await reader.cancel();
      expect((await pending).done).toBe(true);
      await a.send('kept');
      expect(textOf(await b.receive())).toBe('kept');
    });
  });
});
