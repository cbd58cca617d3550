import { quoted, shown } from './arguments.js';
import { type Names, suggestion } from './nearest-name.js';
import { uncaught } from './uncaught.js';

type Listener = ((event: never) => void) & {
  /** The listener that `once` was given. */
  readonly listener?: Listener;
};

/**
 * Event listeners by event name. `Events` maps each name to the type of its event.
 *
 * The methods are those of Node's EventEmitter, and not an EventTarget, because a listener gets the event's value itself.
 * So Node's `events.once` and `events.on` work. These also listen to `error`, which is never emitted here.
 */
export class EventListeners<Events extends object> {
  readonly #names: Names<Events>;
  readonly #onListening: ((name: keyof Events, isListening: boolean) => void) | undefined;
  #listeners: Map<keyof Events, Set<Listener>> | undefined;
  /** Events that nobody has listened to yet, for the first listener of each. */
  #unheard: Map<keyof Events, () => void> | undefined;
  #isEmitting = false;
  /** Events that listeners caused while an event was emitted: they are emitted after it. */
  readonly #next: (() => void)[] = [];

  /** `onListening` is called when an event gets its first listener, and when it loses its last one. */
  constructor(names: Names<Events>, onListening?: (name: keyof Events, isListening: boolean) => void) {
    this.#names = names;
    this.#onListening = onListening;
  }

  /** Calls `listener` for each event of that name. Returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    this.#check(name, listener);
    this.#listeners ??= new Map();
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    if (listeners.size === 1) this.#onListening?.(name, true);
    const unheard = this.#unheard?.get(name);
    this.#unheard?.delete(name);
    if (unheard) queueMicrotask(unheard);
    return () => this.off(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    this.#check(name, listener);
    const once = (event: Events[Name]) => {
      this.off(name, first); // before the listener, which may throw
      listener(event);
    };
    const first = Object.assign(once, { listener });
    return this.on(name, first);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void {
    this.#check(name, listener);
    const listeners = this.#listeners?.get(name);
    if (!listeners) return;
    const added = listeners.has(listener) ? listener : [...listeners].find((each) => each.listener === listener);
    if (added && listeners.delete(added) && listeners.size === 0) this.#onListening?.(name, false);
  }

  /** Has the event a listener? */
  has(name: keyof Events): boolean {
    return (this.#listeners?.get(name)?.size ?? 0) > 0;
  }

  /**
   * Calls every listener of an event. An error that a listener throws becomes the program's uncaught error; the other
   * listeners are called all the same. All listeners see events in the same order, also those that a listener causes.
   */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    if (!this.has(name)) return;
    if (this.#isEmitting) {
      this.#next.push(() => this.#call(name, event));
      return;
    }
    this.#isEmitting = true;
    this.#call(name, event);
    for (let next = this.#next.shift(); next; next = this.#next.shift()) next();
    this.#isEmitting = false;
  }

  /** Emits an event that can happen before anyone listens: without a listener, the last one is kept for the first. */
  emitOrKeep<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    if (this.has(name)) return this.emit(name, event);
    this.#unheard ??= new Map();
    this.#unheard.set(name, () => this.emit(name, event));
  }

  #check(name: keyof Events, listener: unknown): void {
    if (typeof name !== 'string' || !(Object.hasOwn(this.#names, name) || name === 'error')) {
      const isMessage = name === 'data' || name === 'message';
      const hint = isMessage ? 'messages come by receive()' : suggestion(name, Object.keys(this.#names));
      throw new TypeError(`there is no event ${quoted(name)}: ${hint}`);
    }
    if (typeof listener !== 'function') throw new TypeError(`a listener must be a function, not ${shown(listener)}`);
  }

  #call<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners?.get(name) ?? [])]) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        uncaught(error);
      }
    }
  }
}
