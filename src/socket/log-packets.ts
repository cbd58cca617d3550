import type { Packet } from '../packet.js';
import type { Pump } from '../stack/pump.js';
import { abortCauses, describeCauses, errorCauses } from '../stack/socket/error-causes.js';
import type { Transport } from '../transport/transport.js';
import { CHUNK_TYPES, chunkTypeName } from '../wire/chunk-types.js';
import type { LogWriter } from './stack-log.js';
import { readStackStatistics } from './stack-statistics.js';

const COMMON_HEADER_BYTES = 12;
/** Types of chunks that come with user messages or are sent at intervals, so that there are many. */
const FREQUENT: readonly unknown[] = ['DATA', 'I-DATA', 'SACK', 'HEARTBEAT', 'HEARTBEAT ACK', 'AUTH', 'PAD'];
const { DATA, ABORT, ERROR } = CHUNK_TYPES;
const I_DATA = CHUNK_TYPES['I-DATA'];
/** The most associations whose last TSN is remembered. */
const MOST_TAGS = 10_000;

/** Why packets, or the data in them, were dropped, by the counter that counts them. */
const DROPPED = {
  checksumErrors: 'wrong checksum',
  tooShort: 'too short',
  noPort: 'nobody listens on the port',
  outOfTheBlue: 'of no association (out of the blue)',
  badTag: 'wrong verification tag',
  noMemory: 'no memory',
} as const;

/** Logs the packets that a stack sends and receives, and those that are dropped. */
export class PacketLog {
  readonly #log: LogWriter;
  readonly #pump: Pump;
  readonly #transport: Transport & { readonly dropped?: number };
  /** The highest TSN that was sent, by verification tag. */
  readonly #highest = new Map<number, number>();
  #dropped: Readonly<Record<string, number>> = {};
  #droppedByTransport = 0;
  #isComparing = false;

  constructor(log: LogWriter, pump: Pump, transport: Transport) {
    this.#log = log;
    this.#pump = pump;
    this.#transport = transport;
    pump.taps.push((packet) => this.#sent(packet));
    pump.arrivalTaps.push((packets) => {
      for (const packet of packets) this.#write(false, packet);
      this.#compareSoon();
    });
  }

  #sent(packet: Packet): void {
    this.#write(true, packet);
    this.#compareSoon();
  }

  #write(isSent: boolean, { source, destination, port, bytes }: Packet): void {
    const chunks = [...chunksOf(bytes)];
    const isFrequent = chunks.every(({ name }) => FREQUENT.includes(name));
    const what = chunks.map((chunk) => `${chunk.name}${detailOf(chunk)}`).join(' + ');
    const address = isSent ? destination : source;
    const end = port > 0 ? `${address}, UDP port ${port}` : address;
    this.#log.write(
      isFrequent ? 'trace' : 'debug',
      isSent ? `sent ${what} to ${end}` : `received ${what} from ${end}`,
      { address },
    );
    if (!isSent) return;
    const again = chunks.filter(({ tsn }) => tsn !== undefined && this.#isAgain(tagOf(bytes), tsn));
    if (again.length === 0) return;
    const tsns = again.map(({ tsn }) => tsn).join(', ');
    this.#log.write('debug', `retransmitted TSN ${tsns} to ${end}`, { address });
  }

  #isAgain(tag: number, tsn: number): boolean {
    const highest = this.#highest.get(tag);
    if (highest !== undefined && ((tsn - highest) | 0) <= 0) return true;
    if (this.#highest.size >= MOST_TAGS) this.#highest.clear();
    this.#highest.set(tag, tsn);
    return false;
  }

  /** When the packets have been processed, compares the counters with what they were. */
  #compareSoon(): void {
    if (this.#isComparing) return;
    this.#isComparing = true;
    queueMicrotask(() => {
      this.#isComparing = false;
      this.#compare();
    });
  }

  #compare(): void {
    const { dropped = 0 } = this.#transport;
    const byTransport = dropped - this.#droppedByTransport;
    this.#droppedByTransport = dropped;
    if (byTransport > 0) {
      this.#log.write('debug', `the transport dropped ${byTransport} packets: too many, too large, or no route`);
    }
    if (this.#pump.stopError) return;
    const { packets } = readStackStatistics(this.#pump);
    for (const [counter, why] of Object.entries(DROPPED)) {
      const count = packets[counter as keyof typeof DROPPED] - (this.#dropped[counter] ?? 0);
      if (count > 0) this.#log.write('debug', `dropped ${count === 1 ? 'a packet' : `${count} packets`}: ${why}`);
    }
    this.#dropped = packets;
  }
}

interface LoggedChunk {
  readonly name: string | number;
  readonly bytes: Uint8Array;
  readonly tsn: number | undefined;
}

function* chunksOf(packet: Uint8Array): Generator<LoggedChunk, void, undefined> {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  for (let at = COMMON_HEADER_BYTES; at + 4 <= packet.length; ) {
    const [type, length] = [view.getUint8(at), view.getUint16(at + 2)];
    const tsn = (type === DATA || type === I_DATA) && at + 8 <= packet.length ? view.getUint32(at + 4) : undefined;
    yield { name: chunkTypeName(type), bytes: packet.subarray(at, at + length), tsn };
    if (length < 4) return;
    at += (length + 3) & ~3;
  }
}

function detailOf({ bytes, tsn }: LoggedChunk): string {
  if (tsn !== undefined) return ` tsn ${tsn}`;
  const causes = bytes[0] === ABORT ? abortCauses(bytes) : bytes[0] === ERROR ? errorCauses(bytes) : undefined;
  const described = causes && describeCauses(causes);
  return described ? ` (${described})` : '';
}

function tagOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset, packet.length).getUint32(4);
}
