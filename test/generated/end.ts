import { expect } from 'vitest';
import type { Association, Message, SctpError } from '../../src/index.js';
import type { Socket } from '../../src/socket/socket.js';
import { isEqual, pattern } from '../support/two-stacks.js';

interface Sent {
  readonly number: number;
  readonly stream: number;
  readonly length: number;
  state: 'waits' | 'taken' | 'refused';
}

const HEADER_BYTES = 4;
const EVENTS = ['path', 'shutdown', 'sendFailed', 'streamReset', 'streamChange', 'close'] as const;

export type EventName = (typeof EVENTS)[number] | 'senderDry';

/** One end of an association, and what it must and must not have met. */
export class End {
  readonly name: string;
  readonly association: Association;
  /** The one-to-many socket that it can be peeled off from. */
  socket: Socket | undefined;
  peer: End | undefined;
  readonly sent: Sent[] = [];
  readonly received = new Set<number>();
  /** Why it was aborted here, and in what state. */
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
    association.on('senderDry', () => act(this, 'senderDry')); // may be told at once
    void association.closed.then((error) => {
      this.ended = { error };
    });
  }

  /** Keeps in mind what must be settled in the end. */
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
    const sent: Sent = { number: this.sent.length, stream, length: HEADER_BYTES + length, state: 'waits' };
    this.sent.push(sent);
    this.watch(`send ${sent.number}`, this.association.send(bytesOf(sent), { stream }), (isResolved) => {
      sent.state = isResolved ? 'taken' : 'refused';
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

  /** Receives from now on, to the end. */
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
    if (!this.peer) return; // it was gone when it was accepted, and whose it was isn't known
    if (!sent) throw new Error(`${this.name} received message ${number}, which nobody has sent`);
    const problem = (what: string) => new Error(`${this.name} received message ${number} ${what}`);
    if (this.received.has(number)) throw problem('twice');
    if (sent.stream !== stream) throw problem(`on stream ${stream}, not ${sent.stream}`);
    if ((this.#newest.get(stream) ?? -1) > number) throw problem(`after ${this.#newest.get(stream)}`);
    if (!isEqual(data, bytesOf(sent))) throw problem('with other bytes');
    this.received.add(number);
    this.#newest.set(stream, number);
  }

  /** When all is over. `isLossless`: of the ABORT itself the peer hears, not only that there is no association any more. */
  check(isLossless: boolean): void {
    const at = (what: string) => `${this.name}: ${what} [${this.#first}]`;
    expect(this.#last, at('all listeners hear the same, in the same order')).toEqual(this.#first);
    expect(this.#first.indexOf('close'), at('close is told once, and last')).toBe(this.#first.length - 1);
    expect([...this.unsettled], at('every promise is settled')).toEqual([]);
    expect(this.association.bufferedBytes, at('nothing waits')).toBe(0);
    expect(this.ended, at('it has ended')).toBeDefined();
    const { peer } = this;
    if (!peer) return;
    const missing = this.sent.filter(({ number, state }) => state === 'taken' && !peer.received.has(number));
    const refused = this.sent.filter(({ number, state }) => state === 'refused' && peer.received.has(number));
    expect(refused, at('what was refused is not received')).toEqual([]);
    if (!this.ended?.error && !peer.ended?.error) expect(missing, at('what was taken is received')).toEqual([]);
    const { error } = peer.ended ?? {};
    // A peer that has closed may have SHUTDOWN ACK, which left when SHUTDOWN came, before it was told here.
    if (this.aborted?.state !== 'open' || peer.aborted || (peer.isClosed && !error)) return;
    expect(error?.code, at(`its peer hears of the abort, ${error}`)).toBe('ECONNRESET');
    if (isLossless) expect(error?.abort?.[0]?.text, at(`with its reason, ${error}`)).toBe(this.aborted.reason);
  }
}

function bytesOf({ number, length }: Sent): Uint8Array {
  const bytes = pattern(length, number + 1);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
