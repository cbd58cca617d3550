import { FewMap } from '../../few.js';
import { SCTP_DATA_LAST_FRAG, SCTP_DATA_NOT_FRAG } from '../../generated/constants.js';
import { appended } from '../../lists.js';
import type { Notification } from '../../stack/socket/notification.js';
import { joined } from '../../stack/socket/reassembly.js';
import type { SendFailure } from '../events.js';

type Fragment = Notification & { type: 'sendFailed' };

/** A message that isn't fragmented is the first and the last fragment at once. */
const FIRST_FRAGMENT = SCTP_DATA_NOT_FRAG & ~SCTP_DATA_LAST_FRAG;

/**
 * Messages that were not delivered. usrsctp tells of each DATA chunk by itself, and of what isn't in chunks yet as the
 * rest of its message; those of one stream in order, those of several streams mixed, and not always to the last
 * (sctputil.c: sctp_release_pr_sctp_chunk, sctp_report_all_outbound). Here they are messages again, which are told when all
 * is read that belongs together: whoever sends again knows by then of a restart that they were lost by.
 */
export class SendFailures {
  readonly #tell: (failure: SendFailure) => void;
  /** What there is of one message, by its stream. */
  readonly #begun = new FewMap<number, Fragment[]>();
  #failures: SendFailure[] | undefined;

  constructor(tell: (failure: SendFailure) => void) {
    this.#tell = tell;
  }

  add(fragment: Fragment): void {
    const { stream, flags } = fragment;
    if (flags & FIRST_FRAGMENT) this.#complete(stream);
    const begun = this.#begun.get(stream) ?? [];
    begun.push(fragment);
    // All that is read in one go belongs together; what comes later is another failure.
    if (this.#begun.size === 0 && !this.#failures) queueMicrotask(() => this.flush());
    this.#begun.set(stream, begun);
    if (flags & SCTP_DATA_LAST_FRAG) this.#complete(stream);
  }

  /** Tells what there is of messages of which nothing more comes. */
  flush(): void {
    for (const stream of this.#begun.keys()) this.#complete(stream);
    const failures = this.#failures ?? [];
    this.#failures = undefined;
    for (const failure of failures) this.#tell(failure);
  }

  #complete(stream: number): void {
    const fragments = this.#begun.get(stream) ?? [];
    const [first] = fragments;
    const last = fragments[fragments.length - 1];
    if (!first || !last) return;
    this.#begun.delete(stream);
    this.#failures = appended(this.#failures, {
      stream,
      ppid: first.ppid,
      context: first.context,
      sent: fragments.some(({ sent }) => sent),
      data: fragments.length === 1 ? first.data : joined(fragments.map(({ data }) => data)),
      whole: (first.flags & FIRST_FRAGMENT) !== 0 && (last.flags & SCTP_DATA_LAST_FRAG) !== 0,
    });
  }
}
