import type { Association } from '../association/association.js';
import { bytesOf, sendInfo } from '../association/messages/send-info.js';
import type { SctpError } from '../errors.js';
import { Configurable } from '../options/access.js';
import type { Sendable, SendOptions } from '../stack/socket/message.js';

/** An association that did not get a message to all. */
export interface SendAllFailure {
  /** Which one. */
  readonly association: Association;
  /** What its `send` has said. */
  readonly error: SctpError;
}

/** What has become of a message to every association. */
export interface SendAllResult {
  /** The associations whose stack has taken it. */
  readonly sent: readonly Association[];
  /** Those that could not be sent to. */
  readonly failed: readonly SendAllFailure[];
}

const MOST_STREAMS = 0x10000;

/** A socket that can send to all of its associations. */
export abstract class SendingToAll<Events extends object> extends Configurable<Events> {
  /** The associations that are up, being set up or being shut down. */
  abstract get associations(): readonly Association[];

  /**
   * Sends a message to every association of the socket, in each after what was sent there before. Resolves when each has
   * taken it, or can't: the slowest one is the back-pressure. An association that fails, is still being set up, has no
   * such stream or too much waiting already keeps no other one from getting it; the result tells. Rejects, with nothing
   * sent, for a message or options that can't be.
   *
   * usrsctp's own SCTP_SENDALL is for `usrsctp-wasm/raw`: it takes 1,432 bytes at most, overtakes what waits, asks for no
   * room in the send buffer, and tells nobody where it could not (sctp_output.c, sctp_sendall_iterator).
   */
  async sendAll(data: Sendable, options: SendOptions = {}): Promise<SendAllResult> {
    const bytes = bytesOf(data);
    sendInfo(0, MOST_STREAMS, options);
    const { associations } = this;
    const results = await Promise.allSettled(associations.map((association) => association.send(bytes, options)));
    const outcomes = associations.map((association, index) => ({ association, result: results[index] }));
    return {
      sent: outcomes.filter(({ result }) => result?.status === 'fulfilled').map(({ association }) => association),
      failed: outcomes.flatMap(({ association, result }) =>
        result?.status === 'rejected' ? [{ association, error: result.reason as SctpError }] : [],
      ),
    };
  }
}
