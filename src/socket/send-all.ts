import type { Association } from '../association/association.js';
import { bytesOf, sendInfo } from '../association/messages/send-info.js';
import type { Sendable, SendOptions } from '../association/messages/send-options.js';
import type { SctpError } from '../errors.js';

/** An association to which a message couldn't be sent. */
export interface SendAllFailure {
  /** The association. */
  readonly association: Association;
  /** The error of its `send`. */
  readonly error: SctpError;
}

/** The result of sending a message to all associations of a socket. */
export interface SendAllResult {
  /** The associations to which the message was sent. */
  readonly sent: readonly Association[];
  /** The associations to which it couldn't be sent. */
  readonly failed: readonly SendAllFailure[];
}

const MOST_STREAMS = 0x10000;

/** Sends a message to several associations. Rejects, with nothing sent, for an invalid message or option. */
export async function sendToAll(
  associations: readonly Association[],
  data: Sendable,
  options: SendOptions,
): Promise<SendAllResult> {
  const bytes = bytesOf(data);
  sendInfo(0, MOST_STREAMS, options);
  const results = await Promise.allSettled(associations.map((association) => association.send(bytes, options)));
  const outcomes = associations.map((association, index) => ({ association, result: results[index] }));
  return {
    sent: outcomes.filter(({ result }) => result?.status === 'fulfilled').map(({ association }) => association),
    failed: outcomes.flatMap(({ association, result }) =>
      result?.status === 'rejected' ? [{ association, error: result.reason as SctpError }] : [],
    ),
  };
}
