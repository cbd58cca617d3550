import { afterEach, describe, expect, test } from 'vitest';
import { capture, PcapngWriter, readCapture } from '../../src/capture.js';
import { type Association, type ConnectOptions, type SctpError, type SocketOptions, Stack } from '../../src/index.js';
import type { Packet } from '../../src/packet.js';
import { SeededRandom } from '../../src/simulated/seeded-random.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';
import { closeLater, closeRelays, serve, startRelay, through } from '../support/relays.js';

afterEach(closeRelays);

const SERVER = '127.0.0.1';

/** A stack that chooses the same SCTP ports as any other one of these. */
async function alike(transport: Transport): Promise<Stack> {
  const random = new SeededRandom(1);
  return closeLater(await Stack.create({ transport, random: (bytes) => random.fill(bytes) }));
}

/** A network on which other hosts use the first SCTP ports that a client chooses. */
class CrowdedNetwork implements Transport {
  readonly addresses = ['192.0.2.1'];
  readonly mtu = 1500;
  readonly encapsulationPort = 9899;
  readonly ports: number[] = [];
  /** The initiate tags of the INITs that it has seen: one that is retransmitted has the same. */
  readonly #tags = new Set<string>();
  readonly #taken: number;
  #host: TransportHost | undefined;

  constructor(taken: number) {
    this.#taken = taken;
  }

  async start(host: TransportHost): Promise<void> {
    this.#host = host;
  }

  send(packets: readonly Packet[]): void {
    for (const { destination, bytes } of packets) {
      const tag = bytes.slice(16, 20).join();
      if (bytes[12] !== 1 || this.#tags.has(tag)) continue;
      this.#tags.add(tag);
      this.ports.push((bytes[0]! << 8) | bytes[1]!);
      if (this.ports.length > this.#taken) continue;
      queueMicrotask(() => {
        if (!this.#host?.portTaken?.(destination)) this.#host?.unreachable(destination, 'EADDRINUSE');
      });
    }
  }

  async close(): Promise<void> {}
}

async function crowded(taken: number, socket: SocketOptions, options: ConnectOptions) {
  const network = new CrowdedNetwork(taken);
  const stack = closeLater(await Stack.create({ transport: network }));
  const connecting = stack.socket(socket).connectx([{ address: '192.0.2.9', port: 5001 }], options);
  const error = await (connecting as Promise<Association>).catch((reason: unknown) => reason);
  return { ports: network.ports, error: error as SctpError };
}

describe('if another client of the relay has the SCTP port', () => {
  test.each([
    ['a one-to-one socket', { style: 'one-to-one' }],
    ['a one-to-many socket', { style: 'one-to-many' }],
  ] as const)('%s connects from another one', async (_, options) => {
    const { listener, endpoints, udpPort } = await serve([SERVER]);
    const relays = [await startRelay('127.0.0.11')];
    const associations: Association[] = [];
    const startedAtMs = performance.now();
    for (const sub of ['first', 'second', 'third']) {
      const stack = await alike(await through(relays, { encapsulationPort: udpPort, claims: { sub } }));
      associations.push(await stack.socket(options).connectx(endpoints, { timeoutMs: 5000 }));
    }
    expect(performance.now() - startedAtMs).toBeLessThan(950); // before an INIT is sent again
    expect(new Set(associations.map(({ localPort }) => localPort)).size).toBe(3);
    for (const association of associations) {
      await association.send(String(association.localPort));
      const text = new TextDecoder().decode((await listener.receive())?.data);
      expect(text).toBe(String(association.localPort));
    }
  });

  test('both of two relays are used, though only one of them refuses the port', async () => {
    const { endpoints, udpPort } = await serve([SERVER]);
    const relays = [await startRelay('127.0.0.11'), await startRelay('127.0.0.12')];
    const first = await alike(
      await through(relays.slice(0, 1), { encapsulationPort: udpPort, claims: { sub: 'first' } }),
    );
    const second = await alike(await through(relays, { encapsulationPort: udpPort, claims: { sub: 'second' } }));
    const { localPort } = await first.socket().connectx(endpoints);
    const association = await second.socket().connectx(endpoints, { timeoutMs: 5000 });
    expect(association.localPort).not.toBe(localPort);
    expect(association.paths()[0]?.local).toBe('127.0.0.11');
  });

  test('the association that `wait: false` returns is the one that comes up', async () => {
    const { endpoints, udpPort } = await serve([SERVER]);
    const relays = [await startRelay('127.0.0.11')];
    const transports = [];
    for (const sub of ['first', 'second'])
      transports.push(await through(relays, { encapsulationPort: udpPort, claims: { sub } }));
    await (await alike(transports[0]!)).socket().connectx(endpoints);
    const socket = (await alike(transports[1]!)).socket({ style: 'one-to-many' });
    const association = await socket.connectx(endpoints, { wait: false, timeoutMs: 5000 });
    expect(association.state).toBe('connecting');
    expect(await association.ready).toBe(association);
    await association.close();
    expect(await socket.send('again', { to: endpoints })).not.toBe(association);
  });

  test('no more than eight ports are tried: EADDRINUSE', async () => {
    const { ports, error } = await crowded(100, {}, { timeoutMs: 1000 });
    expect(ports).toHaveLength(8);
    expect(error).toMatchObject({ code: 'EADDRINUSE', attempts: [{ address: '192.0.2.9', answer: 'EADDRINUSE' }] });
    expect(error.message).toContain('another client of the relay uses the SCTP port');
  });

  test('a port that `local` leaves open is changed, and the deadline is kept', async () => {
    const local = [{ address: '192.0.2.1', port: 0 }];
    const { ports, error } = await crowded(3, { style: 'one-to-many' }, { local, timeoutMs: 100 });
    expect(ports).toHaveLength(4);
    expect(error.code).toBe('ETIMEDOUT');
  });

  test('a port that the program has chosen is kept: EADDRINUSE', async () => {
    const { ports, error } = await crowded(1, {}, { local: [{ address: '192.0.2.1', port: 4242 }], timeoutMs: 1000 });
    expect(ports).toEqual([4242]);
    expect(error.code).toBe('EADDRINUSE');
  });

  test('a capture of the transport passes it on', async () => {
    const network = new CrowdedNetwork(1);
    const writer = new PcapngWriter();
    const stack = closeLater(await Stack.create({ transport: capture(network, writer) }));
    const connecting = stack.socket().connectx([{ address: '192.0.2.9', port: 5001 }], { timeoutMs: 100 });
    await expect(connecting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(network.ports).toHaveLength(2);
    expect([...readCapture(writer.bytes())].length).toBeGreaterThan(1);
  });
});
