import { describe, expect, test } from 'vitest';
import type { Network } from '../../src/simulated.js';
import { decodePacket } from '../../src/wire/decode.js';
import {
  at,
  CLIENT,
  cut,
  exchange,
  initsOf,
  listening,
  only,
  packetsWith,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

const UDP = { clientHost: { encapsulationPort: 9899 }, serverHost: { encapsulationPort: 9899 } };

/** The source and destination addresses of the packets, as indexes in CLIENT and SERVER. */
function pairs(network: Network): string[] {
  const place = (address: string) => (CLIENT.indexOf(address) + 1 || SERVER.indexOf(address) + 1).toString();
  return [...new Set(network.trace.entries().map((each) => `${place(each.source)}-${place(each.destination)}`))];
}

describe.each(STYLES)('sources and paths, %s', (style) => {
  test('sources: each packet has the source address of its route, at both ends', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER));
      await exchange(association, only(listener));
      await network.advance(120_000);
      expect(pairs(network).sort()).toEqual(['1-1', '2-2', '3-3']);
    }));

  test('sources: a server that is contacted at its second address answers from it', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      await client.socket({ style }).connectx(at(SERVER.slice(1, 2)));
      const [answer] = packetsWith(network, 'INIT ACK');
      expect(answer).toMatchObject({ source: SERVER[1], destination: CLIENT[1] });
    }));

  test('sources: with the first path dead, a set-up takes a single RTO.Initial: COOKIE ECHO goes where INIT ACK came from', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      cut(network, SERVER[0]!);
      const association = await client.socket({ style }).connectx(at(SERVER.slice(0, 2)));
      expect(association.setup.elapsedMs).toBeCloseTo(1000.5);
      expect(packetsWith(network, 'COOKIE ECHO')).toMatchObject([{ source: CLIENT[1], destination: SERVER[1] }]);
      await exchange(association, only(listener));
      expect(network.clock.now()).toBeLessThan(1005);
    }));

  test('sources: with the client’s first address dead, a set-up takes a single RTO.Initial too', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      cut(network, CLIENT[0]!);
      const { setup } = await client.socket({ style }).connectx(at(SERVER));
      expect(setup.elapsedMs).toBeCloseTo(1000.5);
    }));

  test('F4: an address that lost a COOKIE ECHO gets no HEARTBEAT before the peer has the association', () =>
    withClientAndServer({ stack: { preset: 'fast-failover' } }, async ({ client, server, network }) => {
      const listener = listening(server);
      network.link(CLIENT[1]!, SERVER[1]!, { latencyMs: 50 }); // a heartbeat on the first path would be faster
      let lost = 0;
      const isCookie = (bytes: Uint8Array) => decodePacket(bytes).chunks[0]?.type === 'COOKIE ECHO';
      network.filter(({ bytes }) => (isCookie(bytes) && lost++ === 0 ? 'drop' : undefined));
      const association = await client.socket({ style }).connectx(at(SERVER.slice(0, 2)));
      expect(lost).toBe(2);
      await exchange(association, only(listener));
      await network.advance(5000);
      expect(association.paths().map(({ state }) => state)).toEqual(['active', 'active', 'active']);
    }));

  test('sources: a bound socket sends from its addresses only', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const association = await client
        .socket({ style })
        .connectx(at(SERVER.slice(0, 2)), { local: at(CLIENT.slice(1, 2), 0) });
      await exchange(association, only(listener));
      const sources = network.trace.entries().filter(({ from }) => from === 'client');
      expect(new Set(sources.map(({ source }) => source))).toEqual(new Set(CLIENT.slice(1, 2)));
      const ipv4 = association.paths().filter(({ address }) => address !== SERVER[2]);
      expect(ipv4.map(({ local }) => local)).toEqual([CLIENT[1], CLIENT[1]]);
    }));

  test('sources: INIT lists all addresses of the socket, including private ones', () =>
    withClientAndServer(
      { clientAddresses: ['203.0.113.1', '10.0.1.1', '2001:db8:3::1'] },
      async ({ client, server, network }) => {
        listening(server);
        await client.socket({ style }).connectx(at([SERVER[2]!]));
        const [init] = packetsWith(network, 'INIT');
        const chunk = decodePacket(init!.bytes).chunks[0]!;
        const listed = chunk.type === 'INIT' ? chunk.parameters.flatMap(({ address }) => address ?? []) : [];
        expect(listed.sort()).toEqual(['10.0.1.1', '2001:db8:3::1', '203.0.113.1']);
      },
    ));

  test.each([
    ['127.0.0.1', '10.0.1.2'],
    ['127.0.0.1', '203.0.113.2'],
    ['::1', '2001:db8:3::2'],
  ])('sources: connecting from %s to %s fails with EADDRNOTAVAIL at once', (local, peer) =>
    withClientAndServer({ clientAddresses: [local, '10.0.1.1', '2001:db8:3::1'] }, async ({ client, network }) => {
      const error = await rejected(
        client.socket({ style }).connectx(at([peer]), { local: at([local], 0) }),
        'EADDRNOTAVAIL',
      );
      expect(error.message).toMatch(/loopback addresses only: bind another local address/);
      expect(network.clock.now()).toBe(0);
    }),
  );

  test('sources: packets to a loopback address of the peer have a loopback source address', () =>
    withClientAndServer(
      { clientAddresses: ['127.0.0.1'], serverAddresses: ['10.0.1.2', '127.0.0.2'] },
      async (both) => {
        const addresses = ['10.0.1.2', '127.0.0.2'];
        const listener = listening(both.server, addresses);
        const association = await both.client.socket({ style }).connectx(at(addresses));
        await exchange(association, only(listener));
        expect(initsOf(both.network)).toEqual(['127.0.0.2']);
      },
    ));

  test('sources: INIT to a loopback address may have any source address, as it may be on the same machine', () =>
    withClientAndServer({ clientAddresses: ['10.0.1.1'] }, async ({ client, network }) => {
      const error = await rejected(client.socket({ style }).connectx(at(['127.0.0.2'])), 'ETIMEDOUT');
      expect(error.message).toMatch(/tried 127.0.0.2 \(9 INITs/);
      expect(initsOf(network)).toHaveLength(9);
    }));

  test('sources: each address of the peer may have its own UDP encapsulation port', () =>
    withClientAndServer(UDP, async ({ client, server, network }) => {
      const listener = listening(server);
      const ports = [9001, 9002, 9003];
      // like a router that forwards these ports to the server
      network.filter((packet, from) => (from.name === 'client' ? { ...packet, port: 9899 } : undefined));
      cut(network, SERVER[0]!);
      const peers = at(SERVER).map((peer, index) => ({ ...peer, encapsulationPort: ports[index]! }));
      const association = await client.socket({ style }).connectx(peers, { wait: false });
      expect(association.paths().map(({ address, encapsulationPort }) => [address, encapsulationPort])).toEqual(
        SERVER.map((address, index) => [address, ports[index]]),
      );
      await association.ready;
      expect(initsOf(network)).toEqual(SERVER.slice(0, 2));
      await exchange(association, only(listener));
    }));

  test('sources: INITs go to the given UDP ports, or to the transport’s own if none is given', () =>
    withClientAndServer(UDP, async ({ client, network }) => {
      const sent: string[] = [];
      network.filter(({ destination, port }) => {
        sent.push(`${destination} ${port}`);
        return 'drop';
      });
      const peers = [
        { ...at(SERVER)[0]!, encapsulationPort: 9001 },
        at(SERVER)[1]!,
        { ...at(SERVER)[2]!, encapsulationPort: 9003 },
      ];
      const socket = client.socket({ style });
      await socket.connectx(peers, { timeoutMs: 2500 }).catch(() => undefined);
      expect(sent).toEqual([`${SERVER[0]} 9001`, `${SERVER[1]} 9899`, `${SERVER[2]} 9003`]);
    }));
});
