import { addressBytes, familyOf, formatAddress } from '../address.js';
import type { UdpEndpoint } from './udp-endpoint.js';

const decoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder: TextEncoder = new TextEncoder();

/** Writes fields in network byte order into a growing buffer. */
export class Writer {
  #bytes: Uint8Array;
  #at = 0;

  constructor(expectedBytes = 256) {
    this.#bytes = new Uint8Array(expectedBytes);
  }

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  uint16(value: number): void {
    this.uint8(value >>> 8);
    this.uint8(value);
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** At most 255 bytes, preceded by their number. */
  short(bytes: Uint8Array): void {
    this.uint8(bytes.length);
    this.bytes(bytes.subarray(0, 255));
  }

  /** UTF-8, up to the end of the message. */
  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  /** The IP version, 4 or 6, then address and port. */
  endpoint({ address, port }: UdpEndpoint): void {
    this.uint8(familyOf(address) === 'IPv6' ? 6 : 4);
    this.bytes(addressBytes(address) ?? new Uint8Array(4));
    this.uint16(port);
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads fields in network byte order. It never throws: past the end it reads zeros, and `hasFailed` is set. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #hasFailed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at);
  }

  /** Whether a field was truncated or invalid. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Whether all fields were valid, and everything has been read. */
  get isAtEnd(): boolean {
    return !this.#hasFailed && this.#at === this.#bytes.length;
  }

  uint8(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) this.#hasFailed = true;
    return value ?? 0;
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  uint32(): number {
    return this.uint16() * 65_536 + this.uint16();
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    if (length > this.left) this.#hasFailed = true;
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }

  short(): Uint8Array {
    return this.bytes(this.uint8());
  }

  /** UTF-8, up to the end of the message. */
  text(): string {
    try {
      return decoder.decode(this.bytes(this.left));
    } catch {
      this.#hasFailed = true;
      return '';
    }
  }

  endpoint(): UdpEndpoint | undefined {
    const family = this.uint8();
    const raw = this.bytes(family === 6 ? 16 : 4);
    const port = this.uint16();
    const address = formatAddress(raw);
    const isUnmapped = family === (familyOf(address) === 'IPv6' ? 6 : 4);
    return this.#hasFailed || !isUnmapped || port === 0 ? undefined : { address, port };
  }

  /** Endpoints up to the end of the message: at least one, and at most `max`. */
  endpoints(max: number): UdpEndpoint[] | undefined {
    const endpoints: UdpEndpoint[] = [];
    while (this.left > 0) {
      const endpoint = this.endpoint();
      if (endpoint === undefined || endpoints.length >= max) return undefined;
      endpoints.push(endpoint);
    }
    return endpoints.length > 0 ? endpoints : undefined;
  }
}
