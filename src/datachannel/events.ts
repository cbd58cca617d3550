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
  readonly #handlers = new Map<string, Handler<never>>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  of<E extends Event>(name: string): Handler<E> {
    return (this.#handlers.get(name) as Handler<E> | undefined) ?? null;
  }

  /** The handler keeps its place among the listeners when it is replaced, as in HTML. */
  set<E extends Event>(name: string, handler: Handler<E>): void {
    const isKnown = this.#handlers.has(name);
    this.#handlers.set(name, typeof handler === 'function' ? handler : null);
    if (isKnown) return;
    this.#target.addEventListener(name, (event) => this.of<E>(name)?.call(this.#target, event as E));
  }
}
