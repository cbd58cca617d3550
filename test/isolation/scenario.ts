import { sealPacket } from '../../src/wire/crc32c.js';
import { RandomChoices } from '../scenarios/plan.js';
import { CLIENT, CLIENT_PORT, HOSTILE, Hostile, SERVER } from './hostile.js';
import { KINDS } from './kinds.js';
import {
  type Act,
  type HonestMessage,
  type Hosts,
  SIDES,
  type Side,
  type Target,
  type TargetOptions,
} from './target.js';

/**
 * The limit of a message's delay between the honest peers, in ms of virtual time. Nothing is lost between them, and a
 * retransmission would take RTO.Min, a second.
 */
const SLOW_MS = 900;
const STREAMS = 10;
/** The number of scenarios for a seed. */
export const ROUNDS = 10;
const NAMES = Object.keys(KINDS);
/** Chunks that keep an association up are more likely; otherwise there would be little to attack. */
const WEIGHTED = [
  ...NAMES,
  ...NAMES.filter((name) => !/ABORT|SHUTDOWN|INIT|unknown/.test(name)),
  ...Array<string>(8).fill('message'),
  ...Array<string>(6).fill('message in parts'),
  ...Array<string>(4).fill('message given up'),
  ...Array<string>(4).fill('SACK'),
];
const SPECIAL = ['mutated', 'from the honest peer’s address', 'wrong tag', 'restart', 'restart with data'] as const;
export const ALL_KINDS: readonly string[] = [...NAMES, ...SPECIAL];
const ACTS: readonly Act[] = ['send', 'send', 'send', 'send', 'reset', 'peeloff', 'shutdown', 'abort'];

/** Counts of scenarios; packets are counted by their contents. */
export interface Tally {
  readonly packets: Map<string, number>;
  scenarios: number;
  handshakes: number;
  honestMessages: number;
  hostileMessages: number;
  slowestMs: number;
}

export const newTally = (): Tally => ({
  packets: new Map(),
  scenarios: 0,
  handshakes: 0,
  honestMessages: 0,
  hostileMessages: 0,
  slowestMs: 0,
});

/** The counts as text. */
export function summaryOf({ packets, ...counts }: Tally): string {
  const all = [...packets].toSorted(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => `${kind} ${count}`);
  const { scenarios, honestMessages, handshakes, hostileMessages, slowestMs } = counts;
  return (
    `${scenarios} scenarios: ${honestMessages} messages, the slowest after ${slowestMs.toFixed(0)} ms; ` +
    `hostile: ${handshakes} handshakes, ${hostileMessages} messages received, sent: ${all.join(', ')}`
  );
}

function optionsOf(random: RandomChoices): TargetOptions {
  const isPeeledOff = random.chance(0.3);
  return {
    interleaving: random.chance(0.4),
    receiveBufferBytes: random.pick([undefined, undefined, 16_384, 65_536]),
    sendBufferBytes: random.pick([undefined, undefined, 8192, 65_536]),
    peerMayReset: random.pick(['streams', 'association', 'association', 'nothing']),
    isPeeledOff,
    isUnread: random.chance(0.5),
  };
}

/** Plays the scenarios of a seed in turn on the same hosts; rejects if memory is left at the end. */
export async function play(hosts: Hosts, seed: number, tally: Tally): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    try {
      await playRound(hosts, `${seed}/${round}`, tally);
    } catch (error) {
      (error as Error).message = `round ${round}: ${(error as Error).message}`;
      throw error;
    }
  }
  const left = await hosts.end();
  if (left !== 0) throw new Error(`${left} bytes are left`);
}

/** Rejects unless the honest peers have received all their messages unchanged and in time. */
async function playRound(hosts: Hosts, seed: string, tally: Tally): Promise<void> {
  const random = new RandomChoices(seed, 'steps');
  const target = await hosts.target(optionsOf(new RandomChoices(seed, 'options')));
  const hostile = new Hostile(target, new RandomChoices(seed, 'hostile'));
  const attack = new Attack(hostile, tally);
  const talk = new Conversation(target, random);
  for (const side of SIDES) talk.say(side);
  await hostile.connect();
  for (let step = random.integer(4, 20); step > 0; step--) {
    for (const side of SIDES) if (random.chance(0.35)) talk.say(side);
    if (random.chance(0.1))
      target.act(random.pick(ACTS), random.integer(0, STREAMS - 1), random.pick([1, 1000, 20_000]));
    await attack.step();
    await talk.advance(random.pick([0, 0, 1, 3, 20, 100, 300]));
  }
  await talk.finish();
  for (const side of SIDES) talk.say(side); // checks that the association is still open
  await talk.finish();
  await target.end();
  tally.scenarios++;
  tally.handshakes += hostile.handshakes;
  tally.hostileMessages += target.received;
  tally.honestMessages += talk.count;
  tally.slowestMs = Math.max(tally.slowestMs, talk.slowestMs);
}

/** The hostile peer's steps. */
class Attack {
  readonly #peer: Hostile;
  readonly #tally: Tally;

  constructor(peer: Hostile, tally: Tally) {
    this.#peer = peer;
    this.#tally = tally;
  }

  async step(): Promise<void> {
    const peer = this.#peer;
    const { random } = peer;
    if (!peer.isUp && random.chance(0.7)) {
      if (random.chance(0.3)) peer.port = random.integer(4000, 4003);
      return peer.connect();
    }
    if (random.chance(0.08)) return this.#restart();
    for (let packets = random.pick([1, 1, 2, 4]); packets > 0; packets--) this.#inject();
    await peer.listen(random.pick([0, 0, 0, 250]));
  }

  #inject(): void {
    const peer = this.#peer;
    const { random } = peer;
    const chunks = this.#chunks();
    const source = random.chance(0.8) ? HOSTILE[0] : random.pick([...HOSTILE, ...HOSTILE, CLIENT[0]]);
    const isTagWrong = random.chance(0.04);
    const tag = isTagWrong ? random.pick([0, peer.tag, random.below(2 ** 32)]) : peer.targetTag;
    if (isTagWrong) this.#count('wrong tag');
    if (source === CLIENT[0]) this.#count('from the honest peer’s address');
    const packet = peer.packet(chunks, { tag, port: source === CLIENT[0] ? CLIENT_PORT : peer.port });
    peer.inject(random.chance(0.15) ? this.#mutated(packet) : packet, { source, destination: random.pick(SERVER) });
  }

  /** The chunks of one or several kinds. */
  #chunks(): Uint8Array[] {
    const { random } = this.#peer;
    return random
      .list(random.pick([1, 1, 1, 2, 3]), () => {
        const name = random.pick(WEIGHTED);
        this.#count(name);
        return KINDS[name]!(this.#peer);
      })
      .flat();
  }

  async #restart(): Promise<void> {
    const { random } = this.#peer;
    const withData = random.chance(0.5);
    this.#count(withData ? 'restart with data' : 'restart');
    await this.#peer.connect(withData ? this.#chunks() : []);
  }

  /** Mutates a packet as mutate.c does; the checksum is valid. */
  #mutated(packet: Uint8Array): Uint8Array {
    const { random } = this.#peer;
    this.#count('mutated');
    let bytes = packet;
    for (let changes = random.integer(1, 3); changes > 0 && bytes.length > 16; changes--) {
      const at = random.integer(12, bytes.length - 1);
      const kind = random.below(5);
      if (kind === 0) bytes[at]! ^= 1 << random.below(8);
      else if (kind === 1) bytes[at] = random.below(256);
      else if (kind === 2) bytes[at & ~3] = random.below(256);
      else if (kind === 3) bytes = bytes.slice(0, Math.max(16, at));
      else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(12, at - 4))]);
    }
    sealPacket(bytes);
    return bytes;
  }

  #count(name: string): void {
    const { packets } = this.#tally;
    packets.set(name, (packets.get(name) ?? 0) + 1);
  }
}

/** The messages between the honest peers; checks that each arrives once, complete, and in the order of its stream. */
class Conversation {
  readonly #target: Target;
  readonly #random: RandomChoices;
  readonly #waiting: Record<Side, Map<number, HonestMessage & { readonly sentMs: number }>> = {
    client: new Map(),
    server: new Map(),
  };
  readonly #newest: Record<Side, Map<number, number>> = { client: new Map(), server: new Map() };
  count = 0;
  slowestMs = 0;

  constructor(target: Target, random: RandomChoices) {
    this.#target = target;
    this.#random = random;
  }

  say(from: Side): void {
    const random = this.#random;
    const message = {
      number: this.count++,
      stream: random.integer(0, STREAMS - 1),
      unordered: random.chance(0.25),
      length: Math.floor(2 ** (random.next() * 14.5)),
      ...(random.chance(0.2) && { retransmits: random.integer(0, 3) }),
    };
    this.#waiting[from].set(message.number, { ...message, sentMs: this.#target.nowMs });
    this.#target.send(from, message);
  }

  async advance(ms: number): Promise<void> {
    await this.#target.advance(ms);
    this.#hear('server', 'client');
    this.#hear('client', 'server');
  }

  async finish(): Promise<void> {
    while (this.#waiting.client.size + this.#waiting.server.size > 0) await this.advance(10);
  }

  #hear(at: Side, from: Side): void {
    const { nowMs } = this.#target;
    const waiting = this.#waiting[from];
    for (const { number, stream, unordered, length, isWhole } of this.#target.arrived(at)) {
      const sent = waiting.get(number);
      const problem = (what: string) =>
        new Error(`the ${at} has received message ${number}, stream ${stream}, ${length} bytes, ${what}`);
      if (!sent) throw problem('which was not sent, or has arrived twice');
      if (stream !== sent.stream || unordered !== sent.unordered) throw problem(`of stream ${sent.stream}`);
      if (!isWhole || length !== sent.length) throw problem(`which is not what was sent, ${sent.length} bytes`);
      const newest = this.#newest[from].get(stream) ?? -1;
      if (!unordered && newest > number) throw problem(`after message ${newest}`);
      if (!unordered) this.#newest[from].set(stream, number);
      waiting.delete(number);
      this.slowestMs = Math.max(this.slowestMs, nowMs - sent.sentMs);
    }
    for (const { number, sentMs } of waiting.values()) {
      if (nowMs - sentMs > SLOW_MS)
        throw new Error(`message ${number} of the ${from} has not arrived after ${SLOW_MS} ms`);
    }
  }
}
