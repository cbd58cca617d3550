import { FewMap, FewSet } from './few.js';
import { appended } from './lists.js';
import { uncaught } from './uncaught.js';

/** Event listeners by name: on, off and once, typed by a map of event names to what they carry. */
export class Emitter<Events extends object> {
  #listeners: FewMap<keyof Events, FewSet<(event: never) => void>> | undefined;
  /** What nobody has heard yet. */
  #kept: FewMap<keyof Events, () => void> | undefined;
  #isEmitting = false;
  /** Events that a listener has caused: they are told when all have heard the one before. */
  #next: (() => void)[] | undefined;

  /** Calls `listener` at each event of that name. Returns a function that ends it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('a listener must be a function');
    this.#listeners ??= new FewMap();
    const listeners = this.#listeners.get(name) ?? new FewSet();
    this.#listeners.set(name, listeners.add(listener));
    if (listeners.size === 1) this.listened(name, true);
    const kept = this.#kept?.get(name);
    this.#kept?.delete(name);
    if (kept) queueMicrotask(kept);
    return () => this.off(name, listener);
  }

  /** Calls `listener` at the next event of that name only. Returns a function that ends it. */
  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('a listener must be a function');
    const first = (event: Events[Name]) => {
      this.off(name, first); // `on` may tell an event before it returns
      listener(event);
    };
    return this.on(name, first);
  }

  /** Ends what `on` began with the same listener. */
  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void {
    const listeners = this.#listeners?.get(name);
    if (listeners?.delete(listener) && listeners.size === 0) this.listened(name, false);
  }

  /** Whether somebody listens to an event has changed. */
  protected listened(_name: keyof Events, _isListened: boolean): void {}

  protected isListened(name: keyof Events): boolean {
    return (this.#listeners?.get(name)?.size ?? 0) > 0;
  }

  /**
   * Tells every listener. One that throws doesn't keep the others, or the stack, from going on: its error becomes the
   * program's uncaught error. All listeners hear events in the same order, also those that a listener causes.
   */
  protected emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    if (!this.isListened(name)) return;
    if (this.#isEmitting) {
      this.#next = appended(this.#next, () => this.#tell(name, event));
      return;
    }
    this.#isEmitting = true;
    this.#tell(name, event);
    for (let next = this.#next?.shift(); next; next = this.#next?.shift()) next();
    this.#isEmitting = false;
  }

  #tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners?.get(name) ?? []) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        uncaught(error);
      }
    }
  }

  /** Tells what may happen before anybody can listen: if nobody does, the first who begins to, in a turn of its own. */
  protected emitLate<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    if (this.isListened(name)) this.emit(name, event);
    else {
      this.#kept ??= new FewMap();
      this.#kept.set(name, () => this.emit(name, event));
    }
  }
}
