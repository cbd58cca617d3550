/**
 * Why a relay closes a connection, as WebSocket close codes. A close code is the only thing that browsers show of a
 * connection that was refused, so these are the same in all versions of the protocol.
 */
export const CLOSE_CODES = {
  /** The client violated the protocol. */
  protocol: 4400,
  /** The ticket is missing, invalid, expired, or for another relay. */
  ticket: 4401,
  /** Pages of this origin may not use the relay. */
  origin: 4403,
  /** Nothing was sent for too long. */
  idle: 4408,
  /** The session was resumed over another connection. */
  resumed: 4409,
  /** The session has reached its maximum life time. */
  life: 4410,
  /** The client and the relay have no version of the protocol in common. */
  version: 4426,
  /** The relay or the ticket's subject has too many clients, or no UDP address is left. */
  limit: 4429,
  /** The relay failed. */
  failure: 4500,
  /** The relay is shutting down. */
  draining: 4503,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

/** Normal closure (RFC 6455 §7.4.1). */
export const NORMAL_CLOSURE = 1000;

/** The longest reason in a close frame, in bytes (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123;

/** The reason that a close code stands for; `undefined` if the code isn't one of the relay protocol. */
export function closeReasonOf(code: number): CloseReason | undefined {
  return (Object.keys(CLOSE_CODES) as CloseReason[]).find((reason) => CLOSE_CODES[reason] === code);
}

/** A text for people, as ASCII and truncated to fit into a close frame. */
export function closeText(text: string): string {
  const ascii = text.replaceAll(/[^ -~]/g, '?');
  return ascii.length <= MAX_REASON_BYTES ? ascii : `${ascii.slice(0, MAX_REASON_BYTES - 3)}...`;
}
