import { type Association, type Clock, systemClock } from '../../index.js';

/** When a message was sent and its answer received, in ms on the clock. */
export interface Answer {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

interface Question {
  readonly number: number;
  readonly sentAtMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Sends messages to a server that answers each one on its stream, in order. */
export class Conversation {
  sent = 0;
  answered = 0;
  readonly #association: Association;
  readonly #clock: Clock;
  readonly #open = new Map<number, Question[]>();

  constructor(association: Association, clock: Clock = systemClock) {
    this.#association = association;
    this.#clock = clock;
    void this.#listen();
  }

  /** Sends a message on a stream. Resolves with its answer. Rejects if the answer is wrong or never comes. */
  async ask(stream: number): Promise<Answer> {
    const number = this.sent++;
    const queue = this.#open.get(stream) ?? [];
    this.#open.set(stream, queue);
    const answer = new Promise<Answer>((resolve, reject) => {
      queue.push({ number, sentAtMs: this.#clock.now(), resolve, reject });
    });
    await this.#association.send(`message ${number}`, { stream });
    return answer;
  }

  async #listen(): Promise<void> {
    try {
      for await (const { stream, data } of this.#association) this.#take(stream, new TextDecoder().decode(data));
      throw new Error('the server has shut the association down');
    } catch (error) {
      for (const question of [...this.#open.values()].flat()) question.reject(error);
    }
  }

  #take(stream: number, text: string): void {
    const question = this.#open.get(stream)?.shift();
    if (text !== `message ${question?.number}`) {
      throw new Error(`stream ${stream} received '${text}' instead of 'message ${question?.number}'`);
    }
    this.answered++;
    question?.resolve({ sentAtMs: question.sentAtMs, receivedAtMs: this.#clock.now() });
  }
}
