import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Association, SctpError, Stack } from '../../src/index.js';
import { type Network, scenario } from '../../src/simulated.js';

const PORT = 5001;
/** Of 64 KB, as many as the module starts with. */
const FIRST_PAGES = 64;
const MEMORY_SECTION = 5;
const MESSAGE = new Uint8Array(100_000);

/** The module with another limit on its memory, in pages. */
function limitedTo(pages: number): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(readFileSync('build/wasm/usrsctp.wasm'));
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++]!;
    const [size, start] = leb(bytes, at);
    if (id === MEMORY_SECTION) {
      const [first, limit] = leb(bytes, start + 2); // after the number of memories, and a flag
      expect(first).toBe(FIRST_PAGES);
      const [, end] = leb(bytes, limit);
      expect(end - limit).toBe(3); // 16,384 pages
      bytes.set([(pages & 0x7f) | 0x80, (pages >> 7) | 0x80, 0], limit);
      return bytes;
    }
    at = start + size;
  }
  throw new Error('the module has no memory');
}

/** A number of the binary format, and where it ends. */
function leb(bytes: Uint8Array, start: number): [value: number, end: number] {
  let [value, at] = [0, start];
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

/** Sets up associations, and sends on them without receiving, until the server's memory is used up. */
async function exhaust(network: Network, pages: number): Promise<{ associations: number; errors: unknown[] }> {
  const { clock } = network;
  const [clientHost, serverHost] = [network.host('client', ['10.0.1.1']), network.host('server', ['10.0.1.2'])];
  const [client, server] = await network.standStill(
    Promise.all([
      Stack.create({ transport: clientHost.transport, clock, random: clientHost.random }),
      Stack.create({ transport: serverHost.transport, clock, random: serverHost.random, wasm: limitedTo(pages) }),
    ]),
  );
  const errors: unknown[] = [];
  const noted = (promise: Promise<unknown>) => void promise.catch((error: unknown) => errors.push(error));
  const listener = server.socket({ readAheadBytes: 1 });
  listener.bindx([{ address: '10.0.1.2', port: PORT }]);
  listener.listen();
  const accepted: Association[] = [];
  const accept = async () => {
    for (;;) accepted.push(await listener.accept());
  };
  noted(accept());
  let associations = 0;
  while (errors.length === 0 && associations < 5000) {
    const association = await client
      .socket()
      .connectx([{ address: '10.0.1.2', port: PORT }], { timeoutMs: 500 })
      .catch(() => undefined);
    if (association === undefined) break;
    associations++;
    association.send(MESSAGE).catch(() => undefined);
    accepted
      .at(-1)
      ?.send(MESSAGE)
      .catch(() => undefined);
    await network.advance(100);
  }
  for (const each of accepted) errors.push(await each.closed);
  expect(() => server.socket()).toThrow(/ENOBUFS/);
  await server.close();
  // The peer of a host that has gone finds out by itself.
  for (const socket of client.sockets) socket.abort();
  await client.close();
  return { associations, errors };
}

test.each([FIRST_PAGES, FIRST_PAGES + 1, FIRST_PAGES + 17, 2 * FIRST_PAGES])(
  'when the memory of %i pages is used up, every call of the stack says so, and the stack is closed',
  (pages) =>
    scenario({ seed: pages, limitMs: 1e9 }, async (network) => {
      const { associations, errors } = await exhaust(network, pages);
      console.log(`${pages} pages: ${associations} associations`);
      expect(errors.length).toBeGreaterThan(1);
      for (const error of errors) {
        expect(error).toBeInstanceOf(SctpError);
        expect(error).toMatchObject({ code: 'ENOBUFS', message: expect.stringContaining('out of memory') });
      }
    }),
);
