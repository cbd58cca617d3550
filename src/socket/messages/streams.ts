import type { Association } from '../association.js';
import type { Message, Sendable, SendOptions } from './message.js';

/** A message to send, with what it is sent with. */
export interface OutgoingMessage extends SendOptions {
  readonly data: Sendable;
}

/** Takes one message when one is asked for: what isn't read stays in the association. */
export function readableOf(association: Association): ReadableStream<Message> {
  const cancelled = new AbortController();
  return new ReadableStream<Message>(
    {
      async pull(controller) {
        const message = await association.receive({ signal: cancelled.signal });
        if (message) controller.enqueue(message);
        else controller.close();
      },
      cancel(reason) {
        cancelled.abort(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A write is done when the association has taken the message. */
export function writableOf(association: Association): WritableStream<Sendable | OutgoingMessage> {
  return new WritableStream<Sendable | OutgoingMessage>({
    write: (chunk) => (isMessage(chunk) ? association.send(chunk.data, chunk) : association.send(chunk)),
    close: () => association.close(),
    abort: (reason) => association.abort(reason === undefined ? '' : String(reason)),
  });
}

function isMessage(chunk: Sendable | OutgoingMessage): chunk is OutgoingMessage {
  return typeof chunk === 'object' && chunk !== null && 'data' in chunk;
}
