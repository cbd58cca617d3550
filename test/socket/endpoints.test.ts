import { expect, test } from 'vitest';
import type { Endpoint } from '../../src/index.js';
import { ADDRESSES, connected, listening, PORT, SERVER, withTwoStacks } from '../support/two-stacks.js';

const sorted = (endpoints: readonly Endpoint[]) => endpoints.toSorted((a, b) => (a.address < b.address ? -1 : 1));

for (const style of ['one-to-one', 'one-to-many'] as const) {
  test(`an association tells the ports and endpoints of both ends, also after its end: ${style}`, () =>
    withTwoStacks(async (stacks) => {
      const { a, b } = await connected(stacks, { style }, { style });
      expect(a.remotePort).toBe(PORT);
      expect(b.localPort).toBe(PORT);
      expect(a.localPort).toBeGreaterThan(0);
      expect(b.remotePort).toBe(a.localPort);
      expect(sorted(a.remoteEndpoints)).toEqual(SERVER);
      expect(sorted(b.localEndpoints)).toEqual(SERVER);
      const client = ADDRESSES.client.map((address) => ({ address, port: a.localPort }));
      expect(sorted(a.localEndpoints)).toEqual(client);
      expect(sorted(b.remoteEndpoints)).toEqual(client);
      expect(b.status()).toMatchObject({ localPort: PORT, remotePort: a.localPort });
      await Promise.all([a.close(), b.close()]);
      expect(sorted(b.remoteEndpoints)).toEqual(client);
      expect(a.remotePort).toBe(PORT);
    }));
}

test('ports are known while the association is being set up', () =>
  withTwoStacks(async (stacks) => {
    listening(stacks);
    const socket = stacks.client.socket();
    socket.bindx([{ address: '10.0.1.1', port: 7001 }]);
    const association = await socket.connectx(SERVER, { wait: false });
    expect([association.localPort, association.remotePort]).toEqual([7001, PORT]);
    await association.ready;
  }));

test('all statistics can be written as JSON', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    for (const statistics of [a.statistics(), stacks.client.statistics(), a.paths(), a.status(), a.setup]) {
      expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
    }
    expect(a.statistics().abandoned).toEqual({ unsent: 0, sent: 0 });
  }));
