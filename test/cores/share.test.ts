import { describe, expect, test } from 'vitest';
import type { PeerPath } from '../../src/index.js';
import { ADDRESSES, listening, newStack, SERVER, withTwoStacks } from '../support/two-stacks.js';

const INIT = 1;
const INIT_ACK = 2;
const HEADER_BYTES = 12;

/** The initiate tags of the INITs and INIT ACKs that a stack sends, in order. */
function initiateTags(bytes: Uint8Array): number[] {
  const type = bytes[HEADER_BYTES];
  if (type !== INIT && type !== INIT_ACK) return [];
  return [new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER_BYTES + 4)];
}

describe('share of the verification tags', () => {
  test.each([
    { index: 0, of: 1 },
    { index: 0, of: 4 },
    { index: 3, of: 4 },
    { index: 2, of: 3 },
    { index: 255, of: 256 },
  ])('INIT and INIT ACK have tags of share $index of $of, and DATA arrives with them', ({ index, of }) =>
    withTwoStacks(
      async (stacks) => {
        const { client, network } = stacks;
        const sent: number[] = [];
        network.filter((packet) => {
          sent.push(...initiateTags(packet.bytes));
          return undefined;
        });
        const listener = listening(stacks);
        for (let count = 0; count < 20; count++) {
          const association = await client.socket().connectx(SERVER);
          const accepted = await listener.accept();
          await association.send('hello');
          expect(new TextDecoder().decode((await accepted.receive())?.data)).toBe('hello');
          await association.close();
          await accepted.close();
        }
        expect(sent.length).toBeGreaterThanOrEqual(40);
        expect(new Set(sent.map((tag) => tag % of))).toEqual(new Set([index]));
        expect(sent).not.toContain(0);
      },
      { stack: { share: { index, of } } },
    ),
  );

  test('the transport learns each path of each association before its first packet, and when it is gone', () =>
    withTwoStacks(async (stacks) => {
      const { network, clientHost, serverHost, client } = stacks;
      const changes: PeerPath[] = [];
      await stacks.server.close();
      serverHost.restart();
      const { transport } = serverHost;
      const watched = Object.assign(transport, { pathChanged: (change: PeerPath) => changes.push(change) });
      const server = await newStack(network, { ...serverHost, transport: watched }, { share: { index: 1, of: 2 } });
      const listener = listening({ ...stacks, server });
      const association = await client.socket().connectx(SERVER);
      const accepted = await listener.accept();
      const port = accepted.remotePort ?? 0;
      const paths = ADDRESSES.client.map((address) => ({ address, port, localPort: 5001 }));
      expect(changes.map(({ isAdded, ...path }) => ({ ...path, isAdded }))).toEqual(
        paths.map((path) => ({ ...path, isAdded: true })),
      );
      expect(clientHost.addresses).toEqual(ADDRESSES.client);
      changes.length = 0;
      await association.close();
      await accepted.close();
      expect(changes.toSorted((a, b) => (a.address < b.address ? -1 : 1))).toEqual(
        paths.map((path) => ({ ...path, isAdded: false })),
      );
    }));

  test('sockets that are not bound get a port of the share', () =>
    withTwoStacks(
      async (stacks) => {
        const listener = listening(stacks);
        for (let count = 0; count < 20; count++) {
          await stacks.client.socket().connectx(SERVER);
          const { remotePort } = await listener.accept();
          expect(remotePort).toBeGreaterThanOrEqual(49152 + 8192);
          expect(remotePort).toBeLessThan(49152 + 12288);
        }
      },
      { stack: { share: { index: 2, of: 4 } } },
    ));

  test.each([
    { index: 4, of: 4 },
    { index: -1, of: 4 },
    { index: 0, of: 0 },
    { index: 0, of: 257 },
    { index: 0.5, of: 2 },
  ])('share $index of $of is refused', (share) =>
    withTwoStacks(async ({ network, clientHost }) => {
      await expect(newStack(network, clientHost, { share })).rejects.toMatchObject({ code: 'EINVAL' });
    }),
  );
});
