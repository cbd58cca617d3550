import { type Socket, type SocketOptions, Stack } from '../../src/index.js';
import { SeededRandom, VirtualClock } from '../../src/simulated.js';
import type { Route, Transport, TransportHost } from '../../src/transport/transport.js';
import type { DecodedPacket } from '../../src/wire/chunk.js';
import { decodePacket } from '../../src/wire/decode.js';

/** Where a target listens. */
export const LISTENING_PORT = 5001;

/** Where a forged packet claims to come from, and where it goes to. */
export interface PacketAddresses {
  readonly source: string;
  readonly destination: string;
  /** The UDP port that it comes from; 0: not encapsulated. */
  readonly port?: number;
}

/** A packet that a target has sent. */
export interface Answer extends DecodedPacket {
  readonly destination: string;
  readonly port: number;
}

/** A host that is sent what a test makes up. */
export interface TargetHost {
  inject(bytes: Uint8Array, way: PacketAddresses): Promise<void>;
  /** What it has sent since it was asked last. */
  answers(): Promise<readonly Answer[]>;
  advance(ms: number): Promise<void>;
}

/** A stack in virtual time whose network is the test. */
export class TargetStack implements TargetHost {
  /** What its routes say from now on, in place of what its addresses tell and 1,500 bytes. */
  route: Partial<Route> = {};
  readonly clock = new VirtualClock(1000);
  #stack: Stack | undefined;
  #host: TransportHost | undefined;
  #sent: Answer[] = [];
  #addresses: readonly string[] = [];

  /** With these addresses, of which each answers whoever has the first three bytes of it; else the first one does. */
  static async create(addresses: readonly string[] = ['10.0.0.1'], encapsulationPort?: number): Promise<TargetStack> {
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
          target.#sent.push({ ...decodePacket(bytes.slice()), destination, port });
        }
      },
      close: async () => {},
    };
    const random = new SeededRandom(1);
    target.#stack = await Stack.create({ transport, clock: target.clock, random: (bytes) => random.fill(bytes) });
    return target;
  }

  get stack(): Stack {
    return this.#stack!;
  }

  /** A socket that listens at all of its addresses. */
  listen(options: SocketOptions = {}): Socket {
    const socket = this.stack.socket(options);
    socket.bindx(this.#addresses.map((address) => ({ address, port: LISTENING_PORT })));
    socket.listen();
    return socket;
  }

  /** How many packets wait to be asked for. */
  get pending(): number {
    return this.#sent.length;
  }

  /** Its routes are others now. */
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

  /** Ends it, whatever its sockets do. */
  async close(): Promise<void> {
    const closed = this.stack.close({ timeoutMs: 0 }).catch(() => {});
    await this.advance(100);
    await closed;
  }
}

const network = (address: string): string => address.slice(0, address.lastIndexOf('.'));
