import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import {
  at,
  CLIENT,
  exchange,
  listening,
  only,
  rejected,
  SERVER,
  STYLES,
  text,
  withClientAndServer,
} from '../support/connectx.js';

const [A, B, C] = CLIENT as [string, string, string];

/** Waits until the condition holds; the test's timeout limits the wait. */
async function until(network: { advance(ms: number): Promise<void> }, holds: () => boolean): Promise<void> {
  while (!holds()) await network.advance(10);
}

function addressesOf(association: Association): string[] {
  return association
    .paths()
    .map(({ address }) => address)
    .sort();
}

describe.each(STYLES)('Darwin connectx(2), multipath, %s', (style) => {
  test('D10: adds local addresses to an association; the peer reports them as added, then as confirmed', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { local: at([A], 0) });
      const peer = only(listener);
      const changes: string[] = [];
      peer.on('path', ({ address, change }) => changes.push(`${address} ${change}`));
      expect(await socket.connectx([], { association, local: [{ address: B }, { address: C }] })).toBe(association);
      await until(network, () => changes.length === 4);
      expect(changes).toEqual(expect.arrayContaining([`${B} added`, `${B} confirmed`, `${C} added`, `${C} confirmed`]));
      expect(addressesOf(peer)).toEqual([...CLIENT]);
      await until(network, () => association.status().localAddresses.length === 3);
      network.partition(A);
      await exchange(association, peer);
    }));

  test('D10: an interface selects the addresses, as it does for a set-up', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { interface: 'eth0' });
      await socket.connectx([], { association, interface: 'eth1' });
      await until(network, () => addressesOf(only(listener)).length === 2);
      expect(addressesOf(only(listener))).toEqual([A, B]);
    }));

  test('D10: peer addresses are EOPNOTSUPP; invalid or missing local addresses are errors that name them', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { local: at([A], 0) });
      const extend = (local: object[], peers = at([])) =>
        socket.connectx(peers, { association, local: local as never });
      await rejected(extend([{ address: B }], at(SERVER)), 'EOPNOTSUPP');
      await rejected(socket.connectx([], { association }), 'EINVAL');
      await rejected(extend([{ address: '10.9.9.9' }]), 'EADDRNOTAVAIL');
      await rejected(extend([{ address: B }, { address: '10.9.9.9' }]), 'EADDRNOTAVAIL');
      expect(socket.localEndpoints.map(({ address }) => address)).toEqual([A]);
      await rejected(extend([{ address: '::' }]), 'EINVAL');
      await association.close();
      await rejected(extend([{ address: B }]), 'EINVAL');
      const all = client.socket({ style });
      const everywhere = await all.connectx(at(SERVER));
      await rejected(all.connectx([], { association: everywhere, local: [{ address: B }] }), 'EINVAL');
    }));

  test('D13: removes one local address; the peer reports it as removed', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { local: at([A, B], 0) });
      const peer = only(listener);
      const changes: string[] = [];
      peer.on('path', ({ address, change }) => changes.push(`${address} ${change}`));
      socket.removeLocal([{ address: A }]);
      await until(network, () => changes.includes(`${A} removed`));
      expect(addressesOf(peer)).toEqual([B]);
      await until(network, () => association.status().localAddresses.length === 1);
      await exchange(association, peer);
      expect(() => socket.removeLocal([{ address: B }])).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
      expect(() => socket.removeLocal([{ address: C }])).toThrowError(
        expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
      );
      socket.addLocal([{ address: A }]);
      await until(network, () => addressesOf(peer).length === 2);
    }));

  test('D14: an association of another socket is EINVAL', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const one = client.socket({ style });
      const other = client.socket({ style });
      const association = await one.connectx(at(SERVER), { local: at([A], 0) });
      await rejected(other.connectx([], { association, local: [{ address: B }] }), 'EINVAL');
      expect(() => other.addLocal([{ address: B }])).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    }));

  test.each([
    ['the peer', CLIENT, SERVER.slice(0, 1)],
    ['this end', CLIENT.slice(0, 1), SERVER],
  ])(
    'D12: requireMultipath rejects with EPROTO when %s has a single address; the error carries the association',
    (_, from, to) =>
      withClientAndServer({ clientAddresses: from, serverAddresses: to }, async ({ client, server }) => {
        const listener = listening(server, to);
        const socket = client.socket({ style });
        const error = await rejected(socket.connectx(at(to), { requireMultipath: true }), 'EPROTO');
        expect(error.association).toBe(only(socket));
        await exchange(only(socket), only(listener));
      }),
  );

  test('D12: requireMultipath accepts two addresses at each end', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const association = await client.socket({ style }).connectx(at(SERVER.slice(0, 1)), { requireMultipath: true });
      expect(association.paths()).toHaveLength(3);
    }));
});

describe('removeLocal', () => {
  test('removes all the given addresses or none', () =>
    withClientAndServer({}, ({ client, server }) => {
      listening(server);
      const socket = client.socket();
      socket.bindx(at(CLIENT).map((endpoint) => ({ ...endpoint, port: 7001 })));
      const locals = () => socket.localEndpoints.map(({ address }) => address).sort();
      const refused = (addresses: readonly string[], code: string) => {
        const call = () => socket.removeLocal(addresses.map((address) => ({ address })));
        expect(call).toThrowError(expect.objectContaining({ code }));
        expect(locals()).toEqual([...CLIENT].sort());
      };
      refused([CLIENT[0]!, '10.0.9.9'], 'EADDRNOTAVAIL');
      refused([CLIENT[0]!, '0.0.0.0'], 'EINVAL');
      refused(CLIENT, 'EINVAL');
      socket.removeLocal([{ address: CLIENT[0]! }, { address: CLIENT[1]! }, { address: CLIENT[0]! }]);
      expect(locals()).toEqual([CLIENT[2]]);
      return Promise.resolve();
    }));
});

describe('peeloff', () => {
  test('D12: moves the association of an EPROTO error to a socket of its own', () =>
    withClientAndServer({ serverAddresses: SERVER.slice(0, 1) }, async ({ client, server, network }) => {
      const listener = listening(server, SERVER.slice(0, 1));
      const socket = client.socket({ style: 'one-to-many' });
      const error = await rejected(socket.connectx(at(SERVER.slice(0, 1)), { requireMultipath: true }), 'EPROTO');
      const association = only(socket);
      const own = socket.peeloff(error.association!);
      expect(own.style).toBe('one-to-one');
      expect(only(own)).toBe(association);
      expect(socket.associations).toEqual([]);
      await socket.close();
      await exchange(association, only(listener));
      await network.advance(60_000);
      await Promise.all([association.close(), only(listener).closed]);
      await rejected(own.connectx(at(SERVER)), 'EBADF');
      expect(client.sockets).toEqual([]);
    }));

  test('D12: unread messages and messages waiting to be sent move to the new socket', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const socket = client.socket({ style: 'one-to-many', readAheadBytes: 4, sendBufferBytes: 10_000 });
      const association = await socket.connectx(at(SERVER));
      const peer = only(listener);
      for (const word of ['one', 'two', 'three', 'four']) await peer.send(word);
      const large = new Uint8Array(300_000).fill(7);
      const sent = association.send(large);
      await network.advance(0.2);
      const own = socket.peeloff(association);
      for (const word of ['one', 'two', 'three', 'four']) expect(text((await association.receive())?.data)).toBe(word);
      expect((await peer.receive())?.data).toEqual(large);
      await sent;
      expect(own.associations).toEqual([association]);
    }));

  test('D12: the error says why an association cannot be peeled off', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style: 'one-to-many' });
      const connecting = await socket.connectx(at(SERVER), { wait: false });
      expect(() => socket.peeloff(connecting)).toThrowError(expect.objectContaining({ code: 'EINPROGRESS' }));
      expect(() => socket.peeloff({ id: 99 })).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
      const single = client.socket();
      const association = await single.connectx(at(SERVER));
      expect(() => single.peeloff(association)).toThrowError(expect.objectContaining({ code: 'EOPNOTSUPP' }));
    }));
});
