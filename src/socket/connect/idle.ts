import type { Association } from '../../association/association.js';
import { SctpError } from '../../errors.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { Peer } from './peers.js';

/** A one-to-one socket connects once: EISCONN, EALREADY; and not at all while it listens: EOPNOTSUPP. */
export function checkIdle(associations: readonly Association[], isListening: boolean, syscall: string): void {
  if (isListening) throw new SctpError('EOPNOTSUPP', `${syscall}: the socket listens: use another one`, { syscall });
  const [association] = associations;
  if (association?.state === 'connecting') {
    throw new SctpError('EALREADY', `${syscall}: an association is being set up already`, { syscall });
  }
  if (association) throw new SctpError('EISCONN', `${syscall}: the socket has an association`, { syscall });
}

/** No two associations of a socket have an address of the peer in common: EALREADY. */
export function checkUnknown(moduleSocket: ModuleSocket, peers: readonly Peer[], syscall: string): void {
  for (const peer of peers) {
    const id = moduleSocket.call(syscall, (calls, handle) => calls.getassocid(handle, peer));
    if (id === 0) continue;
    throw new SctpError('EALREADY', `${syscall}: there is an association with ${peer.address} already`, {
      syscall,
      address: peer.address,
      port: peer.port,
    });
  }
}
