/** What the closing of a stream needs from the channels of its association. */
export interface StreamClosingOwner {
  /** Resets the outgoing stream when everything that was sent on it is delivered. */
  resetOutgoing(): Promise<void>;
  /** Both directions are reset: the id is free. */
  closed(): void;
  /** The outgoing stream can't be reset: the id stays in use. */
  failed(error: unknown): void;
}

/**
 * The closing of a channel's stream (RFC 8831 §6.7): each end resets its outgoing stream, the second one because the
 * first one did. The id is free when both are reset.
 *
 * ```
 *  A: close() ── RE-CONFIG, outgoing reset ──►  B: peerHasReset()
 *  A: peerHasReset() ◄── RE-CONFIG, outgoing reset ── B: close()
 * ```
 */
export class StreamClosing {
  readonly #owner: StreamClosingOwner;
  #isClosing = false;
  #isOutgoingReset = false;
  #isIncomingReset = false;

  constructor(owner: StreamClosingOwner) {
    this.#owner = owner;
  }

  /** Resets the outgoing stream, once. `sent`: settles when everything has been passed to the association. */
  close(sent: Promise<unknown> = Promise.resolve()): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const reset = () => this.#owner.resetOutgoing();
    sent.then(reset, reset).then(
      () => {
        this.#isOutgoingReset = true;
        this.#finish();
      },
      (error) => this.#owner.failed(error),
    );
  }

  /** The peer has reset its outgoing stream, and everything that it sent before is received. */
  peerHasReset(): void {
    this.#isIncomingReset = true;
    this.#finish();
  }

  #finish(): void {
    if (this.#isOutgoingReset && this.#isIncomingReset) this.#owner.closed();
  }
}
