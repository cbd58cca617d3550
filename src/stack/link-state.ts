import type { Handle, Instance } from '../bridge/instance.js';
import type { Memory, Pointer } from '../bridge/memory.js';
import { link_state } from '../generated/layouts.js';

const { fields } = link_state;

/** The state that C shares with JavaScript: `struct link_state` of wasm/link.h. */
export class LinkState {
  readonly #memory: Memory;
  readonly #at: Pointer;

  constructor({ exports, memory }: Instance) {
    this.#memory = memory;
    this.#at = exports.link_state();
  }

  /** When the next timer is due, in ms on the stack's clock; negative: never. */
  get deadlineMs(): number {
    return this.#memory.doubles[(this.#at + fields.deadline_ms.offset) >> 3] ?? -1;
  }

  get outbox(): Pointer {
    return this.#word(fields.outbox.offset) as Pointer;
  }

  get outboxBytes(): number {
    return this.#word(fields.outbox_bytes.offset);
  }

  get inbox(): Pointer {
    return this.#word(fields.inbox.offset) as Pointer;
  }

  get inboxBytes(): number {
    return this.#word(fields.inbox_bytes.offset);
  }

  get memoryInUse(): number {
    return this.#word(fields.memory_in_use.offset);
  }

  get readyCount(): number {
    return this.#word(fields.ready_count.offset);
  }

  /** The ready sockets. There must be at least one. */
  ready(): Handle[] {
    const { words } = this.#memory;
    const first = this.#word(fields.ready.offset) >> 2;
    const end = first + this.readyCount;
    const handles = [words[first] as Handle];
    for (let at = first + 1; at < end; at++) handles.push(words[at] as Handle);
    return handles;
  }

  /** Marks the outbox as empty. */
  clearOutbox(): void {
    this.#memory.setWord((this.#at + fields.outbox_bytes.offset) as Pointer, 0);
  }

  #word(offset: number): number {
    return this.#memory.word((this.#at + offset) as Pointer);
  }
}
