import type { Clock } from '../clock.js';
import type { SctpError } from '../errors.js';
import type { Descriptor } from './descriptor.js';

/** What an association needs of its socket. */
export interface Home {
  readonly descriptor: Descriptor;
  readonly clock: Clock;
  readonly sendBufferBytes: number;
  /** Bytes of messages that may wait for room in the send buffer. */
  readonly sendQueueBytes: number;
  /** How much of a message usrsctp is given at once. */
  readonly pieceBytes: number;
  /** Bytes of messages have left the association's inbox. */
  left(bytes: number): void;
  /** The association waits for room to send: it wants to be flushed when there may be some. */
  waiting(): void;
  /** The association has ended. */
  released(error: SctpError | undefined): void;
  /** An id that no path of the socket has. */
  nextPathId(): number;
}
