import { MessageList } from './message-list.js';
import type { ResetBarriers } from './reset-barriers.js';
import type { WaitingMessage } from './waiting-message.js';

/** The waiting messages by stream. With I-DATA (RFC 8260) the streams pass their messages to usrsctp in turn, in parts. */
export class StreamTurns {
  /** In the order of their turns. */
  readonly #streams = new Map<number, MessageList>();

  constructor(messages: Iterable<WaitingMessage>) {
    for (const message of messages) this.add(message, 'last');
  }

  add(message: WaitingMessage, at: 'first' | 'last'): void {
    const { stream } = message.info;
    const messages = this.#streams.get(stream) ?? new MessageList();
    message.placeInStream = messages.add(message, at);
    this.#streams.set(stream, messages);
  }

  remove(message: WaitingMessage): void {
    const { placeInStream } = message;
    const { stream } = message.info;
    const messages = this.#streams.get(stream);
    if (!messages || !placeInStream) return;
    messages.remove(placeInStream);
    message.placeInStream = undefined;
    if (messages.size === 0) this.#streams.delete(stream);
  }

  /** The first message of the stream whose turn it is. A message behind a barrier, and those after it, have none. */
  next(barriers: ResetBarriers | undefined): WaitingMessage | undefined {
    for (const { first } of this.#streams.values()) if (first && !barriers?.blocks(first)) return first;
    return undefined;
  }

  /** A stream has had its turn. */
  served(stream: number): void {
    const messages = this.#streams.get(stream);
    if (!messages) return;
    this.#streams.delete(stream);
    this.#streams.set(stream, messages);
  }
}
