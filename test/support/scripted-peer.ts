import type { Chunk } from '../../src/wire/chunk.js';
import {
  chunkOf,
  type DataFields,
  data,
  type Initiation,
  initiation,
  packetOf,
  parameter,
  STATE_COOKIE,
} from './packets.js';
import { type Answer, LISTENING_PORT, type PacketAddresses, type TargetHost } from './target-stack.js';

export interface ScriptedPeerOptions extends Partial<PacketAddresses> {
  readonly ownPort?: number;
  readonly targetPort?: number;
  readonly tag?: number;
  readonly tsn?: number;
}

/**
 * A peer that sends to a {@link TargetHost} what a test tells it to, as client or server. It answers nothing by itself, and can
 * send from any address with any tag. For messages in many fragments use FragmentingPeer.
 */
export class ScriptedPeer {
  readonly target: TargetHost;
  readonly tag: number;
  way: PacketAddresses;
  /** The next TSN. */
  tsn: number;
  ownPort: number;
  targetPort: number;
  targetTag = 0;
  targetTsn = 0;
  /** The INIT ACK that it has received. */
  initAck: Chunk | undefined;
  cookie = new Uint8Array();
  #ssn = 0;

  constructor(target: TargetHost, options: ScriptedPeerOptions = {}) {
    const { source = '10.0.0.2', destination = '10.0.0.1', port = 0 } = options;
    this.target = target;
    this.way = { source, destination, port };
    this.ownPort = options.ownPort ?? 4000;
    this.targetPort = options.targetPort ?? LISTENING_PORT;
    this.tag = options.tag ?? 0x1111_1111;
    this.tsn = options.tsn ?? 1000;
  }

  /** Sends a packet with the target's tag. */
  send(...chunks: Uint8Array[]): Promise<void> {
    return this.sendWith({}, ...chunks);
  }

  /** Sends a packet with another tag or other addresses. */
  sendWith(
    { tag = this.targetTag, ...way }: Partial<PacketAddresses> & { readonly tag?: number },
    ...chunks: Uint8Array[]
  ): Promise<void> {
    const header = { sourcePort: this.ownPort, destinationPort: this.targetPort, tag };
    return this.target.inject(packetOf(header, ...chunks), { ...this.way, ...way });
  }

  sendInit(fields: Partial<Initiation> = {}): Promise<void> {
    return this.sendWith({ tag: 0 }, initiation('INIT', { tag: this.tag, tsn: this.tsn, ...fields }));
  }

  /** A message of one chunk. */
  message(fields: Partial<DataFields> = {}): Uint8Array {
    return data({ tsn: this.tsn++, ssn: this.#ssn++, ...fields });
  }

  /** Sets up an association with a listening target. The packet with COOKIE ECHO may have more chunks. */
  async connect(fields: Partial<Initiation> = {}, ...also: Uint8Array[]): Promise<readonly Answer[]> {
    await this.target.answers();
    await this.sendInit(fields);
    this.takeInitAck(await this.target.answers());
    await this.send(chunkOf('COOKIE ECHO', this.cookie), ...also);
    const answers = await this.target.answers();
    if (!has(answers, 'COOKIE ACK')) throw new Error(`no COOKIE ACK: ${list(answers)}`);
    return answers;
  }

  takeInitAck(answers: readonly Answer[]): void {
    const ack = chunksOf(answers).find((chunk) => chunk.type === 'INIT ACK');
    if (ack?.type !== 'INIT ACK') throw new Error(`no INIT ACK: ${list(answers)}`);
    this.initAck = ack;
    this.targetTag = ack.initiateTag;
    this.targetTsn = ack.initialTsn;
    this.cookie = ack.parameters.find(({ code }) => code === STATE_COOKIE)!.value.slice();
  }

  /** Reads the INIT of a target that connects. */
  async takeInit(): Promise<void> {
    const answers = await this.target.answers();
    const packet = answers.find(({ chunks }) => chunks[0]?.type === 'INIT');
    const init = packet?.chunks[0];
    if (packet === undefined || init?.type !== 'INIT') throw new Error(`no INIT: ${list(answers)}`);
    this.targetTag = init.initiateTag;
    this.targetTsn = init.initialTsn;
    this.targetPort = packet.sourcePort;
    this.ownPort = packet.destinationPort;
  }

  /** Answers the INIT. */
  sendInitAck(fields: Partial<Initiation> = {}): Promise<void> {
    const { parameters = [], ...others } = fields;
    const cookie = parameter(STATE_COOKIE, new Uint8Array(32).fill(7));
    return this.send(
      initiation('INIT ACK', { tag: this.tag, tsn: this.tsn, parameters: [cookie, ...parameters], ...others }),
    );
  }
}

export const chunksOf = (answers: readonly Answer[]): Chunk[] => answers.flatMap(({ chunks }) => chunks);
export const typesOf = (answers: readonly Answer[]): string[] => chunksOf(answers).map(({ type }) => type);
export const has = (answers: readonly Answer[], type: Chunk['type']): boolean => typesOf(answers).includes(type);
const list = (answers: readonly Answer[]): string => typesOf(answers).join(', ') || 'nothing';
