import type { Chunk } from '../../src/wire/chunk.js';
import { CHUNK_TYPES } from '../../src/wire/chunk-types.js';
import { decodePacket } from '../../src/wire/decode.js';
import type { RandomChoices } from '../scenarios/plan.js';
import { authenticated, authKey, authParameters } from '../support/auth-chunks.js';
import {
  chunkOf,
  extensions,
  forwardTsnSupported,
  initiation,
  ipv4,
  packetOf,
  parameter,
  STATE_COOKIE,
  u32,
} from '../support/packets.js';
import type { Target } from './target.js';

export const SERVER = ['10.0.1.2', '10.0.2.2'] as const;
export const SERVER_PORT = 5001;
export const CLIENT = ['10.0.1.1', '10.0.2.1'] as const;
export const CLIENT_PORT = 6000;
/** The addresses of the hostile peer. */
export const HOSTILE = ['10.0.1.66', '10.0.2.66', '10.0.1.67'] as const;

const ADAPTATION = 0xc006;
const ECN_CAPABLE = 0x8000;

/** A peer with a handshake of its own, so that its packets are accepted. It knows what a peer may know and may send anything. */
export class Hostile {
  readonly random: RandomChoices;
  readonly target: Target;
  source: string = HOSTILE[0];
  port = 4000;
  tag = 1;
  streams = 10;
  /** The next TSN, and the initial one. */
  tsn = 1;
  initialTsn = 1;
  /** The next numbers of ordered messages by stream. */
  readonly numbers = new Map<number, number>();
  /** The next sequence numbers of ASCONF and RE-CONFIG. */
  serial = 1;
  request = 1;
  targetTag = 0;
  targetTsn = 0;
  /** The highest received TSN. */
  highestTsn = 0;
  /** The sequence number of the last received request. */
  victimRequest = 0;
  cookie = new Uint8Array();
  /** The cookie of an earlier handshake. */
  oldCookie = new Uint8Array();
  key = new Uint8Array();
  /** Whether I-DATA was negotiated. */
  isInterleaved = false;
  isUp = false;
  /** The numbers of associations that came up and of received DATA chunks. */
  handshakes = 0;
  chunksReceived = 0;

  constructor(target: Target, random: RandomChoices) {
    this.target = target;
    this.random = random;
  }

  /** Performs a handshake: for a new association or a restart of the existing one. `also` is bundled with COOKIE ECHO. */
  async connect(also: readonly Uint8Array[] = []): Promise<void> {
    const { random } = this;
    const own = authParameters('ASCONF', 'ASCONF ACK');
    const [tag, tsn, streams] = [
      1 + random.below(0xffff_fffe),
      random.below(2 ** 32),
      random.pick([1, 2, 10, 10, 2000]),
    ];
    this.input(this.target.answers());
    this.cookie = new Uint8Array();
    await this.send([this.init({ tag, tsn, streams }, own)], { tag: 0 });
    if (this.cookie.length === 0) return;
    const theirs = this.#ack;
    Object.assign(this, { tag, tsn, initialTsn: tsn, streams, serial: tsn, request: tsn });
    this.numbers.clear();
    this.key = Uint8Array.from(authKey(own, theirs));
    await this.send([chunkOf('COOKIE ECHO', this.cookie), ...also]);
  }

  init({ tag = this.tag, tsn = this.tsn, streams = this.streams }, own: readonly Uint8Array[] = []): Uint8Array {
    const { random } = this;
    const addresses = HOSTILE.filter((address) => address === this.source || random.chance(0.5));
    const listed = random.chance(0.1) ? [...addresses, random.pick([...CLIENT, ...SERVER])] : addresses;
    const parameters = [
      extensions('I-DATA', 'I-FORWARD TSN', 'FORWARD TSN', 'RE-CONFIG', 'ASCONF', 'ASCONF ACK', 'AUTH'),
      forwardTsnSupported,
      ...(random.chance(0.5) ? [parameter(ECN_CAPABLE)] : []),
      ...(random.chance(0.2) ? [parameter(ADAPTATION, u32(7))] : []),
      ...own,
      ...listed.map(ipv4),
    ];
    const window = random.pick([1500, 65_536, 131_072, 0xffff_ffff]);
    return initiation('INIT', { tag, tsn, window, outbound: streams, inbound: streams, parameters });
  }

  /** Sends a packet and processes the answers. */
  async send(chunks: readonly Uint8Array[], options: Sending = {}): Promise<void> {
    this.inject(this.packet(chunks, options), options);
    await this.listen(0);
  }

  packet(chunks: readonly Uint8Array[], { tag = this.targetTag, port = this.port }: Sending = {}): Uint8Array {
    return packetOf({ sourcePort: port, destinationPort: SERVER_PORT, tag }, ...chunks);
  }

  inject(packet: Uint8Array, { source = this.source, destination = SERVER[0] }: Sending = {}): void {
    this.target.inject({ source, destination, packet });
  }

  /** Processes the answers of the next `ms`. */
  async listen(ms: number): Promise<void> {
    await this.target.advance(ms);
    this.input(this.target.answers());
  }

  authenticated(...chunks: Uint8Array[]): Uint8Array[] {
    return authenticated(this.key, ...chunks);
  }

  /** Takes tags, TSNs and sequence numbers from packets of the server. */
  input(packets: readonly Uint8Array[]): void {
    for (const bytes of packets) {
      const { verificationTag, destinationPort, chunks } = decodePacket(bytes);
      if (destinationPort !== this.port) continue;
      for (const chunk of chunks) this.#hear(chunk, verificationTag);
    }
  }

  #ack: Chunk | undefined;

  #hear(chunk: Chunk, tag: number): void {
    switch (chunk.type) {
      case 'INIT ACK': {
        this.oldCookie = this.cookie;
        this.cookie = Uint8Array.from(chunk.parameters.find(({ code }) => code === STATE_COOKIE)?.value ?? []);
        this.#ack = chunk;
        this.isInterleaved = chunk.parameters.some(({ numbers }) => numbers?.includes(CHUNK_TYPES['I-DATA']));
        this.targetTag = chunk.initiateTag;
        this.targetTsn = chunk.initialTsn;
        this.highestTsn = chunk.initialTsn - 1;
        return;
      }
      case 'COOKIE ACK':
        this.handshakes++;
        this.isUp = true;
        return;
      case 'DATA':
      case 'I-DATA':
        this.chunksReceived++;
        if ((chunk.tsn - this.highestTsn) << 0 > 0) this.highestTsn = chunk.tsn;
        return;
      case 'RE-CONFIG':
        for (const { requestSequence } of chunk.parameters) this.victimRequest = requestSequence ?? this.victimRequest;
        return;
      case 'ABORT':
      case 'SHUTDOWN COMPLETE':
        if (tag === this.tag) this.isUp = false;
    }
  }
}

export interface Sending {
  readonly tag?: number;
  readonly port?: number;
  readonly source?: string;
  readonly destination?: string;
}
