import { expect, test } from 'vitest';
import { type Association, Stack } from '../../src/index.js';
import type { Packet } from '../../src/packet.js';
import { decodeRelayMessage, type UdpEndpoint } from '../../src/relay/codec.js';
import { Destinations } from '../../src/relay/destinations.js';
import { DEFAULT_LIMITS } from '../../src/relay/limits.js';
import { Policy, parseRule } from '../../src/relay/policy.js';
import { PortReservations } from '../../src/relay/port-reservations.js';
import { Session } from '../../src/relay/session.js';
import { SharedRate } from '../../src/relay/shaper.js';
import { UnansweredLimit } from '../../src/relay/unanswered-limit.js';
import { SeededRandom } from '../../src/simulated/seeded-random.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';
import { TOKEN } from '../support/session.js';

const CLIENT: UdpEndpoint = { address: '9.9.9.9', port: 50_000 };
const SERVER: UdpEndpoint = { address: '8.8.8.8', port: 9899 };
const SCTP_PORT = 5001;
/** What a packet of 1,500 bytes carries. */
const DATA_SHARE = 1448 / 1500;

/** A transport whose packets go where the test says. */
class Wire implements Transport {
  readonly addresses: readonly string[];
  readonly mtu = 1500;
  readonly encapsulationPort = SERVER.port;
  readonly #send: (packets: readonly Packet[]) => void;
  host: TransportHost | undefined;

  constructor(address: string, send: (packets: readonly Packet[]) => void) {
    this.addresses = [address];
    this.#send = send;
  }

  async start(host: TransportHost): Promise<void> {
    this.host = host;
  }

  send(packets: readonly Packet[]): void {
    this.#send(packets);
  }

  async close(): Promise<void> {
    this.host = undefined;
  }
}

/** A relay, as its clients share it. */
interface Shared {
  readonly clock: VirtualClock;
  readonly totalRate: SharedRate;
}

function relayOf(totalBytesPerSecond: number = DEFAULT_LIMITS.totalBytesPerSecond): Shared {
  const clock = new VirtualClock();
  return { clock, totalRate: new SharedRate(totalBytesPerSecond, clock) };
}

/** A client's stack and a server's, and the relay's session between them. Each hop takes a quarter of the round trip. */
async function relayed({ clock, totalRate }: Shared, rttMs: number) {
  const random = new SeededRandom(rttMs);
  const later = (act: () => void) => void clock.schedule(rttMs / 4, act);
  const policy = new Policy([[parseRule('0.0.0.0/0:*')]], []);
  const client = new Wire(CLIENT.address, (packets) => {
    const datagrams = packets.map(({ bytes }) => ({ local: 0, peer: SERVER, bytes }));
    later(() => session.receive({ type: 'datagrams', datagrams }));
  });
  const server = new Wire(SERVER.address, (packets) => {
    later(() => {
      for (const { bytes } of packets) session.arrived(0, SERVER, bytes);
    });
  });
  const packet = (from: UdpEndpoint, to: UdpEndpoint, bytes: Uint8Array): Packet => {
    return { source: from.address, destination: to.address, port: from.port, trafficClass: 0, bytes };
  };
  const session = new Session({
    subject: 'bulk',
    ticket: '',
    allocation: {
      locals: [CLIENT],
      send(_local, peer, bytes, done) {
        later(() => server.host?.receive([packet(CLIENT, peer, bytes)]));
        done(true);
        return true;
      },
      close: () => {},
    },
    destinations: new Destinations(policy, DEFAULT_LIMITS, new UnansweredLimit(DEFAULT_LIMITS, clock)),
    ports: new PortReservations(),
    limits: DEFAULT_LIMITS,
    mtu: 1500,
    bytesPerSecond: DEFAULT_LIMITS.bytesPerSecond,
    totalRate,
    metrics: undefined,
    clock,
    defer: (callback) => void clock.schedule(0, callback),
    refused: () => {},
    ended: () => {},
  });
  const connection = {
    bufferedBytes: 0,
    send(message: Uint8Array) {
      const decoded = decodeRelayMessage(message);
      if (decoded?.type !== 'datagrams') return;
      later(() =>
        client.host?.receive(decoded.datagrams.map(({ peer, bytes }) => packet(peer, CLIENT, bytes.slice()))),
      );
    },
    ping: (payload: Uint8Array) => later(() => later(() => session.ponged(connection, payload))),
    close: () => {},
  };
  session.attach(connection, false, TOKEN);
  const create = (transport: Transport, name: string) => {
    const own = random.fork(name);
    return Stack.create({ transport, clock, random: (bytes) => void own.fill(bytes) });
  };
  const stacks = [await create(client, 'client'), await create(server, 'server')] as const;
  const listener = stacks[1].socket();
  listener.bindx([{ address: SERVER.address, port: SCTP_PORT }]);
  listener.listen();
  const connecting = stacks[0].socket().connectx([{ address: SERVER.address, port: SCTP_PORT }]);
  const accepted = await clock.runUntil(listener.accept());
  return { stacks, association: await clock.runUntil(connecting), accepted };
}

/** Sends bulk until an end aborts. */
function bulk(from: Association, to: Association): { bytes: number; over: Promise<unknown> } {
  const all = { bytes: 0, over: Promise.resolve<unknown>(undefined) };
  const sending = (async () => {
    for (;;) await from.send(new Uint8Array(16_384));
  })().catch(() => {});
  const receiving = (async () => {
    for await (const { data } of to) all.bytes += data.length;
  })().catch(() => {});
  all.over = Promise.all([sending, receiving]);
  return all;
}

test.each([0, 10, 20, 40, 60].flatMap((rttMs) => [[rttMs, 'from'] as const, [rttMs, 'to'] as const]))(
  'bulk reaches nine tenths of the default limit at a round trip of %s ms, %s the client',
  async (rttMs, direction) => {
    const relay = relayOf();
    const { clock } = relay;
    const { stacks, association, accepted } = await relayed(relay, rttMs);
    const all = direction === 'from' ? bulk(association, accepted) : bulk(accepted, association);
    await clock.advance(2000);
    const before = all.bytes;
    await clock.advance(8000);
    const share = (all.bytes - before) / (8 * DEFAULT_LIMITS.bytesPerSecond * DATA_SHARE);
    association.abort();
    await clock.advance(100);
    await clock.runUntil(Promise.allSettled([all.over, ...stacks.map((stack) => stack.close())]));
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThanOrEqual(1.01);
  },
);

test('the bulk of three clients beyond the total rate gets a third of it each, whatever their round trips', async () => {
  const total = 1_500_000;
  const relay = relayOf(total);
  const { clock } = relay;
  const clients = [];
  for (const rttMs of [5, 20, 60]) clients.push(await relayed(relay, rttMs));
  const all = clients.map(({ association, accepted }) => bulk(association, accepted));
  await clock.advance(5000);
  const before = all.map(({ bytes }) => bytes);
  await clock.advance(15_000);
  const shares = all.map(({ bytes }, index) => (bytes - before[index]!) / (15 * total * DATA_SHARE));
  for (const { association } of clients) association.abort();
  await clock.advance(100);
  const closed = clients.flatMap(({ stacks }) => stacks.map((stack) => stack.close()));
  await clock.runUntil(Promise.allSettled([...all.map(({ over }) => over), ...closed]));
  console.log(shares.map((share) => share.toFixed(3)));
  for (const share of shares) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.05);
  expect(shares.reduce((sum, share) => sum + share)).toBeGreaterThan(0.9);
});
