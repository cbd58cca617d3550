import { expect, test } from 'vitest';
import type { Association, Stack } from '../../src/index.js';
import { chunkOf, data, FEATURES, parameter, u8, u16, u32 } from '../support/packets.js';
import { chunksOf, ScriptedPeer } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const IN_A_PACKET = 60;
/** The Re-configuration Response Parameter, and its result Success - Performed (RFC 6525 §4.4). */
const [RESPONSE, PERFORMED] = [16, 1];
const OUTGOING_RESET = 13;

/** Sends messages of one byte, regardless of the window. */
async function flood(peer: ScriptedPeer, packets: number): Promise<void> {
  for (let n = 0; n < packets; n++) {
    await peer.send(...Array.from({ length: IN_A_PACKET }, () => peer.message({ payload: u8(1) })));
  }
}

const megabytes = (stack: Stack): number => stack.memoryInUse / 1e6;

test('unread messages take at most a few times the receive buffer, however small they are', async () => {
  const target = await TargetStack.create();
  const listener = target.listen();
  const before = megabytes(target.stack);
  const peer = new ScriptedPeer(target);
  await peer.connect();
  const association = await listener.accept();
  await flood(peer, 300);
  expect(megabytes(target.stack) - before).toBeLessThan(3);
  expect(association.state).toBe('open');
  const other = new ScriptedPeer(target, { source: '10.0.0.3', tag: 0x2222_2222 });
  await other.connect();
  const second = await listener.accept();
  await other.send(other.message());
  expect((await second.receive())?.data).toEqual(u8(1, 2, 3, 4));
  await target.close();
});

test('messages that were refused for lack of buffer space are accepted once there is space', async () => {
  const target = await TargetStack.create();
  const listener = target.listen();
  const peer = new ScriptedPeer(target);
  await peer.connect();
  const association = await listener.accept();
  await flood(peer, 150);
  await target.answers();
  let received = 0;
  let next = association.receive();
  while (await Promise.race([next, target.advance(10).then(() => undefined)])) {
    received++;
    next = association.receive();
  }
  expect(received).toBeGreaterThan(1000);
  expect(received).toBeLessThan(150 * IN_A_PACKET);
  // The peer continues after the last acknowledged TSN.
  await target.advance(500);
  const sacks = chunksOf(await target.answers()).flatMap((chunk) => (chunk.type === 'SACK' ? [chunk] : []));
  expect(sacks.at(-1)?.cumulativeTsn).toBe(999 + received);
  await peer.send(data({ tsn: 1000 + received, ssn: received, payload: u8(7) }));
  expect((await next)?.data).toEqual(u8(7));
  await target.close();
});

// sctp_notify_stream_reset() and similar functions drop events that don't fit into the receive buffer: wasm/fixes/send_buffer.c
test.each([
  ['outgoing streams were reset', (association: Association) => association.resetStreams({ outgoing: [1] })],
  ['streams were added', (association: Association) => association.addStreams({ outbound: 1 })],
])('the event that %s is reported although unread messages exceed the receive buffer', async (_, request) => {
  const target = await TargetStack.create();
  const listener = target.listen({ receiveBufferBytes: 8192, readAheadBytes: 1 });
  const peer = new ScriptedPeer(target);
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  for (const bytes of [1, 7000, 5600]) await peer.send(peer.message({ payload: new Uint8Array(bytes) }));
  const done = request(association);
  await target.advance(10);
  await peer.send(chunkOf('RE-CONFIG', parameter(RESPONSE, u32(peer.targetTsn, PERFORMED))));
  for (const bytes of [1, 7000, 5600]) expect((await association.receive())?.data.length).toBe(bytes);
  await done;
  await target.close();
});

// sctp_notify_remote_error() reserves no buffer space, sctp_notify_stream_reset() a few bytes: wasm/fixes/delivery.c
test.each([
  ['ERROR chunks', (sequence: number) => chunkOf('ERROR', parameter(77, u32(sequence)))],
  [
    'stream resets',
    (sequence: number, peer: ScriptedPeer) =>
      chunkOf('RE-CONFIG', parameter(OUTGOING_RESET, u32(sequence, 0, peer.tsn - 1), u16(1))),
  ],
])('a peer whose messages stay unread does not fill memory with %s', async (_, chunk) => {
  const target = await TargetStack.create();
  const listener = target.listen({ receiveBufferBytes: 8192, readAheadBytes: 1 });
  const peer = new ScriptedPeer(target);
  const first = peer.tsn;
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  for (let n = 0; n < 2; n++) await peer.send(peer.message());
  const before = megabytes(target.stack);
  for (let n = 0; n < 3000; n++) await peer.send(chunk(first + n, peer));
  expect(megabytes(target.stack) - before).toBeLessThan(0.8);
  for (let n = 0; n < 2; n++) expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  expect(association.state).toBe('open');
  await target.close();
});
