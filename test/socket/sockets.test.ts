import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/address.js';
import type { Socket } from '../../src/socket/socket.js';
import { all, codeOf, failure, listening, PORT, SERVER, textOf, withTwoStacks } from '../support/two-stacks.js';

const STYLES = ['one-to-one', 'one-to-many'] as const;

function byAddress(a: Endpoint, b: Endpoint): number {
  return a.address < b.address ? -1 : 1;
}

describe.each(STYLES)('accepting, %s', (style) => {
  test('accept() and iteration return associations in the order in which they were set up', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      const first = server.accept();
      const clients = [];
      for (let number = 0; number < 3; number++) {
        const client = await stacks.client.socket().connectx(SERVER);
        await client.send(`${number}`);
        clients.push(client);
      }
      expect(textOf(await (await first).receive())).toBe('0');
      let number = 1;
      for await (const association of server.listen()) {
        expect(textOf(await association.receive())).toBe(`${number}`);
        expect(association.setup).toMatchObject({ tried: [], confirmed: [], elapsedMs: 0 });
        expect([...association.setup.added].sort()).toEqual(['10.0.1.1', '10.0.2.1']);
        if (++number === 3) break;
      }
    });
  });

  test('no association is lost if a signal or a deadline ends accept()', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      expect(await codeOf(server.accept({ timeoutMs: 10 }))).toBe('ETIMEDOUT');
      const controller = new AbortController();
      const given = failure(server.accept({ signal: controller.signal }));
      controller.abort(new Error('no longer'));
      const client = await stacks.client.socket().connectx(SERVER);
      expect((await given).message).toContain('no longer');
      expect((await failure(server.accept({ signal: controller.signal }))).message).toContain('no longer');
      await client.send('still here');
      expect(textOf(await (await server.accept()).receive())).toBe('still here');
    });
  });

  test('messages of a peer that left before accept() can be received', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      const client = await stacks.client.socket().connectx(SERVER);
      await client.send('short visit');
      await client.close();
      await stacks.network.advance(100);
      const association = await server.accept();
      expect((await all(association)).map(textOf)).toEqual(['short visit']);
      expect(association.state).toBe('closed');
      const aborted = await stacks.client.socket().connectx(SERVER);
      aborted.abort('never mind');
      await stacks.network.advance(100);
      const next = stacks.client.socket().connectx(SERVER);
      const accepted = await server.accept();
      if (accepted.state === 'closed') expect(await codeOf(accepted.receive())).toBe('ECONNRESET');
      await next;
    });
  });

  test('peers beyond the backlog get no answer, or are aborted; the others are accepted', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style }, 3);
      const clients = Array.from({ length: 12 }, () => stacks.client.socket());
      const results = await Promise.allSettled(clients.map((client) => client.connectx(SERVER)));
      await stacks.network.advance(1000);
      const up = clients.flatMap((client) => client.associations.filter(({ state }) => state === 'open'));
      expect(up.length).toBeGreaterThanOrEqual(3);
      expect(up.length).toBeLessThanOrEqual(6);
      for (const result of results) {
        const refusal = style === 'one-to-one' ? 'ETIMEDOUT' : 'ECONNRESET';
        if (result.status === 'rejected') expect(result.reason.code).toBe(refusal);
      }
      for (const [index, association] of up.entries()) {
        await association.send(`${index}`);
        expect((await server.accept()).state).toBe('open');
      }
      const more = stacks.client.socket().connectx(SERVER);
      await Promise.all([more, server.accept()]);
    });
  });

  test('an association that has ended before accept() takes no place in the backlog', async () => {
    if (style === 'one-to-one') return; // usrsctp counts those, as a kernel does
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style }, 3);
      for (let visit = 0; visit < 20; visit++) {
        const visitor = await stacks.client.socket().connectx(SERVER);
        await visitor.send(`visit ${visit}`);
        await visitor.close();
      }
      const clients = Array.from({ length: 3 }, () => stacks.client.socket());
      const living = await Promise.all(clients.map((client) => client.connectx(SERVER)));
      await stacks.network.advance(10);
      expect(living.map(({ state }) => state)).toEqual(['open', 'open', 'open']);
      expect(await codeOf(stacks.client.socket().connectx(SERVER))).toBe('ECONNRESET');
      const accepted = await Promise.all(Array.from({ length: 6 }, () => server.accept()));
      expect(accepted.filter(({ state }) => state === 'open')).toHaveLength(3);
      // Of the associations that have ended the last ones are kept, with their messages.
      const [oldest] = accepted;
      expect(textOf(await oldest?.receive())).toBe('visit 17');
    });
  });

  test('closing aborts associations that were not accepted', async () => {
    await withTwoStacks(async (stacks) => {
      const server = listening(stacks, { style });
      const client = await stacks.client.socket().connectx(SERVER);
      await server.close();
      expect(await codeOf(client.receive())).toBe('ECONNRESET');
      expect(await codeOf(stacks.client.socket().connectx(SERVER))).toBe('ECONNREFUSED');
    });
  });
});

test('a one-to-one socket can be used again after its association has ended, or could not be set up', async () => {
  await withTwoStacks(async (stacks) => {
    const socket = stacks.client.socket();
    socket.bindx([{ address: '10.0.1.1', port: 7777 }]);
    expect(await codeOf(socket.connectx(SERVER))).toBe('ECONNREFUSED');
    expect(socket.localEndpoints).toEqual([]);
    const server = listening(stacks);
    for (let round = 0; round < 3; round++) {
      const association = await socket.connectx(SERVER);
      expect(socket.localEndpoints).toEqual([{ address: '10.0.1.1', port: 7777 }]);
      await association.send(`${round}`);
      const accepted = await server.accept();
      expect(textOf(await accepted.receive())).toBe(`${round}`);
      if (round === 1) association.abort();
      else await association.close();
      await stacks.network.advance(round * 100);
    }
  });
});

describe('binding', () => {
  const binding = async (body: (socket: () => Socket) => Promise<void>) =>
    withTwoStacks((stacks) => body(() => stacks.server.socket()));

  test('sets localEndpoints', async () => {
    await binding(async (socket) => {
      const one = socket();
      expect(one.localEndpoints).toEqual([]);
      one.bindx(SERVER);
      expect([...one.localEndpoints].sort(byAddress)).toEqual(SERVER);
      const any = socket();
      any.bindx([{ address: '0.0.0.0', port: 0 }]);
      const ports = new Set(any.localEndpoints.map(({ port }) => port));
      expect(ports.size).toBe(1);
      expect([...ports][0]).toBeGreaterThan(1023);
      expect(any.localEndpoints.map(({ address }) => address).sort()).toEqual(['10.0.1.2', '10.0.2.2']);
    });
  });

  test('fails with a code that names the reason, and the socket can then be bound to other endpoints', async () => {
    await binding(async (socket) => {
      const first = socket();
      first.bindx(SERVER);
      const second = socket();
      const bindings = [
        ['EADDRINUSE', SERVER],
        ['EADDRINUSE', [{ address: '0.0.0.0', port: PORT }]],
        ['EADDRNOTAVAIL', [{ address: '10.9.9.9', port: 1 }]],
        ['EINVAL', []],
        ['EINVAL', [{ address: 'localhost', port: 1 }]],
        ['EINVAL', [{ address: '10.0.1.2', port: 65_536 }]],
        ['EINVAL', [{ address: '10.0.1.2', port: 1.5 }]],
        [
          'EINVAL',
          [
            { address: '10.0.1.2', port: 1 },
            { address: '10.0.2.2', port: 2 },
          ],
        ],
      ] as const;
      for (const [code, endpoints] of bindings) {
        expect(await codeOf((async () => second.bindx(endpoints))())).toBe(code);
        expect(second.localEndpoints).toEqual([]);
      }
      second.bindx([{ address: '10.0.1.2', port: PORT + 1 }]);
      expect(await codeOf((async () => second.bindx([{ address: '10.0.1.2', port: 9 }]))())).toBe('EINVAL');
      await first.close();
      const third = socket();
      third.bindx(SERVER);
      expect([...third.localEndpoints].sort(byAddress)).toEqual(SERVER);
    });
  });

  test('to an address of another family is EAFNOSUPPORT', async () => {
    await withTwoStacks(async (stacks) => {
      const bind = async (family: 'IPv4' | 'IPv6', address: string) =>
        stacks.server.socket({ family }).bindx([{ address, port: 1 }]);
      expect(await codeOf(bind('IPv4', '::'))).toBe('EAFNOSUPPORT');
      expect(await codeOf(bind('IPv6', '10.0.1.2'))).toBe('EAFNOSUPPORT');
    });
  });
});

test('a socket has no local endpoints once the last address of its host is removed', () =>
  withTwoStacks(async (stacks) => {
    const socket = stacks.client.socket();
    socket.bindx([{ address: '10.0.1.1', port: 7000 }]);
    for (const address of ['10.0.1.1', '10.0.2.1']) stacks.clientHost.addressDown(address);
    await stacks.network.advance(100);
    expect(socket.localEndpoints).toEqual([]);
  }));
