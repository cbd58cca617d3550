import { expect, test } from 'vitest';
import type { Association, Endpoint, Socket, Stack } from '../../src/index.js';
import { type Host, type Network, type SeededRandom, scenario } from '../../src/simulated.js';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { type Core, SharedHost } from '../support/shared-host.js';
import { newStack, textOf } from '../support/two-stacks.js';

const PORT = 5001;
const PEER_PORT = 6001;
const CROSSING_PORT = 7000;
const ADDRESSES = ['10.0.1.250', '10.0.2.250'];
const SERVER = ADDRESSES.map((address) => ({ address, port: PORT }));
const PEERS = 8;
const STEPS = 60;

/** A peer that connects, talks, restarts and goes, again and again. */
class Peer {
  readonly number: number;
  readonly #network: Network;
  readonly #host: Host;
  #stack: Stack | undefined;
  association: Association | undefined;

  constructor(network: Network, number: number) {
    this.number = number;
    this.#network = network;
    this.#host = network.host(`peer ${number}`, [`10.0.1.${number}`, `10.0.2.${number}`]);
  }

  /** Connects from its fixed port, if it isn't connected. */
  async connect(): Promise<Association> {
    if (this.association?.state === 'open') return this.association;
    await this.start();
    const socket = (this.#stack as Stack).socket();
    socket.bindx([{ address: '0.0.0.0', port: PEER_PORT }]);
    try {
      this.association = await socket.connectx(SERVER, { timeoutMs: 120_000 });
    } catch (error) {
      await socket.close().catch(() => {});
      throw error;
    }
    return this.association;
  }

  /** Loses its state without a word, and starts again. */
  restart(): void {
    this.#host.crash();
    this.#host.restart();
    this.#stack = undefined;
    this.association = undefined;
  }

  /** Its stack answers packets of associations that it has lost with ABORT. */
  async start(): Promise<void> {
    this.#stack ??= await newStack(this.#network, this.#host);
  }

  /** Connects to a stack of the server while that connects to this peer. The INITs may cross (RFC 9260 §5.2.1). */
  async cross(core: Core): Promise<void> {
    await this.start();
    const port = CROSSING_PORT + core.index;
    const sockets = [this.#stack as Stack, core.stack].map((stack) => stack.socket({ style: 'one-to-many' }));
    const [own, theirs] = sockets as [Socket, Socket];
    const ends = [this.#host.addresses, ADDRESSES].map((addresses) => addresses.map((address) => ({ address, port })));
    const [here, there] = ends as [Endpoint[], Endpoint[]];
    own.bindx(here);
    theirs.bindx(there);
    for (const socket of sockets) socket.listen();
    const [a, b] = await Promise.all([
      own.connectx(there, { timeoutMs: 120_000 }),
      theirs.connectx(here, { timeoutMs: 120_000 }),
    ]);
    await a.send('crossed');
    expect(textOf(await b.receive({ timeoutMs: 120_000 }))).toBe('crossed');
    expect([...own.associations, ...theirs.associations]).toEqual([a, b]);
    await a.close();
    for (const socket of sockets) await socket.close();
  }

  async leave(): Promise<void> {
    await this.association?.close().catch(() => {});
    this.association = undefined;
    await this.#network.advance(10);
  }
}

/** The only association of the server with a peer. */
function counterpart(server: SharedHost, { number }: Peer): Association {
  const address = (association: Association) => association.remoteEndpoints[0]?.address.split('.')[3];
  const found = server.accepted.filter((each) => each.state === 'open' && address(each) === `${number}`);
  expect([number, found.length]).toEqual([number, 1]);
  return found[0]!;
}

async function talk(server: SharedHost, peer: Peer, text: string): Promise<void> {
  let association = await peer.connect();
  await association.send(text).catch(() => {});
  const { clock } = association;
  const isTaken = () => server.accepted.some((each) => each.state === 'open' && isOf(each, peer));
  for (let waitedMs = 0; waitedMs < 120_000 && !isTaken(); waitedMs += 100) {
    await new Promise<void>((resolve) => void clock.schedule(100, resolve));
    if (association.state !== 'closed') continue;
    association = await peer.connect(); // its stack had died, and the ABORT was lost until now
    await association.send(text);
  }
  const accepted = counterpart(server, peer);
  for (let got = ''; got !== text; ) {
    const message = await accepted.receive({ timeoutMs: 120_000 });
    if (message === undefined) throw new Error(`the server's association with peer ${peer.number} has ended`);
    got = textOf(message);
  }
  await accepted.send(`${text} back`);
  expect(textOf(await association.receive({ timeoutMs: 120_000 }))).toBe(`${text} back`);
}

function isOf(association: Association, { number }: Peer): boolean {
  return association.remoteEndpoints[0]?.address.split('.')[3] === `${number}`;
}

async function play(seed: number): Promise<void> {
  const conditions = { latencyMs: 5, jitterMs: 5, loss: (seed % 4) / 50, duplicate: (seed % 3) / 50 };
  await scenario({ seed, conditions, limitMs: 3_600_000 }, async (network) => {
    const random = network.random.fork('events');
    const of = 2 + random.below(4);
    const arrival = (['kernel', 'workers', 'main'] as const)[random.below(3)] ?? 'kernel';
    const host = network.host('server', ADDRESSES);
    const server = await SharedHost.create(network, host, of, arrival, PORT);
    const peers = Array.from({ length: PEERS }, (_, number) => new Peer(network, number + 1));
    for (let step = 0; step < STEPS; step++) {
      const peer = peers[random.below(PEERS)]!;
      await event(network, server, peer, random, `message ${step}`);
    }
    network.heal();
    for (const peer of peers) await peer.leave();
    for (const peer of peers) await peer.start();
    for (let waitedMs = 0; server.accepted.length > 0 && waitedMs < 600_000; waitedMs += 1000)
      await network.advance(1000);
    expect(server.accepted).toHaveLength(0);
    await network.advance(1000);
    for (const core of server.cores) expect(core!.transport.counts.unassignedPaths).toBe(0);
    expect(server.table.used).toBe(0);
  });
}

async function event(
  network: Network,
  server: SharedHost,
  peer: Peer,
  random: SeededRandom,
  text: string,
): Promise<void> {
  const core = random.below(server.of);
  switch (random.below(9)) {
    case 0:
      return peer.restart();
    case 1:
      return peer.leave();
    case 2:
      network.heal();
      network.partition(`10.0.${1 + random.below(2)}.250`);
      return;
    case 3:
      network.heal();
      return;
    case 4:
      server.kill(core);
      await server.add(core, PORT);
      return;
    case 5:
      if (server.table.open.length > 1) server.table.setState(core, 'draining');
      return;
    case 6:
      return peer.cross(server.cores[core]!);
    default:
      server.table.setState(core, 'open');
      await network.advance(200);
      await talk(server, peer, text);
  }
}

test(
  'whatever happens to peers, paths and stacks, each association is in one stack, and its messages are intact',
  () => playSeeds('test/cores/random.test.ts', 10, play),
  SEEDS_LIMIT_MS,
);
