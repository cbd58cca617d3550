/** The key of {@link HalfSipHash}: two random words. */
export type HashKey = readonly [number, number];

/**
 * HalfSipHash-2-4 with 64 bits of output, of words of 32 bits: a keyed hash, so that peers can't choose addresses and ports that
 * collide. It is the variant of SipHash (Aumasson and Bernstein) for machines with 32-bit words, as JavaScript's integers are.
 */
export class HalfSipHash {
  #v0: number;
  #v1: number;
  #v2 = 0x6c796765;
  #v3 = 0x74656462;
  #words = 0;

  constructor([k0, k1]: HashKey) {
    this.#v0 = k0;
    this.#v1 = k1 ^ 0xee;
    this.#v2 ^= k0;
    this.#v3 ^= k1;
  }

  add(word: number): void {
    this.#words++;
    this.#v3 ^= word;
    this.#rounds(2);
    this.#v0 ^= word;
  }

  /** The two halves of the hash, unsigned. Nothing may be added afterwards. */
  finish(): readonly [number, number] {
    this.add((this.#words * 4) << 24); // the length in bytes, modulo 256, in the highest byte
    this.#v2 ^= 0xee;
    this.#rounds(4);
    const low = (this.#v1 ^ this.#v3) >>> 0;
    this.#v1 ^= 0xdd;
    this.#rounds(4);
    return [low, (this.#v1 ^ this.#v3) >>> 0];
  }

  #rounds(count: number): void {
    let [v0, v1, v2, v3] = [this.#v0, this.#v1, this.#v2, this.#v3];
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
    [this.#v0, this.#v1, this.#v2, this.#v3] = [v0, v1, v2, v3];
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
