import { expect, test } from 'vitest';
import { TestNetwork } from '../../src/testing.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { at, NOBODY, rejected, SERVER, withClientAndServer } from '../support/connectx.js';

const COMMON_HEADER = 12;
const ABORT = 6;

test('the error names the cause of an ABORT and does not suggest that no socket listens', () =>
  withClientAndServer({}, async ({ client, network }) => {
    network.filter((packet) => {
      if (packet.bytes[COMMON_HEADER] !== ABORT) return undefined;
      const chunk = [ABORT, packet.bytes[COMMON_HEADER + 1] ?? 0, 0, 8, 0, 14, 0, 4];
      const bytes = Uint8Array.from([...packet.bytes.subarray(0, COMMON_HEADER), ...chunk]);
      sealPacket(bytes);
      return { ...packet, bytes };
    });
    const error = await rejected(client.socket().connectx(at(SERVER.slice(0, 1))), 'ECONNREFUSED');
    expect(error.message).toContain('refused (Restart of an Association with New Encapsulation Port)');
    expect(error.message).not.toContain('nobody listens');
    expect(error.abort).toMatchObject([{ code: 14 }]);
  }));

test('ETIMEDOUT mentions the UDP port only if SCTP is encapsulated in UDP', () =>
  new TestNetwork({ seed: 1 }).run(async (network) => {
    for (const [name, port] of [
      ['over UDP', 9899],
      ['plain', undefined],
    ] as const) {
      const address = port ? '10.0.1.1' : '10.0.2.1';
      const stack = await network.stack(network.host(name, [address], port ? { encapsulationPort: port } : {}));
      const peer = { address: NOBODY, port: 5001 };
      const errors = [await rejected(stack.socket().connectx([peer], { timeoutMs: 5000 }), 'ETIMEDOUT')];
      errors.push(await rejected(stack.socket().connectx([peer]), 'ETIMEDOUT'));
      for (const { message } of errors) {
        if (port) expect(message).toMatch(/; does the peer accept SCTP in UDP, on port 9899\?$/);
        else expect(message).not.toContain('UDP');
      }
    }
  }, 1e7));
