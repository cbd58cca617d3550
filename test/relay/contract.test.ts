import type { Packet } from '../../src/packet.js';
import type { RelayTransport } from '../../src/relay.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';
import { type UdpTransport, udp } from '../../src/udp.js';
import { closeRelays, startRelay, through } from '../support/relays.js';
import { init, unwrap, WRAPPED, WRAPPING_BYTES, wrap } from '../support/sctp.js';
import { transportContract } from '../transport/contract.js';

const INIT = init({ ...WRAPPED, tag: 0, initiateTag: WRAPPED.tag });

/**
 * Relays carry SCTP associations only: what the contract sends travels as an unknown chunk of a packet, behind an INIT to
 * each destination.
 */
class Wrapped implements Transport {
  readonly inner: Transport;
  readonly #destinations = new Set<string>();

  constructor(inner: Transport) {
    this.inner = inner;
  }

  get addresses() {
    return this.inner.addresses;
  }

  get mtu() {
    return this.inner.mtu - WRAPPING_BYTES;
  }

  route(destination: string) {
    return this.inner.route?.(destination);
  }

  start(host: TransportHost) {
    const receive = (packets: readonly Packet[]) => {
      const wrapped = packets.filter(({ bytes }) => bytes[12] !== INIT[12]);
      if (wrapped.length > 0) host.receive(wrapped.map((packet) => ({ ...packet, bytes: unwrap(packet.bytes) })));
    };
    return this.inner.start({ unreachable: host.unreachable.bind(host), changed: host.changed.bind(host), receive });
  }

  send(packets: readonly Packet[]) {
    for (const packet of packets) {
      const to = `${packet.destination} ${packet.port}`;
      if (!this.#destinations.has(to)) this.inner.send([{ ...packet, bytes: INIT.slice() }]);
      this.#destinations.add(to);
    }
    this.inner.send(packets.map((packet) => ({ ...packet, bytes: wrap(packet.bytes) })));
  }

  close() {
    return this.inner.close();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

for (const [family, relayAddress, peerAddress] of [
  ['IPv4', '127.0.0.11', '127.0.0.1'],
  ['IPv6', '::1', '::1'],
] as const) {
  transportContract(`relay to udp over ${family}`, async () => {
    const server = await startRelay(relayAddress, { limits: { unanswered: 10_000 } });
    const relayed = await through([server]);
    const direct = udp({ addresses: [peerAddress], port: 0 });
    return {
      left: new Wrapped(relayed),
      right: new Wrapped(direct),
      port: (transport) =>
        (transport as Wrapped).inner === direct
          ? (direct as UdpTransport).port
          : ((relayed as RelayTransport).relays[0]?.addresses[0]?.port ?? 0),
      settle,
      dispose: closeRelays,
    };
  });
}
