import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { exchange, packetsWith } from '../support/connectx.js';
import { type TwoStacks, withTwoStacks } from '../support/two-stacks.js';

const isLinkLocal = (address: string) => address.startsWith('fe80:');

function listening({ server }: TwoStacks, style: 'one-to-one' | 'one-to-many') {
  const listener = server.socket({ style });
  listener.bindx([{ address: '::', port: 5001 }]);
  listener.listen();
  return listener;
}

describe.each(['one-to-one', 'one-to-many'] as const)('a link-local address of the peer, %s', (style) => {
  test.each<[string, string[], string[]]>([
    ['no others', [], []],
    ['global ones', ['2001:db8:1::1'], ['2001:db8:1::2']],
    ['IPv4', ['10.0.1.1'], ['10.0.1.2']],
  ])('is reached from a link-local address; both hosts have %s besides', (_, client, server) =>
    withTwoStacks(
      async (stacks) => {
        const listener = listening(stacks, style);
        const association = await stacks.client.socket({ style }).connectx([{ address: 'fe80::2', port: 5001 }]);
        const accepted = await listener.accept();
        await exchange(association, accepted);
        await stacks.network.advance(100_000);
        await exchange(association, accepted);

        const paths = (of: Association) =>
          of
            .paths()
            .map(({ address, state }) => `${address} ${state}`)
            .sort();
        expect(paths(association)).toEqual([...server, 'fe80::2'].map((address) => `${address} active`));
        expect(paths(accepted)).toEqual([...client, 'fe80::1'].map((address) => `${address} active`));
        expect([...association.status().localAddresses].sort()).toEqual([...client, 'fe80::1']);
        for (const { source, destination } of stacks.network.trace.entries()) {
          expect(isLinkLocal(source), `${source} to ${destination}`).toBe(isLinkLocal(destination));
        }
        await association.close();
      },
      { addresses: { client: ['fe80::1', ...client], server: ['fe80::2', ...server] } },
    ),
  );
});

test('link-local addresses are neither listed nor used if the peer’s address is global', () =>
  withTwoStacks(
    async (stacks) => {
      const listener = listening(stacks, 'one-to-one');
      const association = await stacks.client.socket().connectx([{ address: '2001:db8:1::2', port: 5001 }]);
      await exchange(association, await listener.accept());
      await stacks.network.advance(100_000);
      expect(association.paths().map(({ address }) => address)).toEqual(['2001:db8:1::2']);
      expect(association.status().localAddresses).toEqual(['2001:db8:1::1']);
    },
    { addresses: { client: ['fe80::1', '2001:db8:1::1'], server: ['fe80::2', '2001:db8:1::2'] } },
  ));

test('INIT and INIT ACK don’t list link-local addresses, since a list can’t say on which link they are valid', () =>
  withTwoStacks(
    async (stacks) => {
      listening(stacks, 'one-to-one');
      await stacks.client.socket().connectx([{ address: 'fe80::2', port: 5001 }]);
      for (const type of ['INIT', 'INIT ACK']) {
        const [packet] = packetsWith(stacks.network, type);
        const bytes = Buffer.from(packet!.bytes).toString('hex');
        expect(bytes).not.toContain('00060014fe80'); // an IPv6 Address parameter (RFC 9260 §3.3.2.1.2)
        expect(bytes).toContain('0006001420010db8');
      }
    },
    { addresses: { client: ['fe80::1', 'fe80::7', '2001:db8:1::1'], server: ['fe80::2', '2001:db8:1::2'] } },
  ));
