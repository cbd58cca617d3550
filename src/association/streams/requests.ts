import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import type { AssociationReset, Outcome, StreamChange, StreamReset } from '../../stack/socket/notification.js';
import { Waiter, type WaitOptions } from '../../wait.js';

/** A notification about a request of ours, or of the peer's. */
export type Answer =
  | (StreamReset & { readonly type: 'streamReset' })
  | (AssociationReset & { readonly type: 'associationReset' })
  | (StreamChange & { readonly type: 'streamChange' });

/** A request to the peer (RFC 6525 §4). */
export interface Request {
  readonly syscall: string;
  /** Makes the request. Throws EALREADY while another one is outstanding: usrsctp makes one at a time. */
  ask(): void;
  /** The outcome of the request, once the answers so far decide it. */
  answered(answer: Answer): Outcome | undefined;
}

interface Pending {
  readonly request: Request;
  readonly waiter: Waiter<void>;
  /** usrsctp has taken the request. Earlier answers are about other requests. */
  isAsked: boolean;
  /** Cancels the next try. */
  cancel: (() => void) | undefined;
}

/** How long to wait before the next try: usrsctp doesn't say when it can take another request. */
const AGAIN_MS = 25;

/** The requests (RFC 6525) that the peer hasn't answered yet. usrsctp retransmits them. */
export class Requests {
  readonly #pending = new Set<Pending>();

  /**
   * Makes a request when `ready` calls `begin`. `ready` may return a function, which is called when the request has
   * ended, whatever its outcome.
   */
  make(
    clock: Clock,
    request: Request,
    options: WaitOptions,
    ready: (begin: () => void) => (() => void) | undefined,
  ): Promise<void> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const waiter: Waiter<void> = new Waiter(clock, options, request.syscall, () => this.#end(pending));
    const pending: Pending = { request, waiter, isAsked: false, cancel: undefined };
    this.#pending.add(pending);
    const released = ready(() => this.#ask(clock, pending));
    const done = () => {
      this.#end(pending);
      released?.();
    };
    return waiter.promise.finally(done);
  }

  /** Takes a notification about a request of ours, or of the peer's. */
  answered(answer: Answer): void {
    for (const { request, waiter, isAsked } of [...this.#pending]) {
      const outcome = isAsked ? request.answered(answer) : undefined;
      if (outcome === 'performed') waiter.resolve();
      else if (outcome) waiter.reject(refusal(request.syscall, outcome));
    }
  }

  /** Rejects all requests: there will be no answers. */
  fail(errorOf: (syscall: string) => SctpError): void {
    for (const { request, waiter } of [...this.#pending]) waiter.reject(errorOf(request.syscall));
  }

  #ask(clock: Clock, pending: Pending): void {
    pending.cancel = undefined;
    if (!this.#pending.has(pending)) return;
    try {
      pending.request.ask();
      pending.isAsked = true;
    } catch (error) {
      if (!(error instanceof SctpError) || error.code !== 'EALREADY') return pending.waiter.reject(error);
      pending.cancel = clock.schedule(AGAIN_MS, () => this.#ask(clock, pending));
    }
  }

  #end(pending: Pending): void {
    this.#pending.delete(pending);
    pending.cancel?.();
  }
}

function refusal(syscall: string, outcome: Outcome): SctpError {
  return outcome === 'denied'
    ? new SctpError('EPERM', `${syscall}: the peer denies the request`, { syscall })
    : new SctpError('EPROTO', `${syscall}: the peer failed to do it`, { syscall });
}
