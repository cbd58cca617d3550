import type { Address } from '../../src/address.js';
import type { Packet } from '../../src/packet.js';
import type { Transport, TransportHost } from '../../src/transport/transport.js';

/** A transport whose link can be interrupted. As with a relay, the address stays while the link is down. */
export class Interruptible implements Transport {
  readonly integrity?: boolean;
  readonly encapsulationPort?: number;
  readonly #transport: Transport;
  readonly #down = new Set<Address>();
  #host: TransportHost | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
    if (transport.integrity !== undefined) this.integrity = transport.integrity;
    if (transport.encapsulationPort !== undefined) this.encapsulationPort = transport.encapsulationPort;
  }

  get addresses(): readonly Address[] {
    return this.#transport.addresses;
  }

  get mtu(): number {
    return this.#transport.mtu;
  }

  /** Interrupts the link of an address. The stack is told that routes have changed. */
  down(address: Address): void {
    this.#down.add(address);
    this.#host?.changed();
  }

  /** Restores it. The stack is told that the link is back. */
  up(address: Address): void {
    this.#down.delete(address);
    this.#host?.changed([address]);
  }

  start(host: TransportHost): Promise<void> {
    this.#host = host;
    return this.#transport.start({
      takesZeroChecksum: host.takesZeroChecksum === true,
      get isQuiet() {
        return host.isQuiet === true;
      },
      receive: (packets) => host.receive(packets.filter(({ destination }) => !this.#down.has(destination))),
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: (back) => host.changed(back),
    });
  }

  route(destination: Address) {
    const preferred = this.#transport.route?.(destination);
    if (preferred === undefined || !this.#down.has(preferred.source)) return preferred;
    const source = this.addresses.find((address) => !this.#down.has(address));
    return source === undefined ? undefined : { ...preferred, source };
  }

  send(packets: readonly Packet[]): void {
    this.#transport.send(packets.filter(({ source }) => !this.#down.has(source)));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
