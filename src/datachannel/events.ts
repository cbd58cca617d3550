import type { SctpError } from '../errors.js';
import type { DataChannelData } from './payload.js';

/** The event `message` of a channel. */
export class DataChannelMessageEvent extends Event {
  /** The message. */
  readonly data: DataChannelData;

  constructor(data: DataChannelData) {
    super('message');
    this.data = data;
  }
}

/** The event `error` of a channel, which is closed then. */
export class DataChannelErrorEvent extends Event {
  /** Why the channel has ended. */
  readonly error: SctpError;

  constructor(error: SctpError) {
    super('error');
    this.error = error;
  }
}

/** A listener, as `addEventListener` takes it. */
export type Listener = Parameters<EventTarget['addEventListener']>[1];
/** Options of a listener. */
export type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];

/** A function that is called with each event of a name, or null. */
export type Handler<E> = ((event: E) => void) | null;

/** The attributes of an event target that are named after events, such as `onmessage`. */
export class HandlerAttributes {
  readonly #target: EventTarget;
  readonly #handlers = new Map<string, { handler: Handler<never>; readonly listener: (event: Event) => void }>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  of<E extends Event>(name: string): Handler<E> {
    return (this.#handlers.get(name)?.handler as Handler<E> | undefined) ?? null;
  }

  /** As in HTML: a handler that is replaced keeps its place among the listeners, and null is no listener. */
  set<E extends Event>(name: string, handler: Handler<E>): void {
    const set = this.#handlers.get(name);
    if (typeof handler !== 'function') {
      if (set) this.#target.removeEventListener(name, set.listener);
      this.#handlers.delete(name);
    } else if (set) {
      set.handler = handler;
    } else {
      const listener = (event: Event) => this.of<E>(name)?.call(this.#target, event as E);
      this.#handlers.set(name, { handler, listener });
      this.#target.addEventListener(name, listener);
    }
  }
}
