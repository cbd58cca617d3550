import type { Address } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Lookup } from '../host-name.js';
import type { Packet } from '../packet.js';
import type { Share } from '../share.js';
import { checkHost } from '../transport/host.js';
import type { PeerPath, Route, Transport, TransportHost } from '../transport/transport.js';
import { OwnPaths } from './own-paths.js';
import type { PathTable } from './path-table.js';
import type { PeerRecords } from './peer-records.js';
import { type InitChoice, Steering } from './steering.js';

/** How a stack reaches the stacks of the other shares. */
export interface HandOver {
  /** Gives packets to the stack of another share. */
  packets(index: number, packets: readonly Packet[]): void;
  /** Tells the stacks of all other shares that a destination can't be reached. */
  unreachable(destination: Address, code: ErrorCode, reason: string | undefined): void;
}

/** What a steered transport has counted. */
export interface SteeringCounts {
  /** Packets that arrived here from the network. */
  readonly received: number;
  /** Those of them that were handed over to another stack. */
  readonly handedOver: number;
  /** The paths of the stack's associations now. */
  readonly paths: number;
  /** Paths that the table had no room for: an INIT of a peer that restarts may reach another stack. */
  readonly unassignedPaths: number;
}

/** What a steered transport is made of. */
export interface SteeredTransportParts {
  readonly share: Share;
  readonly table: PathTable;
  /** Records of the peers, by which another thread can abort their associations if this thread dies. */
  readonly records?: PeerRecords;
  readonly handOver: HandOver;
  /** `here` if INITs of new peers arrive where they belong, `hash` if they are to be spread. */
  readonly initChoice: InitChoice;
  /** The stack has started, takes new associations, or is closed. */
  readonly stateChanged?: () => void;
}

/**
 * The transport of one of several stacks behind the same addresses. It hands packets that belong to another stack over to it.
 *
 *     network ─► inner transport ─► ours? ──► stack
 *                                     └─► handOver ─► receiveHandedOver ─► the other stack
 */
export class SteeredTransport implements Transport {
  readonly share: Share;
  readonly route?: (destination: Address) => Route | undefined;
  readonly interfaceOf?: (address: Address) => string | undefined;
  readonly useZone?: (destination: Address, zone: string) => boolean;
  readonly lookup?: Lookup;
  readonly #inner: Transport;
  readonly #parts: SteeredTransportParts;
  readonly #steering: Steering;
  readonly #paths: OwnPaths;
  #host: TransportHost | undefined;
  #received = 0;
  #handedOver = 0;

  constructor(inner: Transport, parts: SteeredTransportParts) {
    this.#inner = inner;
    this.#parts = parts;
    this.share = parts.share;
    this.#steering = new Steering(parts.table);
    this.#paths = new OwnPaths(parts.table, parts.share.index, parts.records);
    if (inner.route !== undefined) this.route = (destination) => inner.route?.(destination);
    if (inner.interfaceOf !== undefined) this.interfaceOf = (address) => inner.interfaceOf?.(address);
    if (inner.useZone !== undefined) this.useZone = (address, zone) => inner.useZone?.(address, zone) === true;
    if (inner.lookup !== undefined) this.lookup = (...question) => inner.lookup?.(...question);
    for (const name of ['encapsulationPort', 'integrity', 'zeroChecksum'] as const) {
      if (name in inner) Object.defineProperty(this, name, { get: () => inner[name], enumerable: true });
    }
  }

  get addresses(): readonly Address[] {
    return this.#inner.addresses;
  }

  get mtu(): number {
    return this.#inner.mtu;
  }

  get counts(): SteeringCounts {
    const { unassigned, count } = this.#paths;
    return { received: this.#received, handedOver: this.#handedOver, paths: count, unassignedPaths: unassigned };
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    let isQuiet = false;
    await this.#inner.start({
      takesZeroChecksum: host.takesZeroChecksum === true,
      get isQuiet() {
        return isQuiet;
      },
      receive: (packets) => {
        const own = this.#own(packets);
        if (own.length > 0) host.receive(own);
        isQuiet = own.length === packets.length && host.isQuiet === true;
      },
      unreachable: (destination, code, reason) => {
        host.unreachable(destination, code, reason);
        this.#parts.handOver.unreachable(destination, code, reason);
      },
      portTaken: (destination) => host.portTaken?.(destination) === true,
      changed: (back) => host.changed(back),
      ending: () => host.ending?.(),
    });
    this.#host = host;
    this.#parts.table.setState(this.share.index, 'starting');
    this.#parts.stateChanged?.();
  }

  /** From now on, the stack gets INITs of new peers: before it listens, it would refuse them. */
  ready(): void {
    if (this.#parts.table.state(this.share.index) !== 'starting') return;
    this.#parts.table.setState(this.share.index, 'open');
    this.#parts.stateChanged?.();
  }

  portBound(port: number): void {
    this.#inner.portBound?.(port);
    this.ready();
  }

  /** Another stack has handed packets over. */
  receiveHandedOver(packets: readonly Packet[]): void {
    this.#host?.receive(packets);
  }

  /** The transport of another stack has learned that a destination can't be reached. */
  unreachable(destination: Address, code: ErrorCode, reason: string | undefined): void {
    this.#host?.unreachable(destination, code, reason);
  }

  pathChanged(path: PeerPath): void {
    this.#paths.changed(path);
  }

  send(packets: readonly Packet[]): void {
    this.#paths.sent(packets);
    this.#inner.send(packets);
  }

  ref(): void {
    this.#inner.ref?.();
  }

  unref(): void {
    this.#inner.unref?.();
  }

  async close(): Promise<void> {
    this.#host = undefined;
    this.#parts.table.setState(this.share.index, 'absent');
    this.#parts.stateChanged?.();
    await this.#inner.close();
  }

  /** The packets for this stack. The others are handed over. */
  #own(packets: readonly Packet[]): readonly Packet[] {
    const { share, initChoice, handOver } = this.#parts;
    this.#received += packets.length;
    let others: Map<number, Packet[]> | undefined;
    for (const packet of packets) {
      const index = this.#steering.shareOf(packet, share.index, initChoice) ?? share.index;
      if (index === share.index) continue;
      others ??= new Map();
      const batch = others.get(index);
      if (batch === undefined) others.set(index, [packet]);
      else batch.push(packet);
    }
    if (others === undefined) return packets;
    const foreign = new Set<Packet>();
    for (const [index, batch] of others) {
      for (const packet of batch) foreign.add(packet);
      handOver.packets(index, batch);
    }
    this.#handedOver += foreign.size;
    return packets.filter((packet) => !foreign.has(packet));
  }
}
