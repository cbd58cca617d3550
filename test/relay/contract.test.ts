import type { Packet } from '../../src/packet.js';
import type { RelayTransport } from '../../src/relay.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';
import { type UdpTransport, udp } from '../../src/udp.js';
import { closeRelays, startRelay, through } from '../support/relays.js';
import { unwrap, WRAPPING_BYTES, wrap } from '../support/sctp.js';
import { transportContract } from '../transport/contract.js';

/** Relays carry SCTP only: what the contract sends travels as an unknown chunk of a packet. */
class Wrapped implements Transport {
  readonly inner: Transport;

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
    const receive = (packets: readonly Packet[]) =>
      host.receive(packets.map((packet) => ({ ...packet, bytes: unwrap(packet.bytes) })));
    return this.inner.start({ unreachable: host.unreachable.bind(host), changed: host.changed.bind(host), receive });
  }

  send(packets: readonly Packet[]) {
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
