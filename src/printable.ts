/** Control characters, line separators, and marks that reverse the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text that a peer or a relay has sent, for an error message or a log: it can't move the cursor of a terminal, or begin a
 * line of its own.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
