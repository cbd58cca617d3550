import type { Message } from '../index.js';

/** A received message: a Buffer with what SCTP tells about it. Names of both node-sctp and node-lksctp. */
export interface MessageBuffer extends Buffer {
  /** Payload protocol identifier. */
  ppid: number;
  /** The stream on which it came. */
  sid: number;
  /** The same as `sid`. */
  stream_id: number;
  /** The same as `sid`. */
  sctp_stream_id: number;
  /** Was it sent unordered? */
  unordered: boolean;
}

/** What a Buffer may say about how it is sent. */
export interface OutgoingBuffer {
  readonly ppid?: unknown;
  readonly sid?: unknown;
  readonly stream_id?: unknown;
  readonly sctp_stream_id?: unknown;
  readonly unordered?: unknown;
}

/** How messages are sent unless their Buffer says otherwise. */
export interface SendDefaults {
  readonly ppid: number;
  readonly stream_id: number;
  readonly unordered: boolean;
}

export function messageBuffer({ data, ppid, stream, unordered }: Message): MessageBuffer {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Object.assign(buffer, { ppid, sid: stream, stream_id: stream, sctp_stream_id: stream, unordered });
}

/** The options with which a Buffer is sent. The stack checks them. */
export function sendOptions(
  { ppid, sid, stream_id, sctp_stream_id, unordered }: OutgoingBuffer,
  given: SendDefaults,
): { readonly ppid: number; readonly stream: number; readonly unordered: boolean } {
  return {
    ppid: typeof ppid === 'number' ? ppid : given.ppid,
    stream: [sid, stream_id, sctp_stream_id].find((each) => typeof each === 'number') ?? given.stream_id,
    unordered: typeof unordered === 'boolean' ? unordered : given.unordered,
  };
}
