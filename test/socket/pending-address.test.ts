import { expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import { connected, withTwoStacks } from '../support/two-stacks.js';

const NEW = '10.0.2.9';

/*
 * client: SACK and HEARTBEAT ──────► server       on the path of the new address, at once: ABORT
 * client: ASCONF, add NEW ────────────────► server  on the other path, which is slower
 */
test.each(Array.from({ length: 8 }, (_, number) => number))(
  'only ASCONF is sent from an address that the peer has not acknowledged (RFC 5061 5.3): timing %d',
  async (number) => {
    await withTwoStacks(
      async (stacks) => {
        const { network, clientHost } = stacks;
        const { a, b } = await connected(stacks);
        await network.advance(3000);
        b.setPrimary('10.0.2.1');
        network.link('10.0.1.1', '10.0.1.2', { latencyMs: 100 });
        const receive = async () => {
          while (await a.receive());
        };
        receive().catch(() => undefined);
        const send = () => {
          if (b.state !== 'open') return;
          b.send(new Uint8Array(100)).catch(() => undefined);
          network.clock.schedule(150 + number, send);
        };
        send();
        await network.advance(700 + 37 * number);
        const early = new Set<string>();
        const stop = network.filter(({ source, bytes }) => {
          const types = decodePacket(bytes).chunks.map(({ type }) => type);
          if (source === NEW && !types.includes('ASCONF')) for (const type of types) early.add(type);
          return undefined;
        });
        clientHost.addressDown('10.0.2.1');
        clientHost.addressUp(NEW);
        await network.advance(80);
        expect([...early]).toEqual([]);
        stop();
        await network.advance(30_000);
        expect([a.state, b.state]).toEqual(['open', 'open']);
        expect(b.paths().map(({ address }) => address)).toContain(NEW);
      },
      { seed: 100 + number, conditions: { latencyMs: 10 } },
    );
  },
);

test('adding and deleting addresses leaks no memory if the peer does not support ASCONF', async () => {
  await withTwoStacks(
    async (stacks) => {
      const { network, client, clientHost } = stacks;
      const { a } = await connected(stacks);
      const change = async () => {
        clientHost.addressUp('10.0.1.7');
        await network.advance(200);
        clientHost.addressDown('10.0.1.7');
        await network.advance(200);
      };
      for (let count = 0; count < 3; count++) await change();
      const before = client.memoryInUse;
      for (let count = 0; count < 100; count++) await change();
      expect(client.memoryInUse - before).toBeLessThan(500);
      expect(a.state).toBe('open');
    },
    { stack: { sysctls: { sctp_asconf_enable: 0 } } },
  );
});
