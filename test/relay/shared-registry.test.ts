import { describe, expect, test } from 'vitest';
import { parseLimits, type RelayLimits } from '../../src/relay/limits.js';
import type { PortClaim } from '../../src/relay/port-pool.js';
import type { PortOwner, SctpPort } from '../../src/relay/port-reservations.js';
import type { Registration } from '../../src/relay/registry.js';
import type { ChannelMessage } from '../../src/relay/workers/channel.js';
import { SharedRegistry } from '../../src/relay/workers/shared-registry.js';
import { WorkerRegistry } from '../../src/relay/workers/worker-registry.js';
import { SeededRandom } from '../../src/simulated/seeded-random.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';

const ADDRESS = { bind: '10.0.0.5', public: '203.0.113.5' };
const PORT: SctpPort = { local: ADDRESS.public, sctpPort: 5000, peer: '198.51.100.1' };
const none = () => {};

/** A primary process and its workers, in this process. Messages are texts on their way, as between processes. */
function registry(of: number, changes: Partial<RelayLimits> = {}) {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const shared = new SharedRegistry(of, { clock, random: (bytes) => random.fill(bytes) });
  const options = { addresses: [ADDRESS], ports: [50_000, 50_003] as const, limits: parseLimits(changes) };
  const worker = async () => {
    const copy = (message: ChannelMessage) => JSON.parse(JSON.stringify(message)) as ChannelMessage;
    const own: WorkerRegistry = new WorkerRegistry((message) => queueMicrotask(() => seen.received(copy(message))));
    const events = { started: none, closed: none };
    const seen = shared.worker((message) => queueMicrotask(() => own.received(copy(message))), events);
    const start = () => own.start(options);
    return { own, seen, start };
  };
  const started = async () => {
    const each = await worker();
    expect(await each.start()).toBe(of);
    return each;
  };
  return { clock, shared, options, worker, started };
}

async function firstPort(registration: Registration, preferred = 0): Promise<PortClaim | undefined> {
  for await (const claim of registration.claims(preferred)) return claim;
  return undefined;
}

/** Claims the port for a client, whose only association the registration stands for. */
const claim = (registration: Registration & PortOwner) =>
  new Promise<boolean>((resolve) => {
    registration.ports.claim(registration, PORT, (isOwn) => {
      if (isOwn) registration.ports.reserve(registration, PORT.local, PORT.sctpPort, PORT.peer, registration);
      resolve(isOwn);
    });
  });

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the registry of several workers', () => {
  test('refuses a worker whose options differ', async () => {
    const { worker, options, started } = registry(2);
    await started();
    const { own } = await worker();
    const others = { ...options, ports: [1, 2] as const };
    await expect(own.start(others)).rejects.toThrow(TypeError);
    await expect(own.start(others)).rejects.toThrow('must be the same in all workers');
  });

  test('keeps the UDP port of a worker that has died for its subject, until the port has rested', async () => {
    const { clock, started, shared } = registry(2, { restMs: 1000 });
    const [first, second] = [await started(), await started()];
    const lost = await firstPort(await first.own.register('alice', none), 50_002);
    expect([lost?.port, lost?.addresses]).toEqual([50_002, [ADDRESS]]);
    first.seen.gone();
    expect([shared.clients, shared.restingPorts]).toEqual([0, 1]);
    const other = await firstPort(await second.own.register('bob', none), 50_002);
    expect(other?.port).not.toBe(50_002);
    const back = await firstPort(await second.own.register('alice', none), 50_002);
    expect(back?.port).toBe(50_002);
    back?.giveBack(true);
    await settled();
    await clock.advance(1000);
    expect((await firstPort(await second.own.register('carol', none), 50_002))?.port).toBe(50_002);
  });

  test('gives the next port if one can’t be bound, and none if all are used', async () => {
    const { started } = registry(1);
    const { own } = await started();
    const tried: number[] = [];
    for await (const { port } of (await own.register('alice', none)).claims(0)) tried.push(port);
    expect(tried.toSorted()).toEqual([50_000, 50_001, 50_002, 50_003]);
    for (let number = 0; number < 4; number++) {
      expect(await firstPort(await own.register(`client ${number}`, none))).toBeDefined();
    }
    expect(await firstPort(await own.register('one too many', none))).toBeUndefined();
  });

  test('lets the client that is lost for longest make room, whichever worker has it', async () => {
    const { clock, started, shared } = registry(2, { clients: 2 });
    const [first, second] = [await started(), await started()];
    const evicted: string[] = [];
    const registration = await first.own.register('alice', () => evicted.push('alice'));
    await second.own.register('bob', () => evicted.push('bob'));
    await expect(second.own.register('carol', none)).rejects.toThrow('the relay already has 2 clients');
    registration.connected(false);
    await settled();
    await clock.advance(1);
    await second.own.register('carol', none);
    await settled();
    expect([evicted, shared.clients]).toEqual([['alice'], 2]);
  });

  test('gives an SCTP port to one client; another one of the same subject takes it over while the first is lost', async () => {
    const { started } = registry(2);
    const [first, second] = [await started(), await started()];
    const [alice, again, bob] = [
      await first.own.register('alice', none),
      await second.own.register('alice', none),
      await second.own.register('bob', none),
    ];
    expect([await claim(alice), await claim(again), await claim(bob)]).toEqual([true, false, false]);
    alice.connected(false);
    expect([await claim(bob), await claim(again)]).toEqual([false, true]);
    await settled();
    alice.connected(true);
    expect(alice.ports.isKnown(alice as PortOwner, PORT.local, PORT.sctpPort, PORT.peer)).toBe(false);
    again.ports.release(again);
    again.unregister();
    expect(await claim(bob)).toBe(true);
  });

  test('a request to a process that has gone rejects, and its SCTP ports are free', async () => {
    const { started } = registry(2);
    const [first, second] = [await started(), await started()];
    expect(await claim(await first.own.register('alice', none))).toBe(true);
    first.seen.gone();
    first.own.gone();
    await expect(first.own.register('bob', none)).rejects.toThrow('the other process has gone');
    expect(await claim(await second.own.register('bob', none))).toBe(true);
  });
});
