import { expect } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { Host } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Message } from '../../src/stack/socket/message.js';
import { TestNetwork } from '../../src/testing.js';
import { isEqual } from '../support/two-stacks.js';
import { endpoints, numbered, numberOf } from './fixture.js';
import { move } from './moves.js';
import { type Fault, type Plan, type PlannedEnd, planOf, STREAMS } from './plan.js';

/** The figures of a scenario. */
export interface Played {
  readonly messages: number;
  readonly packets: number;
  readonly virtualMs: number;
}

/** Far more than any scenario needs: dead paths are probed once a minute. */
const LIMIT_MS = 4 * 3_600_000;

/** One end of a running scenario. */
export interface Actor {
  readonly plan: PlannedEnd;
  readonly host: Host;
  readonly socket: Socket;
  /** Whether the association's own socket is bound to single addresses; `socket` may be its one-to-one listener instead. */
  readonly isBoundByName: boolean;
}

/**
 * Plays the scenario of a seed. Rejects unless each message has arrived once, in the order of its stream, both ends
 * have reported the end, and no memory is left.
 */
export async function play(seed: number | string, plan: Plan = planOf(seed)): Promise<Played> {
  const network = new TestNetwork({ seed, conditions: plan.conditions });
  await network.run(() => perform(network, plan), LIMIT_MS);
  const messages = plan.client.messages.length + plan.server.messages.length;
  return { messages, packets: network.trace.count, virtualMs: network.clock.now() };
}

async function perform(network: TestNetwork, plan: Plan): Promise<void> {
  const client = await actor(network, plan, 'client');
  const server = await actor(network, plan, 'server');
  for (const [index, conditions] of plan.paths.entries()) {
    const [from, to] = [plan.client.addresses[index], plan.server.addresses[index]];
    if (from !== undefined && to !== undefined) network.link(from, to, conditions);
  }
  if (plan.client.isBound) client.socket.bindx(endpoints(plan.client.addresses, 0));
  server.socket.bindx(endpoints(plan.server.isBound ? plan.server.addresses : ['::']));
  server.socket.listen();
  const accepting = server.socket.accept();
  const here = await client.socket.connectx(endpoints(plan.server.addresses));
  const there = await accepting;
  const faults = Promise.all([
    ...plan.faults.map((fault) => suffer(network, fault, client.host, server.host)),
    move(network, plan.moves, { client, server }),
  ]);
  const conversations = [converse(network, here, plan.client, there, plan.server)];
  conversations.push(converse(network, there, plan.server, here, plan.client));
  const [sent, arrived] = [conversations.map(({ sent }) => sent), conversations.map(({ arrived }) => arrived)];
  const settled = plan.end.endsWith('aborts') ? arrived : sent;
  await Promise.all(isTooBadToClose(plan) ? [...sent, ...arrived, faults] : settled);
  await end(plan, here, there);
  await Promise.all([...arrived, faults]);
  await Promise.all([client.socket.close(), server.socket.close()]);
}

/**
 * T5-shutdown-guard is 300 s, which is too short if packets a minute apart meet bursts of losses. In these scenarios, the
 * messages arrive before the end, which may be ETIMEDOUT.
 */
function isTooBadToClose({ conditions, paths }: Plan): boolean {
  return [conditions, ...paths].some(({ loss }) => typeof loss === 'object');
}

async function actor(network: TestNetwork, plan: Plan, name: 'client' | 'server'): Promise<Actor> {
  const { [name]: own, encapsulationPort, preset } = plan;
  const { addresses, style, sendBufferBytes, receiveBufferBytes, noDelay } = own;
  const host = network.host(name, addresses, encapsulationPort === undefined ? {} : { encapsulationPort });
  // Faults heal, some after a minute. An association that gave up would be correct, but would prove nothing.
  const timers = { associationRetransmits: 1000, initRetransmits: 100 };
  const stack = await network.stack(host, { preset, timers });
  const streams = { outbound: STREAMS };
  const socket = stack.socket({ style, sendBufferBytes, receiveBufferBytes, noDelay, streams });
  const isBoundByName = own.isBound && (name === 'client' || style === 'one-to-many');
  return { plan: own, host, socket, isBoundByName };
}

/** One direction: `sent` resolves when the stack has accepted all messages, `arrived` when each has arrived once. */
function converse(network: TestNetwork, from: Association, speaker: PlannedEnd, to: Association, hearer: PlannedEnd) {
  const sent = speak(network, from, speaker);
  const arrived = hear(network, to, speaker, hearer.readPauseMs);
  for (const promise of [sent, arrived]) promise.catch(() => undefined); // reported by the first await
  return { sent, arrived };
}

async function speak(network: TestNetwork, association: Association, { messages }: PlannedEnd): Promise<void> {
  const taken: Promise<void>[] = [];
  for (const [number, { pauseMs, length, stream, unordered }] of messages.entries()) {
    if (pauseMs > 0) await network.advance(pauseMs);
    const sending = association.send(numbered(number, length), { stream, unordered, ppid: number });
    sending.catch(() => undefined); // reported below
    taken.push(sending);
  }
  await Promise.all(taken);
}

async function hear(network: TestNetwork, association: Association, { messages }: PlannedEnd, pauseMs: number) {
  const seen = new Set<number>();
  const last = new Map<number, number>();
  while (seen.size < messages.length) {
    const message = await association.receive();
    if (message === undefined) throw new Error(`shut down after ${seen.size} of ${messages.length} messages`);
    const number = checkWhole(message, messages);
    if (seen.has(number)) throw new Error(`message ${number} has arrived twice`);
    seen.add(number);
    if (!message.unordered) {
      const before = last.get(message.stream) ?? -1;
      if (before > number) throw new Error(`stream ${message.stream}: message ${number} comes after ${before}`);
      last.set(message.stream, number);
    }
    if (pauseMs > 0) await network.advance(pauseMs);
  }
}

/** Compares without `expect`, which would take a fifth of a run of many seeds. */
function checkWhole(message: Message, messages: PlannedEnd['messages']): number {
  const number = numberOf(message);
  const planned = messages[number];
  if (planned === undefined) throw new Error(`message ${number} was never sent`);
  const { length, stream, unordered } = planned;
  const isRight = message.ppid === number && message.stream === stream && message.unordered === unordered;
  if (!isRight || !isEqual(message.data, numbered(number, length))) {
    throw new Error(
      `message ${number} has arrived with other contents: ${JSON.stringify({ ...message, data: undefined })}`,
    );
  }
  return number;
}

/**
 * Ends the association as planned; both ends must report it. A graceful end must be graceful for both ends, even if
 * SHUTDOWN COMPLETE, which isn't acknowledged, is lost and an ABORT replaces it.
 */
async function end(plan: Plan, here: Association, there: Association): Promise<void> {
  const isAborted = plan.end.endsWith('aborts');
  if (plan.end === 'client aborts') here.abort('planned');
  if (plan.end === 'server aborts') there.abort('planned');
  const closing: Partial<Record<Plan['end'], Association[]>> = {
    'client closes': [here],
    'server closes': [there],
    'both close': [here, there],
  };
  const closes = await Promise.allSettled((closing[plan.end] ?? []).map((association) => association.close()));
  const ends = await Promise.all([here.closed, there.closed]);
  const rejections = closes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
  const right = isAborted ? ['ECONNRESET'] : isTooBadToClose(plan) ? [undefined, 'ETIMEDOUT'] : [undefined];
  for (const error of [...ends, ...rejections]) expect(error?.code).toBeOneOf(right);
}

/** Causes a fault and heals it. */
async function suffer(network: TestNetwork, fault: Fault, client: Host, server: Host): Promise<void> {
  const { kind, startMs, durationMs, isServer, address: index } = fault;
  const [host, other] = isServer ? [server, client] : [client, server];
  const address = host.addresses[index % Math.max(1, host.addresses.length)];
  if (address === undefined) return;
  await network.advance(startMs);
  const heal = harm(network, kind, host, other, address);
  await network.advance(durationMs);
  heal();
}

function dropHalf(network: TestNetwork, label: string): () => void {
  const random = network.random.fork(`very lossy ${label} ${network.clock.now()}`);
  return network.filter(() => (random.next() < 0.5 ? 'drop' : undefined));
}

function harm(network: TestNetwork, kind: Fault['kind'], host: Host, other: Host, address: string): () => void {
  switch (kind) {
    case 'path cut':
      return network.partition(address);
    case 'all cut':
      return network.partition(host, other);
    case 'one way cut':
      return network.filter((_, from) => (from === host ? 'drop' : undefined));
    case 'held':
      return network.hold(host, other);
    case 'very lossy':
      return dropHalf(network, address);
  }
}
