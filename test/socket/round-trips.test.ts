import { describe, expect, test } from 'vitest';
import { END, joined } from '../conn/fixture.js';
import { withTwoStacks } from '../support/two-stacks.js';

const [CLIENT, SERVER] = ['10.0.1.1', '10.0.1.2'];
const [INIT, INIT_ACK, COOKIE_ECHO, COOKIE_ACK] = [1, 2, 10, 11];
const OPTIONS = { conditions: { latencyMs: 10 }, limitMs: 1e7, addresses: { client: [CLIENT], server: [SERVER] } };

interface Measured {
  /** The smoothed round trip of the end that connects and of the one that accepts, in ms. */
  readonly srttMs: readonly number[];
  /** The time after which the first DATA of each end, which was lost, was retransmitted, in ms. */
  readonly retransmittedMs: readonly number[];
}

/** Connects, and loses the first `count` packets whose first chunk is of `type`; then the first DATA of each end. */
function measured(type: number, count: number): Promise<Measured> {
  return withTwoStacks(async ({ network, client, server }) => {
    let left = count;
    network.filter(({ bytes }) => (bytes[12] === type && left-- > 0 ? 'drop' : undefined));
    const endpoint = { address: SERVER, port: 5001 };
    const listener = server.socket();
    listener.bindx([endpoint]);
    listener.listen();
    const [a, b] = await Promise.all([client.socket().connect(endpoint), listener.accept()]);
    const srttMs = [a, b].map((end) => end.statistics().paths[0]?.srttMs ?? 0);
    const retransmittedMs: number[] = [];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const release = network.filter(({ bytes }) => (bytes[12] === 0 ? 'drop' : undefined));
      const before = network.clock.now();
      await from.send('lost');
      await network.advance(50);
      release();
      await to.receive();
      retransmittedMs.push(network.clock.now() - before - 10);
    }
    return { srttMs, retransmittedMs };
  }, OPTIONS);
}

describe('the handshake of an association', () => {
  test.each([
    ['INIT', INIT, 0],
    ['INIT', INIT, 1],
    ['INIT', INIT, 3],
    ['INIT ACK', INIT_ACK, 2],
    ['COOKIE ECHO', COOKIE_ECHO, 1],
    ['COOKIE ECHO', COOKIE_ECHO, 3],
    ['COOKIE ACK', COOKIE_ACK, 2],
  ] as const)('is not measured as a round trip if a chunk was lost: %s (%d, %d times)', async (_name, type, count) => {
    const { srttMs, retransmittedMs } = await measured(type, count);
    for (const ms of srttMs) expect(ms).toBeLessThanOrEqual(20);
    for (const ms of retransmittedMs) expect(ms).toBeLessThanOrEqual(1000);
  });
});

test.each([0, 2, 4])(
  'over conn() the handshake is not measured as a round trip if %d INITs were lost',
  async (count) => {
    let left = count;
    const passes = (packet: Uint8Array) => !(packet[12] === INIT && left-- > 0);
    await joined({ latencyMs: 10, passes }, async ({ network, left: client, right: server }) => {
      const listener = server.socket();
      listener.bindx([END]);
      listener.listen();
      const connecting = client.socket().connect(END);
      const [a] = await Promise.all([connecting, listener.accept()]);
      await network.advance(100);
      const [path] = a.statistics().paths;
      expect(path?.srttMs).toBeLessThanOrEqual(20);
      expect(path?.rtoMs).toBeLessThanOrEqual(1000);
    });
  },
);

const TWO_PATHS = { ...OPTIONS, addresses: { client: [CLIENT, '10.0.2.1'], server: [SERVER, '10.0.2.2'] } };

/** An association of two paths, on which one end sends a message each 100 ms. Returns the RTO and SRTT of the end's paths after a time. */
async function pathsAfter(slowMs: number, latencyMs: number, afterMs: number) {
  return withTwoStacks(async ({ network, client, server }) => {
    const endpoints = [SERVER, '10.0.2.2'].map((address) => ({ address, port: 5001 }));
    const listener = server.socket();
    listener.bindx(endpoints);
    listener.listen();
    const [a, b] = await Promise.all([client.socket().connectx(endpoints), listener.accept()]);
    await network.advance(3000);
    network.link(CLIENT, SERVER, { latencyMs });
    network.clock.schedule(slowMs, () => network.link(CLIENT, SERVER, { latencyMs: 10 }));
    for (let ms = 0; ms < slowMs + afterMs; ms += 100) {
      await a.send(String(ms));
      await network.advance(100);
    }
    for (let ms = 0; ms < slowMs + afterMs; ms += 100) {
      expect(new TextDecoder().decode((await b.receive())?.data)).toBe(String(ms));
    }
    return a.paths().map(({ address, rtoMs, srttMs, state }) => ({ address, rtoMs, srttMs, state }));
  }, TWO_PATHS);
}

test.each([1500, 3000, 6000])(
  'the RTO of a path that delayed packets by %i ms is the former one once HEARTBEATs are answered in time',
  async (latencyMs) => {
    for (const { rtoMs, srttMs } of await pathsAfter(3000, latencyMs, 2 * latencyMs)) {
      expect(rtoMs).toBe(1000);
      expect(srttMs).toBeLessThan(300); // SACKs are delayed
    }
  },
);

test('a path whose round trips take five seconds from now on gets an RTO for them', async () => {
  const [first] = await pathsAfter(120_000, 2500, 0);
  expect(first?.srttMs).toBeGreaterThan(2000);
  expect(first?.rtoMs).toBeGreaterThan(5000);
  expect(first?.state).toBe('active');
});
