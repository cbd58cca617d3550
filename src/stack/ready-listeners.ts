import type { Handle } from '../bridge/instance.js';
import type { SctpError } from '../errors.js';

/** Who is told that a socket of the module has something to tell. */
export interface Listener {
  /** Messages, notifications, connections to accept or room to send. */
  ready(): void;
  /** The stack is dead; nothing of it can be called any more. */
  fail(error: SctpError): void;
}

interface Entry {
  readonly handle: Handle;
  readonly listener: Listener;
}

/** A handle's place in C's table of them (wasm/api/handles.c). */
const PLACE = 0x3ffff;

/** Who listens to which socket. By its place: a Map, in which they come and go, took a set-up half a microsecond. */
export class ReadyListeners {
  readonly #entries: (Entry | undefined)[] = [];

  get(handle: Handle): Listener | undefined {
    const entry = this.#entries[handle & PLACE];
    return entry?.handle === handle ? entry.listener : undefined;
  }

  set(handle: Handle, listener: Listener): void {
    const place = handle & PLACE;
    while (this.#entries.length < place) this.#entries.push(undefined);
    this.#entries[place] = { handle, listener };
  }

  delete(handle: Handle): void {
    if (this.get(handle)) this.#entries[handle & PLACE] = undefined;
  }

  /** Takes all of them. */
  clear(): Listener[] {
    return this.#entries.splice(0).flatMap((entry) => (entry ? [entry.listener] : []));
  }
}
