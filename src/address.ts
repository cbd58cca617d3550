import { SctpError } from './errors.js';

/**
 * An IP address as text in canonical form: dotted IPv4, or IPv6 in the form of RFC 5952 without a zone. Two addresses are
 * equal if their strings are.
 */
export type Address = string;

/** The family of an address. `conn` (AF_CONN) is the family of the single path of a stack over `conn()`. */
export type AddressFamily = 'IPv4' | 'IPv6' | 'conn';

/** The address of both ends of a path over `conn()`, in place of an IP address. */
export const CONN: Address = 'conn';

/** An SCTP transport address: where a peer can be reached, or where a socket is bound. */
export interface Endpoint {
  /** The IP address. */
  readonly address: Address;
  /** SCTP port, 0 to 65535. */
  readonly port: number;
}

/** The bytes of an address in network order, 4 for IPv4 and 16 for IPv6; `undefined` if the text is not an address. */
export function addressBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? ipv6Bytes(text) : ipv4Bytes(text);
}

/** The canonical text of 4 or 16 bytes in network order. An IPv4-mapped IPv6 address becomes IPv4. */
export function formatAddress(bytes: Uint8Array): Address {
  if (bytes.length === 4) return dotted(bytes, 0);
  if (isMapped(bytes)) return dotted(bytes, 12);
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const gap = longestZeroRun(groups);
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (gap.length < 2) return hex(groups);
  return `${hex(groups.slice(0, gap.start))}::${hex(groups.slice(gap.start + gap.length))}`;
}

/** The canonical form of an address. Throws EINVAL if the text is not an IP address. */
export function canonicalAddress(text: unknown, syscall: string): Address {
  if (typeof text === 'string' && IPV4.test(text)) return text;
  const bytes = typeof text === 'string' ? addressBytes(text) : undefined;
  if (bytes === undefined) {
    const shown = typeof text === 'string' ? `'${text}'` : `a value of type ${typeof text}`;
    const hint = typeof text === 'string' && text.includes('%') ? 'leave out the zone' : 'give IPv4 or IPv6 text';
    throw new SctpError('EINVAL', `${shown} is not an IP address: ${hint}`, { syscall });
  }
  return formatAddress(bytes);
}

/** Like {@link canonicalAddress}, but also accepts `conn`. */
export function canonicalEnd(text: unknown, syscall: string): Address {
  return text === CONN ? CONN : canonicalAddress(text, syscall);
}

/** The family of a canonical address. */
export function familyOf(address: Address): AddressFamily {
  if (address === CONN) return 'conn';
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** Whether the address is a loopback address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(address: Address): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Whether the address is a link-local one of IPv6, fe80::/10 (RFC 4291 §2.5.6). On its own it doesn't say on which link. */
export function isLinkLocalIpv6(address: Address): boolean {
  return /^fe[89ab].:/.test(address);
}

/** Splits `fe80::1%eth0` into the address and its zone (RFC 4007 §11); `undefined` for any text without a zone. */
export function splitZone(text: unknown): { readonly address: string; readonly zone: string } | undefined {
  const [, address, zone] = typeof text === 'string' ? (/^([^%]*)%(.+)$/.exec(text) ?? []) : [];
  return address === undefined || zone === undefined ? undefined : { address, zone };
}

/** `address:port`, with brackets around IPv6. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return familyOf(address) === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

const DOT = 0x2e;
const ZERO = 0x30;

function ipv4Bytes(text: string): Uint8Array | undefined {
  if (!IPV4.test(text)) return;
  const bytes = new Uint8Array(4);
  for (let at = 0, index = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) index++;
    else bytes[index] = 10 * (bytes[index] ?? 0) + code - ZERO;
  }
  return bytes;
}

function dotted(bytes: Uint8Array, at: number): Address {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function ipv6Bytes(text: string): Uint8Array | undefined {
  if (text === '::') return new Uint8Array(16); // The wildcard, which most sockets are bound to.
  const halves = text.split('::');
  if (halves.length > 2) return;
  const head = groupBytes(halves[0] ?? '', halves.length === 1);
  const tail = groupBytes(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** The bytes of colon-separated groups. If `mayEndDotted`, the last group may be dotted IPv4. */
function groupBytes(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const dotted = mayEndDotted && index === groups.length - 1 ? ipv4Bytes(group) : undefined;
    if (dotted === undefined) return;
    bytes.push(...dotted);
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}
