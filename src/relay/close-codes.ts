/**
 * Why a relay ends a connection, as WebSocket close codes: the one thing about the protocol that browsers show before
 * any version was agreed upon. Both sides use this table, and no version of the protocol changes it.
 */
export const CLOSE_CODES = {
  /** The client said what the protocol doesn't allow. */
  protocol: 4400,
  /** The ticket is missing, wrong, expired, or for somebody else. */
  ticket: 4401,
  /** Pages of this origin may not use the relay. */
  origin: 4403,
  /** Nothing was sent for too long. */
  idle: 4408,
  /** The same session goes on over another connection. */
  resumed: 4409,
  /** The session has lasted as long as one may. */
  life: 4410,
  /** The client doesn't speak a version that the relay speaks. */
  version: 4426,
  /** Too many clients, of the relay or of this subject; or no address is left. */
  limit: 4429,
  /** Something broke within the relay. */
  failure: 4500,
  /** The relay is being stopped. */
  draining: 4503,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

/** A connection that ended in order. */
export const NORMAL_CLOSURE = 1000;

/** The longest reason of a close frame in bytes (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123;

/** What a close code stands for, if it is one of the protocol. */
export function closeReasonOf(code: number): CloseReason | undefined {
  return (Object.keys(CLOSE_CODES) as CloseReason[]).find((closing) => CLOSE_CODES[closing] === code);
}

/** A sentence, cut so that it fits into a close frame. */
export function closeReason(text: string): string {
  const ascii = text.replaceAll(/[^ -~]/g, '?');
  return ascii.length <= MAX_REASON_BYTES ? ascii : `${ascii.slice(0, MAX_REASON_BYTES - 3)}...`;
}
