/** One message as it was received. */
export interface Message {
  /** The payload; yours. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The stream it came on, from 0. */
  readonly stream: number;
  /** Payload protocol identifier, as the number on the wire; 0: unspecified. */
  readonly ppid: number;
  /** Was it sent to be delivered without an order in its stream? */
  readonly unordered: boolean;
  /** Stream sequence number; message identifier with I-DATA. */
  readonly ssn: number;
  /** Transmission sequence number (TSN) of its first chunk. */
  readonly tsn: number;
}

/** What a message costs while it waits, in bytes, beside its own: small ones are mostly this. */
export const MESSAGE_BYTES = 128;

/** How much of the read-ahead a message takes. */
export function costOf({ data }: Message): number {
  return data.length + MESSAGE_BYTES;
}

/** How a message is sent. */
export interface SendOptions {
  /** The stream, from 0. Default 0. */
  readonly stream?: number;
  /** Payload protocol identifier. Default 0. */
  readonly ppid?: number;
  /** May overtake others of its stream. Default false. */
  readonly unordered?: boolean;
  /** When to give the message up (RFC 3758, RFC 7496). Default: never. */
  readonly reliability?: Reliability;
  /** A number that comes back in `sendFailed` events. Default 0. */
  readonly context?: number;
  /** Asks the peer to acknowledge at once (RFC 7053). Default false. */
  readonly sackImmediately?: boolean;
}

/** A partial reliability policy: exactly one of them. */
export type Reliability =
  | {
      /** Given up when it isn't sent within so many ms, or sent again after that: SCTP_PR_SCTP_TTL. */
      readonly lifetimeMs: number;
    }
  | {
      /** Given up after so many retransmissions: SCTP_PR_SCTP_RTX. */
      readonly retransmits: number;
    }
  | {
      /**
       * Given up, while it waits for room in the send buffer, for messages of higher priority (lower number, 0 is the
       * highest, as without a policy) when the socket's `sendQueueBytes` are full.
       */
      readonly priority: number;
    };

/** What can be sent: bytes, or text as UTF-8. An empty message can't exist in SCTP. */
export type Sendable = Uint8Array | ArrayBuffer | string;
