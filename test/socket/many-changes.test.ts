import { expect, test } from 'vitest';
import { withTwoStacks } from '../support/two-stacks.js';

test.each([
  ['IPv4', (index: number) => `10.0.9.${index + 1}/24`, ['10.0.1.1'], ['10.0.1.2']],
  ['IPv6', (index: number) => `fd09::${index + 1}/64`, ['fd01::1'], ['fd01::2']],
] as const)(
  'a hundred %s addresses that are added at once are announced in packets that fit the MTU',
  (_name, added, client, server) =>
    withTwoStacks(
      async ({ network, clientHost, ...stacks }) => {
        const listener = stacks.server.socket();
        const endpoint = { address: server[0], port: 5001 };
        listener.bindx([endpoint]);
        listener.listen();
        const [, b] = await Promise.all([stacks.client.socket().connect(endpoint), listener.accept()]);
        for (let index = 0; index < 100; index++) clientHost.addressUp(added(index));
        await network.advance(60_000);
        expect(network.trace.entries().filter(({ note }) => note === 'too big')).toEqual([]);
        expect(b.paths().map(({ state }) => state)).toEqual(Array.from({ length: 101 }, () => 'active'));
      },
      { addresses: { client, server }, stack: { limits: { peerAddresses: 101 } } },
    ),
);
