import { expect, test } from 'vitest';
import type { Association, Stack } from '../../src/index.js';
import { data, FEATURES, of, parameter, u8, u16, u32 } from '../support/forged.js';
import { chunksOf, Puppet } from '../support/puppet.js';
import { StackVictim } from '../support/victim.js';

const IN_A_PACKET = 60;
/** The answer to a request of RE-CONFIG, and its outcome that all was done (RFC 6525 §4.4). */
const [RESPONSE, PERFORMED] = [16, 1];
const OUTGOING_RESET = 13;

/** Sends whole messages of one byte, whatever the window says. */
async function flood(peer: Puppet, packets: number): Promise<void> {
  for (let n = 0; n < packets; n++) {
    await peer.send(...Array.from({ length: IN_A_PACKET }, () => peer.message({ payload: u8(1) })));
  }
}

const megabytes = (stack: Stack): number => stack.memoryInUse / 1e6;

test('messages that nobody reads take no more than a few times the receive buffer, small as they may be', async () => {
  const victim = await StackVictim.create();
  const listener = victim.listen();
  const before = megabytes(victim.stack);
  const peer = new Puppet(victim);
  await peer.connect();
  const association = await listener.accept();
  await flood(peer, 300);
  expect(megabytes(victim.stack) - before).toBeLessThan(3);
  expect(association.state).toBe('open');
  const other = new Puppet(victim, { source: '10.0.0.3', tag: 0x2222_2222 });
  await other.connect();
  const second = await listener.accept();
  await other.send(other.message());
  expect((await second.receive())?.data).toEqual(u8(1, 2, 3, 4));
  await victim.close();
});

test('what was refused for lack of room is taken when there is room again', async () => {
  const victim = await StackVictim.create();
  const listener = victim.listen();
  const peer = new Puppet(victim);
  await peer.connect();
  const association = await listener.accept();
  await flood(peer, 150);
  await victim.answers();
  let taken = 0;
  let next = association.receive();
  while (await Promise.race([next, victim.advance(10).then(() => undefined)])) {
    taken++;
    next = association.receive();
  }
  expect(taken).toBeGreaterThan(1000);
  expect(taken).toBeLessThan(150 * IN_A_PACKET);
  // the peer sends on where it has been acknowledged
  await victim.advance(500);
  const sacks = chunksOf(await victim.answers()).flatMap((chunk) => (chunk.type === 'SACK' ? [chunk] : []));
  expect(sacks.at(-1)?.cumulativeTsn).toBe(999 + taken);
  await peer.send(data({ tsn: 1000 + taken, ssn: taken, payload: u8(7) }));
  expect((await next)?.data).toEqual(u8(7));
  await victim.close();
});

// sctp_notify_stream_reset() and its like drop what doesn't fit into the receive buffer: wasm/fixes/send_buffer.c
test.each([
  ['outgoing streams were reset', (association: Association) => association.resetStreams({ outgoing: [1] })],
  ['streams were added', (association: Association) => association.addStreams({ outbound: 1 })],
])('that %s is told though what nobody receives fills more than the receive buffer', async (_, request) => {
  const victim = await StackVictim.create();
  const listener = victim.listen({ receiveBufferBytes: 8192, readAheadBytes: 1 });
  const peer = new Puppet(victim);
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  for (const bytes of [1, 7000, 5600]) await peer.send(peer.message({ payload: new Uint8Array(bytes) }));
  const done = request(association);
  await victim.advance(10);
  await peer.send(of('RE-CONFIG', parameter(RESPONSE, u32(peer.victimTsn, PERFORMED))));
  for (const bytes of [1, 7000, 5600]) expect((await association.receive())?.data.length).toBe(bytes);
  await done;
  await victim.close();
});

// sctp_notify_remote_error() asks for no room, sctp_notify_stream_reset() for that of a few bytes: wasm/fixes/delivery.c
test.each([
  ['ERROR chunks', (sequence: number) => of('ERROR', parameter(77, u32(sequence)))],
  [
    'stream resets',
    (sequence: number, peer: Puppet) =>
      of('RE-CONFIG', parameter(OUTGOING_RESET, u32(sequence, 0, peer.tsn - 1), u16(1))),
  ],
])('a peer that nobody receives from does not fill memory by %s', async (_, chunk) => {
  const victim = await StackVictim.create();
  const listener = victim.listen({ receiveBufferBytes: 8192, readAheadBytes: 1 });
  const peer = new Puppet(victim);
  const first = peer.tsn;
  await peer.connect({ parameters: FEATURES });
  const association = await listener.accept();
  for (let n = 0; n < 2; n++) await peer.send(peer.message());
  const before = megabytes(victim.stack);
  for (let n = 0; n < 3000; n++) await peer.send(chunk(first + n, peer));
  expect(megabytes(victim.stack) - before).toBeLessThan(0.8);
  for (let n = 0; n < 2; n++) expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  expect(association.state).toBe('open');
  await victim.close();
});
