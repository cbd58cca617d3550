import { concat } from '../../src/capture/block.js';
import { SCTP_ABORT, SCTP_EOF, SCTP_EOR, SCTP_RESET_STREAMS, SCTP_UNORDERED } from '../../src/generated/constants.js';
import { pattern } from '../support/two-stacks.js';
import { CLIENT, CLIENT_PORT, SERVER, SERVER_PORT } from './hostile.js';
import { type Answer, Lines } from './lines.js';
import {
  type Act,
  type Arrived,
  type ForgedPacket,
  type HonestMessage,
  type Hosts,
  SIDES,
  type Side,
  seedOf,
  type Target,
  type TargetOptions,
} from './target.js';

const [SOL_SOCKET, SO_LINGER, SO_SNDBUF, SO_RCVBUF, SCTP] = [1, 13, 7, 8, 132];
const [SCTP_INTERLEAVING_SUPPORTED, OUTGOING] = [0x1206, 2];
const GRANTS = { nothing: 0, streams: 1, association: 7 };
const NOTHING = -11; // EAGAIN
/** The intervals of reading from the sockets: while a message waits for buffer space, and otherwise. */
const [BUSY_MS, QUIET_MS] = [5, 50];
const INTERFACES = [...CLIENT, ...SERVER].map((address) => `address ${address} ${Number(address.split('.')[2]) + 1}`);

/** One stack with both ends of the honest association: the C side, compiled natively with a sanitizer. */
export class NativeHosts implements Hosts {
  readonly lines: Lines;
  nowMs = 0;

  /** `build`: asan or invariants, see scripts/tests.sh. */
  constructor(build: string, seed: number) {
    this.lines = new Lines(`build/${build}/stack`, [String(seed)]);
  }

  async target(options: TargetOptions): Promise<Target> {
    const { lines } = this;
    if (this.nowMs === 0) await lines.ask(...INTERFACES);
    const [listener, client] = (await lines.ask('socket one-to-many', 'socket one-to-one')).map(({ result }) => result);
    for (const socket of [listener!, client!]) await lines.ask(...settings(socket, options));
    await expectSuccess(
      lines.ask(
        `bindx ${listener} ${SERVER_PORT} ${SERVER.join(' ')}`,
        `listen ${listener}`,
        `bindx ${client} ${CLIENT_PORT} ${CLIENT.join(' ')}`,
      ),
    );
    await lines.ask(
      `connectx ${client} ${SERVER_PORT} ${SERVER.join(' ')}`,
      `time ${BUSY_MS}`,
      `hear ${listener}`,
      `hear ${client}`,
    );
    this.nowMs += BUSY_MS;
    const [id] = idsOf(await lines.ask(`ids ${listener}`));
    if (id === undefined) throw new Error('the honest peer is not connected');
    const peeledOff = options.isPeeledOff ? (await lines.ask(`peeloff ${listener} ${id}`))[0]!.result : undefined;
    return new NativeTarget(this, options.isUnread, { listener: listener!, client: client!, id, peeledOff });
  }

  async advance(ms: number): Promise<void> {
    await this.lines.ask(`time ${ms}`);
    this.nowMs += ms;
  }

  async end(): Promise<number> {
    await this.advance(100_000); // lets the remaining timers expire
    const [left] = await this.lines.ask('finish');
    await this.lines.end();
    return left!.result;
  }
}

interface Sockets {
  readonly listener: number;
  readonly client: number;
  /** The honest association. */
  readonly id: number;
  readonly peeledOff: number | undefined;
}

/** A message that is sent in pieces as buffer space allows. */
interface Sending {
  readonly message: HonestMessage;
  sentBytes: number;
}

class NativeTarget implements Target {
  received = 0;
  readonly #hosts: NativeHosts;
  readonly #isUnread: boolean;
  readonly #sockets: Sockets;
  /** Sockets of hostile associations that have been peeled off. */
  readonly #others: number[] = [];
  readonly #injected: string[] = [];
  readonly #acts: (() => Promise<void>)[] = [];
  readonly #answers: Uint8Array[] = [];
  readonly #sending: Readonly<Record<Side, Sending[]>> = { client: [], server: [] };
  readonly #arrived: Readonly<Record<Side, Arrived[]>> = { client: [], server: [] };
  /** Messages that have partly arrived. */
  readonly #begun = new Map<string, Uint8Array[]>();

  constructor(hosts: NativeHosts, isUnread: boolean, sockets: Sockets) {
    this.#hosts = hosts;
    this.#isUnread = isUnread;
    this.#sockets = sockets;
  }

  get nowMs(): number {
    return this.#hosts.nowMs;
  }

  inject({ source, destination, packet }: ForgedPacket): void {
    this.#injected.push(`packet ${source} ${destination} ${Buffer.from(packet).toString('hex')}`);
  }

  async advance(ms: number): Promise<void> {
    for (const act of this.#acts.splice(0)) await act();
    await this.#ask(...this.#injected.splice(0));
    const end = this.nowMs + ms;
    do {
      const isBusy = SIDES.some((side) => this.#sending[side].length > 0);
      await this.#step(Math.min(isBusy ? BUSY_MS : QUIET_MS, end - this.nowMs));
    } while (this.nowMs < end);
  }

  answers(): readonly Uint8Array[] {
    return this.#answers.splice(0);
  }

  send(from: Side, message: HonestMessage): void {
    this.#sending[from].push({ message, sentBytes: 0 });
  }

  arrived(at: Side): readonly Arrived[] {
    return this.#arrived[at].splice(0);
  }

  act(what: Act, stream: number, bytes: number): void {
    this.#acts.push(async () => {
      for (const socket of [this.#sockets.listener, ...this.#others]) {
        for (const id of idsOf(await this.#ask(`ids ${socket}`))) {
          if (id !== this.#sockets.id) await this.#actOn(what, socket, id, stream, bytes);
        }
      }
    });
  }

  async end(): Promise<void> {
    const { listener, client, peeledOff } = this.#sockets;
    for (const socket of [listener, client, ...this.#others, ...(peeledOff === undefined ? [] : [peeledOff])]) {
      await this.#ask(`setopt ${socket} ${SOL_SOCKET} ${SO_LINGER} ${little32(1, 0)}`, `close ${socket}`);
    }
    await this.#hosts.advance(50);
  }

  async #step(ms: number): Promise<void> {
    const { listener, client, id, peeledOff } = this.#sockets;
    const sending = SIDES.flatMap((side) => this.#sending[side].slice(0, 1).map((each) => ({ side, each })));
    const says = sending.map(({ side, each }) => this.#say(side, each));
    const others = [...(peeledOff === undefined ? [] : [peeledOff]), ...this.#others];
    const hearListener = this.#isUnread ? `hear_one ${listener} ${id}` : `hear ${listener}`;
    const hears = [`hear ${client}`, hearListener, ...others.map((socket) => `hear ${socket}`)];
    const answers = await this.#ask(...says, `time ${ms}`, ...hears);
    this.#hosts.nowMs += ms;
    for (const [index, { side, each }] of sending.entries()) this.#said(side, each, answers[index]!);
    for (const [index, { lines }] of answers.slice(says.length + 1).entries()) {
      for (const line of lines)
        if (line.startsWith('heard ')) this.#hear(index === 0 ? 'client' : 'server', line.split(' '));
    }
  }

  #say(side: Side, { message, sentBytes }: Sending): string {
    const { listener, client, id, peeledOff } = this.#sockets;
    const { stream, unordered, number, length, retransmits = -1 } = message;
    const to = side === 'client' ? `${client} 0` : `${peeledOff ?? listener} ${id}`;
    const flags = SCTP_EOR | (unordered ? SCTP_UNORDERED : 0);
    return `say ${to} ${stream} ${flags} ${number} ${length} ${seedOf(side, number)} ${sentBytes} ${retransmits}`;
  }

  #said(side: Side, sending: Sending, { result }: Answer): void {
    if (result === NOTHING) return;
    if (!(result > 0)) throw new Error(`the ${side} can't send: ${result}`);
    sending.sentBytes += result;
    if (sending.sentBytes === sending.message.length) this.#sending[side].shift();
  }

  #hear(at: Side, words: readonly string[]): void {
    const [, id, isEnd, stream, flags, ssn, ppid, hex] = words;
    if (at === 'server' && Number(id) !== this.#sockets.id) {
      this.received += Number(isEnd);
      return;
    }
    const key = `${at} ${stream} ${flags} ${ssn}`;
    const parts = [...(this.#begun.get(key) ?? []), Buffer.from(hex ?? '', 'hex')];
    if (isEnd === '0') return void this.#begun.set(key, parts);
    this.#begun.delete(key);
    const [number, data] = [Number(ppid), concat(parts)];
    const expected = pattern(data.length, seedOf(at === 'client' ? 'server' : 'client', number));
    const unordered = (Number(flags) & SCTP_UNORDERED) !== 0;
    const isWhole = Buffer.compare(data, expected) === 0;
    this.#arrived[at].push({ number, stream: Number(stream), unordered, length: data.length, isWhole });
  }

  async #actOn(what: Act, socket: number, id: number, stream: number, bytes: number): Promise<void> {
    const say = (flags: number, length: number) =>
      this.#ask(`say ${socket} ${id} ${stream} ${flags} 0 ${length} 1 0 -1`);
    if (what === 'send') await say(SCTP_EOR, bytes);
    else if (what === 'shutdown') await say(SCTP_EOF, 0);
    else if (what === 'abort') await say(SCTP_ABORT, 0);
    else if (what === 'reset') {
      const request = `${little32(id)}${little16(OUTGOING, 1, stream)}`;
      await this.#ask(`setopt ${socket} ${SCTP} ${SCTP_RESET_STREAMS} ${request}`);
    } else if (socket === this.#sockets.listener) {
      const [peeledOff] = await this.#ask(`peeloff ${socket} ${id}`);
      if (peeledOff!.result > 0) this.#others.push(peeledOff!.result);
    }
  }

  /** Runs commands and keeps the packets that the stack has sent. */
  async #ask(...lines: string[]): Promise<Answer[]> {
    if (lines.length === 0) return [];
    const answers = await this.#hosts.lines.ask(...lines);
    for (const line of answers.flatMap((answer) => answer.lines)) {
      if (line.startsWith('out ')) this.#answers.push(Buffer.from(line.slice(line.lastIndexOf(' ') + 1), 'hex'));
    }
    return answers;
  }
}

/** The settings that the façade makes. */
function settings(socket: number, options: TargetOptions): string[] {
  const { receiveBufferBytes, sendBufferBytes, interleaving, peerMayReset } = options;
  const size = (name: number, bytes: number | undefined) =>
    bytes === undefined ? [] : [`setopt ${socket} ${SOL_SOCKET} ${name} ${little32(bytes)}`];
  return [
    `prepare ${socket} 10 2048 ${GRANTS[peerMayReset]}`,
    ...size(SO_SNDBUF, sendBufferBytes),
    ...size(SO_RCVBUF, receiveBufferBytes),
    ...(interleaving ? [`setopt ${socket} ${SCTP} ${SCTP_INTERLEAVING_SUPPORTED} ${little32(0, 1)}`] : []),
  ];
}

const idsOf = (answers: readonly Answer[]): number[] =>
  answers.flatMap(({ lines }) => lines.filter((line) => line.startsWith('id ')).map((line) => Number(line.slice(3))));

async function expectSuccess(asked: Promise<readonly Answer[]>): Promise<void> {
  for (const { result } of await asked) if (!(result >= 0)) throw new Error(`refused: ${result}`);
}

const little32 = (...values: number[]): string => Buffer.from(Uint32Array.from(values).buffer).toString('hex');
const little16 = (...values: number[]): string => Buffer.from(Uint16Array.from(values).buffer).toString('hex');
