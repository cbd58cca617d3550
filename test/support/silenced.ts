import type { Address } from '../../src/address.js';
import type { Packet } from '../../src/packet.js';
import type { Route, Transport, TransportHost } from '../../src/transport/transport.js';

/** A transport that loses packets of some of its addresses in both directions. The stack isn't told. */
export class Silenced implements Transport {
  readonly integrity?: boolean;
  readonly encapsulationPort?: number;
  readonly #transport: Transport;
  #silent: readonly Address[] = [];

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

  /** From now on, packets of these addresses are lost, and no others. */
  silence(...addresses: Address[]): void {
    this.#silent = addresses;
  }

  start(host: TransportHost): Promise<void> {
    return this.#transport.start({
      takesZeroChecksum: host.takesZeroChecksum === true,
      get isQuiet() {
        return host.isQuiet === true;
      },
      receive: (packets) => host.receive(packets.filter(({ destination }) => !this.#silent.includes(destination))),
      unreachable: (destination, code) => host.unreachable(destination, code),
      changed: (back) => host.changed(back),
    });
  }

  route(destination: Address): Route | undefined {
    return this.#transport.route?.(destination);
  }

  send(packets: readonly Packet[]): void {
    this.#transport.send(packets.filter(({ source }) => !this.#silent.includes(source)));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
