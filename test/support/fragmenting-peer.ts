import { concat } from '../../src/capture/block.js';
import type { Host, Network } from '../../src/simulated.js';
import type { Chunk } from '../../src/wire/chunk.js';
import { CHUNK_TYPES } from '../../src/wire/chunk-types.js';
import { decodePacket } from '../../src/wire/decode.js';
import {
  chunkOf,
  chunkWithFlags,
  extensions,
  forwardTsnSupported,
  initiation,
  packetOf,
  STATE_COOKIE,
  u8,
  u16,
  u32,
} from './packets.js';

/** What carries packets between a {@link FragmentingPeer} and a stack. */
export interface PacketChannel {
  /** Sends a packet, and waits until the stack has read it. */
  send(packet: Uint8Array): Promise<void>;
  /** What the stack has sent since the last call. */
  received(): readonly Uint8Array[];
}

/** Flags of DATA and I-DATA (RFC 9260 §3.3.1). */
export const [END, BEGINNING, UNORDERED] = [1, 2, 4];
const WHOLE = BEGINNING | END;

const PLAIN = extensions('RE-CONFIG', 'FORWARD TSN');
const INTERLEAVED = extensions('RE-CONFIG', 'FORWARD TSN', 'I-DATA', 'I-FORWARD TSN');

export interface PeerOptions {
  readonly port?: number;
  readonly tag?: number;
  readonly streams?: number;
  readonly interleaved?: boolean;
  /** Can it do FORWARD TSN? Default true. */
  readonly partialReliability?: boolean;
}

/** A fragment to send; by default a whole message on stream 0. */
export interface Fragment {
  readonly stream?: number;
  /** The SSN, or the MID. */
  readonly number?: number;
  readonly fsn?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array | string;
  /** The next one by default. */
  readonly tsn?: number;
}

/**
 * A peer that connects to port 5001 and sends fragments that a test makes up, as DATA or I-DATA. A {@link PacketChannel} carries its
 * packets: over the simulated network, or to the C side alone. For set-ups that go wrong use ScriptedPeer.
 */
export class FragmentingPeer {
  /** The next TSN. */
  tsn = 1000;
  /** The stack's verification tag and initial TSN. */
  tag = 0;
  remoteTsn = 0;
  readonly #wire: PacketChannel;
  readonly #options: Required<PeerOptions>;

  constructor(wire: PacketChannel, options: PeerOptions = {}) {
    this.#wire = wire;
    this.#options = { port: 4000, tag: 0x1111, streams: 10, interleaved: false, partialReliability: true, ...options };
  }

  /**
   * The four-way handshake. Called again, it restarts the association, with another tag, number of streams, or
   * without I-DATA.
   */
  async connect(again: Pick<PeerOptions, 'tag' | 'streams' | 'interleaved'> = {}): Promise<void> {
    const { tag, streams, interleaved, partialReliability } = { ...this.#options, ...again };
    const parameters = [interleaved ? INTERLEAVED : PLAIN, ...(partialReliability ? [forwardTsnSupported] : [])];
    this.tag = 0;
    this.chunks();
    await this.send(initiation('INIT', { tag, tsn: this.tsn, outbound: streams, inbound: streams, parameters }));
    const ack = this.chunks().find((each) => each.type === 'INIT ACK');
    if (ack?.type !== 'INIT ACK') throw new Error('no INIT ACK');
    const cookie = ack.parameters.find(({ code }) => code === STATE_COOKIE)?.value;
    this.tag = ack.initiateTag;
    this.remoteTsn = ack.initialTsn;
    await this.send(chunkOf('COOKIE ECHO', cookie ?? u8()));
    if (!this.chunks().some(({ type }) => type === 'COOKIE ACK')) throw new Error('no COOKIE ACK');
  }

  send(...chunks: Uint8Array[]): Promise<void> {
    const header = { sourcePort: this.#options.port, destinationPort: 5001, tag: this.tag };
    return this.#wire.send(packetOf(header, ...chunks));
  }

  /** A DATA chunk, or I-DATA if that was negotiated. */
  data({ stream = 0, number = 0, fsn = 0, flags = WHOLE, payload = 'x', tsn = this.tsn++ }: Fragment = {}): Uint8Array {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    if (!this.#options.interleaved) return chunkWithFlags('DATA', flags, u32(tsn), u16(stream, number), u32(0), bytes);
    const fsnOrPpid = flags & BEGINNING ? 0 : fsn;
    return chunkWithFlags('I-DATA', flags, u32(tsn), u16(stream, 0), u32(number, fsnOrPpid), bytes);
  }

  /** FORWARD TSN or I-FORWARD-TSN with the abandoned messages, by stream and SSN or MID. */
  forward(tsn: number, skipped: readonly { stream: number; number: number; unordered?: boolean }[] = []): Uint8Array {
    const { interleaved } = this.#options;
    const named = skipped.map(({ stream, number, unordered }) =>
      interleaved ? concat([u16(stream, unordered ? 1 : 0), u32(number)]) : u16(stream, number),
    );
    return chunkOf(interleaved ? 'I-FORWARD TSN' : 'FORWARD TSN', u32(tsn), ...named);
  }

  /** Sends the first fragments of a message, one per packet, but not its last fragment. */
  async begin(count: number, fragment: Fragment = {}, bytes = 1300): Promise<void> {
    for (let fsn = 0; fsn < count; fsn++) {
      const flags = (fragment.flags ?? 0) | (fsn === 0 ? BEGINNING : 0);
      await this.send(this.data({ ...fragment, fsn, flags, payload: new Uint8Array(bytes).fill(1) }));
    }
  }

  /** The chunks that the stack has sent since the last call. */
  chunks(): Chunk[] {
    return this.#wire.received().flatMap((packet) => [...decodePacket(packet).chunks]);
  }

  /** The texts of the ABORTs that the stack has sent since the last call. */
  aborts(): string[] {
    const text = new TextDecoder('latin1');
    return this.#wire
      .received()
      .flatMap((packet) => (packet[12] === CHUNK_TYPES.ABORT ? [text.decode(packet.subarray(20))] : []));
  }
}

/** A channel over a simulated network, from a host of its own. */
export async function channelFrom(network: Network, host: Host, destination: string): Promise<PacketChannel> {
  const source = host.addresses[0] ?? '';
  let packets: Uint8Array[] = [];
  await host.transport.start({
    receive: (arrived) => packets.push(...arrived.map(({ bytes }) => bytes.slice())),
    unreachable() {},
    changed() {},
  });
  return {
    async send(bytes) {
      host.transport.send([{ source, destination, port: 0, trafficClass: 0, bytes }]);
      await network.advance(1);
    },
    received() {
      const all = packets;
      packets = [];
      return all;
    },
  };
}
