import type { Address } from '../../address.js';
import type { ErrorCode } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { Pump } from '../../stack/pump.js';

const CHUNKS = { 1: 'INIT', 2: 'INIT ACK', 6: 'ABORT', 10: 'COOKIE ECHO' } as const;
const WATCHED: Readonly<Record<number, SetupChunk['chunk']>> = CHUNKS;
const COMMON_HEADER_BYTES = 12;
/** Offsets in the common header (RFC 9260 §3.1). */
const [SOURCE_PORT, DESTINATION_PORT] = [0, 2];

/** A packet of a set-up, between the port of the watcher's socket and a port of a peer. */
export interface SetupChunk {
  /** The peer's address. */
  readonly peer: Address;
  /** The peer's SCTP port. */
  readonly port: number;
  /** The peer's UDP port; 0 if SCTP isn't encapsulated. */
  readonly udpPort: number;
  /** The first chunk of the packet. */
  readonly chunk: (typeof CHUNKS)[keyof typeof CHUNKS];
  /** The packet from its first chunk on. */
  readonly bytes: Uint8Array;
}

/** Watches the packets of a set-up. */
export interface AttemptWatcher {
  sent(packet: SetupChunk): void;
  /** A packet has arrived, which usrsctp has yet to validate. */
  arrived(packet: SetupChunk): void;
  /** The network reports that it can't reach an address. */
  refused(destination: Address, code: ErrorCode, reason: string | undefined): void;
  /** The network refuses the SCTP port towards an address. Returns whether the set-up goes on from another port. */
  portTaken(destination: Address): boolean;
  /** Local addresses or routes have changed. */
  changed(): void;
}

/** The set-ups of a stack that are under way, by local port, so that a packet is matched with few of many set-ups. */
export class ConnectAttempts {
  readonly #watchers = new Map<number, readonly AttemptWatcher[]>();

  constructor(pump: Pump) {
    pump.taps.push((packet) => {
      if (this.#watchers.size > 0) this.#sent(packet);
    });
    pump.arrivalTaps.push((packets) => {
      if (this.#watchers.size > 0) for (const packet of packets) this.#arrived(packet);
    });
    pump.unreachable.add((destination, code, reason) => {
      for (const watcher of this.#all()) watcher.refused(destination, code, reason);
    });
    pump.changePort = (destination) => this.#all().filter((watcher) => watcher.portTaken(destination)).length > 0;
    pump.changed.add(() => {
      for (const watcher of this.#all()) watcher.changed();
    });
  }

  add(port: number, watcher: AttemptWatcher): void {
    this.#watchers.set(port, [...(this.#watchers.get(port) ?? []), watcher]);
  }

  delete(port: number, watcher: AttemptWatcher): void {
    const others = (this.#watchers.get(port) ?? []).filter((each) => each !== watcher);
    if (others.length > 0) this.#watchers.set(port, others);
    else this.#watchers.delete(port);
  }

  #sent(packet: Packet): void {
    const own = portAt(packet.bytes, SOURCE_PORT);
    const chunk = setupChunk(packet, packet.destination, portAt(packet.bytes, DESTINATION_PORT));
    if (chunk) for (const watcher of this.#watchers.get(own) ?? []) watcher.sent(chunk);
  }

  #arrived(packet: Packet): void {
    const own = portAt(packet.bytes, DESTINATION_PORT);
    const chunk = setupChunk(packet, packet.source, portAt(packet.bytes, SOURCE_PORT));
    if (chunk) for (const watcher of this.#watchers.get(own) ?? []) watcher.arrived(chunk);
  }

  #all(): AttemptWatcher[] {
    return [...this.#watchers.values()].flat();
  }
}

/** What a packet between this host and a peer tells watchers; undefined if its first chunk is none of a set-up. */
function setupChunk({ port: udpPort, bytes }: Packet, peer: Address, port: number): SetupChunk | undefined {
  const chunk = WATCHED[bytes[COMMON_HEADER_BYTES] ?? 0];
  return chunk && { peer, port, udpPort, chunk, bytes: bytes.subarray(COMMON_HEADER_BYTES) };
}

function portAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
