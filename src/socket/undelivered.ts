import { SCTP_DATA_LAST_FRAG, SCTP_DATA_NOT_FRAG } from '../generated/constants.js';
import type { SendFailure } from './events.js';
import type { Notification } from './notification.js';
import { joined } from './reassembly.js';

type Fragment = Notification & { type: 'sendFailed' };

/** A message that isn't fragmented is the first and the last fragment at once. */
const FIRST_FRAGMENT = SCTP_DATA_NOT_FRAG & ~SCTP_DATA_LAST_FRAG;

/**
 * Messages that were not delivered. usrsctp tells of each DATA chunk by itself, those of one message in a row
 * (sctputil.c, sctp_release_pr_sctp_chunk and sctp_report_all_outbound), and not always to the last; here they are one
 * message again.
 */
export class Undelivered {
  readonly #tell: (failure: SendFailure) => void;
  #fragments: Fragment[] = [];

  constructor(tell: (failure: SendFailure) => void) {
    this.#tell = tell;
  }

  add(fragment: Fragment): void {
    const [first] = this.#fragments;
    if (first && (fragment.flags & FIRST_FRAGMENT || fragment.stream !== first.stream)) this.flush();
    // All that is read in one go belongs together; what comes later is another failure.
    if (this.#fragments.push(fragment) === 1) queueMicrotask(() => this.flush());
    if (fragment.flags & SCTP_DATA_LAST_FRAG) this.flush();
  }

  /** Tells what there is of the last message. */
  flush(): void {
    const fragments = this.#fragments;
    const [first] = fragments;
    const last = fragments[fragments.length - 1];
    if (!first || !last) return;
    this.#fragments = [];
    this.#tell({
      stream: first.stream,
      ppid: first.ppid,
      context: first.context,
      sent: fragments.some(({ sent }) => sent),
      data: fragments.length === 1 ? first.data : joined(fragments.map(({ data }) => data)),
      whole: (first.flags & FIRST_FRAGMENT) !== 0 && (last.flags & SCTP_DATA_LAST_FRAG) !== 0,
    });
  }
}
