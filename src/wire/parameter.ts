import { type Address, formatAddress } from '../address.js';
import type { ErrorCause } from '../errors.js';
import { Reader, type Tlv, tlvs } from './tlv.js';

/**
 * A parameter of INIT, INIT ACK, HEARTBEAT, ASCONF or RE-CONFIG. Besides its raw value it has the decoded fields of its
 * type; the others are absent.
 */
export interface Parameter {
  /** Its type on the wire. */
  readonly code: number;
  /** Its name in the RFCs, or `Unknown`. */
  readonly name: string;
  /** Its value, without header and padding. */
  readonly value: Uint8Array;
  /** Of IPv4 Address and IPv6 Address. */
  readonly address?: Address;
  /** Of Add/Delete IP Address, Set Primary Address and their responses (RFC 5061 §4.2). */
  readonly correlationId?: number;
  /** The parameters inside Add/Delete IP Address and Set Primary Address. */
  readonly parameters?: readonly Parameter[];
  /** The causes inside Error Cause Indication. */
  readonly causes?: readonly Cause[];
  /** Chunk types in Supported Extensions and Chunk List; address types or HMAC identifiers in their lists. */
  readonly numbers?: readonly number[];
  /** Of RE-CONFIG (RFC 6525 §4): the request sequence number of this request or response. */
  readonly requestSequence?: number;
  /** Of Outgoing SSN Reset Request: the sequence number of the incoming request that it responds to, if any. */
  readonly responseSequence?: number;
  /** Of Outgoing SSN Reset Request: the last TSN assigned before it. */
  readonly lastTsn?: number;
  /** The streams to reset. An empty list means all streams. */
  readonly streamIds?: readonly number[];
  /** Of Add Outgoing/Incoming Streams Request: how many streams to add. */
  readonly streams?: number;
  /** Of Re-configuration Response: the result code (RFC 6525 §4.4). */
  readonly result?: number;
  /** Why it can't be decoded. */
  readonly malformed?: string;
}

/** An error cause of ABORT, ERROR or ASCONF ACK, with its raw bytes. */
export interface Cause extends ErrorCause {
  /** The bytes after the cause's header. */
  readonly value: Uint8Array;
  /** Why it can't be read. */
  readonly malformed?: string;
}

type Fields = Partial<Parameter>;
type Decoder = (reader: Reader, depth: number) => Fields;

const nothing: Decoder = () => ({});
const address: Decoder = (reader) => ({ address: formatAddress(reader.rest()) });
const bytesList: Decoder = (reader) => ({ numbers: reader.list(1, () => reader.uint8()) });
const wordsList: Decoder = (reader) => ({ numbers: reader.list(2, () => reader.uint16()) });
const change: Decoder = (reader, depth) => ({
  correlationId: reader.uint32(),
  parameters: decodeParameters(reader.rest(), depth + 1),
});
const moreStreams: Decoder = (reader) => ({ requestSequence: reader.uint32(), streams: reader.uint16() });
const streamIds = (reader: Reader) => reader.list(2, () => reader.uint16());

/** Type → name, decoder, and the exact length of the value if it is fixed. */
const PARAMETERS: ReadonlyMap<number, readonly [name: string, decode: Decoder, bytes?: number]> = new Map([
  [1, ['Heartbeat Info', nothing]],
  [5, ['IPv4 Address', address, 4]],
  [6, ['IPv6 Address', address, 16]],
  [7, ['State Cookie', nothing]],
  [8, ['Unrecognized Parameter', nothing]],
  [9, ['Cookie Preservative', nothing, 4]],
  [11, ['Host Name Address', nothing]],
  [12, ['Supported Address Types', wordsList]],
  [13, ['Outgoing SSN Reset Request', outgoingReset]],
  [
    14,
    ['Incoming SSN Reset Request', (reader) => ({ requestSequence: reader.uint32(), streamIds: streamIds(reader) })],
  ],
  [15, ['SSN/TSN Reset Request', (reader) => ({ requestSequence: reader.uint32() }), 4]],
  [16, ['Re-configuration Response', (reader) => ({ requestSequence: reader.uint32(), result: reader.uint32() })]],
  [17, ['Add Outgoing Streams Request', moreStreams, 8]],
  [18, ['Add Incoming Streams Request', moreStreams, 8]],
  [0x8000, ['ECN Capable', nothing, 0]],
  [0x8001, ['Zero Checksum Acceptable', (reader) => ({ numbers: [reader.uint32()] }), 4]],
  [0x8002, ['Random', nothing]],
  [0x8003, ['Chunk List', bytesList]],
  [0x8004, ['Requested HMAC Algorithm', wordsList]],
  [0x8005, ['Padding', nothing]],
  [0x8008, ['Supported Extensions', bytesList]],
  [0xc000, ['Forward TSN Supported', nothing, 0]],
  [0xc001, ['Add IP Address', change]],
  [0xc002, ['Delete IP Address', change]],
  [
    0xc003,
    ['Error Cause Indication', (reader) => ({ correlationId: reader.uint32(), causes: decodeCauses(reader.rest()) })],
  ],
  [0xc004, ['Set Primary Address', change]],
  [0xc005, ['Success Indication', (reader) => ({ correlationId: reader.uint32() }), 4]],
  [0xc006, ['Adaptation Layer Indication', (reader) => ({ numbers: [reader.uint32()] }), 4]],
]);

/** RFC 9260 §3.3.10, RFC 5061 §4.3, RFC 4895 §4. Cause 14 is of draft-tuexen-tsvwg-sctp-udp-encaps-cons. */
const CAUSES: ReadonlyMap<number, string> = new Map([
  [1, 'Invalid Stream Identifier'],
  [2, 'Missing Mandatory Parameter'],
  [3, 'Stale Cookie'],
  [4, 'Out of Resource'],
  [5, 'Unresolvable Address'],
  [6, 'Unrecognized Chunk Type'],
  [7, 'Invalid Mandatory Parameter'],
  [8, 'Unrecognized Parameters'],
  [9, 'No User Data'],
  [10, 'Cookie Received While Shutting Down'],
  [11, 'Restart of an Association with New Addresses'],
  [12, 'User-Initiated Abort'],
  [13, 'Protocol Violation'],
  [14, 'Restart of an Association with New Encapsulation Port'],
  [0xa0, 'Request to Delete Last Remaining IP Address'],
  [0xa1, 'Operation Refused Due to Resource Shortage'],
  [0xa2, 'Request to Delete Source IP Address'],
  [0xa3, 'Association Aborted Due to Illegal ASCONF-ACK'],
  [0xa4, 'Request Refused - No Authorization'],
  [0x105, 'Unsupported HMAC Identifier'],
]);

/** Causes that carry text: the upper layer's abort reason, and the protocol violation. */
const TEXT_CAUSES: readonly number[] = [12, 13];

/** ASCONF parameters contain address parameters. A hostile packet could nest thousands, so deeper ones aren't decoded. */
const DEEPEST = 1;

/** Decodes parameters. `depth` is how many parameters enclose them. */
export function decodeParameters(bytes: Uint8Array, depth = 0): Parameter[] {
  return depth > DEEPEST ? [] : Array.from(tlvs(bytes), (tlv) => decodeParameter(tlv, depth));
}

/** Decodes the error causes of an ABORT or ERROR chunk. */
export function decodeCauses(bytes: Uint8Array): Cause[] {
  return Array.from(tlvs(bytes), ({ head: code, value, problem }) => ({
    code,
    name: causeName(code),
    value,
    ...(TEXT_CAUSES.includes(code) && value.length > 0 && { text: new TextDecoder().decode(value) }),
    ...(problem !== undefined && { malformed: problem }),
  }));
}

/** The name of an error cause in the RFCs, such as `User-Initiated Abort`. */
export function causeName(code: number): string {
  return CAUSES.get(code) ?? `Error Cause ${code}`;
}

function decodeParameter({ head: code, value, problem }: Tlv, depth: number): Parameter {
  const [name, decode, bytes = value.length] = PARAMETERS.get(code) ?? ['Unknown', nothing];
  if (problem !== undefined) return { code, name, value, malformed: problem };
  if (bytes !== value.length) return { code, name, value, malformed: `${value.length} bytes instead of ${bytes}` };
  const reader = new Reader(value);
  const fields = decode(reader, depth);
  if (reader.isShort) return { code, name, value, malformed: `${value.length} bytes are too few` };
  return { code, name, value, ...fields };
}

function outgoingReset(reader: Reader): Fields {
  return {
    requestSequence: reader.uint32(),
    responseSequence: reader.uint32(),
    lastTsn: reader.uint32(),
    streamIds: streamIds(reader),
  };
}
