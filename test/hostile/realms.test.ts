import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { PcapngWriter } from '../../src/capture/pcapng.js';
import { conn, Stack } from '../../src/index.js';
import { systemRandom } from '../../src/random.js';
import * as R from '../../src/raw.js';
import { SeededRandom, scenario } from '../../src/simulated.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { connected, open } from '../raw/fixture.js';
import { connected as connect, listening, withTwoStacks } from '../support/two-stacks.js';

/** A value of another realm, such as a vm context, jsdom or an iframe. */
const foreign = (code: string) => runInNewContext(code) as never;
const bytes = () => foreign('new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])') as Uint8Array;
const SIXTEEN = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

test('bytes of another realm can be sent from a Uint8Array, an ArrayBuffer or a stream', () =>
  withTwoStacks(async (stacks) => {
    expect(bytes() instanceof Uint8Array).toBe(false);
    const { a, b } = await connect(stacks);
    await a.send(bytes());
    await a.send(foreign('new Uint8Array([1, 2, 3]).buffer'));
    const writer = a.stream(1).writable.getWriter();
    await writer.write(bytes());
    const got = [await b.receive(), await b.receive(), await b.receive()];
    expect(got.map((message) => message?.data)).toEqual([SIXTEEN, Uint8Array.of(1, 2, 3), SIXTEEN]);
    await expect(a.send(foreign('new Uint16Array(4)'))).rejects.toThrow(TypeError);
    await expect(a.send(foreign('new SharedArrayBuffer(4)'))).rejects.toThrow(TypeError);
    await expect(a.send(foreign('({ [Symbol.toStringTag]: "Uint8Array", length: 3 })'))).rejects.toThrow(TypeError);
    await expect(a.send(foreign('({ [Symbol.toStringTag]: "ArrayBuffer", byteLength: 3 })'))).rejects.toThrow(
      TypeError,
    );
  }));

test('bytes of another realm can be keys, options, packets and buffers for random bytes', () =>
  withTwoStacks(async (stacks) => {
    const socket = listening(stacks);
    socket.authentication.setKey(1, bytes());
    const path = conn({ onConnOutput: () => {} });
    path.connInput(bytes());
    expect(() => sealPacket(bytes())).not.toThrow();
    for (const fill of [systemRandom, (target: Uint8Array) => void new SeededRandom(1).fill(target)]) {
      const target = bytes();
      fill(target);
      expect([...target]).not.toEqual([...SIXTEEN]);
    }
    const host = stacks.network.host('foreign', ['10.0.9.9']);
    const packet = { source: '10.0.9.9', destination: '10.0.1.2', port: 0, trafficClass: 0, bytes: bytes() };
    expect(() => host.transport.send([packet])).not.toThrow();
    const writer = new PcapngWriter();
    const datagram = { ...packet, sourcePort: 0, destinationPort: 0 };
    writer.add({ interfaceId: writer.addInterface('foreign'), timeMs: 0, datagram });
    expect(writer.skipped).toBe(0);
  }));

test('the raw API accepts bytes of another realm', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    expect(client.usrsctp_sendv(so, bytes())).toBe(16);
    await network.advance(1000);
    const got = server.usrsctp_recvv(accepted, 100);
    expect(got).toMatchObject({ data: SIXTEEN });
    client.usrsctp_register_address(1);
    client.usrsctp_conninput(1, bytes());
    expect(client.usrsctp_crc32c(bytes())).toBe(client.usrsctp_crc32c(SIXTEEN));
    expect(client.usrsctp_dumppacket(bytes(), 0)).toContain('01 02 03');
    expect(R.sctp_notification(bytes())).toEqual(R.sctp_notification(SIXTEEN));
    const option = open(client);
    const value = foreign('new Uint8Array([1, 0, 0, 0])') as Uint8Array;
    expect(client.usrsctp_setsockopt(option, R.IPPROTO_SCTP, R.SCTP_NODELAY, value)).toBe(0);
  }));

test('an AbortSignal of another realm or of a library ends a wait', () =>
  withTwoStacks(async (stacks) => {
    const listener = listening(stacks);
    const target = new EventTarget();
    const signal = {
      aborted: false,
      reason: undefined as unknown,
      throwIfAborted: () => {},
      addEventListener: target.addEventListener.bind(target),
      removeEventListener: target.removeEventListener.bind(target),
    };
    const accepting = listener.accept({ signal: signal as never });
    signal.aborted = true;
    signal.reason = new Error('enough');
    target.dispatchEvent(new Event('abort'));
    await expect(accepting).rejects.toThrow('enough');
    await expect(listener.accept({ signal: {} as never })).rejects.toThrow(TypeError);
  }));

test('WebAssembly bytes of another realm are compiled', async () => {
  const file = readFileSync('build/wasm/usrsctp.wasm');
  const copy = runInNewContext('(bytes) => new Uint8Array(bytes)')(file) as Uint8Array<ArrayBuffer>;
  const stack = await Stack.create({ transport: conn({ onConnOutput: () => {} }), wasm: copy });
  await stack.close();
});
