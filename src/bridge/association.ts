import { type Address, CONN, type Endpoint, formatAddress } from '../address.js';
import { link_association_state, link_path_state } from '../generated/layouts.js';
import type { Handle, Instance } from './instance.js';
import type { Memory, Pointer } from './memory.js';
import { unpackSockaddrs } from './sockaddr.js';

/** What usrsctp tells of an association. */
export interface AssociationState {
  readonly paths: readonly PathState[];
  /** Which of the paths is the primary one; -1: none. */
  readonly primary: number;
  readonly locals: readonly Endpoint[];
  readonly windowBytes: number;
  readonly unacknowledged: number;
  readonly pending: number;
  readonly inbound: number;
  readonly outbound: number;
  readonly fragmentationPoint: number;
}

/** What it tells of one path. */
export interface PathState {
  readonly address: Address;
  /** SCTP_ACTIVE, SCTP_INACTIVE or SCTP_UNCONFIRMED. */
  readonly state: number;
  readonly cwndBytes: number;
  readonly srttMs: number;
  readonly rtoMs: number;
  readonly mtuBytes: number;
  /** The peer's UDP port; 0: not encapsulated. */
  readonly port: number;
}

/** Words, by their place. */
const about = wordsOf(link_association_state.fields);
const path = wordsOf(link_path_state.fields);

const PATH_WORDS = link_path_state.size >> 2;

/** Reads an association and its paths in one call; `scratch` is room for them. A negative errno: there is none. */
export function associationState(
  { exports, memory }: Instance,
  handle: Handle,
  id: number,
  scratch: Pointer,
  capacity: number,
): AssociationState | number {
  const length = exports.bridge_association(handle, id, scratch, capacity);
  if (length < 0) return length;
  const word = (index: number) => memory.words[(scratch >> 2) + index] ?? 0;
  const count = word(about.path_count);
  const paths: PathState[] = [];
  let at = link_association_state.size >> 2;
  for (; paths.length < count; at += PATH_WORDS) paths.push(pathState(memory, scratch, at, word));
  const locals = memory.bytes.subarray(scratch + 4 * (at + 1), scratch + length);
  return {
    paths,
    primary: word(about.primary) | 0,
    locals: unpackSockaddrs(locals),
    windowBytes: word(about.window_bytes),
    unacknowledged: word(about.unacknowledged),
    pending: word(about.pending),
    inbound: word(about.inbound),
    outbound: word(about.outbound),
    fragmentationPoint: word(about.fragmentation_point),
  };
}

function pathState(memory: Memory, scratch: Pointer, at: number, word: (index: number) => number): PathState {
  const family = word(at + path.family);
  const address = scratch + 4 * (at + path.address);
  return {
    address: family === 0 ? CONN : formatAddress(memory.bytes.subarray(address, address + (family === 4 ? 4 : 16))),
    state: word(at + path.state),
    cwndBytes: word(at + path.cwnd_bytes),
    srttMs: word(at + path.srtt_ms),
    rtoMs: word(at + path.rto_ms),
    mtuBytes: word(at + path.mtu_bytes),
    port: word(at + path.port),
  };
}

/** Where the fields are, counted in words. */
function wordsOf<Names extends string>(
  fields: { readonly [name in Names]: { readonly offset: number } },
): { [name in Names]: number } {
  const entries = Object.entries<{ readonly offset: number }>(fields).map(([name, { offset }]) => [name, offset >> 2]);
  return Object.fromEntries(entries) as { [name in Names]: number };
}
