import type { Address } from '../address.js';
import type { Packet } from '../packet.js';
import type { PeerPath } from '../transport/transport.js';
import type { PathTable } from './path-table.js';
import type { PeerRecords } from './peer-records.js';

const COMMON_HEADER_BYTES = 12;
const INIT = 1;
const INIT_ACK = 2;
const ABORT = 6;
const SHUTDOWN_COMPLETE = 14;
/** Their tags may be others than the peer's: 0, or what the answered packet has. INIT ACK and ABORT leave nothing behind. */
const WITHOUT_STATE: readonly (number | undefined)[] = [INIT, INIT_ACK, ABORT, SHUTDOWN_COMPLETE];

/** A path of the stack. */
interface Known {
  readonly address: Address;
  /** How many associations have it: a new one may begin before the former one is freed. */
  count: number;
  /** Its entry in the table of paths. */
  readonly entry: number | undefined;
  /** The place of its record. */
  readonly place: number | undefined;
  tag: number;
}

/** The paths of the stack of one share: they are in the table of all stacks, and their peers can be told if the stack dies. */
export class OwnPaths {
  readonly #table: PathTable;
  readonly #index: number;
  readonly #records: PeerRecords | undefined;
  readonly #known = new Map<string, Known>();
  /** By the peer's tag. Two peers may have the same one. */
  readonly #byTag = new Map<number, Known[]>();
  #unassigned = 0;

  constructor(table: PathTable, index: number, records: PeerRecords | undefined) {
    this.#table = table;
    this.#index = index;
    this.#records = records;
  }

  /** How many paths there are. */
  get count(): number {
    return this.#known.size;
  }

  /** How many paths weren't added, because the table was full. */
  get unassigned(): number {
    return this.#unassigned;
  }

  /** See `Transport.pathChanged`. */
  changed(path: PeerPath): void {
    const key = `${path.localPort},${path.port},${path.address}`;
    const known = this.#known.get(key);
    if (!path.isAdded) {
      if (known !== undefined && --known.count === 0) this.#forget(key, known);
    } else if (known !== undefined) {
      known.count++;
    } else {
      const entry = this.#table.add(path, this.#index);
      if (entry === undefined) this.#unassigned++;
      this.#known.set(key, { address: path.address, count: 1, entry, place: this.#records?.allocate(), tag: 0 });
    }
  }

  /** Learns the tags of the peers: all packets but INIT have one. */
  sent(packets: readonly Packet[]): void {
    if (this.#records === undefined) return;
    for (const packet of packets) {
      const tag = uint32(packet.bytes, 4);
      if (!this.#isKnown(tag, packet)) this.#learn(tag, packet);
    }
  }

  #isKnown(tag: number, { destination }: Packet): boolean {
    const known = this.#byTag.get(tag);
    if (known === undefined) return false;
    for (const each of known) if (each.address === destination) return true;
    return false;
  }

  #learn(tag: number, { source, destination, port, bytes }: Packet): void {
    if (WITHOUT_STATE.includes(bytes[COMMON_HEADER_BYTES])) return;
    const ports = uint32(bytes, 0);
    const known = this.#known.get(`${ports >>> 16},${ports & 0xffff},${destination}`);
    if (known?.place === undefined) return;
    this.#removeTag(known);
    known.tag = tag;
    this.#byTag.set(tag, [...(this.#byTag.get(tag) ?? []), known]);
    this.#records?.write(known.place, { source, destination, udpPort: port, ports, tag });
  }

  #forget(key: string, known: Known): void {
    this.#known.delete(key);
    this.#removeTag(known);
    if (known.entry !== undefined) this.#table.remove(known.entry, this.#index);
    if (known.place !== undefined) this.#records?.free(known.place);
  }

  #removeTag(known: Known): void {
    const left = (this.#byTag.get(known.tag) ?? []).filter((each) => each !== known);
    if (left.length > 0) this.#byTag.set(known.tag, left);
    else this.#byTag.delete(known.tag);
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const low = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  return ((high << 16) | low) >>> 0;
}
