import type { Association } from '../association/association.js';
import type { Message } from '../stack/socket/message.js';

/** What a reader tells. */
export interface StreamReaderOwner {
  /** A message on the stream. The reader goes on when the promise resolves. */
  message(id: number, message: Message): Promise<void> | undefined;
  /** The peer has reset the stream, or the association has ended, perhaps with an error. */
  streamEnded(id: number, error: unknown): void;
}

/**
 * Reads one stream until the peer resets it. Meanwhile the association's `receive` doesn't get the messages of the
 * stream.
 */
export async function readStream(association: Association, id: number, owner: StreamReaderOwner): Promise<void> {
  const stream = association.stream(id);
  let failure: unknown;
  try {
    for (let message = await stream.receive(); message; message = await stream.receive()) {
      const room = owner.message(id, message);
      if (room) await room;
    }
  } catch (error) {
    failure = error;
  }
  owner.streamEnded(id, failure);
}
