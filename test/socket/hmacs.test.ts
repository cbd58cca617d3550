import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Socket } from '../../src/socket/socket.js';
import { decodePacket } from '../../src/wire/decode.js';
import { CHUNKS, HMAC_ALGO, RANDOM } from '../support/packets.js';
import { listening, SERVER, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';

const SECRET = new TextEncoder().encode('correct horse battery staple');
const HEADER = 12;
const AUTH_HEADER = 8;

type Hmacs = readonly ('SHA-1' | 'SHA-256')[];

function keyed(socket: Socket, hmacs?: Hmacs): Socket {
  socket.setOption('authentication', true);
  if (hmacs) socket.authentication.setHmacs(hmacs);
  socket.authentication.requireChunks(['DATA']);
  socket.authentication.setKey(1, SECRET);
  socket.authentication.activateKey(1);
  return socket;
}

/** Exchanges a message each way. Returns the HMAC identifier and HMAC length of the client and of the server. */
async function exchange(stacks: TwoStacks, client?: Hmacs, server?: Hmacs) {
  const listener = keyed(listening(stacks), server);
  const [a, b] = await Promise.all([keyed(stacks.client.socket(), client).connectx(SERVER), listener.accept()]);
  await Promise.all([a.send('there'), b.send('and back')]);
  expect([textOf(await a.receive()), textOf(await b.receive())]).toEqual(['and back', 'there']);
  return ['client', 'server'].map((name) => {
    const entries = stacks.network.trace.entries().filter(({ from }) => from === name);
    const chunks = entries.map(({ bytes }) => decodePacket(bytes).chunks);
    const [auth] = chunks.find((each) => each.some(({ type }) => type === 'DATA')) ?? [];
    return auth?.type === 'AUTH' ? [auth.hmacId, auth.hmac.length] : undefined;
  });
}

test('AUTH uses SHA-256 if both ends support it, and SHA-1 if one end supports only that', () =>
  Promise.all(
    [
      [undefined, undefined, [3, 32], [3, 32]],
      [['SHA-1'], undefined, [1, 20], [1, 20]],
      [undefined, ['SHA-1'], [1, 20], [1, 20]],
      [['SHA-1', 'SHA-256'], undefined, [3, 32], [1, 20]], // each end uses the HMAC that the other one prefers
    ].map(([client, server, ...expected]) =>
      withTwoStacks(async (stacks) =>
        expect(await exchange(stacks, client as Hmacs, server as Hmacs)).toEqual(expected),
      ),
    ),
  ));

/** The RANDOM, CHUNKS and HMAC-ALGO parameters of an INIT or INIT ACK in this order, unpadded (RFC 4895 §6.1). */
function keyVector(packet: Uint8Array): Buffer {
  const parts = new Map<number, Uint8Array>();
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const end = HEADER + view.getUint16(HEADER + 2);
  for (let at = HEADER + 20; at + 4 <= end; at += (view.getUint16(at + 2) + 3) & ~3) {
    parts.set(view.getUint16(at), packet.subarray(at, at + view.getUint16(at + 2)));
  }
  return Buffer.concat([RANDOM, CHUNKS, HMAC_ALGO].map((type) => parts.get(type) ?? Buffer.of()));
}

test('the HMAC on the wire is that of RFC 4895 §6.1 and §6.2, as node:crypto computes it', () =>
  withTwoStacks(async (stacks) => {
    await exchange(stacks);
    const packets = stacks.network.trace.entries().map(({ bytes }) => Buffer.from(bytes));
    const [init, initAck] = [1, 2].map((type) => packets.find((packet) => packet[HEADER] === type) ?? Buffer.of());
    const vectors = [init, initAck].map((packet) => keyVector(packet ?? Buffer.of()));
    vectors.sort((a, b) => a.length - b.length || Buffer.compare(a, b)); // as numbers, the smaller one first
    const key = Buffer.concat([SECRET, ...vectors]);
    const authenticated = packets.filter((packet) => packet[HEADER] === 15);
    expect(authenticated.length).toBeGreaterThan(1);
    for (const packet of authenticated) {
      const chunks = Buffer.from(packet.subarray(HEADER));
      const hmac = Buffer.from(chunks.subarray(AUTH_HEADER, AUTH_HEADER + 32));
      chunks.fill(0, AUTH_HEADER, AUTH_HEADER + 32);
      expect(hmac.toString('hex')).toBe(createHmac('sha256', key).update(chunks).digest('hex'));
    }
  }));
