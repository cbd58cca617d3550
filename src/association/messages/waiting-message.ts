import type { SendInfo } from '../../bridge/calls.js';
import { MESSAGE_BYTES } from '../../stack/socket/message.js';

/** A message that waits for room in the send buffer. */
export interface WaitingMessage {
  data: Uint8Array;
  /** The length of the message. `data.length` becomes 0 if its buffer is transferred. */
  readonly bytes: number;
  readonly info: SendInfo;
  /** The message is given up if it hasn't begun by then; ms on the clock. */
  readonly expiresAt: number;
  /** The message may be given up for messages with a lower number, if it hasn't begun. 0: for none. */
  readonly priority: number;
  /** How many reset barriers had been made when it was sent. */
  readonly barriersBefore: number;
  /** How many bytes usrsctp has taken. */
  offset: number;
  /** The promise that `send` returned. */
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Among all that wait; undefined once it no longer waits. */
  place: Place | undefined;
  /** Among those of its stream, if streams take turns. */
  placeInStream: Place | undefined;
}

/** The place of a message in a list. */
export interface Place {
  readonly message: WaitingMessage;
  previous: Place | undefined;
  next: Place | undefined;
}

/** What a message counts towards the limit of the queue. */
export const costOf = (bytes: number): number => bytes + MESSAGE_BYTES;
