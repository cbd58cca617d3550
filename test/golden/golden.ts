import type { Network } from '../../src/simulated.js';

/** The exports that the golden traces need, passed in so that any build in any runtime can record them. */
export interface Simulated {
  readonly Network: typeof Network;
}

/** The SHA-256 of a trace's bytes in lower-case hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A scenario of the network alone: scripted packets with all conditions, faults and a NAT. Its trace depends only on this
 * package's TypeScript, so its hash changes only if the network behaves differently.
 */
export async function networkTrace({ Network }: Simulated): Promise<Uint8Array> {
  const conditions = { latencyMs: 20, jitterMs: 7, loss: 0.05, reorder: 0.05, duplicate: 0.05, corrupt: 0.05 };
  const network = new Network({ seed: 'golden', conditions, traceLength: 10_000 });
  const left = network.host('left', ['10.0.1.1', 'fd00:1::1'], { encapsulationPort: 9899 });
  const right = network.host('right', ['10.0.1.2', 'fd00:1::2'], { encapsulationPort: 9899 });
  const inner = network.host('inner', ['192.168.0.1'], { encapsulationPort: 9899 });
  network.nat({ inside: '192.168.0.1', outside: '203.0.113.1' });
  network.link('fd00:1::1', right, { rateBps: 1e6, mtu: 1400, loss: { goodToBad: 0.1, badToGood: 0.3 } });
  for (const { transport } of network.hosts) {
    const back = (packets: Parameters<typeof transport.send>[0]) =>
      packets.map(({ source, destination, ...packet }) => ({ ...packet, source: destination, destination: source }));
    const receive = (packets: Parameters<typeof transport.send>[0]) => {
      if (transport !== left.transport) transport.send(back(packets));
    };
    await transport.start({ receive, unreachable: () => {}, changed: () => {} });
  }
  const random = network.random.fork('script');
  for (let number = 0; number < 500; number++) {
    const destination = ['10.0.1.2', 'fd00:1::2'][number % 2] ?? '';
    const source = left.transport.route?.(destination)?.source ?? '';
    const packet = { source, destination, port: 9899, trafficClass: number & 0xff };
    left.transport.send([{ ...packet, bytes: random.bytes(12 + random.below(1400)) }]);
    if (number % 7 === 0) {
      inner.transport.send([{ ...packet, source: '192.168.0.1', destination: '10.0.1.2', bytes: random.bytes(100) }]);
    }
    if (number === 200) network.partition(left, '10.0.1.2');
    if (number === 250) network.heal();
    if (number === 300) network.hold(right);
    if (number === 320) network.release();
    await network.advance(3);
  }
  await network.runUntilIdle();
  return network.pcapng();
}
