import { type Clock, systemClock } from '../../index.js';
import type { Answer, Conversation } from './conversation.js';

/** Sends messages at regular intervals, on each stream in turn. */
export class Traffic {
  readonly everyMs = 10;
  readonly #answers: Answer[] = [];
  readonly #conversation: Conversation;
  readonly #streams: number;
  readonly #clock: Clock;
  readonly #pending: Promise<void>[] = [];
  #error: unknown;
  #stop: () => void = () => {};

  constructor(conversation: Conversation, streams: number, clock: Clock = systemClock) {
    this.#conversation = conversation;
    this.#streams = streams;
    this.#clock = clock;
    this.#tick();
  }

  /** The first answer to a message that was sent after a time. Throws if a message has failed. */
  firstAfter(atMs: number): Answer | undefined {
    if (this.#error !== undefined) throw this.#error;
    return this.#answers.find(({ sentAtMs }) => sentAtMs > atMs);
  }

  /** Stops sending. Resolves when all messages are answered. */
  async stop(): Promise<void> {
    this.#stop();
    await Promise.all(this.#pending);
    if (this.#error !== undefined) throw this.#error;
  }

  #tick(): void {
    const asked = this.#conversation.ask(this.#pending.length % this.#streams).then(
      (answer) => void this.#answers.push(answer),
      (error) => {
        this.#error ??= error;
      },
    );
    this.#pending.push(asked);
    this.#stop = this.#clock.schedule(this.everyMs, () => this.#tick());
  }
}
