import type { Chunk } from '../../src/wire/chunk.js';
import { type DataFields, data, type Initiation, initiation, of, packetOf, parameter, STATE_COOKIE } from './forged.js';
import { type Answer, LISTENING_PORT, type Victim, type Way } from './victim.js';

export interface PuppetOptions extends Partial<Way> {
  readonly ownPort?: number;
  readonly victimPort?: number;
  readonly tag?: number;
  readonly tsn?: number;
}

/**
 * A peer that says what a test has it say, in either role, to a {@link Victim}. It answers nothing by itself, and may send from
 * any address with any tag. For messages in many fragments there is the WrittenPeer.
 */
export class Puppet {
  readonly victim: Victim;
  readonly tag: number;
  way: Way;
  /** The next TSN. */
  tsn: number;
  ownPort: number;
  victimPort: number;
  victimTag = 0;
  victimTsn = 0;
  /** The INIT ACK that it has taken. */
  initAck: Chunk | undefined;
  cookie = new Uint8Array();
  #ssn = 0;

  constructor(victim: Victim, options: PuppetOptions = {}) {
    const { source = '10.0.0.2', destination = '10.0.0.1', port = 0 } = options;
    this.victim = victim;
    this.way = { source, destination, port };
    this.ownPort = options.ownPort ?? 4000;
    this.victimPort = options.victimPort ?? LISTENING_PORT;
    this.tag = options.tag ?? 0x1111_1111;
    this.tsn = options.tsn ?? 1000;
  }

  /** Sends a packet with the victim's tag. */
  send(...chunks: Uint8Array[]): Promise<void> {
    return this.sendWith({}, ...chunks);
  }

  /** Sends a packet with another tag, or another way. */
  sendWith(
    { tag = this.victimTag, ...way }: Partial<Way> & { readonly tag?: number },
    ...chunks: Uint8Array[]
  ): Promise<void> {
    const header = { sourcePort: this.ownPort, destinationPort: this.victimPort, tag };
    return this.victim.inject(packetOf(header, ...chunks), { ...this.way, ...way });
  }

  sendInit(fields: Partial<Initiation> = {}): Promise<void> {
    return this.sendWith({ tag: 0 }, initiation('INIT', { tag: this.tag, tsn: this.tsn, ...fields }));
  }

  /** A message of one chunk. */
  message(fields: Partial<DataFields> = {}): Uint8Array {
    return data({ tsn: this.tsn++, ssn: this.#ssn++, ...fields });
  }

  /** Sets up an association with a victim that listens; more chunks may come with the COOKIE ECHO. */
  async connect(fields: Partial<Initiation> = {}, ...also: Uint8Array[]): Promise<readonly Answer[]> {
    await this.victim.answers();
    await this.sendInit(fields);
    this.takeInitAck(await this.victim.answers());
    await this.send(of('COOKIE ECHO', this.cookie), ...also);
    const answers = await this.victim.answers();
    if (!has(answers, 'COOKIE ACK')) throw new Error(`no COOKIE ACK: ${told(answers)}`);
    return answers;
  }

  takeInitAck(answers: readonly Answer[]): void {
    const ack = chunksOf(answers).find((chunk) => chunk.type === 'INIT ACK');
    if (ack?.type !== 'INIT ACK') throw new Error(`no INIT ACK: ${told(answers)}`);
    this.initAck = ack;
    this.victimTag = ack.initiateTag;
    this.victimTsn = ack.initialTsn;
    this.cookie = ack.parameters.find(({ code }) => code === STATE_COOKIE)!.value.slice();
  }

  /** Takes the INIT of a victim that connects. */
  async takeInit(): Promise<void> {
    const answers = await this.victim.answers();
    const packet = answers.find(({ chunks }) => chunks[0]?.type === 'INIT');
    const init = packet?.chunks[0];
    if (packet === undefined || init?.type !== 'INIT') throw new Error(`no INIT: ${told(answers)}`);
    this.victimTag = init.initiateTag;
    this.victimTsn = init.initialTsn;
    this.victimPort = packet.sourcePort;
    this.ownPort = packet.destinationPort;
  }

  /** Answers it. */
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
const told = (answers: readonly Answer[]): string => typesOf(answers).join(', ') || 'nothing';
