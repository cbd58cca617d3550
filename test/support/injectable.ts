import type { Transport, TransportHost } from '../../src/transport/transport.js';

/** A transport whose host can be handed packets from anywhere. */
export function injectable(inner: Transport): Transport & { host?: TransportHost } {
  const transport: Transport & { host?: TransportHost } = {
    get addresses() {
      return inner.addresses;
    },
    mtu: inner.mtu,
    start(host) {
      transport.host = host;
      return inner.start(host);
    },
    route: (destination) => inner.route?.(destination),
    send: (packets) => inner.send(packets),
    close: () => inner.close(),
  };
  return transport;
}
