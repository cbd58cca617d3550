import type { Sysctl } from './timers.js';

/** Where usrsctp's own values do harm. */
export const TUNING: readonly (readonly [Sysctl, number])[] = [
  // Above 0, a message that finds less room than that while there are others that may give way to it (SCTP_PR_SCTP_BUF)
  // makes sctp_lower_sosend() loop for ever: it neither copies nor leaves (sctp_output.c, "PR-SCTP?").
  ['sctp_add_more_threshold', 0],
];
