import { test } from 'vitest';

export type Rfc =
  | 'RFC 3758'
  | 'RFC 4960'
  | 'RFC 4895'
  | 'RFC 5061'
  | 'RFC 6525'
  | 'RFC 6951'
  | 'RFC 7053'
  | 'RFC 7829'
  | 'RFC 8260'
  | 'RFC 9260'
  | 'RFC 9653';

/** The word of RFC 2119 in the requirement. `does` marks a description without such a word. */
export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'does';

type Body = () => Promise<void>;

/**
 * A test of one sentence of an RFC, in our own words. A name such as `as-i-1-2-1` before the body is the test purpose of
 * ETSI TS 102 369 that asks for the same, as nplab's implementation spells it. `scripts/conformance.mjs` reads these
 * calls from the source, so the arguments must be literals.
 */
export function requirement(
  rfc: Rfc,
  section: string,
  level: Level,
  sentence: string,
  ...rest: [body: Body] | [purpose: string, body: Body]
): void {
  const [last, body] = rest;
  test(`${rfc} §${section} ${level}: ${sentence}`, typeof last === 'string' ? body! : last);
}

/** A sentence of an RFC that we don't follow, with the reason. The test shows what we do instead. */
export function deviation(
  rfc: Rfc,
  section: string,
  level: Level,
  sentence: string,
  _reason: string,
  body: Body,
): void {
  test(`${rfc} §${section} ${level}, not followed: ${sentence}`, body);
}

/** A sentence of an RFC without a test here, with the reason. */
export function untested(_rfc: Rfc, _section: string, _level: Level, _sentence: string, _reason: string): void {}
