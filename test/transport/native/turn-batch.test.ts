import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Packet } from '../../../src/packet.js';
import { TurnBatch } from '../../../src/transport/native/turn-batch.js';
import { Child } from '../../support/child.js';
import { Programs } from '../../support/program.js';

const programs = new Programs();
let program = '';

beforeAll(async () => {
  program = await programs.add('last-packets.ts');
});

afterAll(async () => {
  await Child.endAll();
  programs.remove();
});

const packet = (number: number): Packet => ({
  source: '127.0.0.1',
  destination: '127.0.0.2',
  port: 9899,
  trafficClass: 0,
  bytes: new Uint8Array(16).fill(number),
});

/** A batch, and the numbers of the packets of each call. */
function recorded() {
  const calls: (number | undefined)[][] = [];
  const batch = new TurnBatch((packets) => calls.push(packets.map(({ bytes }) => bytes[0])));
  return { calls, batch };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('the packets of a turn of the event loop are sent together, and in order', async () => {
  const { calls, batch } = recorded();
  const other = recorded();
  batch.add([packet(1), packet(2)]);
  await Promise.resolve();
  other.batch.add([packet(9)]);
  batch.add([packet(3)]);
  expect(calls).toEqual([]);
  await nextTurn();
  expect([calls, other.calls]).toEqual([[[1, 2, 3]], [[9]]]);
  batch.add([packet(4)]);
  await nextTurn();
  expect(calls).toEqual([[1, 2, 3], [4]]);
});

test('64 packets are sent at once', async () => {
  const { calls, batch } = recorded();
  for (let number = 0; number < 70; number++) batch.add([packet(number)]);
  expect(calls.map(({ length }) => length)).toEqual([64]);
  await nextTurn();
  expect(calls.flat()).toEqual(Array.from({ length: 70 }, (_, number) => number));
});

test('packets that are sent while others are being sent follow in the same turn', async () => {
  const calls: number[] = [];
  const batch: TurnBatch = new TurnBatch((packets) => {
    calls.push(packets.length);
    if (calls.length === 1) batch.add([packet(2), packet(3)]);
  });
  batch.add([packet(1)]);
  await nextTurn();
  expect(calls).toEqual([1, 2]);
});

test('process.exit() sends what was sent before it', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const numbers: (number | undefined)[] = [];
  const arrived = new Promise<void>((resolve) => {
    socket.on('message', (bytes) => {
      numbers.push(bytes[0]);
      if (numbers.length === 10) resolve();
    });
  });
  const child = new Child(process.execPath, [program, String(socket.address().port)]);
  expect(await child.exit()).toBe(0);
  await arrived;
  expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  socket.close();
});
