import { expect } from 'vitest';
import type { Association, Message, SctpError } from '../../src/index.js';
import type { Socket } from '../../src/socket/socket.js';
import { isEqual, pattern } from '../support/two-stacks.js';

interface Sent {
  readonly number: number;
  readonly stream: number;
  readonly length: number;
  state: 'pending' | 'accepted' | 'rejected';
}

const HEADER_BYTES = 4;
const EVENTS = ['path', 'shutdown', 'sendFailed', 'streamReset', 'streamChange', 'close'] as const;

export type EventName = (typeof EVENTS)[number] | 'senderDry';

/** One end of an association, with checks of its messages, events and promises. */
export class End {
  readonly name: string;
  readonly association: Association;
  /** The socket of the association; it can be peeled off if the socket is one-to-many. */
  socket: Socket | undefined;
  peer: End | undefined;
  readonly sent: Sent[] = [];
  readonly received = new Set<number>();
  /** The reason and the state with which this end aborted. */
  aborted: { readonly reason: string; readonly state: string } | undefined;
  isClosed = false;
  ended: { readonly error: SctpError | undefined } | undefined;
  readonly unsettled = new Set<string>();
  reading: Promise<void> | undefined;
  readonly #first: string[] = [];
  readonly #last: string[] = [];
  readonly #newest = new Map<number, number>();

  constructor(name: string, association: Association, socket: Socket | undefined, act: (end: End, event: EventName) => void) {
    this.name = name;
    this.association = association;
    this.socket = socket;
    const hear = (log: string[]) => {
      for (const event of EVENTS) association.on(event, () => log.push(event));
    };
    hear(this.#first);
    for (const event of EVENTS) association.on(event, () => act(this, event));
    hear(this.#last);
    association.on('senderDry', () => act(this, 'senderDry')); // may fire at once
    void association.closed.then((error) => {
      this.ended = { error };
    });
  }

  /** Registers a promise that must be settled in the end. */
  watch(what: string, promise: Promise<unknown>, done: (isResolved: boolean) => void = () => {}): void {
    const key = `${what} ${this.unsettled.size}/${this.sent.length}`;
    this.unsettled.add(key);
    const settled = (isResolved: boolean) => {
      this.unsettled.delete(key);
      done(isResolved);
    };
    promise.then(
      () => settled(true),
      () => settled(false),
    );
  }

  send(length: number, stream: number): void {
    const sent: Sent = { number: this.sent.length, stream, length: HEADER_BYTES + length, state: 'pending' };
    this.sent.push(sent);
    this.watch(`send ${sent.number}`, this.association.send(bytesOf(sent), { stream }), (isResolved) => {
      sent.state = isResolved ? 'accepted' : 'rejected';
    });
  }

  abort(reason: string): void {
    const { state } = this.association;
    if (state !== 'closed') this.aborted ??= { reason, state };
    this.association.abort(reason);
  }

  close(): void {
    this.isClosed = true;
    this.watch('close', this.association.close());
  }

  /** Starts to receive, until the end. */
  read(): Promise<void> {
    this.reading ??= this.#read();
    return this.reading;
  }

  async #read(): Promise<void> {
    try {
      for await (const message of this.association) this.#take(message);
    } catch (error) {
      if ((error as SctpError).name !== 'SctpError') throw error;
    }
  }

  #take({ data, stream }: Message): void {
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    const sent = this.peer?.sent[number];
    if (!this.peer) return; // ended before it was accepted, so its peer is unknown
    if (!sent) throw new Error(`${this.name} received message ${number}, which was never sent`);
    const problem = (what: string) => new Error(`${this.name} received message ${number} ${what}`);
    if (this.received.has(number)) throw problem('twice');
    if (sent.stream !== stream) throw problem(`on stream ${stream}, not ${sent.stream}`);
    if ((this.#newest.get(stream) ?? -1) > number) throw problem(`after ${this.#newest.get(stream)}`);
    if (!isEqual(data, bytesOf(sent))) throw problem('with other bytes');
    this.received.add(number);
    this.#newest.set(stream, number);
  }

  /** Checks the end result. If `isLossless`, the peer must have received the ABORT itself with its reason. */
  check(isLossless: boolean): void {
    const at = (what: string) => `${this.name}: ${what} [${this.#first}]`;
    expect(this.#last, at('all listeners get the same events in the same order')).toEqual(this.#first);
    expect(this.#first.indexOf('close'), at('close is emitted once, and last')).toBe(this.#first.length - 1);
    expect([...this.unsettled], at('every promise is settled')).toEqual([]);
    expect(this.association.bufferedBytes, at('no data is buffered')).toBe(0);
    expect(this.ended, at('it has ended')).toBeDefined();
    const { peer } = this;
    if (!peer) return;
    const missing = this.sent.filter(({ number, state }) => state === 'accepted' && !peer.received.has(number));
    const refused = this.sent.filter(({ number, state }) => state === 'rejected' && peer.received.has(number));
    expect(refused, at('no rejected message is received')).toEqual([]);
    if (!this.ended?.error && !peer.ended?.error) expect(missing, at('every accepted message is received')).toEqual([]);
    const { error } = peer.ended ?? {};
    // A peer that has closed may already have got SHUTDOWN ACK, which the stack sends before it reports SHUTDOWN here.
    if (this.aborted?.state !== 'open' || peer.aborted || (peer.isClosed && !error)) return;
    expect(error?.code, at(`its peer reports the abort, ${error}`)).toBe('ECONNRESET');
    if (isLossless) expect(error?.abort?.[0]?.text, at(`with its reason, ${error}`)).toBe(this.aborted.reason);
  }
}

function bytesOf({ number, length }: Sent): Uint8Array {
  const bytes = pattern(length, number + 1);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
