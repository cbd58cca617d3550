import { describe, expect, test } from 'vitest';
import { Network } from '../../src/simulated.js';
import { type TransportPair, transportContract } from '../../src/testing.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';

/** A pair of correct transports, of which the left one is then made to break the contract. */
function spoilt(spoil: (left: Transport, network: Network) => Partial<Transport>): () => Promise<TransportPair> {
  return async () => {
    const network = new Network({ seed: 1 });
    const good = network.host('left', ['10.0.1.1']).transport;
    const handler = spoil(good, network);
    const left = new Proxy(good, {
      get: (target, name) => {
        const value = Reflect.get(name in handler ? handler : target, name);
        return typeof value === 'function' ? value.bind(name in handler ? handler : target) : value;
      },
    });
    const right = network.host('right', ['10.0.1.2']).transport;
    return { left, right, port: () => 0, settle: () => network.runUntilIdle() };
  };
}

/** The names of the cases that a pair of transports fails. */
async function failures(makePair: () => Promise<TransportPair>): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of transportContract(makePair)) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}

const late = { source: '10.0.1.2', destination: '10.0.1.1', port: 0, trafficClass: 0, bytes: new Uint8Array(20) };

describe('the transport contract finds a transport that', () => {
  test('is good, and finds nothing', async () => {
    expect(await failures(spoilt(() => ({})))).toEqual([]);
  });

  test.each<[string, string, (left: Transport, network: Network) => Partial<Transport>]>([
    [
      'lists an address twice',
      'its addresses are canonical and listed once',
      () => ({ addresses: ['10.0.1.1', '10.0.1.1'] }),
    ],
    [
      'lists an address in a form of its own',
      'its addresses are canonical and listed once',
      () => ({ addresses: ['10.0.1.1', 'FD00::1'] }),
    ],
    ['has an MTU of 100', 'its MTU is large enough for SCTP, and no larger than an IP packet', () => ({ mtu: 100 })],
    [
      'announces an MTU that it can’t carry',
      'packets of any size up to the MTU arrive unchanged',
      () => ({ mtu: 9000 }),
    ],
    [
      'turns batches round',
      'the packets of a batch arrive in order',
      (left) => ({ send: (packets) => left.send([...packets].reverse()) }),
    ],
    [
      'cuts packets off',
      'a packet arrives whole, and says where it came from and where it went',
      (left) => ({
        send: (packets) => left.send(packets.map((packet) => ({ ...packet, bytes: packet.bytes.subarray(1) }))),
      }),
    ],
    [
      'receives before it has started',
      'nothing is received before start has resolved',
      (left) => ({
        start: async (host: TransportHost) => {
          host.receive([late]);
          await left.start(host);
        },
      }),
    ],
    [
      'calls back while it sends',
      'send never calls back before it has returned',
      (left) => {
        let transportHost: TransportHost | undefined;
        return {
          start: (host) => {
            transportHost = host;
            return left.start(host);
          },
          send: (packets) => {
            transportHost?.changed();
            left.send(packets);
          },
        };
      },
    ],
    [
      'throws when it sends',
      'send never throws, whatever it is given and whenever',
      (left) => ({
        send: (packets) => {
          if (packets.length === 0) throw new Error('nothing to send');
          left.send(packets);
        },
      }),
    ],
    [
      'routes from an address that it doesn’t have',
      'every route starts at a local address of the destination’s family',
      () => ({
        route: (destination) => (destination === '192.0.2.254' ? { source: '10.9.9.9' } : { source: '10.0.1.1' }),
      }),
    ],
    [
      'starts after it was closed',
      'a start that follows close rejects with ENETDOWN',
      () => ({ start: async () => {} }),
    ],
    [
      'forgets what waits when it is closed',
      'packets sent before close still leave',
      (left) => {
        let isClosed = false;
        return {
          send: (packets) => queueMicrotask(() => isClosed || left.send(packets)),
          close: () => {
            isClosed = true;
            return left.close();
          },
        };
      },
    ],
    ['sends after it was closed', 'after close nothing is sent', () => ({ close: async () => {} })],
    [
      'throws when it is closed again',
      'closing again is harmless, before start too',
      (left) => {
        let isClosed = false;
        return {
          close: async () => {
            if (isClosed) throw new Error('closed already');
            isClosed = true;
            await left.close();
          },
        };
      },
    ],
  ])('%s', async (_, name, spoil) => {
    expect(await failures(spoilt(spoil))).toContain(name);
  });
});
