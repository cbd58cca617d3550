import type { Address } from '../../address.js';
import type { ErrorCode } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { Pump } from '../../stack/pump.js';
import { FewMap, FewSet } from '../few.js';

const INIT = 1;
const COOKIE_ECHO = 10;
const COMMON_HEADER_BYTES = 12;

/** A set-up that watches the network. */
export interface Watcher {
  /** An INIT or a COOKIE ECHO of its socket's port leaves for a port of the peer's. */
  sent(destination: Address, port: number, isInit: boolean): void;
  /** The network doesn't carry packets to an address. */
  refused(destination: Address, code: ErrorCode): void;
  /** Local addresses or routes are no longer what they were. */
  changed(): void;
}

/** The set-ups of a stack that are under way, by their local ports: of a hundred at once each packet concerns one. */
export class Attempts {
  readonly #watchers = new FewMap<number, FewSet<Watcher>>();

  constructor(pump: Pump) {
    pump.taps.push((packet) => this.#sent(packet));
    pump.unreachable.add((destination, code) => {
      for (const watcher of this.#all()) watcher.refused(destination, code);
    });
    pump.changed.add(() => {
      for (const watcher of this.#all()) watcher.changed();
    });
  }

  add(port: number, watcher: Watcher): void {
    const watchers = this.#watchers.get(port) ?? new FewSet();
    this.#watchers.set(port, watchers.add(watcher));
  }

  delete(port: number, watcher: Watcher): void {
    const watchers = this.#watchers.get(port);
    if (watchers?.delete(watcher) && watchers.size === 0) this.#watchers.delete(port);
  }

  #sent({ destination, bytes }: Packet): void {
    if (this.#watchers.size === 0) return;
    const type = bytes[COMMON_HEADER_BYTES];
    if (type !== INIT && type !== COOKIE_ECHO) return;
    const watchers = this.#watchers.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
    if (watchers === undefined) return;
    const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
    for (const watcher of watchers) watcher.sent(destination, port, type === INIT);
  }

  #all(): Watcher[] {
    return this.#watchers.values().flatMap((watchers) => [...watchers]);
  }
}
