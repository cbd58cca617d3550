import type { Clock } from '../../clock.js';
import type { Packet } from '../../packet.js';

/** How often it is checked which ports are still in use, in ms. */
const CHECK_MS = 1000;
/**
 * How long a SHUTDOWN ACK for a port that is no longer in use is still answered, in ms: the SHUTDOWN COMPLETE may have been
 * lost, and the peer repeats the SHUTDOWN ACK then (RFC 9260 §8.4, no. 5).
 */
const RELEASED_MS = 30_000;

const COMMON_HEADER_BYTES = 12;
const INIT = 1;
const SHUTDOWN_ACK = 8;

/** What the ports are used for. */
export interface PortsParts {
  readonly clock: Clock;
  /** The ports that sockets and associations use; `undefined` if that isn't known. */
  portsInUse(): ReadonlySet<number> | undefined;
  /** The ports that may get packets have changed. */
  changed(): void;
}

/**
 * The SCTP ports that this stack uses. Each raw socket gets all SCTP packets of the machine, and a stack answers those that
 * it can't assign with an ABORT. So it must not get those of others.
 *
 *     bound, or an INIT sent ─► in use ─► released: only SHUTDOWN ACK ─► (30 s) not ours
 */
export class Ports {
  readonly #parts: PortsParts;
  readonly #inUse = new Set<number>();
  readonly #releasedUntilMs = new Map<number, number>();
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: PortsParts) {
    this.#parts = parts;
  }

  /** The ports whose packets must reach the stack. */
  get passing(): ReadonlySet<number> {
    return new Set([...this.#inUse, ...this.#releasedUntilMs.keys()]);
  }

  add(port: number): void {
    if (this.#inUse.has(port) || this.#isClosed) return;
    this.#inUse.add(port);
    const wasReleased = this.#releasedUntilMs.delete(port);
    if (!wasReleased) this.#parts.changed();
    this.#cancel ??= this.#parts.clock.schedule(CHECK_MS, this.#check, true);
  }

  /** A socket that isn't bound gets its port when it sends its first INIT. */
  sent(packets: readonly Packet[]): void {
    for (const { bytes } of packets) {
      if (bytes[COMMON_HEADER_BYTES] === INIT) this.add(portAt(bytes, 0));
    }
  }

  /** Whether a packet that has arrived is for this stack. */
  accepts(bytes: Uint8Array): boolean {
    const port = portAt(bytes, 2);
    if (this.#inUse.has(port)) return true;
    return bytes[COMMON_HEADER_BYTES] === SHUTDOWN_ACK && this.#releasedUntilMs.has(port);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  readonly #check = (): void => {
    const { clock, changed } = this.#parts;
    const now = clock.now();
    let hasExpired = false;
    const stillInUse = this.#parts.portsInUse() ?? this.#inUse;
    for (const port of this.#inUse) {
      if (stillInUse.has(port)) continue;
      this.#inUse.delete(port);
      this.#releasedUntilMs.set(port, now + RELEASED_MS);
    }
    for (const [port, untilMs] of this.#releasedUntilMs) {
      if (now >= untilMs) hasExpired = this.#releasedUntilMs.delete(port);
    }
    if (hasExpired) changed();
    const isOver = this.#inUse.size + this.#releasedUntilMs.size === 0;
    this.#cancel = isOver ? undefined : clock.schedule(CHECK_MS, this.#check, true);
  };
}

function portAt(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
