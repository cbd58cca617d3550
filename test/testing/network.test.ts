import { test as base, describe, expect, test } from 'vitest';
import { type Host, Network } from '../../src/simulated.js';
import { closeAndFindLeaks, WatchedClock } from '../../src/testing/stack-watch.js';
import { LeakError, networkFixture, TestNetwork, useNetwork, withNetwork } from '../../src/testing.js';

const PORT = 5001;
const PEER = [{ address: '10.0.1.2', port: PORT }];

/** A client and a server with their stacks. */
async function stacks(network: TestNetwork) {
  const hosts = [network.host('client', ['10.0.1.1']), network.host('server', ['10.0.1.2'])] as [Host, Host];
  return { client: await network.stack(hosts[0]), server: await network.stack(hosts[1]), hosts };
}

/** Sets up an association and sends a message. Returns what it has opened. */
async function talk(network: TestNetwork) {
  const { client, server, hosts } = await stacks(network);
  const listener = server.socket({ style: 'one-to-many' });
  listener.bindx(PEER);
  listener.listen();
  const socket = client.socket();
  const association = await socket.connectx(PEER);
  await association.send('hello');
  const accepted = await listener.accept();
  expect(new TextDecoder().decode((await accepted.receive())?.data)).toBe('hello');
  return { listener, socket, association, accepted, client, server, hosts };
}

async function tidy(network: TestNetwork): Promise<void> {
  const { listener, socket } = await talk(network);
  await socket.close();
  await listener.close();
}

/** The sentences of the LeakError that a promise rejects with. */
async function leaksOf(work: Promise<unknown>): Promise<readonly string[]> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(LeakError);
  return (error as LeakError).leaks;
}

describe('leaks of a test', () => {
  test('nothing, when it closes what it has opened', withNetwork({ seed: 1 }, tidy));

  test('an open socket is named with its address and its associations', async () => {
    const leaks = await leaksOf(new TestNetwork().run(talk));
    expect(leaks).toEqual([
      expect.stringMatching(
        /^client: a one-to-one socket on 10\.0\.1\.1:\d+ with association \d+ \(open, to 10\.0\.1\.2\) is not closed$/,
      ),
      expect.stringMatching(
        /^server: a one-to-many socket on 10\.0\.1\.2:5001 with association \d+ \(open, to 10\.0\.1\.1\) is not closed$/,
      ),
    ]);
  });

  test('the error tells the seed and the last packets', async () => {
    await expect(new TestNetwork({ seed: 77 }).run(talk)).rejects.toThrow(/seed 77[\s\S]*client → INIT → server/);
  });

  test('open sockets are closed without complaint when a test says so', async () => {
    await new TestNetwork({ leftOpen: 'close' }).run(talk);
  });

  test('memory is counted in bytes', async () => {
    const network = new TestNetwork();
    const { client } = await stacks(network);
    Object.defineProperty(client, 'memoryInUse', { get: () => 1_234 });
    expect(await leaksOf(network.close())).toEqual(['client: usrsctp still holds 1,234 bytes']);
  });

  test('a stack that has carried a hundred associations holds no byte when it is closed', async () => {
    const network = new TestNetwork();
    const watched = await network.run(async () => {
      const { client, server } = await stacks(network);
      const listener = server.socket({ style: 'one-to-many' });
      listener.bindx(PEER);
      listener.listen();
      const socket = client.socket({ style: 'one-to-many' });
      for (let round = 0; round < 100; round++) {
        const [association, accepted] = await Promise.all([socket.connectx(PEER), listener.accept()]);
        await association.send(new Uint8Array(20_000));
        expect((await accepted.receive())?.data).toHaveLength(20_000);
        if (round % 2 === 0) await association.close();
        else association.abort();
        await accepted.closed;
      }
      await Promise.all([socket.close(), listener.close()]);
      return [client, server];
    });
    expect(watched.map(({ memoryInUse }) => memoryInUse)).toEqual([0, 0]);
  });

  test('a pending timer is named', async () => {
    const { clock } = new Network({ seed: 1 });
    const watch = new WatchedClock(clock);
    watch.schedule(1, () => {})();
    watch.schedule(2, () => {});
    watch.schedule(917.375, () => {});
    await clock.advance(10);
    const stack = { sockets: [], memoryInUse: 0, close: async () => {} };
    expect(
      await closeAndFindLeaks({ name: 'client', stack: stack as never, clock: watch, isOff: () => false }),
    ).toEqual(['client: a timer is still pending, due in 907.375 ms']);
  });

  test('a host that has crashed need not close anything', async () => {
    const network = new TestNetwork();
    await network.run(async () => {
      const { hosts, socket } = await talk(network);
      hosts[1].crash();
      await socket.close({ timeoutMs: 1000 }).catch(() => undefined);
    });
  });

  test('the first error is the one that is reported', async () => {
    const failing = new TestNetwork().run(async (network) => {
      await talk(network);
      expect(1).toBe(2);
    });
    await expect(failing).rejects.toThrow(/expected 1 to be 2[\s\S]*seed 1/);
  });

  test('a test that waits for ever fails at once, with the description of the network', async () => {
    await expect(new TestNetwork().run(() => new Promise(() => {}))).rejects.toThrow(
      /nothing is scheduled[\s\S]*seed 1/,
    );
  });

  test('two stacks on one host after a restart are both watched', async () => {
    const network = new TestNetwork();
    const host = network.host('phoenix', ['10.0.1.1']);
    await network.stack(host);
    host.restart();
    const reborn = await network.stack(host);
    reborn.socket({ style: 'one-to-many' }).bindx([{ address: '10.0.1.1', port: PORT }]);
    expect(await leaksOf(network.close())).toEqual(['phoenix: a one-to-many socket on 10.0.1.1:5001 is not closed']);
  });
});

describe('with vitest', () => {
  const withFixture = base.extend<{ network: TestNetwork }>({ network: networkFixture({ seed: 7 }) });

  withFixture('a fixture makes a network for each test', async ({ network }) => {
    expect([network.seed, network.hosts]).toEqual([7, []]);
    await network.run(tidy);
  });

  withFixture('the next test has another one', ({ network }) => {
    expect(network.hosts).toEqual([]);
  });

  test('the fixture fails when something is left', async () => {
    const fixture = networkFixture();
    expect(await leaksOf(fixture({}, async (network) => void (await network.runUntil(talk(network)))))).toHaveLength(2);
  });
});

describe('with hooks, as of jest', () => {
  /** jest calls a hook or a test that takes a parameter with `done`, and waits for it. */
  function jestLike() {
    const hooks: (() => Promise<void>)[] = [];
    const run = async (body: () => unknown) => {
      expect(body).toHaveLength(0);
      try {
        await body();
      } finally {
        for (const hook of hooks) await hook();
      }
    };
    return { afterEach: (hook: () => Promise<void>) => void hooks.push(hook), run, hooks };
  }

  test('each test has a network of its own, which the hook takes down', async () => {
    const jest = jestLike();
    const network = useNetwork(jest, { seed: 3 });
    expect(jest.hooks.map(({ length }) => length)).toEqual([0]);
    const seen: TestNetwork[] = [];
    const body = async () => {
      seen.push(network());
      expect(network()).toBe(seen.at(-1));
      await network().runUntil(tidy(network()));
    };
    await jest.run(body);
    await jest.run(body);
    await jest.run(() => {});
    expect(new Set(seen).size).toBe(2);
  });

  test('the hook fails for what a test leaves', async () => {
    const jest = jestLike();
    const network = useNetwork(jest);
    const leaks = await leaksOf(jest.run(() => network().runUntil(talk(network()))));
    expect(leaks).toHaveLength(2);
  });

  test('a failure is told once, by the test or by the hook', async () => {
    const jest = jestLike();
    const network = useNetwork(jest);
    let rejections = 0;
    await jest.run(() =>
      network()
        .run(talk)
        .catch(() => rejections++),
    );
    expect(rejections).toBe(1);
  });

  test('a wrapped test takes no parameter', async () => {
    await jestLike().run(withNetwork({}, tidy));
  });
});
