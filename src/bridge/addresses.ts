import { type Address, formatAddress } from '../address.js';

/** Bounded: what a hostile network can fill must not grow. */
const PLACES = 256;

/** An address by the words that it lies in. */
interface Known {
  readonly family: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly text: Address;
}

/**
 * The texts of addresses by a hash of their bytes: the same bytes give the same string, without formatting it again and
 * without another one in memory.
 */
export class Addresses {
  readonly #known: Known[] = [];

  /** The address that lies at a word; of IPv4 (family 4) only that one counts. */
  text(words: Uint32Array, at: number, family: number): Address {
    const isIpv4 = family === 4;
    const a = words[at] ?? 0;
    const b = isIpv4 ? 0 : (words[at + 1] ?? 0);
    const c = isIpv4 ? 0 : (words[at + 2] ?? 0);
    const d = isIpv4 ? 0 : (words[at + 3] ?? 0);
    const place = (a ^ (a >>> 24) ^ b ^ c ^ d ^ (d >>> 24)) & (PLACES - 1);
    const known = this.#known[place];
    if (known && known.a === a && known.b === b && known.c === c && known.d === d && known.family === family) {
      return known.text;
    }
    const text = formatAddress(new Uint8Array(Uint32Array.of(a, b, c, d).buffer, 0, isIpv4 ? 4 : 16));
    this.#known[place] = { a, b, c, d, family, text };
    return text;
  }
}
