/** An address of a host. */
export interface LookupAddress {
  /** The IP address. */
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** What a lookup is asked for. */
export interface LookupOptions {
  /** All addresses of the host. */
  readonly all: true;
  /** IPv4, IPv6, or 0 for both. */
  readonly family: 0 | 4 | 6;
}

/**
 * Looks up the addresses of a host name. `dns.lookup` of Node is one, and so is any function for the option `lookup` of
 * `net.connect`. It may call back with a single address, too.
 */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
  callback: (error: Error | null, addresses: string | readonly LookupAddress[], family?: number) => void,
) => void;

const LONGEST_NAME = 253;
/** A label may have letters of any language: the lookup converts them (RFC 5890). */
const LABELS = /^[\p{L}\p{M}\p{N}_-]{1,63}(\.[\p{L}\p{M}\p{N}_-]{1,63})*\.?$/u;
/** Such as `300.1.2.3`, `1.2.3` or `0x7f.1`: a mistyped or unusual IPv4 address, since no top-level domain is a number. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[\da-f]*)\.?$/i;

/** Whether a text can be a host name (RFC 1123 §2.1). An IP address can't, not even an invalid one. */
export function isHostName(text: string): boolean {
  return text.length <= LONGEST_NAME && LABELS.test(text) && !ENDS_IN_NUMBER.test(text);
}
