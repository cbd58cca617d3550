import type { Clock } from '../clock.js';
import type { SctpError } from '../errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';

/** An association, as its home knows it. */
export interface Resident {
  readonly id: number;
}

/** What the associations of a socket need of it, and of the module socket that it has. */
export interface AssociationOwner {
  readonly moduleSocket: ModuleSocket;
  readonly clock: Clock;
  /** Bytes of messages that may wait for room in the send buffer. */
  readonly sendQueueBytes: number;
  /** How much of a message usrsctp is given at once. */
  readonly pieceBytes: number;
  /** Messages of that cost have left an association's inbox. */
  left(association: Resident, cost: number): void;
  /** Somebody waits to receive. */
  wanted(association: Resident): void;
  /** An association waits for room to send: it wants to be flushed when there may be some. */
  waiting(association: Resident): void;
  /** usrsctp says that an association ends, or has ended: the notification of that must not wait behind messages. */
  ending(): void;
  /** An association has ended. */
  released(association: Resident, error: SctpError | undefined): void;
  /** An id that no path of the socket has. */
  nextPathId(): number;
}
