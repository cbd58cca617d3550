import { describe, expect, test } from 'vitest';
import { SCTP_EVENT, SCTP_NOTIFICATIONS_STOPPED_EVENT, SCTP_SENDER_DRY_EVENT } from '../../src/generated/constants.js';
import type { Association, AssociationEvents } from '../../src/index.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { chunk, parameter, u8, u16, u32 } from '../support/packets.js';
import {
  codeOf,
  connected,
  newStack,
  pattern,
  SERVER,
  type TwoStacks,
  textOf,
  withTwoStacks,
} from '../support/two-stacks.js';

type Name = keyof AssociationEvents;

/** Records these events of an association from now on, with their names. */
function recorded<N extends Name>(association: Association, ...names: N[]): [N, AssociationEvents[N]][] {
  const events: [N, AssociationEvents[N]][] = [];
  for (const name of names) association.on(name, (event) => events.push([name, event]));
  return events;
}

/** Inserts chunks before those of each packet of the server. Returns a function that ends this. */
function inserting(stacks: TwoStacks, ...chunks: Uint8Array[]): () => void {
  return stacks.network.filter((packet) => {
    if (!packet.source.endsWith('.2')) return undefined;
    const bytes = Buffer.concat([packet.bytes.subarray(0, 12), ...chunks, packet.bytes.subarray(12)]);
    sealPacket(bytes);
    return { ...packet, bytes };
  });
}

describe('each notification of usrsctp is a typed event', () => {
  test('SCTP_ASSOC_CHANGE: up is association, shutdown complete is close', () =>
    withTwoStacks(async (stacks) => {
      const server = stacks.server.socket({ style: 'one-to-many' });
      server.bindx(SERVER);
      server.listen();
      const up: Association[] = [];
      server.on('association', (association) => up.push(association));
      const [a, accepted] = await Promise.all([stacks.client.socket().connectx(SERVER), server.accept()]);
      expect(up).toEqual([accepted]);
      const events = recorded(a, 'close');
      await Promise.all([a.close(), up[0]?.close()]);
      expect(events).toEqual([['close', undefined]]);
    }));

  test('SCTP_ASSOC_CHANGE: restart is restart, and fails a pending stream reset', () =>
    withTwoStacks(async (stacks) => {
      const client = stacks.client.socket({ style: 'one-to-many' });
      client.bindx([{ address: '10.0.1.1', port: 7001 }]);
      client.listen();
      const connect = async (stack: TwoStacks['server']) => {
        const socket = stack.socket();
        socket.bindx(SERVER);
        await socket.connect({ address: '10.0.1.1', port: 7001 });
      };
      await connect(stacks.server);
      const association = await client.accept();
      const events = recorded(association, 'restart');
      stacks.serverHost.crash();
      const reset = codeOf(association.resetStreams({ outgoing: [1] }));
      await stacks.network.advance(100);
      stacks.serverHost.restart();
      await connect(await newStack(stacks.network, stacks.serverHost));
      expect(await reset).toBe('ECONNRESET');
      expect(events).toMatchObject([['restart', { state: 'restart' }]]);
    }));

  test('SCTP_PEER_ADDR_CHANGE is path', () =>
    withTwoStacks(
      async (stacks) => {
        const { a } = await connected(stacks);
        const events = recorded(a, 'path');
        stacks.network.partition('10.0.1.1', '10.0.1.2');
        await stacks.network.advance(20_000);
        expect(events).toContainEqual(['path', { address: '10.0.1.2', change: 'unreachable' }]);
      },
      { stack: { preset: 'fast-failover' } },
    ));

  test('SCTP_REMOTE_ERROR is remoteError: the causes in an ERROR chunk, decoded', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const events = recorded(a, 'remoteError');
      const unknown = u8(0x7e, 0, 0, 8, 1, 2, 3, 4);
      const causes = [parameter(1, u16(77, 0)), parameter(6, unknown), parameter(13, new TextEncoder().encode('hm'))];
      const end = inserting(stacks, chunk(9, 0, ...causes));
      await b.send('one');
      await stacks.network.advance(1);
      end();
      expect(events[0]).toEqual([
        'remoteError',
        [
          { code: 1, name: 'Invalid Stream Identifier', value: u16(77, 0) },
          { code: 6, name: 'Unrecognized Chunk Type', value: unknown },
          { code: 13, name: 'Protocol Violation', text: 'hm' },
        ],
      ]);
      expect(textOf(await a.receive())).toBe('one');
    }));

  test('SCTP_REMOTE_ERROR is emitted if the peer does not recognize a chunk', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const events = recorded(b, 'remoteError'); // b's packets carry what a doesn't know
      const end = inserting(stacks, chunk(0x7e, 0, u32(1)));
      await b.send('one');
      await stacks.network.advance(1);
      end();
      expect(events[0]?.[1]).toMatchObject([{ code: 6, name: 'Unrecognized Chunk Type' }]);
      expect(events[0]?.[1][0]?.value?.subarray(0, 1)).toEqual(u8(0x7e));
      expect(a.state).toBe('open');
    }));

  test('SCTP_SEND_FAILED_EVENT is sendFailed, in place of the old SCTP_SEND_FAILED', () =>
    withTwoStacks(async (stacks) => {
      const { a } = await connected(stacks);
      const events = recorded(a, 'sendFailed');
      stacks.network.partition('*');
      await a.send('lost', { stream: 2, ppid: 7, context: 99 });
      a.abort();
      const data = new TextEncoder().encode('lost');
      expect(events).toEqual([['sendFailed', { stream: 2, ppid: 7, context: 99, sent: true, whole: true, data }]]);
    }));

  test('SCTP_SHUTDOWN_EVENT is shutdown', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks);
      const events = recorded(b, 'shutdown', 'close');
      await Promise.all([a.close(), b.closed]);
      expect(events).toEqual([
        ['shutdown', undefined],
        ['close', undefined],
      ]);
    }));

  test('SCTP_ADAPTATION_INDICATION is adaptation, also for a listener that is added after it arrived', () =>
    withTwoStacks(async (stacks) => {
      const listener = stacks.server.socket();
      listener.bindx(SERVER);
      listener.listen();
      const client = stacks.client.socket();
      client.setOption('adaptation', 0xabc);
      await client.connectx(SERVER);
      await stacks.network.advance(10);
      const b = await listener.accept();
      const events = recorded(b, 'adaptation');
      await stacks.network.advance(1);
      expect(events).toEqual([['adaptation', 0xabc]]);
      expect(recorded(b, 'adaptation')).toEqual([]);
    }));

  test('SCTP_PARTIAL_DELIVERY_EVENT is partialDeliveryAborted: the message is not received, the next one is', () =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks, { sendBufferBytes: 32_768 }, { receiveBufferBytes: 20_000 });
        const events = recorded(b, 'partialDeliveryAborted');
        const wants = b.receive(); // so that the beginning of the message is read
        const large = a.send(pattern(200_000), { stream: 4, reliability: { lifetimeMs: 800 } });
        await stacks.network.advance(100);
        const heal = stacks.network.partition('*');
        await stacks.network.advance(5000);
        heal();
        await large;
        await a.send('next');
        expect(textOf(await wants)).toBe('next');
        await stacks.network.advance(5000); // another stream need not wait for the FORWARD TSN
        expect(events).toEqual([['partialDeliveryAborted', { stream: 4, unordered: false, ssn: 0 }]]);
      },
      { conditions: { latencyMs: 20 } },
    ));

  test('SCTP_AUTHENTICATION_EVENT is authentication: the peer does not support AUTH', () =>
    withTwoStacks(async (stacks) => {
      const listener = stacks.server.socket();
      listener.setOption('dynamicAddresses', false);
      listener.setOption('authentication', false);
      listener.bindx(SERVER);
      listener.listen();
      const a = await stacks.client.socket().connectx(SERVER);
      const events = recorded(a, 'authentication');
      await stacks.network.advance(1);
      expect(events).toEqual([['authentication', { change: 'no authentication', keyNumber: 0 }]]);
    }));

  test('SCTP_AUTHENTICATION_EVENT is authentication: the peer uses a new key', () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await (async () => {
        const [client, listener] = [stacks.client.socket(), stacks.server.socket()];
        for (const socket of [client, listener]) {
          socket.setOption('authenticatedChunk', 0);
          socket.setOption('key', { number: 5, key: new TextEncoder().encode('secret') });
        }
        listener.bindx(SERVER);
        listener.listen();
        const [a, b] = await Promise.all([client.connectx(SERVER), listener.accept()]);
        return { a, b };
      })();
      const events = recorded(b, 'authentication');
      a.setOption('activeKey', 5);
      await a.send('signed');
      expect(textOf(await b.receive())).toBe('signed');
      expect(events).toEqual([['authentication', { change: 'new key', keyNumber: 5 }]]);
    }));

  test('SCTP_STREAM_RESET_EVENT, SCTP_ASSOC_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT', () =>
    withTwoStacks(async (stacks) => {
      const grants = { peerMayReset: 'association' } as const;
      const { a, b } = await connected(stacks, grants, grants);
      const events = recorded(b, 'streamReset', 'associationReset', 'streamChange');
      await a.resetStreams({ outgoing: [1] });
      await a.resetAssociation();
      await a.addStreams({ outbound: 1 });
      expect(events).toEqual([
        ['streamReset', { direction: 'incoming', streams: [1], outcome: 'performed' }],
        ['streamReset', { direction: 'outgoing', streams: 'all', outcome: 'performed' }],
        ['streamReset', { direction: 'incoming', streams: 'all', outcome: 'performed' }],
        ['associationReset', { outcome: 'performed', localTsn: expect.any(Number), remoteTsn: expect.any(Number) }],
        ['streamChange', { outcome: 'performed', inbound: 11, outbound: 10 }],
      ]);
    }));

  test('SCTP_SENDER_DRY_EVENT is senderDry, and is subscribed to only if there is a listener', () =>
    withTwoStacks(async (stacks) => {
      const { a } = await connected(stacks);
      const isOn = () => a.getOption('event', { type: SCTP_SENDER_DRY_EVENT }).on;
      expect(isOn()).toBe(false);
      const events = recorded(a, 'senderDry');
      expect(isOn()).toBe(true);
      await a.send('one');
      await stacks.network.advance(1000);
      expect(events.at(-1)).toEqual(['senderDry', undefined]);
    }));

  test('SCTP_NOTIFICATIONS_STOPPED_EVENT has no event: usrsctp never sends it, and refuses the option', () =>
    withTwoStacks(async (stacks) => {
      const { a } = await connected(stacks);
      expect(SCTP_EVENT).toBeGreaterThan(0);
      expect(() => a.getOption('event', { type: SCTP_NOTIFICATIONS_STOPPED_EVENT })).toThrow(
        /ENOPROTOOPT|EOPNOTSUPP|EINVAL/,
      );
    }));
});
