import { packStorage } from '../../bridge/sockaddr.js';
import { readStruct, writeStruct } from '../../bridge/struct.js';
import { SCTP_FUTURE_ASSOC, SCTP_PEER_ADDR_THLDS } from '../../generated/constants.js';
import { sctp_paddrthlds } from '../../generated/layouts.js';
import type { Descriptor } from '../descriptor.js';
import type { SocketConfig } from './config.js';

/** A threshold that is never reached. */
const NEVER = 65_535;

const FUTURE = { spt_assoc_id: SCTP_FUTURE_ASSOC, spt_address: packStorage({ address: '0.0.0.0', port: 0 }) };
const QUESTION = writeStruct(sctp_paddrthlds, FUTURE);
const fields = {
  spt_pathmaxrxt: sctp_paddrthlds.fields.spt_pathmaxrxt,
  spt_pathpfthld: sctp_paddrthlds.fields.spt_pathpfthld,
};

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
  const answer = descriptor.option(SCTP_PEER_ADDR_THLDS, QUESTION);
  const view = new DataView(answer.buffer);
  const threshold = (field: keyof typeof fields) => view.getUint16(fields[field].offset, true);
  if (threshold('spt_pathpfthld') >= threshold('spt_pathmaxrxt')) return { id: begin(), up: () => {} };
  const { spt_pathmaxrxt, spt_pathpfthld, spt_pathcpthld } = readStruct(sctp_paddrthlds, view);
  const former = { ...FUTURE, spt_pathmaxrxt, spt_pathpfthld, spt_pathcpthld };
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
