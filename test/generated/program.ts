import { expect } from 'vitest';
import { type Network, scenario } from '../../src/simulated.js';
import type { Association, Stack } from '../../src/index.js';
import type { Socket } from '../../src/socket/socket.js';
import { RandomChoices } from '../scenarios/plan.js';
import { newStack } from '../support/two-stacks.js';
import { End, type EventName } from './end.js';

const CLIENTS = 8;
const STREAMS = 10;
const SERVER = ['10.0.0.200', '10.0.0.201'];
const MANY_PORT = 5001;
const ONE_PORT = 5002;
const LIMIT_MS = 3_600_000;

type Action = 'send' | 'flood' | 'reset' | 'close' | 'abort' | 'peeloff' | 'connect' | 'read';
/** Repeated actions are more likely; those that end associations are rare. */
const ACTIONS: readonly Action[] = [
  ...(['send', 'send', 'send', 'send', 'flood', 'reset', 'reset', 'read'] as const),
  ...(['close', 'abort', 'peeloff', 'peeloff', 'connect'] as const),
];

/**
 * A random program of a seed: clients of either style connect to servers of either style, and the program and its event
 * listeners take random steps. Each association of a client has its own address, which identifies the server's end.
 */
export class Program {
  readonly #seed: number;
  readonly #random: RandomChoices;
  readonly #loss: number;
  readonly #ends: End[] = [];
  readonly #clients = new Map<string, End>();
  #network!: Network;
  #client!: Stack;
  #server!: Stack;
  #connected = 0;
  /** The number of steps that listeners may still take; without a limit they would never stop. */
  #left = 60;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new RandomChoices(seed, 'listeners');
    this.#loss = this.#random.pick([0, 0, 0.02]);
  }

  run(): Promise<void> {
    const conditions = { latencyMs: this.#random.pick([0.1, 5, 20]), loss: this.#loss };
    return scenario({ seed: this.#seed, conditions, limitMs: LIMIT_MS }, (network) => this.#run(network));
  }

  async #run(network: Network): Promise<void> {
    const random = this.#random;
    this.#network = network;
    const addresses = Array.from({ length: CLIENTS }, (_, index) => `10.0.0.${index + 1}`);
    this.#client = await newStack(network, network.host('client', addresses));
    this.#server = await newStack(network, network.host('server', SERVER));
    const listeners = this.#listen();
    for (let count = random.integer(1, 3); count > 0; count--) this.#connect();
    for (let step = random.integer(10, 40); step > 0; step--) {
      await network.advance(random.pick([0, 0, 1, 10, 100]));
      const open = this.#ends.filter(({ association }) => association.state !== 'closed');
      if (open.length > 0) this.#act(random.pick(open), random.pick(ACTIONS));
    }
    this.#left = 0;
    await this.#finish();
    for (const end of this.#ends) end.check(this.#loss === 0);
    for (const listener of listeners) listener.abort();
    await Promise.all([this.#client.close(), this.#server.close()]);
    expect([this.#client.memoryInUse, this.#server.memoryInUse]).toEqual([0, 0]);
  }

  /** Closes all associations and waits until both ends have received the end. */
  async #finish(): Promise<void> {
    const reading: Promise<void>[] = [];
    for (let round = 0; round < 3; round++) {
      await this.#network.advance(1000);
      for (const end of this.#ends) {
        reading.push(end.read());
        end.close();
      }
    }
    await Promise.all(reading);
    await Promise.all(this.#ends.map(({ association }) => association.closed));
    await this.#network.advance(10);
  }

  #listen(): Socket[] {
    const options = { readAheadBytes: this.#random.pick([1, 5000, 65_536]) };
    const many = this.#server.socket({ style: 'one-to-many', ...options });
    const one = this.#server.socket(options);
    many.bindx(SERVER.map((address) => ({ address, port: MANY_PORT })));
    one.bindx(SERVER.map((address) => ({ address, port: ONE_PORT })));
    many.on('association', (association) => this.#accepted(association, many));
    many.listen();
    void this.#accept(one.listen());
    return [many, one];
  }

  async #accept(associations: AsyncIterable<Association>): Promise<void> {
    for await (const association of associations) this.#accepted(association, undefined);
  }

  #accepted(association: Association, socket: Socket | undefined): void {
    const address = association.paths()[0]?.address ?? '';
    const end = this.#add(`server's end of ${address}`, association, socket);
    if (address !== '') this.#pair(address, end); // empty if it has already ended: its peer is unknown
    if (this.#random.chance(0.3)) this.#react(end);
  }

  #pair(address: string, end: End): void {
    const other = this.#clients.get(address);
    if (!other) return void this.#clients.set(address, end);
    other.peer = end;
    end.peer = other;
  }

  #add(name: string, association: Association, socket: Socket | undefined): End {
    const end = new End(name, association, socket, (hearer, event) => this.#heard(hearer, event));
    this.#ends.push(end);
    if (this.#random.chance(0.7)) void end.read();
    return end;
  }

  #connect(): void {
    if (this.#connected === CLIENTS) return;
    const random = this.#random;
    const address = `10.0.0.${++this.#connected}`;
    const style = random.pick(['one-to-one', 'one-to-many'] as const);
    const sendBufferBytes = random.pick([undefined, 8192, 65_536]);
    const socket = this.#client.socket({ style, ...(sendBufferBytes && { sendBufferBytes }) });
    const port = random.pick([MANY_PORT, ONE_PORT]);
    const servers = SERVER.map((each) => ({ address: each, port }));
    socket.connectx(servers, { local: [{ address }] }).then(
      (association) => this.#pair(address, this.#add(`client's end of ${address}`, association, socket)),
      (error) => expect(error.code).toBe('ECONNRESET'),
    );
  }

  #heard(end: End, event: EventName): void {
    if (this.#random.chance(event === 'senderDry' ? 0.05 : 0.5)) this.#react(end);
  }

  /** A listener takes some steps, mostly with the association of its event. */
  #react(end: End): void {
    for (let count = this.#random.integer(1, 3); count > 0 && this.#left > 0; count--) {
      this.#left--;
      this.#act(this.#random.chance(0.8) ? end : this.#random.pick([end, ...this.#ends]), this.#random.pick(ACTIONS));
    }
  }

  #act(end: End, action: Action): void {
    const random = this.#random;
    const { association } = end;
    const stream = random.integer(0, STREAMS - 1);
    switch (action) {
      case 'send':
        return end.send(Math.floor(2 ** (random.next() * 16)), stream);
      case 'flood':
        for (let count = 0; count < 40; count++) end.send(random.integer(1, 4000), random.integer(0, STREAMS - 1));
        return;
      case 'reset':
        return end.watch('reset', association.resetStreams({ outgoing: [stream] }));
      case 'close':
        return end.close();
      case 'abort':
        return end.abort(`${end.name} ${random.integer(0, 1000)}`);
      case 'peeloff':
        return this.#peelOff(end);
      case 'connect':
        return this.#connect();
      case 'read':
        void end.read();
    }
  }

  #peelOff(end: End): void {
    const { socket, association } = end;
    if (socket?.style !== 'one-to-many' || association.state === 'closed') return;
    try {
      end.socket = socket.peeloff(association);
    } catch (error) {
      // It has ended, but the notification has not been read yet.
      expect((error as { code?: string }).code).toBe('ENOTCONN');
    }
  }
}
