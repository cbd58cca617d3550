import { expect, test } from 'vitest';
import type { Packet } from '../../src/packet.js';
import { Sender } from '../../src/transport/udp/sender.js';

type Sent = (error?: Error | null) => void;

const PACKET: Packet = { source: '::1', destination: '::1', port: 1, trafficClass: 0, bytes: new Uint8Array(16) };

/** A sender whose kernel accepts packets only when the test says so, with a clock that stands still. */
function stalled() {
  const held: Sent[] = [];
  const timers: { delayMs: number; callback: () => void }[] = [];
  const clock = {
    now: () => 0,
    schedule: (delayMs: number, callback: () => void) => {
      timers.push({ delayMs, callback });
      return () => void timers.pop();
    },
  };
  const pass = (_bytes: Uint8Array, _port: number, _address: string, sent: Sent) => void held.push(sent);
  const sender = new Sender({ pass, defaultPort: 9899, clock, failed: () => {} });
  return { sender, held, timers };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('finish waits one second for a kernel that accepts nothing, then drops and counts the queued packets', async () => {
  const { sender, held, timers } = stalled();
  for (let count = 0; count < 100; count++) sender.send(PACKET);
  const finished = sender.finish();
  await turn();
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([1000]);
  timers[0]?.callback();
  await finished;
  expect([held.length, sender.dropped]).toEqual([32, 68]);
  for (const sent of held) sent(new Error('closed'));
  await turn();
  expect([held.length, sender.dropped]).toEqual([32, 68]);
});

test('finish waits until the kernel has accepted the last packet, and leaves no timer', async () => {
  const { sender, held, timers } = stalled();
  for (let count = 0; count < 100; count++) sender.send(PACKET);
  let isFinished = false;
  const finished = sender.finish().then(() => {
    isFinished = true;
  });
  for (const expected of [32, 64, 96, 100]) {
    await turn();
    expect([held.length, isFinished]).toEqual([expected, false]);
    for (const sent of held.slice(expected === 100 ? 96 : -32)) sent(null);
    await turn();
  }
  await finished;
  expect([sender.dropped, timers.length]).toEqual([0, 0]);
});

test('finish resolves at once if there is nothing to send', async () => {
  const { sender, timers } = stalled();
  await sender.finish();
  expect([sender.dropped, timers.length]).toEqual([0, 0]);
});

test('finish resolves when the runtime refuses the last packets', async () => {
  const { timers } = stalled();
  const refuse = () => {
    throw new Error('no such port');
  };
  const clock = { now: () => 0, schedule: () => () => void timers.pop() };
  const sender = new Sender({ pass: refuse, defaultPort: 9899, clock, failed: () => {} });
  for (let count = 0; count < 100; count++) sender.send(PACKET);
  await sender.finish();
  expect(sender.dropped).toBe(100);
});
