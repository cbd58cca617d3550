import { describe, expect, test } from 'vitest';
import { type Clock, Stack } from '../../src/index.js';
import { TestNetwork } from '../../src/testing.js';

const PORT = 5001;
const SERVER = ['10.0.1.2', '10.0.2.2'];

/** The clock of a hidden page: its timers run at whole seconds. */
class PageClock implements Clock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  schedule(ms: number, callback: () => void): () => void {
    const atMs = Math.ceil((this.now() + ms) / 1000) * 1000;
    return this.#clock.schedule(atMs - this.now(), callback);
  }
}

async function hiddenPage(network: TestNetwork) {
  const [page, host] = [network.host('page', ['10.0.1.1', '10.0.2.1']), network.host('server', SERVER)];
  network.link(page, host, { latencyMs: 10 });
  const client = await network.standStill(
    Stack.create({ transport: page.transport, random: page.random, clock: new PageClock(network.clock) }),
  );
  const server = await network.standStill(
    Stack.create({ transport: host.transport, random: host.random, clock: network.clock }),
  );
  const listener = server.socket();
  listener.bindx(SERVER.map((address) => ({ address, port: PORT })));
  listener.listen();
  const connecting = client.socket().connectx(SERVER.map((address) => ({ address, port: PORT })));
  const accepted = await listener.accept();
  return { client, server, association: await connecting, accepted };
}

describe('a page that is hidden, whose timers run once a second', () => {
  test('acknowledges single messages at once, so that the peer’s time-out stays short', async () => {
    const network = new TestNetwork({ seed: 2 });
    await network.runUntil(
      (async () => {
        const { client, server, accepted } = await hiddenPage(network);
        for (let index = 0; index < 40; index++) {
          await accepted.send('x');
          await network.advance(1370);
        }
        const [path] = accepted.paths();
        // Only the second message is acknowledged late. A timer that is less late than a former one must not change that.
        expect(path?.srttMs).toBeLessThan(30);
        expect(path?.rtoMs).toBe(1000);
        await Promise.all([client.close(), server.close()]);
      })(),
    );
  });

  test('sends on another path as soon as a packet arrives after the time-out', async () => {
    const network = new TestNetwork({ seed: 1 });
    await network.runUntil(
      (async () => {
        const { client, server, association, accepted } = await hiddenPage(network);
        await network.advance(60_050 - (network.clock.now() % 1000));
        const peer = (async () => {
          for (let index = 0; index < 30; index++) {
            await accepted.send('x');
            await network.advance(100);
          }
        })();
        network.partition('10.0.1.1', '10.0.1.2');
        const startMs = network.clock.now();
        await association.send('y');
        await accepted.receive();
        expect(network.clock.now() - startMs).toBeLessThan(1250);
        await peer;
        await Promise.all([client.close(), server.close()]);
      })(),
    );
  });
});
