/** A message between two processes. `id`: that of the request. */
export type ChannelMessage =
  | { readonly kind: 'notification'; readonly name: string; readonly value: unknown }
  | { readonly kind: 'request'; readonly name: string; readonly id: number; readonly value: unknown }
  | { readonly kind: 'response'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly name: string; readonly message: string };

type Requests<Type> = { [Name in keyof Type]: (request: never) => unknown };
type RequestOf<Function> = Function extends (request: infer Value) => unknown ? Value : never;
type ResponseOf<Function> = Function extends (request: never) => infer Value ? Value : never;

/** What handles the requests and notifications of the other side. */
export type Handlers<TheirRequests extends Requests<TheirRequests>, TheirNotifications> = {
  readonly [Name in keyof TheirRequests]: (
    request: RequestOf<TheirRequests[Name]>,
  ) => ResponseOf<TheirRequests[Name]> | Promise<ResponseOf<TheirRequests[Name]>>;
} & { readonly [Name in keyof TheirNotifications]: (notification: TheirNotifications[Name]) => void };

/** Requests with responses, and notifications, between two processes. Messages arrive in the order in which they were sent. */
export class Channel<OurRequests extends Requests<OurRequests>, OurNotifications> {
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

  /** Resolves with the response of the other side. Rejects with its error, or when the channel is closed. */
  request<Name extends keyof OurRequests & string>(
    name: Name,
    value: RequestOf<OurRequests[Name]>,
  ): Promise<ResponseOf<OurRequests[Name]>> {
    if (this.#isClosed) return Promise.reject(closedError());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'request', name, id, value });
    });
  }

  notify<Name extends keyof OurNotifications & string>(name: Name, value: OurNotifications[Name]): void {
    if (!this.#isClosed) this.#send({ kind: 'notification', name, value });
  }

  /** Called for each message of the other side. */
  received(message: ChannelMessage): void {
    if (message.kind === 'notification') this.#handlers[message.name]?.(message.value as never);
    else if (message.kind === 'request') void this.#respond(message.name, message.id, message.value);
    else {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === 'response') waiting?.resolve(message.value as never);
      else waiting?.reject(Object.assign(new Error(message.message), { name: message.name }));
    }
  }

  /** The other side has gone. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(closedError());
    this.#waiting.clear();
  }

  /** The handler is called at once, so that requests and notifications are handled in their order. */
  async #respond(name: string, id: number, value: unknown): Promise<void> {
    try {
      const response = await this.#handlers[name]?.(value as never);
      if (!this.#isClosed) this.#send({ kind: 'response', id, value: response ?? null });
    } catch (error) {
      const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
      if (!this.#isClosed) this.#send({ kind: 'error', id, name: kind, message });
    }
  }
}

function closedError(): Error {
  return new Error('relay: the other process has gone');
}
