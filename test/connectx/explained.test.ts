import { describe, expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import {
  at,
  type ClientAndServerOptions,
  listening,
  NOBODY,
  PORT,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

const OVER_UDP: ClientAndServerOptions = {
  clientHost: { encapsulationPort: 9899 },
  serverHost: { encapsulationPort: 9899 },
};

/** What is thrown tells how far the set-up came, and what to check. */
describe.each(STYLES)('an error of connectx, %s', (style) => {
  test('names the UDP port of each address, the INITs, and that nothing came back', () =>
    withClientAndServer(OVER_UDP, async ({ client }) => {
      const peers = [
        { address: NOBODY, port: PORT },
        { address: '10.0.2.99', port: PORT, encapsulationPort: 5000 },
      ];
      const error = await rejected(client.socket({ style }).connectx(peers, { timeoutMs: 1500 }), 'ETIMEDOUT');
      expect(error.message).toBe(
        'ETIMEDOUT: connectx: not connected within 1500 ms; tried 10.0.1.99 (1 INIT to UDP port 9899, no answer), ' +
          '10.0.2.99 (1 INIT to UDP port 5000, no answer); does the peer accept SCTP in UDP, on port 9899?',
      );
      expect(error.attempts).toEqual([
        { address: NOBODY, sentAtMs: [0], encapsulationPort: 9899 },
        { address: '10.0.2.99', sentAtMs: [1000], encapsulationPort: 5000 },
      ]);
    }));

  test("names the network's answer for each address, and what to check", () =>
    withClientAndServer({ ...OVER_UDP, unreachable: 'report' }, async ({ client }) => {
      const error = await rejected(client.socket({ style }).connectx(at([NOBODY])), 'EHOSTUNREACH');
      expect(error.message).toContain('(10.0.1.99: EHOSTUNREACH); is the host up, and is the address right?');
      expect(error.attempts).toEqual([
        { address: NOBODY, sentAtMs: [0], encapsulationPort: 9899, answer: 'EHOSTUNREACH' },
      ]);
    }));

  test('says that INIT was answered and COOKIE ECHO was not', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      listening(server);
      network.filter((packet) =>
        decodePacket(packet.bytes).chunks.some(({ type }) => type === 'COOKIE ECHO') ? 'drop' : undefined,
      );
      const socket = client.socket({ style });
      const error = await rejected(socket.connectx(at(SERVER.slice(0, 1)), { timeoutMs: 500 }), 'ETIMEDOUT');
      expect(error.message).toContain('10.0.1.2 (1 INIT, INIT ACK came, COOKIE ECHO was not answered)');
      expect(error.message).toContain('is the backlog of the listener full?');
      expect(error.attempts).toMatchObject([{ answer: 'INIT ACK' }]);
    }));

  test('names the SCTP port on which nobody listens', () =>
    withClientAndServer({}, async ({ client }) => {
      const error = await rejected(client.socket({ style }).connectx(at(SERVER, 9)), 'ECONNREFUSED');
      expect(error.message).toContain('the peer refused: nobody listens on SCTP port 9 there');
      expect(error.attempts?.[0]).toMatchObject({ answer: 'ABORT' });
    }));

  test('describes eight addresses at most; `attempts` has all', () =>
    withClientAndServer({}, async ({ client }) => {
      const peers = at(Array.from({ length: 12 }, (_, index) => `10.0.1.${100 + index}`));
      const error = await rejected(client.socket({ style }).connectx(peers, { timeoutMs: 500 }), 'ETIMEDOUT');
      expect(error.message).toContain('10.0.1.107 (no INIT yet), and 4 more: see `attempts`');
      expect(error.attempts).toHaveLength(12);
    }));

  test('has no answer of another peer, or of another port', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      await client.socket({ style }).connectx(at(SERVER));
      const error = await rejected(client.socket({ style }).connectx(at([NOBODY]), { timeoutMs: 100 }), 'ETIMEDOUT');
      expect(error.attempts).toEqual([{ address: NOBODY, sentAtMs: [0] }]);
    }));
});
