/*
 * The Data Channel Establishment Protocol (RFC 8832).
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------+---------------+-------------------------------+
 *  | type 0x03     | channel type  | priority                      |   DATA_CHANNEL_OPEN (§5.1)
 *  +---------------+---------------+-------------------------------+
 *  | reliability parameter: retransmissions, or a lifetime in ms   |
 *  +-------------------------------+-------------------------------+
 *  | length of the label           | length of the protocol        |
 *  +-------------------------------+-------------------------------+
 *  | label, protocol                                               |
 *  +---------------------------------------------------------------+
 *
 *  DATA_CHANNEL_ACK (§5.2) is the octet 0x02.
 */

/** Until when a message is retransmitted; absent: until it is delivered. */
export type ChannelReliability = { readonly retransmits: number } | { readonly lifetimeMs: number };

/** What a DATA_CHANNEL_OPEN says. */
export interface OpenMessage {
  readonly type: 'open';
  readonly ordered: boolean;
  readonly reliability?: ChannelReliability | undefined;
  /** 0 to 65,535; 256 is normal (RFC 8831 §6.4). */
  readonly priority: number;
  readonly label: string;
  readonly protocol: string;
}

/** A message of the protocol, or why it is none. */
export type DcepMessage =
  | OpenMessage
  | { readonly type: 'ack' }
  | { readonly type: 'malformed'; readonly problem: string };

/** The longest label or protocol, in bytes of UTF-8: its length has 16 bits. */
export const LONGEST_NAME = 0xffff;

const ACK = 2;
const OPEN = 3;
const HEADER_BYTES = 12;
const UNORDERED = 0x80;
const RETRANSMITS = 1;
const LIFETIME = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of a DATA_CHANNEL_ACK. */
export function encodeAck(): Uint8Array {
  return Uint8Array.of(ACK);
}

/** The bytes of a DATA_CHANNEL_OPEN. The label and the protocol are at most LONGEST_NAME bytes. */
export function encodeOpen({ ordered, reliability, priority, label, protocol }: Omit<OpenMessage, 'type'>): Uint8Array {
  const [labelBytes, protocolBytes] = [encoder.encode(label), encoder.encode(protocol)];
  const [kind, value] = typeAndValue(reliability);
  const bytes = new Uint8Array(HEADER_BYTES + labelBytes.length + protocolBytes.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, OPEN);
  view.setUint8(1, ordered ? kind : kind | UNORDERED);
  view.setUint16(2, priority);
  view.setUint32(4, value);
  view.setUint16(8, labelBytes.length);
  view.setUint16(10, protocolBytes.length);
  bytes.set(labelBytes, HEADER_BYTES);
  bytes.set(protocolBytes, HEADER_BYTES + labelBytes.length);
  return bytes;
}

/** Decodes a message of the peer. Never throws. */
export function decodeDcep(bytes: Uint8Array): DcepMessage {
  const [type] = bytes;
  if (type === ACK) return bytes.length === 1 ? { type: 'ack' } : malformed('a DATA_CHANNEL_ACK is longer than 1 byte');
  if (type !== OPEN) return malformed(`there is no message type ${type}`);
  if (bytes.length < HEADER_BYTES) return malformed(`a DATA_CHANNEL_OPEN has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const labelEnd = HEADER_BYTES + view.getUint16(8);
  if (bytes.length !== labelEnd + view.getUint16(10)) {
    return malformed("the lengths of label and protocol don't match the length of the DATA_CHANNEL_OPEN");
  }
  const channelType = view.getUint8(1);
  const kind = channelType & ~UNORDERED;
  if (kind > LIFETIME) return malformed(`there is no channel type ${channelType}`);
  return {
    type: 'open',
    ordered: (channelType & UNORDERED) === 0,
    reliability: reliabilityOf(kind, view.getUint32(4)),
    priority: view.getUint16(2),
    label: decoder.decode(bytes.subarray(HEADER_BYTES, labelEnd)),
    protocol: decoder.decode(bytes.subarray(labelEnd)),
  };
}

function typeAndValue(reliability: ChannelReliability | undefined): [number, number] {
  if (reliability === undefined) return [0, 0];
  return 'retransmits' in reliability ? [RETRANSMITS, reliability.retransmits] : [LIFETIME, reliability.lifetimeMs];
}

function reliabilityOf(kind: number, value: number): ChannelReliability | undefined {
  if (kind === 0) return undefined;
  return kind === RETRANSMITS ? { retransmits: value } : { lifetimeMs: value };
}

function malformed(problem: string): DcepMessage {
  return { type: 'malformed', problem };
}
