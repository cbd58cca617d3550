import type { Association } from '../association/association.js';
import { type DataChannelPriority, PRIORITIES } from './init.js';

/**
 * The priorities of channels at the sender. usrsctp's scheduler `priority` is used once a channel has another priority
 * than the default: messages in the send buffer are sent in the order of their priorities. RFC 8831 §6.4 recommends
 * shares of the rate instead, which usrsctp doesn't have.
 */
export class Priorities {
  readonly #association: Association;
  /** Those of the streams before the scheduler is used. */
  readonly #known = new Map<number, DataChannelPriority>();
  #isUsed = false;

  constructor(association: Association) {
    this.#association = association;
  }

  set(stream: number, priority: DataChannelPriority): void {
    if (this.#association.state !== 'open') return;
    if (!this.#isUsed && priority === 'low') {
      this.#known.set(stream, priority);
      return;
    }
    if (!this.#isUsed) {
      this.#isUsed = true;
      this.#association.setOption('scheduler', 'priority');
      for (const [each, known] of this.#known) this.#apply(each, known);
      this.#known.clear();
    }
    this.#apply(stream, priority);
  }

  #apply(stream: number, priority: DataChannelPriority): void {
    this.#association.setOption('streamValue', { stream, value: PRIORITIES.indexOf(priority) });
  }
}
