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
/** An entry has the two halves of the hash of a path. In the first half, the low bits are the index of the share + 1, or 0 if it is free. */
const ENTRY_WORDS = 2;
const BUCKET_WORDS: number = BUCKET_ENTRIES * ENTRY_WORDS;
const FREE = 0;
const INDEX_MASK = 0x1ff;

/** How many entries there are for each path that there must be room for: with half of them free, hardly ever are two buckets full. */
const SLACK = 2;

/** Room for the two paths of 100,000 associations. */
const DEFAULT_PATHS = 200_000;

/**
 * Which share each path of all stacks belongs to. It is for packets without a tag of ours: INIT, and ABORT and SHUTDOWN COMPLETE
 * with the T bit. The table is in shared memory, so that all threads see a path before its first packet leaves: a peer's INIT
 * may collide with ours (RFC 9260 §5.2.1).
 *
 *     hash of the path ─► two buckets of 8 entries ─► half of the hash | index + 1, other half
 *
 * No thread waits for another: an entry is claimed and released by one atomic operation on its first word. So a thread that dies
 * leaves nothing locked, but entries, which `clear` removes.
 */
export class PathTable {
  /** The memory, to open the same table in another thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #entries: Int32Array;
  readonly #key: HashKey;
  readonly #buckets: number;

  /** Makes a table for a number of shares. `paths`: how many paths there is room for. */
  static create(of: number, random: Random, paths: number = DEFAULT_PATHS): PathTable {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, (paths * SLACK) / BUCKET_ENTRIES)));
    const buffer = new SharedArrayBuffer(HEADER_BYTES + buckets * BUCKET_WORDS * 4);
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
    this.#entries = new Int32Array(buffer, HEADER_BYTES);
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
    return this.#ownerIn(this.#bucket(low), low, high) ?? this.#ownerIn(this.#bucket(high), low, high);
  }

  /**
   * Adds a path of a share. Returns its entry, or `undefined` if there is no room: packets of the path that have no tag aren't
   * assigned then.
   */
  add(path: PathKey, index: number): number | undefined {
    const [low, high] = this.#hash(path);
    const [first, second] = [this.#bucket(low), this.#bucket(high)];
    // The bucket with more room gets the path, so that hardly any becomes full.
    const emptier = this.#used(first) <= this.#used(second) ? first : second;
    const fuller = emptier === first ? second : first;
    const claimed = claimedBy(low, index);
    return this.#claimIn(emptier, claimed, high) ?? this.#claimIn(fuller, claimed, high);
  }

  /** Frees an entry of a share, unless `clear` has done it. */
  remove(entry: number, index: number): void {
    const first = Atomics.load(this.#entries, entry);
    if (ownerOf(first) === index) Atomics.compareExchange(this.#entries, entry, first, FREE);
  }

  /** Removes all paths of a share, whose stack is gone. */
  clear(index: number): void {
    for (let entry = 0; entry < this.#entries.length; entry += ENTRY_WORDS) this.remove(entry, index);
  }

  /** How many paths are in it. */
  get used(): number {
    let used = 0;
    for (let bucket = 0; bucket < this.#entries.length; bucket += BUCKET_WORDS) used += this.#used(bucket);
    return used;
  }

  /** The first word of a bucket. */
  #bucket(half: number): number {
    return (half & (this.#buckets - 1)) * BUCKET_WORDS;
  }

  #ownerIn(bucket: number, low: number, high: number): number | undefined {
    for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += ENTRY_WORDS) {
      const first = Atomics.load(this.#entries, entry);
      const index = ownerOf(first);
      if (index < 0 || first !== claimedBy(low, index)) continue;
      if (Atomics.load(this.#entries, entry + 1) === (high | 0)) return index;
    }
    return undefined;
  }

  #claimIn(bucket: number, claimed: number, high: number): number | undefined {
    for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += ENTRY_WORDS) {
      if (Atomics.compareExchange(this.#entries, entry, FREE, claimed) !== FREE) continue;
      Atomics.store(this.#entries, entry + 1, high);
      return entry;
    }
    return undefined;
  }

  /** How many entries of a bucket are in use. */
  #used(bucket: number): number {
    let used = 0;
    for (let entry = bucket; entry < bucket + BUCKET_WORDS; entry += ENTRY_WORDS) {
      if (this.#entries[entry] !== FREE) used++;
    }
    return used;
  }

  #hash({ address, port, localPort }: PathKey): readonly [number, number] {
    const bytes = addressBytes(address) ?? new Uint8Array(4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const hash = new HalfSipHash(this.#key);
    hash.add((port << 16) | localPort);
    for (let at = 0; at < bytes.length; at += 4) hash.add(view.getInt32(at, true));
    return hash.finish();
  }
}

/** The first word of an entry. The bits of `low` that the index replaces choose the bucket, for the most part, so nothing is lost. */
function claimedBy(low: number, index: number): number {
  return (low & ~INDEX_MASK) | (index + 1);
}

/** The share that has claimed an entry, by the entry's first word; -1 if it is free. */
function ownerOf(first: number): number {
  return (first & INDEX_MASK) - 1;
}
