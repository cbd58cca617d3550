import type { Transport, TransportHost } from '../../src/transport/transport.js';

/** Wraps a transport so that a test can pass packets to its host directly. */
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
