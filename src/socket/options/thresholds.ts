import { packStorage } from '../../bridge/sockaddr.js';
import { SCTP_FUTURE_ASSOC, SCTP_PEER_ADDR_THLDS } from '../../generated/constants.js';
import { sctp_paddrthlds } from '../../generated/layouts.js';
import type { Descriptor } from '../descriptor.js';
import type { SocketConfig } from './config.js';

/** A threshold that is never reached. */
const NEVER = 65_535;

/**
 * Keeps the paths of a set-up from becoming potentially failed (RFC 7829), which has no sense before there is an
 * association: usrsctp's sctp_threshold_management() sends a HEARTBEAT to an address that hasn't answered INIT, counts
 * it towards Association.Max.Retrans, and the peer, which has no association, answers it with ABORT.
 *
 * `begin` starts the set-up and returns its id. The returned function puts things right once the association is up.
 */
export function withoutPotentialFailure(
  descriptor: Descriptor,
  style: SocketConfig['style'],
  begin: () => number,
): { id: number; up: () => void } {
  if (descriptor.call('getsockopt', (calls, handle) => calls.hasPotentialFailure(handle)) === 0) {
    return { id: begin(), up: () => {} };
  }
  const future = { spt_assoc_id: SCTP_FUTURE_ASSOC, spt_address: packStorage({ address: '0.0.0.0', port: 0 }) };
  const former = { ...descriptor.struct(SCTP_PEER_ADDR_THLDS, sctp_paddrthlds, future), ...future };
  const set = (changes: Partial<typeof former>) =>
    descriptor.setStruct(SCTP_PEER_ADDR_THLDS, sctp_paddrthlds, { ...former, ...changes });
  set({ spt_pathpfthld: NEVER });
  try {
    const id = begin();
    return { id, up: () => set({ spt_assoc_id: id }) };
  } finally {
    // A one-to-one socket's options are its association's, whatever id is given; after it there is a new socket.
    if (style === 'one-to-many') set({});
  }
}
