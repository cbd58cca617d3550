import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import type { Chunk } from '../../src/wire/chunk.js';
import { decodePacket } from '../../src/wire/decode.js';
import { bothConnect, joined } from '../conn/fixture.js';
import { authParameters } from '../support/auth-chunks.js';
import { extensions, FEATURES, forwardTsnSupported } from '../support/packets.js';
import { chunksOf, ScriptedPeer } from '../support/scripted-peer.js';
import { type Answer, TargetStack } from '../support/target-stack.js';
import { connected, isEqual, listening, PORT, pattern, SERVER, withTwoStacks } from '../support/two-stacks.js';

const ADDRESSES = {
  IPv4: { client: ['10.0.1.1'], server: ['10.0.1.2'] },
  IPv6: { client: ['fd01::1'], server: ['fd01::2'] },
} as const;

/** The bytes of user data in each DATA chunk. */
const sizes = (packets: readonly Uint8Array[]): number[] =>
  packets
    .flatMap((bytes): readonly Chunk[] => decodePacket(bytes).chunks)
    .flatMap((chunk) => (chunk.type === 'DATA' ? [chunk.length - 16] : []));

async function sends(a: Association, b: Association, length: number): Promise<boolean> {
  await a.send(pattern(length));
  return isEqual((await b.receive())?.data, pattern(length));
}

describe('maxSegmentBytes limits the user data of a chunk', () => {
  test.each(
    (['IPv4', 'IPv6'] as const).flatMap((family) =>
      [1, 2, 3, 4, 101, 800, 1400].map((most) => [family, most] as const),
    ),
  )('%s: %d', (family, most) =>
    withTwoStacks(
      async ({ network, client, server }) => {
        const listener = server.socket();
        const endpoint = { address: ADDRESSES[family].server[0], port: PORT };
        listener.bindx([endpoint]);
        listener.listen();
        const socket = client.socket();
        socket.setOption('maxSegmentBytes', most);
        expect(socket.getOption('maxSegmentBytes')).toBe(most);
        const [a, b] = await Promise.all([socket.connect(endpoint), listener.accept()]);
        expect(a.getOption('maxSegmentBytes')).toBe(most);
        expect(await sends(a, b, 5 * most + 1)).toBe(true);
        const sent = sizes(network.trace.entries().map(({ bytes }) => bytes));
        expect(sent).toEqual([most, most, most, most, most, 1]);
      },
      { addresses: ADDRESSES[family], host: { mtu: 1500 } },
    ),
  );

  test('over conn(): 800', () =>
    joined({}, async (stacks) => {
      const [a, b] = await bothConnect(stacks);
      a.setOption('maxSegmentBytes', 800);
      expect(await sends(a, b, 2000)).toBe(true);
      expect(sizes(stacks.sent)).toEqual([800, 800, 400]);
    }));

  test('an association can remove the limit of its socket, and a value beyond the packet size is no limit', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, b, clientSocket } = await connected(stacks, {}, {});
        for (const most of [0, 65_535, 2 ** 32 - 1]) {
          clientSocket.setOption('maxSegmentBytes', 100);
          a.setOption('maxSegmentBytes', 100);
          a.setOption('maxSegmentBytes', most);
          const before = stacks.network.trace.entries().length;
          if (most === 0) expect(a.getOption('maxSegmentBytes')).toBe(0);
          expect(await sends(a, b, 1400)).toBe(true);
          expect(
            sizes(
              stacks.network.trace
                .entries()
                .slice(before)
                .map(({ bytes }) => bytes),
            ),
          ).toEqual([1400]);
        }
      },
      { host: { mtu: 1500 } },
    ));
});

describe('path MTU discovery is disabled', () => {
  const mtus = (association: Association): number[] => association.paths().map(({ mtu }) => mtu);

  test.each(['an association', 'a path'])('without an MTU: %s keeps its MTU', (what) =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const before = mtus(a);
      const at = what === 'a path' ? { path: '10.0.1.2' } : {};
      a.setOption('pathParameters', { mtuDiscovery: false, heartbeat: false }, at);
      expect(a.getOption('pathParameters', { path: '10.0.1.2' })).toMatchObject({
        mtuDiscovery: false,
        heartbeat: false,
      });
      expect(a.getOption('pathParameters', { path: '10.0.2.2' }).mtuDiscovery).toBe(what === 'a path');
      expect(mtus(a)).toEqual(before);
      expect(await sends(a, b, 10_000)).toBe(true);
    }),
  );

  test('without an MTU: associations of a socket start with the MTU of their routes', () =>
    withTwoStacks(async (stacks) => {
      const listener = listening(stacks);
      const socket = stacks.client.socket();
      socket.setOption('pathParameters', { mtuDiscovery: false, heartbeat: false });
      expect(socket.getOption('pathParameters')).toMatchObject({ mtuDiscovery: false, heartbeat: false, mtu: 0 });
      const [a, b] = await Promise.all([socket.connectx(SERVER), listener.accept()]);
      expect(a.getOption('pathParameters')).toMatchObject({ mtuDiscovery: false, heartbeat: false });
      expect(mtus(a)).toEqual(mtus(b));
      expect(await sends(a, b, 10_000)).toBe(true);
    }));
});

/** A target that has accepted an association and sent a message, which its peer doesn't acknowledge. */
async function unacknowledged(family: keyof typeof OWN, length: number, parameters: readonly Uint8Array[] = FEATURES) {
  const { own, peers } = OWN[family];
  const target = await TargetStack.create(own);
  const listener = target.stack.socket();
  listener.setOption('interleaving', true);
  listener.bindx(own.map((address) => ({ address, port: PORT })));
  listener.listen();
  await new ScriptedPeer(target, { source: peers, destination: own[0] }).connect({ parameters });
  const association = await listener.accept();
  await association.send(pattern(length));
  await target.answers();
  return { target, association };
}

const OWN = {
  IPv4: { own: ['10.0.0.1', '10.0.9.1'], peers: '10.0.0.2' },
  IPv6: { own: ['fd00::1', 'fd09::1'], peers: 'fd00::2' },
} as const;

const INTERLEAVED_AND_AUTHENTICATED = [
  extensions('RE-CONFIG', 'FORWARD TSN', 'I-DATA', 'I-FORWARD TSN', 'AUTH'),
  forwardTsnSupported,
  ...authParameters('I-DATA'),
];

/** The bytes of user data in each DATA and I-DATA chunk. */
const lengths = (answers: readonly Answer[]): number[] =>
  chunksOf(answers).flatMap((chunk) =>
    chunk.type === 'DATA' ? [chunk.length - 16] : chunk.type === 'I-DATA' ? [chunk.length - 20] : [],
  );

describe('when the MTU becomes smaller, chunks that are too large are retransmitted at once', () => {
  test.each([
    ['IPv4', 'DATA', 984, FEATURES],
    ['IPv6', 'DATA', 984, FEATURES],
    ['IPv4', 'I-DATA with AUTH', 984 - 4 - 28, INTERLEAVED_AND_AUTHENTICATED],
  ] as const)('by SCTP_PEER_ADDR_PARAMS: %s, %s, %d bytes', async (family, _name, most, parameters) => {
    for (const [length, isTooLarge] of [
      [most, false],
      [most + 4, true],
    ] as const) {
      const { target, association } = await unacknowledged(family, length, parameters);
      association.setOption('pathParameters', { mtuDiscovery: false, mtu: 1000 });
      await association.send(pattern(10));
      expect(lengths(await target.answers())).toEqual(isTooLarge ? [length, 10] : [10]);
      await target.close();
    }
  });

  test.each(['IPv4', 'IPv6'] as const)('by another route: %s', async (family) => {
    const { target, association } = await unacknowledged(family, 1400);
    target.reroute({ source: OWN[family].own[1], mtu: 1000 });
    await association.send(pattern(10));
    await association.send(pattern(20));
    expect(lengths(await target.answers())).toEqual([1400, 10, 20]);
    await target.close();
  });
});
