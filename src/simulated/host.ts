import type { Address } from '../address.js';
import type { Random } from '../random.js';
import type { Route, Transport } from '../transport/transport.js';

/** A host of the simulated network. */
export interface Host {
  /** Its name in traces. */
  readonly name: string;
  /** The transport for the stack that runs here. A restart replaces it. */
  readonly transport: Transport;
  /** The addresses that are up. */
  readonly addresses: readonly Address[];
  /** Randomness for the stack that runs here, derived from the network's seed. */
  readonly random: Random;
  /** Whether the host is running. A crash stops it. */
  readonly isOn: boolean;
  /** Removes an address. The stack is told, and packets on their way to the address are lost. */
  addressDown(address: string): void;
  /** Restores an address, or adds a new one (`10.0.1.1/24`). The stack is told. */
  addressUp(address: string): void;
  /** Stops the host without notice, as a power failure would: its transport sends and receives nothing from then on. */
  crash(): void;
  /** Starts the host again, whether it has crashed or not. It has a new transport, for a new stack. */
  restart(): void;
}

/** Options of a host. */
export interface HostOptions {
  /** The UDP port that SCTP is encapsulated in (RFC 6951). Without it SCTP runs directly over IP. */
  readonly encapsulationPort?: number;
  /**
   * The largest IP packet of the host's interfaces in bytes. If it is given, the stack takes for granted that each path carries
   * it. By default it is 1500, and the stack begins with 1280 and probes larger sizes (RFC 8899), as over UDP. A larger packet
   * is fragmented by IP if it has an INIT, INIT ACK or COOKIE ECHO chunk, which SCTP can't divide. Any other is not sent.
   */
  readonly mtu?: number;
  /** Names of network interfaces, by address. By default each address has one: `eth0`, `eth1`, in the order of adding. */
  readonly interfaces?: Readonly<Record<Address, string>>;
  /** Replaces the built-in routes. */
  readonly route?: (destination: Address) => Route | undefined;
}
