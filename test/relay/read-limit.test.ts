import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { Connection } from '../../src/relay/connection.js';
import { parseLimits } from '../../src/relay/limits.js';
import { ReadLimit } from '../../src/relay/read-limit.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';

function limited(bytesPerSecond: number) {
  const clock = new VirtualClock();
  const state = { isPaused: false };
  const pause = () => {
    state.isPaused = true;
  };
  const resume = () => {
    state.isPaused = false;
  };
  const limit = new ReadLimit({ pause, resume }, bytesPerSecond, clock);
  return { clock, state, limit };
}

test('a client that sends without a pause is read at twice its rate', async () => {
  const { clock, state, limit } = limited(1_000_000);
  let bytes = 0;
  for (let ms = 0; ms < 10_000; ms++) {
    for (let i = 0; i < 10 && !state.isPaused; i++) {
      limit.read(65_536);
      bytes += 65_536;
    }
    await clock.advance(1);
  }
  expect(bytes / 20e6).toBeGreaterThan(0.95);
  expect(bytes / 20e6).toBeLessThan(1.05);
});

test('a slow client is not read for half a second at most', async () => {
  const { clock, state, limit } = limited(1);
  for (let i = 0; i < 5; i++) limit.read(65_536);
  expect(state.isPaused).toBe(true);
  await clock.advance(501);
  expect(state.isPaused).toBe(false);
  expect(clock.pending.count).toBe(0);
});

test('a connection that is closed is read on', () => {
  const { clock, state, limit } = limited(1000);
  for (let i = 0; i < 10; i++) limit.read(65_536);
  expect(state.isPaused).toBe(true);
  limit.end();
  expect([state.isPaused, clock.pending.count]).toEqual([false, 0]);
});

test('a client that presents no ticket is not read any further when it floods, even when its connection is being closed', async () => {
  const clock = new VirtualClock();
  const counts = { pause: 0, resume: 0, close: 0 };
  const socket = Object.assign(new EventEmitter(), {
    pause: () => counts.pause++,
    resume: () => counts.resume++,
    close: () => counts.close++,
    terminate: () => {},
  });
  const settings = { clock, limits: parseLimits({}), log: () => {} };
  new Connection(socket as never, '192.0.2.1', { settings, closed: () => {} } as never);
  for (let i = 0; i < 5; i++) socket.emit('message', Buffer.alloc(65_536, 77), true);
  expect(counts).toEqual({ pause: 1, resume: 0, close: 1 });
  await clock.advance(501);
  expect(counts.resume).toBe(1);
  socket.emit('close', 4400);
  await clock.advance(5000);
  expect(clock.pending.count).toBe(0);
});
