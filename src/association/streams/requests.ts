import type { Clock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { FewSet } from '../../few.js';
import { Waiter, type WaitOptions } from '../../wait.js';
import type { AssociationReset, Outcome, StreamChange, StreamReset } from '../events.js';

/** What is told of a request, or of what the peer has asked for. */
export type Answer =
  | (StreamReset & { readonly type: 'streamReset' })
  | (AssociationReset & { readonly type: 'associationReset' })
  | (StreamChange & { readonly type: 'streamChange' });

/** A request to the peer (RFC 6525 §4). */
export interface Request {
  readonly syscall: string;
  /** Makes it. Throws EALREADY when usrsctp can't make it now, which it can with one at a time. */
  ask(): void;
  /** What an answer means to it; undefined: nothing, or not yet everything. */
  answered(answer: Answer): Outcome | undefined;
}

interface Pending {
  readonly request: Request;
  readonly waiter: Waiter<void>;
  /** usrsctp has taken it; answers before that are others'. */
  isAsked: boolean;
  /** Forgets the next try. */
  cancel: (() => void) | undefined;
}

/** How long to wait before asking again where usrsctp doesn't tell when it can take a request. */
const AGAIN_MS = 25;

/** The requests that the peer of an association hasn't answered. usrsctp sends them again until it has. */
export class Requests {
  readonly #pending = new FewSet<Pending>();

  /** Makes a request as soon as `ready` calls back; `ready` returns what is to be called when it has ended, anyhow. */
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

  /** Something was told: of these requests, or of the peer's. */
  told(answer: Answer): void {
    for (const { request, waiter, isAsked } of [...this.#pending]) {
      const outcome = isAsked ? request.answered(answer) : undefined;
      if (outcome === 'performed') waiter.resolve();
      else if (outcome) waiter.reject(refusal(request.syscall, outcome));
    }
  }

  /** There will be no answers. */
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
    ? new SctpError('EPERM', `${syscall}: the peer doesn't grant it`, { syscall })
    : new SctpError('EPROTO', `${syscall}: the peer can't do it`, { syscall });
}
