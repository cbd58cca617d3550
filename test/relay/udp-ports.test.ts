import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/random.js';
import { openAllocation, type UdpAllocation } from '../../src/relay/allocation.js';
import { PortPool } from '../../src/relay/port-pool.js';
import { DgramRelaySocket } from '../../src/relay/udp.js';
import { UdpPorts } from '../../src/relay/udp-ports.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { closePeers, peer, started } from '../support/peers.js';
import { closeRelays, metric, startRelay, until } from '../support/relays.js';
import { answer, init } from '../support/sctp.js';

const ADDRESS = '127.0.0.94';
const FIRST = 41_000;
const open: UdpAllocation[] = [];

afterEach(async () => {
  for (const allocation of open.splice(0)) allocation.close(false);
  await closeRelays();
  closePeers();
});

function pool(count: number, clock = new VirtualClock()) {
  const addresses = [{ bind: ADDRESS, public: ADDRESS }];
  const ports: [number, number] = [FIRST, FIRST + count - 1];
  const all = new PortPool({ addresses, ports, restMs: 900_000, random: systemRandom, clock });
  const allocate = async (subject: string, port = 0) => {
    const allocation = await openAllocation(all.claims(port, subject), DgramRelaySocket.open, 10);
    open.push(allocation);
    return { allocation, port: allocation.locals[0]?.port };
  };
  return { all, allocate, clock };
}

describe('a UDP port whose associations have not ended', () => {
  test('goes to the same subject at once, and to others after 15 minutes', async () => {
    const { all, allocate, clock } = pool(1);
    const first = await allocate('a');
    first.allocation.close(true);
    expect(all.resting).toBe(1);
    await expect(allocate('b')).rejects.toThrow(/peers of another client/);
    (await allocate('a')).allocation.close(false);
    await expect(allocate('b')).rejects.toThrow(/peers of another client/);
    await clock.advance(899_999);
    await expect(allocate('b')).rejects.toThrow(/peers of another client/);
    await clock.advance(1);
    (await allocate('b')).allocation.close(false);
    expect(all.resting).toBe(0);
  });

  test('is skipped, even if another client prefers it', async () => {
    const { allocate } = pool(3);
    (await allocate('a', FIRST)).allocation.close(true);
    expect((await allocate('b', FIRST)).port).not.toBe(FIRST);
    expect((await allocate('a', FIRST)).port).toBe(FIRST);
  });

  test('rests for as long as its last client wants, not the one before', () => {
    const ports = new UdpPorts(100);
    ports.take(1);
    ports.giveBack(1, 'a', 0);
    ports.take(1);
    ports.giveBack(1, 'a', 50);
    ports.take(2);
    ports.giveBack(2, undefined, 50);
    expect([ports.isFree(1, 'b', 149), ports.isFree(1, 'b', 150), ports.isFree(2, 'b', 50)]).toEqual([
      false,
      true,
      true,
    ]);
    expect([ports.resting(149), ports.resting(150), ports.used]).toEqual([1, 0, 0]);
  });
});

test('every free port of the range is found, however many are used', async () => {
  const { allocate } = pool(100);
  const others = createSocket('udp4').bind(FIRST + 50, ADDRESS);
  await once(others, 'listening');
  const given = new Set<number | undefined>();
  for (let client = 0; client < 99; client++) given.add((await allocate(`client ${client}`)).port);
  expect([given.size, given.has(FIRST + 50)]).toEqual([99, false]);
  await expect(allocate('one too many')).rejects.toThrow();
  others.close();
});

test('the next client that gets the port of a lost one is not handed its packets', async () => {
  const { socket, received, port } = await peer();
  const options = { ports: [FIRST, FIRST] as [number, number] };
  const before = await startRelay('127.0.0.11', options);
  const lost = await started([before]);
  lost.send('127.0.0.1', port, init({ initiateTag: 11 }));
  await until(() => received.length === 1, 'the INIT of the first client');
  await before.crash(); // The relay that replaces it remembers nothing.
  const after = await startRelay('127.0.0.11', options);
  const next = await started([after], { claims: { sub: 'another' } });
  next.send('127.0.0.1', port, init({ sourcePort: 50_000, initiateTag: 12 }));
  await until(() => received.length === 2, 'the INIT of the second client');
  expect(received.map((each) => each.port)).toEqual([FIRST, FIRST]);
  const toFirst = answer({ tag: 11, chunks: [[0, 100]] });
  for (const bytes of [toFirst, answer({ destinationPort: 50_000, tag: 12 })]) socket.send(bytes, FIRST, '127.0.0.11');
  await until(() => next.host.packets.length > 0, 'the answer to the second client');
  expect(next.host.packets).toHaveLength(1);
  const dropped = 'usrsctp_relay_dropped_total{direction="in",reason="no_association"}';
  expect(metric(await after.server.metrics(), dropped)).toBe(1);
});
