import { isArrayBuffer, isBytes } from '../arguments.js';
import { PPID } from '../ppid.js';

/** What a channel sends: text, bytes, or a Blob, which is read first. */
export type DataChannelSendable = string | ArrayBuffer | ArrayBufferView | Blob;

/** What a channel receives: text, or bytes as its `binaryType` says. */
export type DataChannelData = string | ArrayBuffer | Blob;

/** A user message as it is sent (RFC 8831 §6.6). */
export interface Payload {
  readonly ppid: number;
  readonly bytes: Uint8Array;
}

/** An empty message is sent as one byte, which the receiver ignores, because SCTP has no empty messages. */
const EMPTY = Uint8Array.of(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function textPayload(text: string): Payload {
  if (text === '') return { ppid: PPID.WEBRTC_STRING_EMPTY, bytes: EMPTY };
  return { ppid: PPID.WEBRTC_STRING, bytes: encoder.encode(text) };
}

/** `bytes` must not change until they are sent. */
export function binaryPayload(bytes: Uint8Array): Payload {
  if (bytes.length === 0) return { ppid: PPID.WEBRTC_BINARY_EMPTY, bytes: EMPTY };
  return { ppid: PPID.WEBRTC_BINARY, bytes };
}

/** A copy of a buffer's or a view's bytes, because the caller may change them after `send`. Undefined: it is neither. */
export function copyOf(data: unknown): Uint8Array | undefined {
  if (isBytes(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (isArrayBuffer(data)) return new Uint8Array(data.slice(0));
  return undefined;
}

/** The user message that was received; undefined if the payload protocol identifier is none of RFC 8831. */
export function received(ppid: number, bytes: Uint8Array): string | Uint8Array | undefined {
  switch (ppid) {
    case PPID.WEBRTC_STRING:
      return decoder.decode(bytes);
    case PPID.WEBRTC_BINARY:
      return bytes;
    case PPID.WEBRTC_STRING_EMPTY:
      return '';
    case PPID.WEBRTC_BINARY_EMPTY:
      return new Uint8Array();
  }
  return undefined;
}

/** A received message as the program gets it. */
export function presented(data: string | Uint8Array, binaryType: 'arraybuffer' | 'blob'): DataChannelData {
  if (typeof data === 'string') return data;
  const isWhole = data.byteLength === data.buffer.byteLength;
  const buffer = (isWhole ? data.buffer : data.slice().buffer) as ArrayBuffer;
  return binaryType === 'blob' ? new Blob([buffer]) : buffer;
}
