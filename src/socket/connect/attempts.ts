import type { Address } from '../../address.js';
import type { ErrorCode } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { Pump } from '../../stack/pump.js';

const WATCHED: Readonly<Record<number, SentChunk['chunk']>> = { 1: 'INIT', 6: 'ABORT', 10: 'COOKIE ECHO' };
const COMMON_HEADER_BYTES = 12;

/** A packet of a set-up, sent to a port of a peer. */
export interface SentChunk {
  readonly destination: Address;
  readonly port: number;
  /** The first chunk of the packet. */
  readonly chunk: 'INIT' | 'COOKIE ECHO' | 'ABORT';
  /** The packet from its first chunk on. */
  readonly bytes: Uint8Array;
}

/** Watches the packets of a set-up. */
export interface AttemptWatcher {
  /** A packet of a set-up is sent from the port of the watcher's socket. */
  sent(packet: SentChunk): void;
  /** The network reports that it can't reach an address. */
  refused(destination: Address, code: ErrorCode): void;
  /** Local addresses or routes have changed. */
  changed(): void;
}

/** The set-ups of a stack that are under way, by local port, so that a packet is matched with few of many set-ups. */
export class ConnectAttempts {
  readonly #watchers = new Map<number, readonly AttemptWatcher[]>();

  constructor(pump: Pump) {
    pump.taps.push((packet) => this.#sent(packet));
    pump.unreachable.add((destination, code) => {
      for (const watcher of this.#all()) watcher.refused(destination, code);
    });
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

  #sent({ destination, bytes }: Packet): void {
    if (this.#watchers.size === 0) return;
    const chunk = WATCHED[bytes[COMMON_HEADER_BYTES] ?? 0];
    if (chunk === undefined) return;
    const watchers = this.#watchers.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
    if (watchers === undefined) return;
    const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    const sent = { destination, port, chunk, bytes: bytes.subarray(COMMON_HEADER_BYTES) };
    for (const watcher of watchers) watcher.sent(sent);
  }

  #all(): AttemptWatcher[] {
    return [...this.#watchers.values()].flat();
  }
}
