import { expect, test } from 'vitest';
import { abortCauses, errorCauses } from '../../src/stack/socket/error-causes.js';
import { connected, pattern, withTwoStacks } from '../support/two-stacks.js';

test('status() and paths() return the same values as usrsctp’s options', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b } = await connected(stacks, { streams: { outbound: 7, inbound: 9 } });
      await a.send(pattern(5000));
      await stacks.network.advance(20); // in flight
      const status = a.getOption('status');
      expect(a.status()).toEqual({
        localPort: a.localPort,
        remotePort: 5001,
        localAddresses: expect.arrayContaining(['10.0.1.1', '10.0.2.1']),
        primary: status.primaryPath,
        streams: { inbound: status.inboundStreams, outbound: status.outboundStreams },
        receiverWindow: status.windowBytes,
        unacknowledged: status.unacknowledged,
        pending: status.pending,
        fragmentationPoint: status.fragmentationPointBytes,
      });
      expect(status).toMatchObject({ inboundStreams: 9, outboundStreams: 7, unacknowledged: expect.any(Number) });
      expect(status.unacknowledged).toBeGreaterThan(0);
      expect(status.fragmentationPointBytes).toBeGreaterThan(1000);
      for (const { address, cwnd } of a.paths()) {
        const { cwndBytes } = a.getOption('pathInfo', { path: address });
        expect([address, cwnd]).toEqual([address, cwndBytes]);
      }
      expect((await b.receive())?.data.length).toBe(5000);
    },
    { conditions: { latencyMs: 50 } },
  ));

/** An ABORT or ERROR chunk of these causes. */
function chunkOf(type: number, ...causes: (readonly [code: number, ...value: number[]])[]): Uint8Array {
  const bytes = causes.flatMap(([code, ...value]) => [
    0,
    code,
    0,
    4 + value.length,
    ...value,
    ...Array(-value.length & 3).fill(0),
  ]);
  return Uint8Array.from([type, 0, 0, 4 + bytes.length, ...bytes]);
}

test('an error cause without a value has none, and one with a value has exactly that', () => {
  expect(abortCauses(chunkOf(6, [4]))).toEqual([{ code: 4, name: 'Out of Resource' }]);
  expect(abortCauses(chunkOf(6, [4], [1, 0, 9, 0, 0]))).toEqual([
    { code: 4, name: 'Out of Resource' },
    { code: 1, name: 'Invalid Stream Identifier', value: Uint8Array.of(0, 9, 0, 0) },
  ]);
  expect(abortCauses(chunkOf(6, [12, 98, 121, 101]))).toEqual([
    { code: 12, name: 'User-Initiated Abort', text: 'bye' },
  ]);
  expect(abortCauses(chunkOf(6, [12]))).toEqual([{ code: 12, name: 'User-Initiated Abort' }]);
  expect(abortCauses(chunkOf(6))).toEqual([]);
  expect(errorCauses(chunkOf(9, [4]))).toEqual([{ code: 4, name: 'Out of Resource' }]);
  expect([abortCauses(chunkOf(9, [4])), errorCauses(chunkOf(6, [4])), abortCauses(Uint8Array.of(6, 0, 0))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
