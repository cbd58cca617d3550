import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { codeOf, connected, listening, SERVER, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;

/** Connects that many clients, one after another. */
async function clients(stacks: TwoStacks, count: number): Promise<Association[]> {
  const up: Association[] = [];
  for (let number = 0; number < count; number++) up.push(await stacks.client.socket().connectx(SERVER));
  return up;
}

describe.each(STYLES)('%s: associations that peers set up', (style) => {
  test('are taken by a listener of the event: more than the backlog can come, one after another', async () => {
    await withTwoStacks(
      async (stacks) => {
        const server = listening(stacks, { style }, 3);
        const taken: Association[] = [];
        server.on('association', (association) => taken.push(association));
        const up = await clients(stacks, 10);
        await stacks.network.advance(10);
        expect(taken).toHaveLength(10);
        await Promise.all(up.map((association, number) => association.send(`${number}`)));
        for (const [number, association] of taken.entries())
          expect(textOf(await association.receive())).toBe(`${number}`);
        expect(taken.map(({ state }) => state)).toEqual(Array(10).fill('open'));
      },
      { limitMs: 1e6 },
    );
  });

  test('that came before the first listener are given to it', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      await clients(stacks, 3);
      await stacks.network.advance(10);
      const taken: Association[] = [];
      server.once('association', (association) => taken.push(association));
      expect(taken).toEqual([]);
      await stacks.network.advance(0);
      expect(taken).toHaveLength(1);
      server.on('association', (association) => taken.push(association));
      await stacks.network.advance(0);
      expect(taken).toHaveLength(3);
      expect(new Set(taken).size).toBe(3);
    });
  });

  test('are taken by accept() or the iteration if the program uses them; the event only tells of them', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      const accepting = server.accept();
      const reported: Association[] = [];
      server.on('association', (association) => reported.push(association));
      const first = await Promise.all([...(await clients(stacks, 1)).map(() => accepting)]);
      await clients(stacks, 2);
      await stacks.network.advance(10);
      const rest = [await server.accept(), await server.accept()];
      expect(reported).toEqual([...first, ...rest]);
    });
  });

  test('are left to the iteration even between two turns of its loop', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      const reported: Association[] = [];
      server.on('association', (association) => reported.push(association));
      const taken: Association[] = [];
      const serving = (async () => {
        for await (const association of server.listen()) {
          taken.push(association);
          await stacks.network.advance(100);
        }
      })();
      await clients(stacks, 5);
      await stacks.network.advance(1000);
      expect(taken).toHaveLength(5);
      expect(reported).toEqual(taken);
      await server.close({ timeoutMs: 1000 });
      await serving;
    });
  });
});

test('a one-to-many socket from which nobody takes associations aborts none of them', async () => {
  await withTwoStacks(
    async (stacks) => {
      const server = stacks.server.socket({ style: 'one-to-many' });
      server.bindx(SERVER);
      server.listen();
      const up = await clients(stacks, 200);
      await stacks.network.advance(100);
      expect(up.filter(({ state }) => state === 'open')).toHaveLength(200);
      expect(server.associations).toHaveLength(200);
      // Of those that end, the last 128 are kept: the queue doesn't grow with each peer that comes and goes.
      await Promise.all(up.map((association) => association.close()));
      for (let visit = 0; visit < 300; visit++) for (const visitor of await clients(stacks, 1)) await visitor.close();
      const states: string[] = [];
      for (;;) {
        const association = await server.accept({ timeoutMs: 0 }).catch(() => undefined);
        if (!association) break;
        states.push(association.state);
      }
      expect(states.length).toBeLessThanOrEqual(2 * 128);
    },
    { limitMs: 1e6 },
  );
});

test('an association that is peeled off is not accepted once more', async () => {
  await withTwoStacks(async (stacks) => {
    const server = listening(stacks, { style: 'one-to-many' });
    await clients(stacks, 2);
    const [first] = server.associations;
    server.peeloff(first!);
    const accepted = await server.accept();
    expect(accepted).not.toBe(first);
    expect(await codeOf(server.accept({ timeoutMs: 10 }))).toBe('ETIMEDOUT');
  });
});

describe('closing', () => {
  test('a listening one-to-one socket leaves accepted associations open', async () => {
    await withTwoStacks(async (stacks) => {
      const { a, b, serverSocket } = await connected(stacks);
      await serverSocket.close();
      expect(await codeOf(stacks.client.socket().connectx(SERVER))).toBe('ECONNREFUSED');
      await a.send('still here');
      expect(textOf(await b.receive())).toBe('still here');
      await Promise.all([stacks.server.close(), a.close()]);
      expect(b.state).toBe('closed');
    });
  });

  test('a one-to-many socket closes the associations that listeners have taken: what was sent is delivered', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style: 'one-to-many' });
      server.on('association', (association) => void association.send('hello'));
      const [a] = await clients(stacks, 1);
      await stacks.network.advance(10);
      await server.close();
      expect(textOf(await a?.receive())).toBe('hello');
      expect(await a?.receive()).toBeUndefined();
    });
  });

  test.each(STYLES)('a stack resolves if a peer has aborted and nobody has read it yet: %s', async (style) => {
    await withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style, readAheadBytes: 1 });
      await Promise.all([a.send('unread'), a.send('unread')]);
      await stacks.network.advance(10);
      a.abort('gone');
      await stacks.network.advance(5);
      await stacks.server.close();
      expect(await b.closed).toMatchObject({ code: 'ECONNRESET' });
    });
  });
});

test.each([
  [500, undefined],
  [2000, 2000],
])('%i peers that connect at the same moment needn’t try again, with a backlog of %s', async (count, backlog) => {
  await withTwoStacks(async (stacks) => {
    const { network, client, server } = stacks;
    const socket = server.socket();
    socket.bindx(SERVER);
    const accepted: Association[] = [];
    void (async () => {
      for await (const association of socket.listen(backlog === undefined ? {} : { backlog }))
        accepted.push(association);
    })();
    const connecting = Array.from({ length: count }, () => client.socket().connect(SERVER[0]!, { timeoutMs: 60_000 }));
    const before = network.clock.now();
    await Promise.all(connecting);
    expect(network.clock.now() - before).toBeLessThan(500);
    await network.advance(10);
    expect(accepted).toHaveLength(count);
  });
});
