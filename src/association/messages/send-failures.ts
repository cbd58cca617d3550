import { SCTP_DATA_LAST_FRAG, SCTP_DATA_NOT_FRAG } from '../../generated/constants.js';
import type { Notification } from '../../stack/socket/notification.js';
import { joined } from '../../stack/socket/reassembly.js';
import type { SendFailure } from '../events.js';

type Fragment = Notification & { type: 'sendFailed' };

/** A message that isn't fragmented is the first and the last fragment at once. */
const FIRST_FRAGMENT = SCTP_DATA_NOT_FRAG & ~SCTP_DATA_LAST_FRAG;

/**
 * Collects the messages that were not delivered. usrsctp reports each DATA chunk by itself, and what wasn't in chunks
 * yet as the rest of its message. The reports of one stream come in order, those of several streams are mixed, and the
 * first and the last one of a message may be missing: the first was acknowledged, or the last was never in a chunk
 * (sctputil.c: sctp_release_pr_sctp_chunk, sctp_report_all_outbound). The messages are put together here, and are reported
 * when everything that belongs together has been read: a listener that sends them again then knows of the restart in which
 * they were lost.
 */
export class SendFailures {
  readonly #report: (failure: SendFailure) => void;
  /** The fragments of an incomplete message, by stream. */
  readonly #begun = new Map<number, Fragment[]>();
  #failures: SendFailure[] = [];

  constructor(report: (failure: SendFailure) => void) {
    this.#report = report;
  }

  add(fragment: Fragment): void {
    const { stream, flags } = fragment;
    const [before] = this.#begun.get(stream) ?? [];
    if (before !== undefined && (flags & FIRST_FRAGMENT || !isOfOneMessage(before, fragment))) this.#complete(stream);
    const begun = this.#begun.get(stream) ?? [];
    begun.push(fragment);
    // Fragments that are read in one turn belong together; what comes later is another failure.
    if (this.#begun.size === 0 && this.#failures.length === 0) queueMicrotask(() => this.flush());
    this.#begun.set(stream, begun);
    if (flags & SCTP_DATA_LAST_FRAG) this.#complete(stream);
  }

  /** Reports the messages; no more fragments of incomplete ones will come. */
  flush(): void {
    for (const stream of [...this.#begun.keys()]) this.#complete(stream);
    const failures = this.#failures;
    this.#failures = [];
    for (const failure of failures) this.#report(failure);
  }

  #complete(stream: number): void {
    const fragments = this.#begun.get(stream) ?? [];
    const [first] = fragments;
    const last = fragments[fragments.length - 1];
    if (!first || !last) return;
    this.#begun.delete(stream);
    this.#failures.push({
      stream,
      ppid: first.ppid,
      context: first.context,
      sent: fragments.some(({ sent }) => sent),
      data: fragments.length === 1 ? first.data : joined(fragments.map(({ data }) => data)),
      whole: (first.flags & FIRST_FRAGMENT) !== 0 && (last.flags & SCTP_DATA_LAST_FRAG) !== 0,
    });
  }
}

/** Messages that the program has given the same context and PPID can't be told apart. */
function isOfOneMessage(fragment: Fragment, other: Fragment): boolean {
  return fragment.context === other.context && fragment.ppid === other.ppid;
}
