import type { Names } from '../../nearest-name.js';

/** What can be sent: bytes, or text, which is sent as UTF-8. SCTP has no empty messages. */
export type Sendable = Uint8Array | ArrayBuffer | string;

/** How a message is sent. */
export interface SendOptions {
  /** The stream, from 0. Default 0. */
  readonly stream?: number;
  /** Payload protocol identifier. Default 0. */
  readonly ppid?: number;
  /** Delivers the message without regard to the order of its stream. Default false. */
  readonly unordered?: boolean;
  /** When to give the message up (RFC 3758, RFC 7496). Default: never. */
  readonly reliability?: Reliability;
  /** A number that is returned in `sendFailed` events. Default 0. */
  readonly context?: number;
  /** Asks the peer to acknowledge the message at once (RFC 7053). Default false. */
  readonly sackImmediately?: boolean;
}

export const SEND_OPTIONS: Names<SendOptions> = {
  stream: true,
  ppid: true,
  unordered: true,
  reliability: true,
  context: true,
  sackImmediately: true,
};

/** A partial reliability policy: exactly one of these. */
export type Reliability =
  | {
      /** The message is given up if it isn't sent, or must be sent again, after this time in ms: SCTP_PR_SCTP_TTL. */
      readonly lifetimeMs: number;
    }
  | {
      /** The message is given up after this many retransmissions: SCTP_PR_SCTP_RTX. */
      readonly retransmits: number;
    }
  | {
      /**
       * While the message waits for room in the send buffer and the socket's `sendQueueBytes` are full, it is given up
       * for messages of higher priority. A lower number is a higher priority; messages without a policy have the
       * highest, 0.
       */
      readonly priority: number;
    };
