import { SctpError, Stack } from '../../src/index.js';
import { check, checkEqual } from '../../src/testing/check.js';
import { transportContract } from '../../src/testing.js';
import { type UdpTransport, udp } from '../../src/udp.js';
import type { Scenario } from './contract.js';
import { exchange, roundTrip, serve } from './messages.js';

const LOOPBACK = ['127.0.0.1', '::1'];
const BULK_BYTES = 4_000_000;

/** Scenarios with UDP sockets. */
export const udpScenarios: readonly Scenario[] = [
  {
    name: 'UDP keeps the transport contract',
    run: async () => {
      for (const address of LOOPBACK) {
        const make = () => udp({ addresses: [address], port: 0 });
        const port = (transport: unknown) => (transport as UdpTransport).port;
        const cases = transportContract(async () => ({ left: make(), right: make(), port, settle }));
        for (const { name, run } of cases) {
          await run().catch((cause) => {
            throw new Error(`${address}: ${name}: ${cause}`, { cause });
          });
        }
      }
    },
  },
  {
    name: 'over UDP, IPv4 and IPv6, messages of 1 byte to 200 kB come back',
    run: () =>
      overUdp(async (client, endpoints) => {
        const association = await client.socket().connectx(endpoints, { timeoutMs: 40_000 });
        checkEqual(association.setup.confirmed, LOOPBACK, 'confirmed');
        await exchange(association);
        await association.close();
      }),
  },
  {
    name: 'messages come back from an echo server in another process and runtime',
    run: async ({ echo }) => {
      check(echo !== undefined, 'there is no echo server');
      const addresses = echo.endpoints.map(({ address }) => address);
      const stack = await Stack.create({ transport: udp({ addresses, port: 0, encapsulationPort: echo.udpPort }) });
      const association = await stack.socket().connectx(echo.endpoints, { timeoutMs: 40_000 });
      await exchange(association);
      await association.close();
      await stack.close();
    },
  },
  {
    name: 'megabytes come back complete and in order',
    run: () =>
      overUdp(async (client, endpoints) => {
        const association = await client.socket().connectx(endpoints, { timeoutMs: 40_000 });
        const part = new Uint8Array(50_000);
        const send = async () => {
          for (let sent = 0; sent < BULK_BYTES; sent += part.length)
            await association.send(part.fill(sent / part.length));
        };
        const receive = async () => {
          for (let got = 0; got < BULK_BYTES; got += part.length) {
            const message = await association.receive({ timeoutMs: 40_000 });
            const number = got / part.length;
            check(message?.data.length === part.length, `message ${number} has another length`);
            check(
              message?.data.every((byte) => byte === (number & 0xff)),
              `message ${number} has other bytes`,
            );
          }
        };
        await Promise.all([send(), receive()]);
        await association.close();
      }),
  },
  {
    name: 'a peer receives the ABORT if the stack is closed right after abort()',
    run: async () => {
      const transport = udp({ addresses: LOOPBACK, port: 0 });
      const server = await Stack.create({ transport });
      const listener = server.socket();
      listener.bindx([{ address: '127.0.0.1', port: 5001 }]);
      listener.listen();
      const client = await Stack.create({ transport: udp({ addresses: LOOPBACK, port: 0 }) });
      const where = { address: '127.0.0.1', port: 5001, encapsulationPort: transport.port };
      const association = await client.socket().connectx([where], { timeoutMs: 40_000 });
      const accepted = await listener.accept();
      association.abort('over');
      await client.close();
      const error = await accepted?.closed;
      checkEqual(error?.code, 'ECONNRESET', 'the error of the peer');
      await server.close();
    },
  },
  {
    name: 'a UDP port in use is EADDRINUSE, an address of another machine EADDRNOTAVAIL',
    run: async () => {
      const first = udp({ addresses: LOOPBACK, port: 0 });
      const host = { receive() {}, unreachable() {}, changed() {} };
      await first.start(host);
      const taken = udp({ addresses: LOOPBACK, port: first.port }).start(host);
      const absent = udp({ addresses: ['192.0.2.77'], port: 0 }).start(host);
      const codes = [await taken.then(String, codeOf), await absent.then(String, codeOf)];
      checkEqual(codes, ['EADDRINUSE', 'EADDRNOTAVAIL'], 'codes');
      await first.close();
      const again = udp({ addresses: LOOPBACK, port: 0 });
      await again.start(host);
      await again.close();
    },
  },
  {
    name: 'a stack on all addresses of the machine talks to another stack there',
    run: async () => {
      const transport = udp({ port: 0, addresses: ['127.0.0.1'] });
      const one = await Stack.create({ transport });
      const all = await Stack.create({ transport: udp({ port: 0, encapsulationPort: transport.port }) });
      check(all.addresses.includes('127.0.0.1') && all.addresses.includes('::1'), `addresses: ${all.addresses}`);
      const endpoints = [{ address: '127.0.0.1', port: 5001 }];
      serve(one, endpoints);
      const association = await all.socket().connectx(endpoints, { timeoutMs: 40_000 });
      await roundTrip(association, 'hello');
      await association.close();
      await Promise.all([all.close(), one.close()]);
    },
  },
];

async function overUdp(body: (client: Stack, endpoints: { address: string; port: number }[]) => Promise<void>) {
  const transport = udp({ addresses: LOOPBACK, port: 0 });
  const server = await Stack.create({ transport });
  const endpoints = LOOPBACK.map((address) => ({ address, port: 5001 }));
  serve(server, endpoints);
  const client = await Stack.create({
    transport: udp({ addresses: LOOPBACK, port: 0, encapsulationPort: transport.port }),
  });
  await body(client, endpoints);
  await Promise.all([client.close(), server.close()]);
}

/** Waits longer than a datagram takes on loopback, also on a busy machine: for tests that no datagram arrives. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

function codeOf(error: unknown): string {
  return error instanceof SctpError ? error.code : String(error);
}
