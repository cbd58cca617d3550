import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Handle } from '../src/bridge/instance.js';
import { systemClock } from '../src/clock.js';
import { AF_INET6, SOCK_STREAM } from '../src/generated/constants.js';
import { systemRandom } from '../src/random.js';
import { Pump } from '../src/stack/pump.js';

const SHUT_RD = 0;

async function inPump(
  body: (pump: Pump, open: () => Handle, close: (handle: Handle) => number) => void,
): Promise<void> {
  const module = await WebAssembly.compile(readFileSync('build/wasm/usrsctp.wasm'));
  const nothing = { start: async () => {}, send: () => {}, close: async () => {} };
  const transport = { ...nothing, addresses: ['10.0.0.1'], mtu: 1500, route: () => ({ source: '10.0.0.1' }) };
  const pump = await Pump.start({ module, transport, clock: systemClock, random: systemRandom });
  const { calls } = pump;
  body(
    pump,
    () => calls.socket(AF_INET6, SOCK_STREAM) as Handle,
    (handle) => calls.close(handle),
  );
  await pump.stop();
}

/** Makes a socket ready: it can read the end of its association. */
function makeReady({ calls }: Pump, handle: Handle): void {
  calls.connect(handle, { address: '10.0.0.2', port: 1 });
  expect(calls.shutdown(handle, SHUT_RD)).toBe(0);
}

test('sockets opened after a ready socket was closed get their own events', async () => {
  await inPump((pump, open, close) => {
    const ready: Handle[] = [];
    const others: Handle[] = [];
    pump.enter(() => {
      const [first, second] = [open(), open()];
      makeReady(pump, first);
      makeReady(pump, second);
      pump.attach(second, { ready: () => ready.push(second), fail: () => {} });
      close(first);
      for (let count = 0; count < 3; count++) {
        const handle = open();
        pump.attach(handle, { ready: () => ready.push(handle), fail: () => {} });
        makeReady(pump, handle);
        others.push(handle);
      }
      others.push(second);
    });
    expect(ready.toSorted()).toEqual(others.toSorted());
    for (const handle of others) pump.detach(handle);
    expect(pump.enter(() => others.map(close))).toEqual([0, 0, 0, 0]);
  });
});

test('no two of 40,000 sockets have the same handle', async () => {
  await inPump((pump, open, close) => {
    const handles = new Set<Handle>();
    pump.enter(() => {
      for (let count = 0; count < 40_000; count++) {
        const handle = open();
        handles.add(handle);
        close(handle);
      }
    });
    expect(handles.size).toBe(40_000);
  });
});

test('a stack can have more than 65,536 sockets', async () => {
  await inPump((pump, open, close) => {
    pump.enter(() => {
      const handles = Array.from({ length: 66_000 }, open);
      expect(Math.min(...handles)).toBeGreaterThan(0);
      expect(new Set(handles).size).toBe(handles.length);
      handles.map(close);
    });
  });
});

test('a hundred megabytes of memory are allocated in few growths', async () => {
  await inPump(({ instance }) => {
    const { exports, memory } = instance;
    const buffers = new Set([memory.bytes.buffer]);
    for (let megabytes = 0; megabytes < 100; megabytes++) {
      exports.malloc(1024 * 1024);
      buffers.add(memory.bytes.buffer);
    }
    expect(buffers.size).toBeLessThan(15);
  });
});
