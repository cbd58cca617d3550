import type { WaitOptions } from '../setup/deadline.js';
import type { Message, Sendable, SendOptions } from './message.js';

/** A message to send, with what it is sent with. */
export interface OutgoingMessage extends SendOptions {
  /** What is sent. */
  readonly data: Sendable;
}

/** An association, or one of its streams. */
interface Source {
  receive(options: WaitOptions): Promise<Message | undefined>;
}

interface Target {
  send(data: Sendable, options?: SendOptions): Promise<void>;
}

/** Takes one message when one is asked for: what isn't read stays where it is. `ended` is told that there is no next. */
export function readableOf(source: Source, ended?: () => void): ReadableStream<Message> {
  const cancelled = new AbortController();
  return new ReadableStream<Message>(
    {
      async pull(controller) {
        const message = await source.receive({ signal: cancelled.signal });
        if (message) return controller.enqueue(message);
        ended?.();
        controller.close();
      },
      cancel(reason) {
        ended?.();
        cancelled.abort(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A write is done when the message is taken. */
export function sinkOf(target: Target, ends: UnderlyingSink): UnderlyingSink<Sendable | OutgoingMessage> {
  return {
    ...ends,
    write: (chunk) => (isMessage(chunk) ? target.send(chunk.data, chunk) : target.send(chunk)),
  };
}

function isMessage(chunk: Sendable | OutgoingMessage): chunk is OutgoingMessage {
  return typeof chunk === 'object' && chunk !== null && 'data' in chunk;
}
