import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ip, udp } from '../../../src/native.js';
import { Child } from '../../support/child.js';
import { Programs } from '../../support/program.js';
import { RecordingHost } from '../contract.js';

/** With `CYCLES=10000` in the environment, as before a release, it takes about a minute for each transport. */
const CYCLES = Number(process.env['CYCLES'] ?? 300);
/** Before the first measurement, so that V8's young generation has reached its size, some 35 MB. */
const WARM_UP_CYCLES = 250 + CYCLES / 2;
/** What V8 and malloc keep of it varies. */
const SLACK_MB = 16;

const programs = new Programs();
let program = '';

beforeAll(async () => {
  program = await programs.add('open-transports.ts');
});

afterAll(() => programs.remove());

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const descriptors = () => readdirSync('/proc/self/fd').length;
const megabytes = () => {
  collectGarbage();
  return process.memoryUsage().rss / 1e6;
};

const addresses = ['127.0.0.1', '127.0.0.2', '::1'];
const transports = {
  udp: () => udp({ addresses, port: 0 }),
  ip: () => ip({ addresses }),
};

test.each(Object.entries(transports))(
  `${CYCLES} transports of %s() that are opened and closed leave no descriptor and no memory`,
  { timeout: 300_000 },
  async (_, transport) => {
    const cycle = async () => {
      const opened = transport();
      await opened.start(new RecordingHost());
      await opened.close();
    };
    for (let count = 0; count < WARM_UP_CYCLES; count++) await cycle();
    const before = [descriptors(), megabytes()] as const;
    for (let count = 0; count < CYCLES; count++) await cycle();
    expect(descriptors()).toBe(before[0]);
    expect(megabytes() - before[1]).toBeLessThan(SLACK_MB);
  },
);

test.each([
  ['udp', () => udp({ addresses: ['127.0.0.1', '203.0.113.1'], port: 0 })],
  ['ip', () => ip({ addresses: ['127.0.0.1', '203.0.113.1'] })],
])('a start of %s() that fails leaves no descriptor', async (_, transport) => {
  const before = descriptors();
  for (let count = 0; count < 20; count++) {
    await expect(transport().start(new RecordingHost())).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  }
  expect(descriptors()).toBe(before);
});

test('a worker that is terminated leaves no descriptor', async () => {
  const run = async () => {
    const worker = new Worker(program);
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  };
  await run();
  const before = descriptors();
  for (let count = 0; count < 5; count++) await run();
  expect(descriptors()).toBe(before);
});

test('a process can exit although packets wait in an open transport', async () => {
  expect(await new Child(process.execPath, [program, 'exit']).exit()).toBe(0);
});

test('a process ends with open transports if they are unref’d', async () => {
  expect(await new Child(process.execPath, [program, 'unref']).exit()).toBe(0);
});
