import type { Bytes } from '../../lib-types.js';
/** A received message. */
export interface Message {
  /** The payload. The buffer is yours. */
  readonly data: Bytes;
  /** The stream on which it came, from 0. */
  readonly stream: number;
  /** Payload protocol identifier, as the number on the wire; 0: unspecified. */
  readonly ppid: number;
  /** Was it sent unordered? */
  readonly unordered: boolean;
  /** Stream sequence number; message identifier with I-DATA. */
  readonly ssn: number;
  /** Transmission sequence number (TSN) of its first chunk. */
  readonly tsn: number;
}

/** The overhead of a waiting message, in bytes, which is most of what a small message takes. */
export const MESSAGE_BYTES = 128;

/** How many bytes of the read-ahead a message takes. */
export function costOf({ data }: Message): number {
  return data.length + MESSAGE_BYTES;
}
