import { type Association, coreOf } from '../association/association.js';
import type { Clock } from '../clock.js';
import { costOf, type Message } from '../stack/socket/message.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';

/** A message that a one-to-many socket has received, and the association from which it came. */
export interface SocketMessage extends Message {
  /** The association from which it came. */
  readonly association: Association;
}

/**
 * How many bytes of messages may wait whose associations have ended. They don't hold up anyone, so beyond this new
 * associations are refused.
 */
const MOST_LEFT_BYTES = 64 * 1024 * 1024;

/**
 * Receives the messages of all associations of a one-to-many socket: those in their receive queues for which nobody
 * waits at the association. Associations take turns, and the messages of each keep their order.
 */
export class SocketReceiver {
  readonly #clock: Clock;
  /** Is called when someone begins to wait. */
  readonly #onWait: () => void;
  /** Associations that have messages, in the order of their turns. */
  readonly #ready = new Set<Association>();
  readonly #waiters: Waiter<SocketMessage | undefined>[] = [];
  /** At most this many bytes are left of associations that have ended. */
  #leftBytes = 0;
  #end: { readonly error: unknown } | undefined;

  constructor(clock: Clock, onWait: () => void) {
    this.#clock = clock;
    this.#onWait = onWait;
  }

  get isWaiting(): boolean {
    return this.#waiters.length > 0;
  }

  /** Do associations that have ended leave more messages than may wait? */
  get isFull(): boolean {
    if (this.#leftBytes <= MOST_LEFT_BYTES) return false;
    const ended = [...this.#ready].filter(({ state }) => state === 'closed');
    this.#leftBytes = ended.reduce((sum, association) => sum + unreceived(association), 0);
    return this.#leftBytes > MOST_LEFT_BYTES;
  }

  take(options: WaitOptions): Promise<SocketMessage | undefined> {
    checkWaitOptions(options, 'receive');
    options.signal?.throwIfAborted();
    const message = this.#next();
    if (message) return Promise.resolve(message);
    const waiter: Waiter<SocketMessage | undefined> = new Waiter(this.#clock, options, 'receive', () => {
      const index = this.#waiters.indexOf(waiter);
      if (index >= 0) this.#waiters.splice(index, 1);
    });
    if (this.#end) this.#finish(waiter);
    else if (!waiter.settled) {
      this.#waiters.push(waiter);
      this.#onWait();
    }
    return waiter.promise;
  }

  /** An association may have messages. */
  arrived(association: Association): void {
    this.#ready.add(association);
    while (this.isWaiting) {
      const message = this.#next();
      if (!message) return;
      this.#waiters.shift()?.resolve(message);
    }
  }

  /** An association has ended. */
  ended(association: Association): void {
    if (this.#ready.has(association)) this.#leftBytes += unreceived(association);
  }

  /** An association belongs to another socket now. */
  forget(association: Association): void {
    this.#ready.delete(association);
  }

  /** No more messages will come. */
  end(error?: unknown): void {
    this.#end ??= { error };
    for (const waiter of this.#waiters.splice(0)) this.#finish(waiter);
  }

  #finish(waiter: Waiter<SocketMessage | undefined>): void {
    if (this.#end?.error === undefined) waiter.resolve(undefined);
    else waiter.reject(this.#end.error);
  }

  #next(): SocketMessage | undefined {
    for (const association of this.#ready) {
      this.#ready.delete(association);
      const message = coreOf(association).receiveQueues.common.poll();
      if (!message) continue;
      if (association.state === 'closed') this.#leftBytes -= costOf(message);
      if (unreceived(association) > 0) this.#ready.add(association); // behind the others
      return { ...message, association };
    }
    return undefined;
  }
}

function unreceived(association: Association): number {
  return coreOf(association).receiveQueues.common.waitingCost;
}
