/** A message between two processes. `id`: that of the question. */
export type ChannelMessage =
  | { readonly kind: 'news'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'question'; readonly name: string; readonly id: number; readonly value: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly name: string; readonly message: string };

type Questions<Type> = { [Name in keyof Type]: (question: never) => unknown };
type Question<Function> = Function extends (question: infer Value) => unknown ? Value : never;
type Answer<Function> = Function extends (question: never) => infer Value ? Value : never;

/** What is done with the questions and the news of the other side. */
export type Handlers<TheirQuestions extends Questions<TheirQuestions>, TheirNews> = {
  readonly [Name in keyof TheirQuestions]: (
    question: Question<TheirQuestions[Name]>,
  ) => Answer<TheirQuestions[Name]> | Promise<Answer<TheirQuestions[Name]>>;
} & { readonly [Name in keyof TheirNews]: (news: TheirNews[Name]) => void };

/** Questions with answers, and news, between two processes. Messages arrive in the order in which they were sent. */
export class Channel<OurQuestions extends Questions<OurQuestions>, OurNews> {
  readonly #send: (message: ChannelMessage) => void;
  readonly #handlers: Readonly<Record<string, ((value: never) => unknown) | undefined>>;
  readonly #waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  #lastId = 0;
  #isClosed = false;

  constructor(
    send: (message: ChannelMessage) => void,
    handlers: Readonly<Record<string, ((value: never) => unknown) | undefined>>,
  ) {
    this.#send = send;
    this.#handlers = handlers;
  }

  /** Asks the other side. Rejects with its error, or when the channel is closed. */
  ask<Name extends keyof OurQuestions & string>(
    name: Name,
    value: Question<OurQuestions[Name]>,
  ): Promise<Answer<OurQuestions[Name]>> {
    if (this.#isClosed) return Promise.reject(closedError());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'question', name, id, value });
    });
  }

  tell<Name extends keyof OurNews & string>(name: Name, value: OurNews[Name]): void {
    if (!this.#isClosed) this.#send({ kind: 'news', name, value });
  }

  /** Called for each message of the other side. */
  received(message: ChannelMessage): void {
    if (message.kind === 'news') this.#handlers[message.name]?.(message.value as never);
    else if (message.kind === 'question') void this.#answer(message.name, message.id, message.value);
    else {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === 'answer') waiting?.resolve(message.value as never);
      else waiting?.reject(Object.assign(new Error(message.message), { name: message.name }));
    }
  }

  /** The other side has gone. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(closedError());
    this.#waiting.clear();
  }

  /** The handler is called at once, so that questions and news are handled in their order. */
  async #answer(name: string, id: number, value: unknown): Promise<void> {
    try {
      const answer = await this.#handlers[name]?.(value as never);
      if (!this.#isClosed) this.#send({ kind: 'answer', id, value: answer ?? null });
    } catch (error) {
      const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
      if (!this.#isClosed) this.#send({ kind: 'error', id, name: kind, message });
    }
  }
}

function closedError(): Error {
  return new Error('relay: the other process has gone');
}
