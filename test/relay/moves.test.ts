import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Association, Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { closeLater, closeRelays, startRelay, type TestRelay, through, until } from '../support/relays.js';

afterEach(closeRelays);

const EVERY_MS = 10;
const CUTS = 8;

/** A client through these relays and a server, both with the default preset. */
async function pair(relays: readonly (TestRelay | string)[], addresses: readonly string[]) {
  const transport = udp({ addresses, port: 0 });
  const server = closeLater(await Stack.create({ transport }));
  const listener = server.socket();
  const endpoints = addresses.map((address) => ({ address, port: 5001 }));
  listener.bindx(endpoints);
  listener.listen();
  const relayed = await through(relays, { encapsulationPort: transport.port });
  const client = closeLater(await Stack.create({ transport: relayed }));
  const [association, accepted] = await Promise.all([client.socket().connectx(endpoints), listener.accept()]);
  const isReady = () => accepted.paths().every(({ state }) => state === 'active');
  await until(isReady, 'all paths are confirmed');
  return { association, accepted, relayed };
}

/** Sends a message every 10 ms until it is stopped, and measures the longest time without one, in ms. */
class Traffic {
  longestGapMs = 0;
  readonly #done: Promise<void>;
  #isStopped = false;

  constructor(from: Association, to: Association) {
    this.#done = Promise.all([this.#send(from), this.#receive(to)]).then(() => {});
  }

  /** Resolves when all that was sent has arrived, with the longest gap. */
  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#done;
    return this.longestGapMs;
  }

  async #send(association: Association): Promise<void> {
    for (let index = 0; !this.#isStopped; index++) {
      await association.send(String(index));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    await association.send('last');
  }

  async #receive(association: Association): Promise<void> {
    let lastMs = performance.now();
    for (let index = 0; ; index++) {
      const message = await association.receive({ timeoutMs: 40_000 });
      const nowMs = performance.now();
      this.longestGapMs = Math.max(this.longestGapMs, nowMs - lastMs);
      lastMs = nowMs;
      const text = new TextDecoder().decode(message?.data);
      if (text === 'last') return;
      expect(text).toBe(String(index));
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A TCP proxy before a relay, which can stop forwarding without closing anything, as a relay does that is stopped. */
class TcpProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => {
    const relay = connect(this.#port, '127.0.0.1');
    for (const [from, to] of [
      [client, relay],
      [relay, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.on('data', (bytes) => to.write(bytes));
    }
  });
  readonly #port: number;

  private constructor(relay: TestRelay) {
    this.#port = Number(new URL(relay.url).port);
  }

  static async before(relay: TestRelay): Promise<TcpProxy> {
    const proxy = new TcpProxy(relay);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/relay`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

test.each([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const)(
  'relay %i stops without a sign while the peer sends through relay %i: one time-out is waited for',
  async (stopped, used) => {
    const relays = [await startRelay('127.0.1.11'), await startRelay('127.0.2.11')];
    const proxies = await Promise.all(relays.map((relay) => TcpProxy.before(relay)));
    const urls = proxies.map(({ url }) => url);
    const { association, accepted } = await pair(urls, ['127.0.1.1', '127.0.2.1']);
    accepted.setPrimary(['127.0.1.11', '127.0.2.11'][used]!);
    const both = [new Traffic(association, accepted), new Traffic(accepted, association)];
    await pause(500);
    proxies[stopped]!.stop();
    await pause(3000);
    const gaps = await Promise.all(both.map((each) => each.stop()));
    console.log(gaps.map(Math.round));
    expect(Math.max(...gaps)).toBeLessThan(1900); // two take 2 s
    association.abort();
    for (const proxy of proxies) proxy.close();
  },
);

describe('with the default preset and two relays, the loss of one costs less than 2 s', () => {
  test.each([
    ['drained', (relay: TestRelay) => relay.server.drain(2000)],
    ['killed', (relay: TestRelay) => relay.crash()],
  ] as const)('if it is %s', async (_, end) => {
    for (const ended of [0, 1]) {
      const relays = [await startRelay('127.0.1.11'), await startRelay('127.0.2.11')];
      const { association, accepted } = await pair(relays, ['127.0.1.1', '127.0.2.1']);
      const both = [new Traffic(association, accepted), new Traffic(accepted, association)];
      await pause(300);
      const over = end(relays[ended]!);
      await pause(4000);
      const gaps = await Promise.all(both.map((each) => each.stop()));
      console.log(
        gaps.map(Math.round),
        accepted.paths().map(({ address, state }) => `${address} ${state}`),
      );
      expect(Math.max(...gaps)).toBeLessThan(2000);
      await over;
      await association.close();
      await closeRelays();
    }
  });
});

describe('with the only relay', () => {
  test('that comes back with another UDP port, a client that only receives goes on: it sends something', async () => {
    const relay = await startRelay('127.0.1.11', { ports: [46_000, 46_099] });
    const { association, accepted, relayed } = await pair([relay], ['127.0.1.1']);
    const traffic = new Traffic(accepted, association);
    await pause(500);
    await relay.crash();
    await startRelay('127.0.1.11', { ports: [46_100, 46_199] }, Number(new URL(relay.url).port));
    await until(() => (relayed.relays[0]?.addresses[0]?.port ?? 0) >= 46_100, 'the relay to give the other port');
    await pause(1000);
    const gapMs = await traffic.stop();
    console.log(Math.round(gapMs));
    expect(gapMs).toBeLessThan(2000); // until a heartbeat of the client, it would be silent for half a minute
    association.abort();
  });

  test('whose connection is cut again and again, each cut costs no more than a time-out: T3 does not back off from cut to cut', async () => {
    const relay = await startRelay('127.0.1.11');
    const { association, accepted, relayed } = await pair([relay], ['127.0.1.1']);
    const both = [new Traffic(association, accepted), new Traffic(accepted, association)];
    for (let cut = 0; cut < CUTS; cut++) {
      await pause(300);
      relay.cut();
      await until(() => relayed.relays[0]?.state !== 'up', 'the client to notice');
      await until(() => relayed.relays[0]?.state === 'up', 'the client to be back');
    }
    await pause(500);
    const gaps = await Promise.all(both.map((each) => each.stop()));
    console.log(gaps.map(Math.round));
    expect(Math.max(...gaps)).toBeLessThan(1500);
    association.abort();
  });
});
