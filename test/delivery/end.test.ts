import { describe, expect, test } from 'vitest';
import { BEGINNING } from '../support/fragmenting-peer.js';
import { chunk, u32 } from '../support/packets.js';
import { connected, pattern, withTwoStacks } from '../support/two-stacks.js';
import { read, watch, withPeers } from './fixture.js';

const [SHUTDOWN, SHUTDOWN_COMPLETE, SHUTDOWN_ACK] = [7, 14, 'SHUTDOWN ACK'];

describe('SHUTDOWN', () => {
  test.each([
    ['a chunk is missing', { tsn: 1001, number: 1 }],
    ['only the first fragment of a message has arrived', { flags: BEGINNING }],
    ['a message arrived ahead of its SSN', { number: 1 }],
  ])('while %s aborts the association, and receiving fails', (_, fragment) =>
    withPeers({}, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      await peer!.send(peer!.data(fragment));
      peer!.chunks();
      await peer!.send(chunk(SHUTDOWN, 0, u32(peer!.remoteTsn - 1)));
      expect(peer!.aborts()).toEqual([expect.stringContaining('SHUTDOWN while DATA is missing')]);
      await stacks.network.advance(1000);
      expect(seen.received).toHaveLength(1);
      expect(seen.received).not.toEqual(['end']);
    }),
  );

  test('during a partial delivery aborts the association and the partial delivery', () =>
    withPeers({ receiveBufferBytes: 65_536 }, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      await peer!.begin(30);
      await peer!.send(chunk(SHUTDOWN, 0, u32(peer!.remoteTsn - 1)));
      await stacks.network.advance(1000);
      expect(seen.events).toEqual(['aborted 0/0']);
      expect(seen.received).not.toEqual(['end']);
      expect(seen.received).toHaveLength(1);
    }));

  test.each([
    ['a chunk is missing', { number: 1, tsn: 1001 }],
    ['only the first fragment of a message has arrived', { flags: BEGINNING }],
  ])('SHUTDOWN ACK while %s is answered with ABORT, and receiving fails with ECONNABORTED', (_, fragment) =>
    withPeers({}, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      const closing = association!.close().catch(({ code }) => code);
      await peer!.send(peer!.data(fragment));
      peer!.chunks();
      await peer!.send(chunk(8, 0));
      expect(peer!.aborts()).toEqual([expect.stringMatching(/missing/i)]); // the cause's text differs between versions of usrsctp
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['ECONNABORTED']);
      expect((await association!.closed)?.code).toBe('ECONNABORTED');
      await closing;
    }),
  );

  test('after all DATA is answered with SHUTDOWN ACK, and receiving ends', () =>
    withPeers({}, [{}], async (stacks, [peer], [association]) => {
      const seen = watch(association!);
      await peer!.send(peer!.data({ payload: 'all' }));
      peer!.chunks();
      await peer!.send(chunk(SHUTDOWN, 0, u32(peer!.remoteTsn - 1)));
      expect(peer!.chunks().map(({ type }) => type)).toContain(SHUTDOWN_ACK);
      await peer!.send(chunk(SHUTDOWN_COMPLETE, 0));
      await stacks.network.advance(1000);
      expect(seen.received).toEqual(['all', 'end']);
    }));
});

describe('a message that is cut off', () => {
  const cases = (['an abort', 'a crash'] as const).flatMap((how) =>
    [60_000, 200_000, 1_000_000].flatMap((bytes) => [true, false].map((early) => [how, bytes, early] as const)),
  );
  test.each(cases)('by %s of its sender is never received: %i bytes, read from the start %s', (how, bytes, early) =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks);
        const seen = watch(b, early);
        await a.send('whole');
        a.send(pattern(bytes)).catch(() => {});
        await stacks.network.advance(60 + bytes / 5000);
        if (how === 'an abort') a.abort();
        else stacks.clientHost.crash();
        await stacks.network.advance(how === 'an abort' ? 100 : 60_000);
        if (!early) void read(seen);
        await stacks.network.advance(1000);
        expect(seen.received).toEqual(['whole', how === 'an abort' ? 'ECONNRESET' : 'ETIMEDOUT']);
        expect(seen.events.length).toBeLessThanOrEqual(1);
      },
      { stack: { preset: 'fast-failover' }, conditions: { latencyMs: 20, rateBps: 20e6 } },
    ),
  );
});
