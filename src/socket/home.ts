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
  /** Messages of that cost have left the association's inbox. */
  left(cost: number): void;
  /** Somebody waits to receive. */
  wanted(): void;
  /** The association waits for room to send: it wants to be flushed when there may be some. */
  waiting(): void;
  /** usrsctp says that the association ends, or has ended: the notification of that must not wait behind messages. */
  ending(): void;
  /** The association has ended. */
  released(error: SctpError | undefined): void;
  /** An id that no path of the socket has. */
  nextPathId(): number;
}
