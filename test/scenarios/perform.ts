import type { Association } from '../../src/association/association.js';
import type { Message } from '../../src/stack/socket/message.js';
import type { TestNetwork } from '../../src/testing.js';
import { numbered } from './fixture.js';
import { Consumer, type Record, Sent } from './model.js';
import type { OtherStep, ProgramEnd, ReceiveStep, SendStep, Step } from './program.js';

/** One end of an association that performs its program; `record` has the outcome. */
export class Performer {
  readonly record: Record = { sent: [], consumers: [], hasAborted: false, error: undefined };
  readonly #network: TestNetwork;
  readonly #association: Association;
  readonly #pending: Promise<unknown>[] = [];
  readonly #claimed = new Set<number>();
  readonly #consumers = new Map<string, Consumer>();

  constructor(network: TestNetwork, association: Association, { reactions }: ProgramEnd) {
    this.#network = network;
    this.#association = association;
    association.on('sendFailed', ({ context, sent, whole }) => this.record.sent[context]?.failed({ sent, whole }));
    for (const { event, step } of reactions) association.once(event, () => this.#perform(step));
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.pauseMs > 0) await this.#network.advance(step.pauseMs);
      this.#perform(step);
    }
  }

  /** Receives all messages until the association ends. */
  drain(): void {
    const association = this.#association;
    const everything = () => this.#drain('drain', () => association.receive());
    const streams = [...this.#claimed].map((id) => this.#drain(`drain ${id}`, () => association.stream(id).receive()));
    // Again at the end: messages on a stream after its reset are for any receiver.
    this.#keep(Promise.all([everything(), ...streams]).then(everything));
  }

  close(): void {
    this.#keep(this.#association.close());
  }

  abort(): void {
    this.record.hasAborted = true;
    this.#association.abort('planned');
  }

  /** Waits until all promises have settled; the network's time limit rejects if one never does. */
  async settled(): Promise<void> {
    this.record.error = await this.#association.closed;
    for (let known = -1; known !== this.#pending.length; ) {
      known = this.#pending.length;
      await Promise.allSettled(this.#pending);
    }
    await Promise.allSettled(this.record.sent.map(({ promise }) => promise));
    if (this.#association.bufferedBytes !== 0) throw new Error(`${this.#association.bufferedBytes} bytes are buffered`);
  }

  async #drain(name: string, next: () => Promise<Message | undefined>): Promise<void> {
    const consumer = this.#consumer(name);
    for (;;) {
      const message = await next();
      if (message) consumer.add(message);
      else if (this.#association.state === 'closed') return;
    }
  }

  #perform(step: SendStep | ReceiveStep | OtherStep): void {
    if (step.kind === 'send') this.#send(step);
    else if (step.kind === 'receive') this.#keep(this.#receive(step));
    else if (step.kind === 'reset') this.#keep(this.#association.stream(step.stream).reset());
    else if (step.kind === 'close') this.close();
    else if (step.kind === 'abort') this.abort();
    else this.#abortWritable(step.stream);
  }

  #send({ way, length, stream, unordered, reliability }: SendStep): void {
    const { sent } = this.record;
    const number = sent.length;
    const data = numbered(number, length);
    const options = { stream, unordered, ppid: number, context: number, ...(reliability && { reliability }) };
    const entry = new Sent(data.length, stream, unordered, reliability === undefined);
    sent.push(entry); // before send(), during which a listener may send
    entry.promised(this.#sending(way, data, options, stream));
  }

  #sending(way: SendStep['way'], data: Uint8Array, options: object, stream: number): Promise<void> {
    const { stream: _, ...others } = options as { stream: number };
    if (way === 'association') return this.#association.send(data, options);
    if (way === 'stream') return this.#association.stream(stream).send(data, others);
    const writable = way === 'writable' ? this.#association.writable : this.#association.stream(stream).writable;
    const writer = writable.getWriter();
    writer.closed.catch(() => undefined);
    const written = writer.write({ data, ...(way === 'writable' ? options : others) });
    writer.releaseLock();
    return written;
  }

  /** Partly sent messages are still completed, so they may arrive although their writes reject. */
  #abortWritable(stream: number): void {
    for (const each of this.record.sent)
      if (each.stream === stream && each.outcome === 'pending') each.isWithdrawn = true;
    this.#keep(this.#association.stream(stream).writable.abort(new Error('planned')));
  }

  async #receive({ way, stream, givesUp, afterMs }: ReceiveStep): Promise<void> {
    const source = stream === undefined ? this.#association : this.#association.stream(stream);
    if (stream !== undefined) this.#claimed.add(stream);
    const slot = this.#consumer(`${way} ${stream}`).slot();
    const later = (act: () => void) => {
      this.#keep(this.#network.advance(afterMs).then(act));
    };
    if (way === 'receive') {
      const stop = new AbortController();
      if (givesUp === 'by signal') later(() => stop.abort(new Error('planned')));
      const options = givesUp === 'by time' ? { timeoutMs: afterMs } : { signal: stop.signal };
      return slot(await source.receive(options));
    }
    if (way === 'iterator') {
      const iterator = source[Symbol.asyncIterator]();
      if (givesUp === 'by cancel') later(() => void iterator.return?.());
      return slot((await iterator.next()).value);
    }
    const { readable } = source;
    if (readable.locked) return;
    const reader = readable.getReader();
    reader.closed.catch(() => undefined);
    const read = reader.read();
    if (givesUp === 'by cancel') later(() => void reader.cancel().catch(() => undefined));
    if (givesUp === 'by release') later(() => reader.releaseLock());
    slot((await read).value);
    reader.releaseLock();
  }

  #consumer(name: string): Consumer {
    const known = this.#consumers.get(name);
    if (known) return known;
    const consumer = new Consumer(name);
    this.#consumers.set(name, consumer);
    this.record.consumers.push(consumer);
    return consumer;
  }

  #keep(promise: Promise<unknown>): void {
    this.#pending.push(promise.catch(() => undefined));
  }
}
