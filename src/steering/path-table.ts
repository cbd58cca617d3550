import { type Address, addressBytes } from '../address.js';
import type { Random } from '../random.js';
import { MOST_SHARES } from '../share.js';
import { HalfSipHash, type HashKey } from './half-sip-hash.js';

/** A path, as packets show it: the peer's address, and the SCTP ports. */
export interface PathKey {
  readonly address: Address;
  /** The peer's SCTP port. */
  readonly port: number;
  readonly localPort: number;
}

/**
 * What the stack of a share does: there is none, it has started but has bound no port, it takes new associations, or it only continues
 * those that it has.
 */
export type ShareState = 'absent' | 'starting' | 'open' | 'draining';

const STATES: readonly ShareState[] = ['absent', 'starting', 'open', 'draining'];

/** In words of 32 bits: how many shares there are, how many buckets, two words of the key, then a state for each share. */
const OF = 0;
const BUCKETS = 1;
const KEY = 2;
const STATE = 4;
const HEADER_BYTES: number = (STATE + MOST_SHARES) * 4;

/** A bucket is a cache line of 8 entries. */
const BUCKET_ENTRIES = 8;
const ENTRY_BYTES = 8;
/** An entry has the hash of a path; its low bits are the index of the share + 1, or 0 in an entry that is free. */
const INDEX_BITS = 9n;
const INDEX_MASK: bigint = (1n << INDEX_BITS) - 1n;

/** How many entries there are for each path that there must be room for: with half of them free, hardly ever are two buckets full. */
const SLACK = 2;

/** Room for the two paths of 100,000 associations. */
const DEFAULT_PATHS = 200_000;

/**
 * Which share each path of all stacks belongs to. It is for packets without a tag of ours: INIT, and ABORT and SHUTDOWN COMPLETE
 * with the T bit. The table is in shared memory, so that all threads see a path before its first packet leaves: a peer's INIT
 * may collide with ours (RFC 9260 §5.2.1).
 *
 *     hash of the path ─► two buckets of 8 entries ─► hash | index + 1
 *
 * No thread waits for another: an entry is claimed and released by one atomic operation. So a thread that dies leaves nothing
 * locked, but entries, which `clear` removes.
 */
export class PathTable {
  /** The memory, to open the same table in another thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #entries: BigUint64Array;
  readonly #key: HashKey;
  readonly #buckets: number;

  /** Makes a table for a number of shares. `paths`: how many paths there is room for. */
  static create(of: number, random: Random, paths: number = DEFAULT_PATHS): PathTable {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, (paths * SLACK) / BUCKET_ENTRIES)));
    const buffer = new SharedArrayBuffer(HEADER_BYTES + buckets * BUCKET_ENTRIES * ENTRY_BYTES);
    const words = new Int32Array(buffer);
    const key = new Uint8Array(8);
    random(key);
    words.set(new Int32Array(key.buffer), KEY);
    words[OF] = of;
    words[BUCKETS] = buckets;
    return new PathTable(buffer);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#entries = new BigUint64Array(buffer, HEADER_BYTES);
    this.#key = [this.#words[KEY] ?? 0, this.#words[KEY + 1] ?? 0];
    this.#buckets = this.#words[BUCKETS] ?? 0;
  }

  /** How many shares there are. */
  get of(): number {
    return this.#words[OF] ?? 0;
  }

  state(index: number): ShareState {
    return STATES[Atomics.load(this.#words, STATE + index)] ?? 'absent';
  }

  setState(index: number, state: ShareState): void {
    Atomics.store(this.#words, STATE + index, STATES.indexOf(state));
  }

  /** The shares whose stacks take new associations. */
  get open(): number[] {
    return Array.from({ length: this.of }, (_, index) => index).filter((index) => this.state(index) === 'open');
  }

  /** A share that takes new associations, the same for each packet with these ends; `undefined` if there is none. */
  anyOpen(path: PathKey): number | undefined {
    const { open } = this;
    return open[this.#hash(path)[1] % open.length];
  }

  /** The share that a path belongs to. */
  owner(path: PathKey): number | undefined {
    const [low, high] = this.#hash(path);
    for (const entry of this.#candidates(low, high)) {
      const value = Atomics.load(this.#entries, entry);
      const index = Number(value & INDEX_MASK) - 1;
      if (index >= 0 && value === entryOf(low, high, index)) return index;
    }
    return undefined;
  }

  /** Adds a path of a share. Returns false if there is no room: packets of the path that have no tag aren't assigned then. */
  add(path: PathKey, index: number): boolean {
    return this.#exchange(path, (low, high) => [0n, entryOf(low, high, index)]);
  }

  /** Removes a path of a share, once. */
  remove(path: PathKey, index: number): boolean {
    return this.#exchange(path, (low, high) => [entryOf(low, high, index), 0n]);
  }

  /** Removes all paths of a share, whose stack is gone. */
  clear(index: number): void {
    for (let entry = 0; entry < this.#entries.length; entry++) {
      const value = Atomics.load(this.#entries, entry);
      if (Number(value & INDEX_MASK) === index + 1) Atomics.compareExchange(this.#entries, entry, value, 0n);
    }
  }

  /** How many paths are in it. */
  get used(): number {
    let used = 0;
    for (let entry = 0; entry < this.#entries.length; entry++) {
      if (Atomics.load(this.#entries, entry) !== 0n) used++;
    }
    return used;
  }

  #exchange(path: PathKey, values: (low: number, high: number) => readonly [bigint, bigint]): boolean {
    const [low, high] = this.#hash(path);
    const [from, to] = values(low, high);
    for (const entry of this.#candidates(low, high)) {
      if (Atomics.load(this.#entries, entry) !== from) continue;
      if (Atomics.compareExchange(this.#entries, entry, from, to) === from) return true;
    }
    return false;
  }

  *#candidates(low: number, high: number): Generator<number> {
    const mask = this.#buckets - 1;
    const [first, second] = [low & mask, high & mask];
    const buckets = this.#load(first) <= this.#load(second) ? [first, second] : [second, first];
    for (const bucket of buckets) {
      for (let entry = 0; entry < BUCKET_ENTRIES; entry++) yield bucket * BUCKET_ENTRIES + entry;
    }
  }

  /** How many entries of a bucket are in use. The bucket with fewer gets the next path, so that hardly any becomes full. */
  #load(bucket: number): number {
    let used = 0;
    for (let entry = 0; entry < BUCKET_ENTRIES; entry++) {
      if (this.#entries[bucket * BUCKET_ENTRIES + entry] !== 0n) used++;
    }
    return used;
  }

  #hash({ address, port, localPort }: PathKey): readonly [number, number] {
    const bytes = addressBytes(address) ?? new Uint8Array(4);
    const words = new Int32Array(bytes.slice().buffer);
    const hash = new HalfSipHash(this.#key);
    hash.add((port << 16) | localPort);
    for (const word of words) hash.add(word);
    return hash.finish();
  }
}

/** The bits of `low` that the index replaces choose the bucket, for the most part, so nothing is lost. */
function entryOf(low: number, high: number, index: number): bigint {
  return (((BigInt(high) << 32n) | BigInt(low)) & ~INDEX_MASK) | BigInt(index + 1);
}
