import type { Address } from '../../address.js';
import type { ErrorCode } from '../../errors.js';
import { FewMap, FewSet } from '../../few.js';
import type { Packet } from '../../packet.js';
import type { Pump } from '../../stack/pump.js';

const TOLD: Readonly<Record<number, Sent['chunk']>> = { 1: 'INIT', 6: 'ABORT', 10: 'COOKIE ECHO' };
const COMMON_HEADER_BYTES = 12;

/** What leaves from a socket's port for a port of a peer's. */
export interface Sent {
  readonly destination: Address;
  readonly port: number;
  /** What the packet begins with. */
  readonly chunk: 'INIT' | 'COOKIE ECHO' | 'ABORT';
  /** The packet from its first chunk on. */
  readonly bytes: Uint8Array;
}

/** A set-up that watches the network. */
export interface AttemptWatcher {
  /** A packet of a set-up leaves from its socket's port. */
  sent(packet: Sent): void;
  /** The network doesn't carry packets to an address. */
  refused(destination: Address, code: ErrorCode): void;
  /** Local addresses or routes are no longer what they were. */
  changed(): void;
}

/** The set-ups of a stack that are under way, by their local ports: of a hundred at once each packet concerns one. */
export class ConnectAttempts {
  readonly #watchers = new FewMap<number, FewSet<AttemptWatcher>>();

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
    const watchers = this.#watchers.get(port) ?? new FewSet();
    this.#watchers.set(port, watchers.add(watcher));
  }

  delete(port: number, watcher: AttemptWatcher): void {
    const watchers = this.#watchers.get(port);
    if (watchers?.delete(watcher) && watchers.size === 0) this.#watchers.delete(port);
  }

  #sent({ destination, bytes }: Packet): void {
    if (this.#watchers.size === 0) return;
    const chunk = TOLD[bytes[COMMON_HEADER_BYTES] ?? 0];
    if (chunk === undefined) return;
    const watchers = this.#watchers.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
    if (watchers === undefined) return;
    const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    const sent = { destination, port, chunk, bytes: bytes.subarray(COMMON_HEADER_BYTES) };
    for (const watcher of watchers) watcher.sent(sent);
  }

  #all(): AttemptWatcher[] {
    return this.#watchers.values().flatMap((watchers) => [...watchers]);
  }
}
