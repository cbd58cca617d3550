import { addressBytes } from '../address.js';
import type { RelayLimits } from './limits.js';

/** A connection that hasn't presented a ticket yet. */
interface Pending {
  /** The IP address that it comes from. */
  readonly address: string;
}

/** The bytes of an IPv6 address that are one site's: /64 (RFC 4291 §2.5.4). */
const SITE_BYTES = 8;

/**
 * The connections that haven't presented a ticket yet. When there are too many, the source with the most of them gives
 * way.
 */
export class PendingConnections<Connection extends Pending> {
  readonly #limits: RelayLimits;
  /** In the order of their arrival. */
  readonly #all = new Set<Connection>();

  constructor(limits: RelayLimits) {
    this.#limits = limits;
  }

  get all(): readonly Connection[] {
    return [...this.#all];
  }

  add(connection: Connection): void {
    this.#all.add(connection);
  }

  delete(connection: Connection): void {
    this.#all.delete(connection);
  }

  /**
   * Who must give way so that a newcomer from an address can come in: nobody, the newcomer, or an earlier connection.
   */
  crowdedOut(address: string): Connection | 'newcomer' | undefined {
    const bySource = this.#bySource();
    const own = bySource.get(sourceOf(address))?.length ?? 0;
    if (own >= this.#limits.pendingPerAddress) return 'newcomer';
    if (this.#all.size < this.#limits.pending) return undefined;
    const [most = []] = [...bySource.values()].sort((a, b) => b.length - a.length);
    return most.length > own + 1 ? most[0] : 'newcomer';
  }

  #bySource(): Map<string, Connection[]> {
    const groups = new Map<string, Connection[]>();
    for (const connection of this.#all) {
      const source = sourceOf(connection.address);
      const group = groups.get(source) ?? [];
      groups.set(source, group);
      group.push(connection);
    }
    return groups;
  }
}

/**
 * What counts as one source: an IPv4 address, or an IPv6 network of 64 bits, of which one client has as many addresses
 * as it likes.
 */
function sourceOf(address: string): string {
  const bytes = addressBytes(address);
  if (bytes === undefined || bytes.length === 4) return address;
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.subarray(12).join('.') : bytes.subarray(0, SITE_BYTES).join(':');
}
