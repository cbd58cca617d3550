import type { Cause, Parameter } from './parameter.js';

/** A decoded SCTP packet (RFC 9260 §3). */
export interface DecodedPacket {
  /** The source SCTP port. */
  readonly sourcePort: number;
  /** The destination SCTP port. */
  readonly destinationPort: number;
  /** The verification tag. */
  readonly verificationTag: number;
  /** The CRC32c in the packet. */
  readonly checksum: number;
  /** Is the CRC32c correct? */
  readonly isChecksumRight: boolean;
  /** The chunks, in order. */
  readonly chunks: readonly Chunk[];
  /** What is wrong with the packet as a whole. A malformed chunk is in `chunks`, with the type `MALFORMED`. */
  readonly malformed?: string;
}

/** What all chunks have. */
export interface ChunkHeader {
  /** The chunk's flags. */
  readonly flags: number;
  /** The chunk's length field: bytes including the header, without padding. */
  readonly length: number;
}

/** The fields that DATA and I-DATA share (RFC 9260 §3.3.1, RFC 8260 §2.1). */
interface Fragment extends ChunkHeader {
  readonly tsn: number;
  readonly streamId: number;
  readonly isUnordered: boolean;
  readonly isBeginning: boolean;
  readonly isEnd: boolean;
  /** The I bit: the receiver should send a SACK at once (RFC 7053). */
  readonly isImmediate: boolean;
  readonly payload: Uint8Array;
}

interface Initiation extends ChunkHeader {
  readonly initiateTag: number;
  /** a_rwnd in bytes. */
  readonly receiverWindow: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly initialTsn: number;
  readonly parameters: readonly Parameter[];
}

/** A chunk. `type` is its name in the RFCs, and says which other fields it has. */
export type Chunk =
  | (Fragment & { readonly type: 'DATA'; readonly ssn: number; readonly ppid: number })
  /** RFC 8260: the first fragment has a ppid, the others a fragment sequence number. */
  | (Fragment & { readonly type: 'I-DATA'; readonly mid: number; readonly ppid?: number; readonly fsn?: number })
  | (Initiation & { readonly type: 'INIT' | 'INIT ACK' })
  | (ChunkHeader & {
      readonly type: 'SACK';
      readonly cumulativeTsn: number;
      readonly receiverWindow: number;
      /** Offsets from the cumulative TSN, both inclusive. */
      readonly gaps: readonly { readonly start: number; readonly end: number }[];
      readonly duplicateTsns: readonly number[];
    })
  | (ChunkHeader & { readonly type: 'HEARTBEAT' | 'HEARTBEAT ACK'; readonly parameters: readonly Parameter[] })
  /** `isTagReflected` is the T bit: the verification tag is the receiver's own. */
  | (ChunkHeader & { readonly type: 'ABORT'; readonly isTagReflected: boolean; readonly causes: readonly Cause[] })
  | (ChunkHeader & { readonly type: 'SHUTDOWN COMPLETE'; readonly isTagReflected: boolean })
  | (ChunkHeader & { readonly type: 'ERROR'; readonly causes: readonly Cause[] })
  | (ChunkHeader & { readonly type: 'SHUTDOWN'; readonly cumulativeTsn: number })
  | (ChunkHeader & { readonly type: 'COOKIE ECHO'; readonly cookie: Uint8Array })
  | (ChunkHeader & { readonly type: 'SHUTDOWN ACK' | 'COOKIE ACK' | 'PAD' })
  | (ChunkHeader & { readonly type: 'ECNE' | 'CWR'; readonly lowestTsn: number })
  /** RFC 4895. */
  | (ChunkHeader & {
      readonly type: 'AUTH';
      readonly keyId: number;
      readonly hmacId: number;
      readonly hmac: Uint8Array;
    })
  /** RFC 5061. */
  | (ChunkHeader & {
      readonly type: 'ASCONF' | 'ASCONF ACK';
      readonly serial: number;
      readonly parameters: readonly Parameter[];
    })
  /** RFC 6525. */
  | (ChunkHeader & { readonly type: 'RE-CONFIG'; readonly parameters: readonly Parameter[] })
  /** RFC 3758. */
  | (ChunkHeader & {
      readonly type: 'FORWARD TSN';
      readonly cumulativeTsn: number;
      readonly streams: readonly { readonly streamId: number; readonly ssn: number }[];
    })
  /** RFC 8260 §2.3.1. */
  | (ChunkHeader & {
      readonly type: 'I-FORWARD TSN';
      readonly cumulativeTsn: number;
      readonly streams: readonly { readonly streamId: number; readonly isUnordered: boolean; readonly mid: number }[];
    })
  | (ChunkHeader & { readonly type: 'UNKNOWN'; readonly code: number; readonly value: Uint8Array })
  | (ChunkHeader & { readonly type: 'MALFORMED'; readonly code: number; readonly reason: string });
