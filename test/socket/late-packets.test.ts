import { expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import { connected, newStack, textOf, withTwoStacks } from '../support/two-stacks.js';

const SERVER = [
  { address: '10.0.1.2', port: 5001 },
  { address: '10.0.2.2', port: 5001 },
];

// wasm/fixes/late_packets.c remembers deleted addresses for each association, not for the whole host.
test('if one client deletes many addresses, late packets of another client do not abort its association', async () => {
  await withTwoStacks(
    async ({ network, client, clientHost, server }) => {
      const listener = server.socket();
      listener.bindx(SERVER);
      listener.listen();
      const [a, b] = await Promise.all([client.socket().connectx(SERVER), listener.accept()]);
      const other = network.host('other', ['10.0.1.3']);
      const c = await (await newStack(network, other)).socket().connectx(SERVER);
      await network.advance(3000);
      network.oneWay('10.0.1.1', '10.0.1.2', { latencyMs: 60_000 });
      await a.send('late');
      await network.advance(10);
      clientHost.addressDown('10.0.1.1');
      await network.advance(3000);
      for (let count = 0; count < 140; count++) {
        other.addressUp('10.0.1.4');
        await network.advance(150);
        other.addressDown('10.0.1.4');
        await network.advance(150);
      }
      await network.advance(60_000);
      expect([a.state, c.state]).toEqual(['open', 'open']);
      await a.send('on time');
      const texts: string[] = [];
      while (!texts.includes('on time')) texts.push(textOf(await b.receive()));
      expect(texts.filter((text) => text === 'late')).toHaveLength(1);
    },
    { conditions: { latencyMs: 10 }, limitMs: 1e7 },
  );
});

/*
 * client: ASCONF, delete 10.0.3.1 ──────► server    from 10.0.1.1
 *                   lost ◄──────  ASCONF ACK        then 10.0.1.1 is removed and 10.0.2.1 added
 * client: ASCONF, delete 10.0.3.1 ──────► server    from 10.0.2.1, which the server no longer knows
 * client: ◄────────────────────── ASCONF ACK        to 10.0.2.1
 */
test('an ASCONF ACK is sent to the source of its ASCONF, even if the peer has deleted that address (RFC 5061 5.2)', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { network, clientHost } = stacks;
      const { a, b } = await connected(stacks);
      await network.advance(3000);
      clientHost.addressDown('10.0.2.1');
      clientHost.addressUp('10.0.3.1');
      await network.advance(3000);
      const heal = network.filter(({ bytes }) => {
        return decodePacket(bytes).chunks.some(({ type }) => type === 'ASCONF ACK') ? 'drop' : undefined;
      });
      clientHost.addressDown('10.0.3.1');
      await network.advance(500);
      heal();
      clientHost.addressDown('10.0.1.1');
      clientHost.addressUp('10.0.2.1');
      await network.advance(10_000);
      expect(b.paths().map(({ address }) => address)).toContain('10.0.2.1');
      await a.send('from there');
      expect(textOf(await b.receive())).toBe('from there');
    },
    { conditions: { latencyMs: 10 } },
  );
});
