import type { Association } from '../../src/association/association.js';
import type { Stack } from '../../src/index.js';
import type { Host } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Message } from '../../src/stack/socket/message.js';
import { TestNetwork } from '../../src/testing.js';
import { endpoints } from './fixture.js';
import {
  type InterruptedClient,
  type InterruptedMessage,
  type InterruptedPlan,
  type Life,
  STREAMS,
} from './interrupted-plan.js';
import type { Played } from './play.js';

const SERVER = ['10.0.1.2', '10.0.2.2'];
const LIMIT_MS = 4 * 3_600_000;
const HEADER_BYTES = 12;
/** The first message of each association identifies the client and its life. */
const HELLO = 255;
const CLIENT_PORT = 7000;
/** Faults heal here. An association that gave up would be correct, but would prove nothing. */
const TIMERS = { associationRetransmits: 1000, initRetransmits: 100 };

type Direction = 'there' | 'back';

/**
 * Plays a scenario. Rejects unless each message arrives at most once, unchanged and in the order of its stream, and each
 * message that must arrive does: a reliable one if the association was closed, and one with a policy unless `sendFailed`
 * reported it.
 */
export async function playInterrupted(seed: number | string, plan: InterruptedPlan): Promise<Played> {
  const network = new TestNetwork({ seed, conditions: plan.conditions });
  let messages = 0;
  await network.run(async () => {
    const server = await InterruptedServer.start(network, plan);
    const lives = Promise.all(plan.clients.map((client, index) => live(network, plan, server, client, index)));
    await Promise.race([lives, server.failed]);
    messages = server.arrivals;
    await server.stop();
  }, LIMIT_MS);
  return { messages, packets: network.trace.count, virtualMs: network.clock.now() };
}

/** The messages of a life that one end receives; checks each on arrival. */
class Received {
  readonly #label: string;
  readonly #planned: readonly InterruptedMessage[];
  readonly #numbers = new Set<number>();
  readonly #last = new Map<number, number>();

  constructor(label: string, planned: readonly InterruptedMessage[]) {
    this.#label = label;
    this.#planned = planned;
  }

  take(number: number, { data, stream, unordered }: Message): void {
    const planned = this.#planned[number];
    const what = `${this.#label}: message ${number}`;
    if (planned === undefined) throw new Error(`${what} was never sent`);
    if (planned.stream !== stream || planned.unordered !== unordered)
      throw new Error(`${what} arrived on another stream`);
    if (data.length !== lengthOf(planned))
      throw new Error(`${what} has ${data.length} bytes, not ${lengthOf(planned)}`);
    if (this.#numbers.has(number)) throw new Error(`${what} arrived twice`);
    this.#numbers.add(number);
    if (unordered) return;
    const before = this.#last.get(stream) ?? -1;
    if (before > number) throw new Error(`${what} of stream ${stream} arrived after ${before}`);
    this.#last.set(stream, number);
  }

  /** Throws unless all messages that must arrive have; `failed` has those reported by `sendFailed`. */
  complete(failed: ReadonlySet<number>): void {
    const missing = this.#planned.flatMap(({ reliability }, number) => {
      const mayBeMissing = reliability !== undefined && failed.has(number);
      return this.#numbers.has(number) || mayBeMissing ? [] : [number];
    });
    if (missing.length > 0) throw new Error(`${this.#label}: ${missing} never arrived, and no failure was reported`);
  }
}

/** An association of a client, from both ends. */
interface LifeRecord {
  readonly life: Life;
  readonly received: { readonly [D in Direction]: Received };
  /** The numbers of messages that `sendFailed` reported, for each sender. */
  readonly failed: { readonly [D in Direction]: Set<number> };
  /** The server's end, once the hello has arrived. */
  readonly met: Promise<Association>;
  readonly meet: (association: Association) => void;
  /** Resolves when the server has sent all messages or cannot send more. */
  served: Promise<void>;
}

class InterruptedServer {
  readonly socket: Socket;
  readonly #network: TestNetwork;
  readonly #plan: InterruptedPlan;
  readonly #lives = new Map<string, LifeRecord>();
  /** The reader of each association, which ends when all arrived messages are read. */
  readonly #readers = new Map<Association, Promise<void>>();
  readonly #fail: (error: unknown) => void;
  /** Rejects when the server receives an unexpected message. */
  readonly failed: Promise<never>;
  arrivals = 0;

  static async start(network: TestNetwork, plan: InterruptedPlan): Promise<InterruptedServer> {
    const stack = await network.stack(network.host('server', SERVER), { timers: TIMERS });
    const socket = interruptedSocket(stack, plan, plan.style);
    socket.bindx(endpoints(SERVER));
    socket.listen();
    const server = new InterruptedServer(network, plan, socket);
    void server.#serve();
    return server;
  }

  private constructor(network: TestNetwork, plan: InterruptedPlan, socket: Socket) {
    this.#network = network;
    this.#plan = plan;
    this.socket = socket;
    let fail!: (error: unknown) => void;
    this.failed = new Promise((_, reject) => {
      fail = reject;
    });
    this.failed.catch(() => undefined); // reported by Promise.race()
    this.#fail = fail;
  }

  /** Registers a life before its client connects. */
  expect(index: number, number: number, life: Life): LifeRecord {
    const label = `client ${index}, life ${number}`;
    let meet!: (association: Association) => void;
    const met = new Promise<Association>((resolve) => {
      meet = resolve;
    });
    const record: LifeRecord = {
      life,
      received: {
        there: new Received(`${label} to the server`, life.there),
        back: new Received(`to ${label}`, life.back),
      },
      failed: { there: new Set(), back: new Set() },
      met,
      meet,
      served: Promise.resolve(),
    };
    this.#lives.set(`${index} ${number}`, record);
    return record;
  }

  /** Resolves when all arrived messages of an ended association are read. */
  async hasRead(association: Association): Promise<void> {
    await this.#readers.get(association);
  }

  async stop(): Promise<void> {
    for (const association of this.#readers.keys()) if (association.state === 'open') association.abort('the end');
    await Promise.all(this.#readers.values());
    await this.socket.close();
  }

  async #serve(): Promise<void> {
    for (;;) {
      const association = await this.socket.accept().catch(() => undefined);
      if (association === undefined) return;
      this.#readers.set(association, this.#read(association).catch(this.#fail));
    }
  }

  async #read(association: Association): Promise<void> {
    association.on('sendFailed', ({ ppid, context }) => this.#lives.get(lifeOf(ppid))?.failed.back.add(context));
    for (;;) {
      const message = await association.receive().catch(() => undefined);
      if (message === undefined) return;
      this.arrivals++;
      const { client, life, number } = checked(message);
      const record = this.#lives.get(`${client} ${life}`);
      if (record === undefined) throw new Error(`a message of client ${client}, life ${life}, which isn't there`);
      if (number === HELLO) this.#greet(association, client, life, record);
      else record.received.there.take(number, message);
      if (this.#plan.readPauseMs > 0) await this.#network.advance(this.#plan.readPauseMs);
    }
  }

  #greet(association: Association, client: number, number: number, record: LifeRecord): void {
    record.served = speak(association, client, number, record.life.back);
    record.meet(association);
  }
}

function interruptedSocket(stack: Stack, plan: InterruptedPlan, style: InterruptedPlan['style']): Socket {
  const { sendBufferBytes, receiveBufferBytes } = plan;
  const streams = { outbound: STREAMS };
  const socket = stack.socket({ style, sendBufferBytes, receiveBufferBytes, streams });
  if (plan.interleaving) socket.setOption('interleaving', true);
  return socket;
}

/** Plays all lives of a client in turn from one port; after a crash, the next one restarts the association. */
async function live(
  network: TestNetwork,
  plan: InterruptedPlan,
  server: InterruptedServer,
  client: InterruptedClient,
  index: number,
) {
  const host = network.host(`client ${index}`, client.addresses);
  let stack = await network.stack(host, { timers: TIMERS });
  for (const [number, life] of client.lives.entries()) {
    const record = server.expect(index, number, life);
    await liveOnce(network, plan, server, stack, client, index, number, host, record);
    if (life.end !== 'client crashes') continue;
    host.restart();
    stack = await network.stack(host, { timers: TIMERS });
  }
}

async function liveOnce(
  network: TestNetwork,
  plan: InterruptedPlan,
  server: InterruptedServer,
  stack: Stack,
  client: InterruptedClient,
  index: number,
  number: number,
  host: Host,
  record: LifeRecord,
): Promise<void> {
  const { life, received, failed } = record;
  const socket = interruptedSocket(stack, plan, client.style);
  socket.bindx(endpoints(client.addresses, CLIENT_PORT + index));
  const here = await socket.connectx(endpoints(SERVER.slice(0, client.addresses.length)));
  here.on('sendFailed', ({ ppid, context }) => ppid === ppidOf(index, number) && failed.there.add(context));
  await here.send(bytesOf(index, number, HELLO, HEADER_BYTES), { ppid: ppidOf(index, number) });
  const reading = read(here, received.back, index, number);
  reading.catch(() => undefined); // awaited below, but after a crash
  const sending = speak(here, index, number, life.there);
  if (life.end.endsWith('closes')) {
    await sending;
    const there = await record.met;
    await record.served;
    await (life.end === 'client closes' ? here : there).close();
    await Promise.all([reading, here.closed, there.closed, server.hasRead(there)]);
    received.there.complete(failed.there);
    received.back.complete(failed.back);
    await socket.close();
    return;
  }
  await network.advance(life.endsAfterMs);
  if (life.end === 'client crashes') {
    host.crash();
    return;
  }
  if (life.end === 'server aborts') (await record.met).abort('as planned');
  else here.abort('as planned');
  await Promise.all([here.closed, reading, sending]);
  await socket.close();
}

async function read(association: Association, received: Received, index: number, life: number): Promise<void> {
  for (;;) {
    const message = await association.receive().catch(() => undefined);
    if (message === undefined) return;
    const head = checked(message);
    if (head.client !== index) throw new Error(`client ${index} got a message for client ${head.client}`);
    // Messages that the server had queued when the former life crashed may arrive here.
    if (head.life === life) received.take(head.number, message);
  }
}

/** Sends all messages one after the other; ignores failures because the association has ended. */
async function speak(association: Association, client: number, life: number, messages: readonly InterruptedMessage[]) {
  const ppid = ppidOf(client, life);
  const sending = messages.map((message, number) => {
    const { stream, unordered, reliability } = message;
    const options = { stream, unordered, ppid, context: number, ...(reliability && { reliability }) };
    return association.send(bytesOf(client, life, number, lengthOf(message)), options);
  });
  await Promise.allSettled(sending);
}

function ppidOf(client: number, life: number): number {
  return client * 256 + life + 1;
}

function lifeOf(ppid: number): string {
  return `${Math.floor(ppid / 256)} ${(ppid % 256) - 1}`;
}

function lengthOf({ length }: InterruptedMessage): number {
  return Math.max(HEADER_BYTES, length);
}

/** A header, then bytes that depend on their position. */
function bytesOf(client: number, life: number, number: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const step = 1 + ((client * 7 + life * 3 + number) % 127);
  for (let at = HEADER_BYTES; at < length; at++) bytes[at] = at * step + (at >> 8);
  const head = new DataView(bytes.buffer);
  head.setUint8(0, client);
  head.setUint8(1, life);
  head.setUint8(2, number);
  head.setUint32(4, length);
  return bytes;
}

/** Checks the bytes of a message and returns its header. */
function checked({ data }: Message): { client: number; life: number; number: number } {
  if (data.length < HEADER_BYTES) throw new Error(`a message of ${data.length} bytes was never sent`);
  const [client = 0, life = 0, number = 0] = data;
  const length = new DataView(data.buffer, data.byteOffset).getUint32(4);
  const expected = bytesOf(client, life, number, length);
  if (Buffer.compare(data, expected) !== 0) {
    throw new Error(`client ${client}, life ${life}, message ${number}: ${data.length} bytes for ${length}, or others`);
  }
  return { client, life, number };
}
