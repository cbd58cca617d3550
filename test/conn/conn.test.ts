import { expect, test } from 'vitest';
import { type ConnPath, conn, Stack } from '../../src/index.js';
import { Network, SeededRandom, scenario } from '../../src/simulated.js';
import { codeOf, isEqual, pattern, textOf } from '../support/two-stacks.js';
import { upstream } from '../support/upstream.js';
import { bothConnect, connect, END, joined } from './fixture.js';

const checksumOf = (packet: Uint8Array) => new DataView(packet.buffer, packet.byteOffset).getUint32(8);

test.each([
  ['at once, within the call', undefined, 0],
  ['after 10 ms', 10, 0],
  ['after 40 ms, with the second end connecting 15 ms later', 40, 15],
  ['after 40 ms, with the second end connecting after the first INIT has arrived', 40, 60],
  ['after 40 ms, with the second end connecting a second later', 40, 1000],
])(
  'both ends connect, packets arrive %s: this results in one association, which carries 1 MB',
  (_, latencyMs, laterMs) =>
    joined({ ...(latencyMs !== undefined && { latencyMs }) }, async (stacks) => {
      const { network, left, right, sent } = stacks;
      const first = connect(left);
      await network.advance(laterMs);
      const [a, b] = await Promise.all([first, connect(right)]);
      expect(
        [left.sockets, right.sockets].map((sockets) => sockets.flatMap((each) => each.associations).length),
      ).toEqual([1, 1]);
      expect([a.setup.streams, b.setup.streams]).toEqual(Array(2).fill({ inbound: 1024, outbound: 1024 }));
      const large = pattern(1_000_000);
      const [received] = await Promise.all([b.receive(), a.send(large, { stream: 1000, ppid: 53 })]);
      expect(received).toMatchObject({ stream: 1000, ppid: 53 });
      expect(isEqual(received?.data, large)).toBe(true);
      expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(1200);
      await Promise.all([a.close(), b.closed]);
    }),
);

test('an INIT that arrives before this end connects is not answered with an ABORT', () =>
  joined({ latencyMs: 5 }, async ({ network, left, right, sent }) => {
    const a = connect(left);
    await network.advance(500);
    expect(sent.length).toBe(1); // no answer at all
    const startedAt = network.clock.now();
    await Promise.all([a, connect(right)]);
    expect(network.clock.now() - startedAt).toBeLessThan(50); // its own INIT is answered without a retransmission
  }));

test('the address of paths and endpoints is ‘conn’', () =>
  joined({}, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    expect(a.paths()).toMatchObject([{ address: 'conn', state: 'active', mtu: expect.any(Number) }]);
    expect(stacks.left.sockets[0]?.localEndpoints).toEqual([END]);
    expect(a.setup).toMatchObject({ tried: [{ address: 'conn' }], confirmed: ['conn'], dropped: [], added: [] });
    expect(stacks.left.addresses).toEqual(['conn']);
    b.abort('bye');
    expect(await codeOf(a.receive())).toBe('ECONNRESET');
  }));

test('a listening end accepts an association', () =>
  joined({ latencyMs: 1 }, async ({ left, right }) => {
    const listener = right.socket();
    listener.bindx([END]);
    listener.listen();
    const [a, b] = await Promise.all([left.socket().connect(END), listener.accept()]);
    await a.send('hello');
    expect(textOf(await b.receive())).toBe('hello');
  }));

test.each([0.1, 0.25])('messages arrive in order over a path that loses %d of the packets', (loss) => {
  const random = new SeededRandom(7);
  return joined({ latencyMs: 20, passes: () => random.next() > loss }, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    const messages = Array.from({ length: 30 }, (_, index) => pattern(1 + ((index * 997) % 9000), index));
    const sending = Promise.all(messages.map((message, index) => a.send(message, { stream: index % 3 })));
    const counts = [0, 0, 0];
    for (const _ of messages) {
      const { stream, data } = (await b.receive()) ?? { stream: 0, data: undefined };
      const index = stream + 3 * (counts[stream] ?? 0);
      counts[stream] = (counts[stream] ?? 0) + 1;
      expect(isEqual(data, messages[index]!)).toBe(true);
    }
    await sending;
  });
});

test('checksums are correct by default, and zero with checksum: false', async () => {
  await joined({}, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    await a.send('x');
    await b.receive();
    expect(stacks.sent.filter((packet) => checksumOf(packet) === 0)).toEqual([]);
  });
  await joined({ path: { checksum: false } }, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    await a.send('x');
    await b.receive();
    expect(stacks.sent.filter((packet) => checksumOf(packet) !== 0)).toEqual([]);
  });
});

test('a corrupted packet is dropped', () =>
  joined(
    {
      latencyMs: 1,
      passes: (packet) => {
        if (packet[12] === 0 && packet.length === 32) packet[31] = 0x21; // a DATA chunk of 4 bytes
        return true;
      },
    },
    async (stacks) => {
      const [a, b] = await bothConnect(stacks);
      await a.send('1234');
      expect(await codeOf(b.receive({ timeoutMs: 3000 }))).toBe('ETIMEDOUT');
      a.abort();
      await b.closed;
    },
  ));

test.each([524, 1200, 1500, 9000])(
  'no packet is larger than an mtu of %d bytes, and full packets are that large',
  (mtu) =>
    joined({ latencyMs: 2, path: { mtu } }, async (stacks) => {
      const [a, b] = await bothConnect(stacks);
      await Promise.all([a.send(pattern(100_000)), b.receive()]);
      const largest = Math.max(...stacks.sent.map(({ length }) => length));
      expect(largest).toBeLessThanOrEqual(mtu);
      expect(largest).toBeGreaterThan(mtu - 4);
    }),
);

test('if the path stops working, the association ends after its retransmissions', () => {
  let isCut = false;
  return joined({ latencyMs: 5, passes: () => !isCut }, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    isCut = true;
    await a.send('lost');
    expect(await codeOf(a.receive())).toBe('ETIMEDOUT');
    b.abort();
  });
});

test('invalid arguments are refused', async () => {
  const onConnOutput = () => undefined;
  expect(() => conn({} as never)).toThrow(TypeError);
  for (const mtu of [0, 523, 70_000, 1200.5]) expect(() => conn({ onConnOutput, mtu })).toThrow(/^EINVAL: conn: mtu/);
  const path = conn({ onConnOutput });
  path.connInput(new Uint8Array(40)); // no stack uses the path yet
  expect(() => path.connInput('text' as never)).toThrow(TypeError);
  const stack = await Stack.create({ transport: path });
  expect(await codeOf(Stack.create({ transport: path }))).toBe('EALREADY');
  for (const bytes of [new Uint8Array(), new Uint8Array(3), new Uint8Array(100), new Uint8Array(70_000)]) {
    path.connInput(bytes);
  }
  expect(await codeOf(stack.socket().connect({ address: '10.0.0.1', port: 1 }))).toBe('EAFNOSUPPORT');
  expect(() => stack.socket().bindx([{ address: '10.0.0.1', port: 1 }])).toThrow(/^EAFNOSUPPORT/);
  await stack.close();
  path.connInput(new Uint8Array(40));
});

test('an IP transport refuses the address ‘conn’', async () => {
  const network = new Network({ seed: 1 });
  const { transport, random } = network.host('a', ['10.0.0.1']);
  const stack = await network.standStill(Stack.create({ transport, random, clock: network.clock }));
  expect(await codeOf(stack.socket().connect(END))).toBe('EADDRNOTAVAIL');
  expect(() => stack.socket().bindx([END])).toThrow(/^E/);
  await stack.close();
});

test('an error that onConnOutput throws is an uncaught exception, and the packet counts as lost', async () => {
  const uncaught: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
  let isThrowing = true;
  try {
    await joined(
      {
        latencyMs: 1,
        passes: () => {
          if (isThrowing) throw new Error('closed');
          return true;
        },
      },
      async (stacks) => {
        const connecting = bothConnect(stacks);
        await stacks.network.advance(100);
        isThrowing = false;
        await connecting;
      },
    );
    expect(uncaught.map((error) => (error as Error).message)).toContain('closed');
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
});

test.each<[string, (packet: Uint8Array) => unknown]>([
  ['bytes', (packet) => packet],
  ['an ArrayBuffer', (packet) => packet.slice().buffer],
  ['an event', (packet) => ({ data: packet })],
  ['an event with an ArrayBuffer', (packet) => new MessageEvent('message', { data: packet.slice().buffer })],
])('a path may be an object with send and onmessage, which passes %s', async (_, wrapped) => {
  const paths = [0, 1].map((index): ConnPath & { binaryType: string; lost: number } => ({
    onmessage: null,
    binaryType: 'blob',
    lost: 0,
    send(packet) {
      if (++this.lost % 5 === 0) throw new Error('not connected');
      if (this.lost % 7 === 0) return Promise.reject(new Error('closed'));
      const { onmessage } = paths[1 - index]!;
      for (const message of [undefined, 'text', { data: null }, {}, wrapped(packet)]) onmessage?.(message as never);
      return undefined;
    },
  }));
  await scenario({ seed: 1 }, async (network) => {
    const stacks = await Promise.all(
      paths.map((path) => network.standStill(Stack.create({ transport: conn({ path }), clock: network.clock }))),
    );
    expect(paths.map(({ binaryType }) => binaryType)).toEqual(['arraybuffer', 'arraybuffer']);
    const [a, b] = await Promise.all(stacks.map((stack) => connect(stack)));
    const [received] = await Promise.all([b?.receive(), a?.send(pattern(100_000))]);
    expect(isEqual(received?.data, pattern(100_000))).toBe(true);
    for (const association of [a, b]) association?.abort();
    await Promise.allSettled(stacks.map((stack) => stack.close()));
    expect(paths.map(({ onmessage }) => onmessage)).toEqual([null, null]);
  });
});

test('conn needs either a path with a method send, or onConnOutput', () => {
  const path = { send: () => undefined, onmessage: null };
  expect(() => conn({})).toThrow(/either onConnOutput or path/);
  expect(() => conn({ path, onConnOutput: () => undefined })).toThrow(/either onConnOutput or path/);
  expect(() => conn({ path: { onmessage: null } as never })).toThrow(/send/);
  expect(() => conn({ path: 'dtls' as never })).toThrow(TypeError);
});

/** The types of the first chunks of packets without a checksum, and whether an INIT offers to leave it out (RFC 9653 §4). */
function withoutChecksum(sent: readonly Uint8Array[]) {
  const types = sent.filter((packet) => checksumOf(packet) === 0).map((packet) => packet[12]);
  const offered = sent.some((packet) => packet[12] === 1 && Buffer.from(packet).includes('8001000800000001', 0, 'hex'));
  return { types: new Set(types), offered };
}

test('over DTLS checksums are left out if both ends agree and upstream can do it (RFC 9653)', () =>
  joined({ path: { checksum: 'negotiated' }, latencyMs: 1 }, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    await a.send(pattern(10_000));
    expect(isEqual((await b.receive())?.data, pattern(10_000))).toBe(true);
    const { types, offered } = withoutChecksum(stacks.sent);
    expect(offered).toBe(upstream === 'main');
    if (upstream === 'main') expect([...types]).toEqual(expect.arrayContaining([0, 3]));
    expect(types.has(1)).toBe(false); // INIT always has one (RFC 9653 §5.2)
    if (upstream !== 'main') expect(types.size).toBe(0);
    await Promise.all([a.close(), b.closed]);
  }));

test('conn: checksum is true, false or negotiated', () => {
  const onConnOutput = () => undefined;
  expect(() => conn({ onConnOutput, checksum: 'never' as never })).toThrow(
    /checksum must be true, false or 'negotiated'/,
  );
});
