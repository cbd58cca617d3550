import { type Address, formatAddress } from '../address.js';
import type { Packet } from '../packet.js';
import { tlvs } from '../wire/tlv.js';
import type { PathKey, PathTable } from './path-table.js';

const COMMON_HEADER_BYTES = 12;
const TAG = 4;
const INIT = 1;
const ABORT = 6;
const COOKIE_ECHO = 10;
const SHUTDOWN_COMPLETE = 14;
/** The tag is the receiver's own, as the sender has no association (RFC 9260 §3.3.7, §3.3.13). */
const T_BIT = 1;
/** Where an INIT's parameters begin: after the common header, the chunk header and 16 bytes (RFC 9260 §3.3.2). */
const INIT_PARAMETERS = 32;
const IPV4_ADDRESS = 5;
const IPV6_ADDRESS = 6;

/** For an INIT of a new peer: which of the open shares gets it. */
export type InitChoice = 'here' | 'hash';

/**
 * The share that a packet belongs to, of several stacks behind the same addresses.
 *
 *     packet                                     share
 *     INIT                                       of the association with the source, or with an address that it lists; else any
 *     COOKIE ECHO                                of the association with the source; else tag mod N
 *     ABORT, SHUTDOWN COMPLETE with the T bit    of the association with the source; else any
 *     all others                                 tag mod N
 *
 * - An INIT of a known peer is a restart, or collides with our own INIT (RFC 9260 §5.2). The stack that has the association
 *   must answer it. Its tag is in the INIT ACK, so COOKIE ECHO finds the same stack.
 * - A COOKIE ECHO has a tag that this stack chose. But if another stack has an association with the peer by now, the cookie is
 *   older than that, and must not set up a second one. The other stack can't verify it, and discards it, as a single stack
 *   does (RFC 9260 §5.2.4).
 * - With the T bit, the tag is the one that the peer has chosen, which says nothing about us.
 */
export class Steering {
  readonly #table: PathTable;
  readonly #of: number;

  constructor(table: PathTable) {
    this.#table = table;
    this.#of = table.of;
  }

  /** The share whose stack must get a packet. `here` is the share that has received it. */
  shareOf(packet: Packet, here: number | undefined, choice: InitChoice): number | undefined {
    const { bytes } = packet;
    const tag = uint32(bytes, TAG);
    const type = bytes[COMMON_HEADER_BYTES];
    if (tag === 0) return this.#initShare(packet, here, choice);
    if (type === COOKIE_ECHO) return this.#table.owner(pathOf(packet)) ?? this.#present(packet, tag % this.#of);
    const hasT =
      (type === ABORT || type === SHUTDOWN_COMPLETE) && ((bytes[COMMON_HEADER_BYTES + 1] ?? 0) & T_BIT) !== 0;
    if (hasT) return this.#table.owner(pathOf(packet)) ?? here ?? this.#table.anyOpen(pathOf(packet));
    return this.#present(packet, tag % this.#of);
  }

  /** If nobody has that share, any other stack answers the packet, with an ABORT (RFC 9260 §8.4). */
  #present(packet: Packet, index: number): number | undefined {
    return this.#table.state(index) === 'absent' ? this.#table.anyOpen(pathOf(packet)) : index;
  }

  #initShare(packet: Packet, here: number | undefined, choice: InitChoice): number | undefined {
    const path = pathOf(packet);
    for (const address of initAddresses(packet)) {
      const owner = this.#table.owner({ ...path, address });
      if (owner !== undefined) return owner;
    }
    const isHereOpen = here !== undefined && this.#table.state(here) === 'open';
    return choice === 'here' && isHereOpen ? here : (this.#table.anyOpen(path) ?? here);
  }
}

/** The path on which a packet has arrived. */
function pathOf({ source, bytes }: Packet): PathKey {
  const ports = uint32(bytes, 0);
  return { address: source, port: ports >>> 16, localPort: ports & 0xffff };
}

/** The source of an INIT, and the addresses that it lists (RFC 9260 §5.1.2). */
function* initAddresses({ source, bytes }: Packet): Generator<Address> {
  yield source;
  if (bytes[COMMON_HEADER_BYTES] !== INIT) return;
  for (const { head, value, problem } of tlvs(bytes.subarray(INIT_PARAMETERS))) {
    const isAddress = (head === IPV4_ADDRESS && value.length === 4) || (head === IPV6_ADDRESS && value.length === 16);
    if (problem !== undefined || !isAddress) continue;
    const address = formatAddress(value);
    if (address !== source) yield address;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const low = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  return ((high << 16) | low) >>> 0;
}
