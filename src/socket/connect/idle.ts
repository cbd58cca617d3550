import type { Association } from '../../association/association.js';
import { SctpError } from '../../errors.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { Peer } from './peers.js';

/** A one-to-one socket can connect once, and not while it listens. Throws EISCONN, EALREADY, EOPNOTSUPP. */
export function checkIdle(
  associations: readonly Association[],
  isListening: boolean,
  syscall: string,
  isLookingUp: boolean = false,
): void {
  if (isListening)
    throw new SctpError('EOPNOTSUPP', `${syscall}: a listening socket can't connect: use another socket`, { syscall });
  const [association] = associations;
  if (isLookingUp || association?.state === 'connecting') {
    throw new SctpError('EALREADY', `${syscall}: an association is being set up already`, { syscall });
  }
  if (association)
    throw new SctpError('EISCONN', `${syscall}: the socket has an association: close it, or use another socket`, {
      syscall,
    });
}

/** The id of the socket's association that has one of the peer's addresses; 0 if there is none. */
export function knownId(moduleSocket: ModuleSocket, peers: readonly Peer[], syscall: string): number {
  for (const peer of peers) {
    const id = moduleSocket.call(syscall, (calls, handle) => calls.getassocid(handle, peer));
    if (id !== 0) return id;
  }
  return 0;
}

/** Throws EALREADY if an association of the socket has one of the peer's addresses. */
export function checkUnknown(moduleSocket: ModuleSocket, peers: readonly Peer[], syscall: string): void {
  for (const peer of peers) {
    if (knownId(moduleSocket, [peer], syscall) === 0) continue;
    throw new SctpError('EALREADY', `${syscall}: the socket already has an association with ${peer.address}`, {
      syscall,
      address: peer.address,
      port: peer.port,
    });
  }
}

/** Throws ENOBUFS if the stack has as many associations as it may have. */
export function checkCount(count: number, most: number, syscall: string): void {
  if (count < most) return;
  const limit = `the stack has ${count} associations, and its limit 'associations' allows ${most}`;
  throw new SctpError('ENOBUFS', `${syscall}: ${limit}`, { syscall });
}
