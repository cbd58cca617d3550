import { checkType, isBytes, shown } from '../arguments.js';

/**
 * Reproducible randomness: the same seed gives the same numbers on every machine.
 *
 * A generator is one stream. Code that needs numbers of its own forks a stream by name. A fork depends on the seed and the name
 * only, not on what was drawn elsewhere, so that a new use of randomness doesn't change the rest of a scenario.
 */
export class SeededRandom {
  readonly #key: string;
  /** The state of sfc32 (Chris Doty-Humphrey, PractRand): three words and a counter. */
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    if (typeof seed !== 'string') checkType(seed, 'number', 'the seed', 'SeededRandom');
    this.#key = String(seed);
    this.#a = hash(this.#key, 0x9e3779b9);
    this.#b = hash(this.#key, 0x85ebca6b);
    this.#c = hash(this.#key, 0xc2b2ae35);
    for (let round = 0; round < 12; round++) this.word();
  }

  /** A separate stream with a name, derived from this one. */
  fork(label: string): SeededRandom {
    checkType(label, 'string', 'the label', 'fork');
    return seeded(`${this.#key}/${label}`);
  }

  /** The next 32 bits, as an unsigned integer. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1), in steps of 2⁻³². */
  next(): number {
    return this.word() / 2 ** 32;
  }

  /** An integer in [0, limit); the limit is at most 2³². */
  below(limit: number): number {
    checkType(limit, 'number', 'the limit', 'below');
    return Math.floor(this.next() * limit);
  }

  /** A new array of random bytes. */
  bytes(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0)
      throw new RangeError(`bytes: the length is ${shown(length)}: give an integer, 0 or more`);
    return this.fill(new Uint8Array(length));
  }

  /** Fills `target` with random bytes and returns it. */
  fill<Target extends Uint8Array>(target: Target): Target {
    if (!isBytes(target)) throw new TypeError('fill: the target must be a Uint8Array');
    for (let at = 0; at < target.length; at += 4) {
      let word = this.word();
      const end = Math.min(at + 4, target.length);
      for (let index = at; index < end; index++, word >>>= 8) target[index] = word & 0xff;
    }
    return target;
  }
}

/** FNV-1a over UTF-16 units, with the finalizer of MurmurHash3, so that similar seeds give dissimilar states. */
function hash(text: string, basis: number): number {
  let state = basis;
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}

function seeded(key: string): SeededRandom {
  return new SeededRandom(key);
}
