import { describe, expect, test } from 'vitest';
import { sealPacket } from '../../src/wire/crc32c.js';
import { decodePacket } from '../../src/wire/decode.js';
import {
  at,
  exchange,
  listening,
  only,
  PORT,
  rejected,
  SERVER,
  STYLES,
  text,
  withClientAndServer,
} from '../support/connectx.js';

describe.each(STYLES)('%s: an association that ends before its SCTP_COMM_UP is read', (style) => {
  for (const preset of ['rfc9260', 'fast-failover'] as const) {
    test(`rejects connectx with the peer's error causes: preset ${preset}`, () =>
      withClientAndServer({ stack: { preset } }, async ({ client, server }) => {
        const listener = listening(server);
        const off = listener.on('association', (association) => association.abort('not you'));
        const socket = client.socket({ style });
        const error = await rejected(socket.connectx(at(SERVER)), 'ECONNRESET');
        expect(error.abort).toEqual([{ code: 12, name: 'User-Initiated Abort', text: 'not you' }]);
        expect(socket.associations).toEqual([]);
        off();
        await exchange(await socket.connectx(at(SERVER)), only(listener));
      }));
  }

  test('rejects with the error causes of this end if this end has aborted', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      network.filter((packet) => {
        const bytes = withoutCookie(packet.bytes);
        return bytes && { ...packet, bytes };
      });
      const socket = client.socket({ style });
      const error = await rejected(socket.connectx(at(SERVER)), 'ECONNABORTED');
      expect(error.abort).toMatchObject([{ code: 2, name: 'Missing Mandatory Parameter' }]);
      expect(error.message).toContain('this end has aborted the set-up');
      expect(network.clock.now()).toBeLessThan(1000);
    }));
});

test('an association that was shut down before its SCTP_COMM_UP is read is returned with its messages', () =>
  withClientAndServer({}, async ({ client, server, network }) => {
    const talker = listening(server, SERVER, PORT + 1);
    const listener = listening(server);
    const socket = client.socket({ style: 'one-to-many', readAheadBytes: 1 });
    const other = await socket.connectx(at(SERVER, PORT + 1));
    for (let count = 0; count < 5; count++) await only(talker).send('this and all that follows stays unread');
    listener.on('association', async (association) => {
      await association.send('hello and goodbye');
      await association.close();
    });
    const connecting = socket.connectx(at(SERVER));
    await network.advance(1000);
    for (let count = 0; count < 5; count++) await other.receive({ timeoutMs: 1000 });
    const association = await connecting;
    expect(text((await association.receive())?.data)).toBe('hello and goodbye');
    expect(await association.receive()).toBeUndefined();
    expect(association.state).toBe('closed');
  }));

/** An INIT ACK with its state cookie replaced by an unknown parameter; undefined if the packet is no INIT ACK. */
function withoutCookie(packet: Uint8Array): Uint8Array | undefined {
  if (!decodePacket(packet).chunks.some(({ type }) => type === 'INIT ACK')) return;
  const bytes = packet.slice();
  const view = new DataView(bytes.buffer);
  const HEADERS = 12 + 20;
  for (let at = HEADERS; at + 4 <= bytes.length; at += (view.getUint16(at + 2) + 3) & ~3) {
    if (view.getUint16(at) === 7) view.setUint16(at, 0x8077); // an unknown parameter that is skipped (RFC 9260 §3.2.1)
  }
  sealPacket(bytes);
  return bytes;
}
