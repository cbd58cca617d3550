import { CONN, type Endpoint } from '../../address.js';
import { htons } from '../../bridge/byteorder.js';
import type { Calls } from '../../bridge/calls.js';
import type { Handle } from '../../bridge/instance.js';
import { packStorage } from '../../bridge/sockaddr.js';
import * as C from '../../generated/constants.js';
import { errnoNumbers } from '../../generated/errno.js';
import { sctp_initmsg, sctp_udpencaps } from '../../generated/layouts.js';
import { sysctls } from '../../generated/sysctls.js';
import type { SocketConfig } from '../../options/socket-options.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { Peer } from './peers.js';

const INIT_RETRANSMITS = sysctls.indexOf('sctp_init_rtx_max_default');
/** The largest number that usrsctp can keep; with back-off this takes weeks. */
const UNTIL_THE_DEADLINE = 0xffff;

/** Starts a set-up on a bound module socket: INIT is sent. Returns the association's id. */
export function begin(moduleSocket: ModuleSocket, peers: readonly Peer[], syscall: string): number {
  const [first] = peers;
  if (first?.address === CONN) {
    return connect(moduleSocket, peers, syscall, (calls, handle) => connectConn(calls, handle, first));
  }
  if (peers.every(({ encapsulationPort }) => encapsulationPort === undefined)) {
    return connect(moduleSocket, peers, syscall, (calls, handle) => calls.connectx(handle, peers));
  }
  const id = connect(moduleSocket, peers, syscall, (calls, handle) => calls.connectxDelayed(handle, peers));
  try {
    tellPorts(moduleSocket, id, peers);
  } catch (error) {
    moduleSocket.abort(id);
    throw error;
  }
  return id;
}

/**
 * Sets how many INITs may be sent. usrsctp sends them to the addresses in turn, so a long list needs at least one for
 * each address; with a deadline, INITs are sent until then.
 */
export function setInitBudget(
  moduleSocket: ModuleSocket,
  config: SocketConfig,
  addresses: number,
  timeoutMs: number | undefined,
): void {
  const retransmits = moduleSocket.call('sysctl', (calls) => calls.sysctl(INIT_RETRANSMITS));
  const usual = Math.max(retransmits, addresses);
  const isDefault = config.style === 'one-to-one' && timeoutMs === undefined && usual === retransmits;
  if (isDefault) return;
  moduleSocket.setStruct(C.SCTP_INITMSG, sctp_initmsg, {
    sinit_num_ostreams: config.outboundStreams,
    sinit_max_instreams: config.inboundStreams,
    sinit_max_attempts: timeoutMs === undefined ? usual : UNTIL_THE_DEADLINE,
  });
}

function connect(
  moduleSocket: ModuleSocket,
  peers: readonly Endpoint[],
  syscall: string,
  call: (calls: Calls, handle: Handle) => { result: number; id: number },
): number {
  const [first] = peers;
  let id = 0;
  const run = (calls: Calls, handle: Handle) => {
    const answer = call(calls, handle);
    id = answer.id;
    return answer.result;
  };
  moduleSocket.call(syscall, run, first && { address: first.address, port: first.port });
  return id;
}

/** connectx for an AF_CONN address, which usrsctp_connectx doesn't take. */
function connectConn(calls: Calls, handle: Handle, peer: Endpoint): { result: number; id: number } {
  const result = calls.connect(handle, peer);
  if (result < 0 && result !== -errnoNumbers.EINPROGRESS) return { result, id: 0 };
  return { result: 0, id: calls.getassocid(handle, peer) };
}

/** Sets the UDP port of each address (RFC 6951) of a new association, and sends INIT. */
function tellPorts(moduleSocket: ModuleSocket, id: number, peers: readonly Peer[]): void {
  for (const peer of peers) {
    if (peer.encapsulationPort === undefined) continue;
    moduleSocket.setStruct(C.SCTP_REMOTE_UDP_ENCAPS_PORT, sctp_udpencaps, {
      sue_address: packStorage(peer),
      sue_assoc_id: id,
      sue_port: htons(peer.encapsulationPort),
    });
  }
  const [first] = peers;
  if (first) moduleSocket.setOption(C.SCTP_CONNECT_X_COMPLETE, packStorage(first));
}
