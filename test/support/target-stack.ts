import { type Limits, type Socket, type SocketOptions, Stack } from '../../src/index.js';
import { SeededRandom, VirtualClock } from '../../src/simulated.js';
import type { Route, Transport, TransportHost } from '../../src/transport/transport.js';
import type { DecodedPacket } from '../../src/wire/chunk.js';
import { decodePacket } from '../../src/wire/decode.js';

/** The SCTP port on which a target listens. */
export const LISTENING_PORT = 5001;

/** The addresses of a packet that a test makes up. */
export interface PacketAddresses {
  readonly source: string;
  readonly destination: string;
  /** The source UDP port; 0 if it isn't encapsulated. */
  readonly port?: number;
}

/** A packet that a target has sent. */
export interface Answer extends DecodedPacket {
  readonly destination: string;
  readonly port: number;
  /** The length of the SCTP packet in bytes. */
  readonly length: number;
}

/** A host that is tested with made-up packets. */
export interface TargetHost {
  inject(bytes: Uint8Array, way: PacketAddresses): Promise<void>;
  /** The packets that it has sent since the last call. */
  answers(): Promise<readonly Answer[]>;
  advance(ms: number): Promise<void>;
}

/** A stack in virtual time whose packets go to and come from the test. */
export class TargetStack implements TargetHost {
  /** Overrides the routes that its addresses determine, with an MTU of 1,500 bytes. */
  route: Partial<Route> = {};
  readonly clock = new VirtualClock(1000);
  #stack: Stack | undefined;
  #host: TransportHost | undefined;
  #sent: Answer[] = [];
  #addresses: readonly string[] = [];

  /** The route to a destination starts at the address in the same /24 network, or at the first address. */
  static async create(
    addresses: readonly string[] = ['10.0.0.1'],
    encapsulationPort?: number,
    limits: Limits = {},
  ): Promise<TargetStack> {
    const target = new TargetStack();
    target.#addresses = addresses;
    const transport: Transport = {
      addresses,
      mtu: 1500,
      ...(encapsulationPort !== undefined && { encapsulationPort }),
      start: async (host) => {
        target.#host = host;
      },
      route: (to) => {
        const source = addresses.find((address) => network(address) === network(to)) ?? addresses[0]!;
        return { source, ...target.route };
      },
      send: (packets) => {
        for (const { destination, port, bytes } of packets) {
          target.#sent.push({ ...decodePacket(bytes.slice()), destination, port, length: bytes.length });
        }
      },
      close: async () => {},
    };
    const random = new SeededRandom(1);
    target.#stack = await Stack.create({
      transport,
      clock: target.clock,
      limits,
      random: (bytes) => random.fill(bytes),
    });
    return target;
  }

  get stack(): Stack {
    return this.#stack!;
  }

  /** A socket that listens on all of its addresses. */
  listen(options: SocketOptions = {}): Socket {
    const socket = this.stack.socket(options);
    socket.bindx(this.#addresses.map((address) => ({ address, port: LISTENING_PORT })));
    socket.listen();
    return socket;
  }

  /** How many packets `answers` would return. */
  get pending(): number {
    return this.#sent.length;
  }

  /** Changes its routes, and tells the stack. */
  reroute(route: Partial<Route>): void {
    this.route = route;
    this.#host?.changed();
  }

  async inject(bytes: Uint8Array, { source, destination, port = 0 }: PacketAddresses): Promise<void> {
    this.#host?.receive([{ source, destination, port, trafficClass: 0, bytes: bytes.slice() }]);
    await this.advance(0);
  }

  async answers(): Promise<readonly Answer[]> {
    await this.advance(0);
    return this.#sent.splice(0);
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Closes it without waiting for its sockets. */
  async close(): Promise<void> {
    const closed = this.stack.close({ timeoutMs: 0 }).catch(() => {});
    await this.advance(100);
    await closed;
  }
}

const network = (address: string): string => address.slice(0, address.lastIndexOf('.'));
