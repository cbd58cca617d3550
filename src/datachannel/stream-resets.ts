import type { Association } from '../association/association.js';

/** One request for all streams that are closed in the same turn: usrsctp makes one request at a time. */
export class StreamResets {
  readonly #association: Association;
  #next: { readonly ids: number[]; readonly done: Promise<void> } | undefined;

  constructor(association: Association) {
    this.#association = association;
  }

  /** Resets an outgoing stream. Rejects as `association.resetStreams` does. */
  reset(id: number): Promise<void> {
    const next = this.#next ?? this.#begin();
    next.ids.push(id);
    return next.done;
  }

  #begin(): { readonly ids: number[]; readonly done: Promise<void> } {
    const ids: number[] = [];
    const done = Promise.resolve().then(() => {
      this.#next = undefined;
      return this.#association.resetStreams({ outgoing: ids });
    });
    this.#next = { ids, done };
    return this.#next;
  }
}
