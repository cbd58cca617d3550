import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { ThreeNamespaces } from '../support/three-namespaces.js';

const ECHO = '7';
/** Enough for several time-outs in a row on a busy machine. */
const LIMIT_MS = 30_000;
const PORTS = { left: '20001', right: '20003', others: '20002' } as const;

const namespaces = new ThreeNamespaces();
const folder = mkdtempSync(join(tmpdir(), 'between-'));
const timers = join(folder, 'timers.so');
const gcc = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-fPIC', '-shared', 'test/native/timers.c', '-lusrsctp'];

beforeAll(() => void execFileSync('gcc', [...gcc, '-o', timers]));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await Child.endAll();
  namespaces.remove();
});

function inside(place: 'left' | 'middle' | 'right', ...command: string[]): Child {
  return Child.inNamespace(namespaces.name(place), ...command);
}

/** A program of usrsctp with short timers. */
function native(place: 'left' | 'right', program: string, ...args: string[]): Child {
  return inside(place, 'env', `LD_PRELOAD=${timers}`, 'stdbuf', '-oL', `/usr/lib/usrsctp/${program}`, ...args);
}

test('two native programs see a lossy network with two paths between them, of which one dies', async () => {
  namespaces.create();
  const [left, right] = [namespaces.addresses('left'), namespaces.addresses('right')];
  const ends = [PORTS.left, left.join(), PORTS.right, right.join()];
  const between = inside('middle', process.execPath, 'test/runners/between.mjs', PORTS.others, ...ends);
  await between.printed(/joined/);
  native('right', 'echo_server', PORTS.right, PORTS.others);
  const client = native('left', 'client', right[0]!, ECHO, '0', PORTS.left, PORTS.others);
  await client.printed(new RegExp(`Peer address ${right[1]} is now SCTP_ADDR_CONFIRMED`), LIMIT_MS);
  const echo = async (...lines: string[]) => {
    for (const line of lines) client.write(`${line}\n`);
    for (const line of lines) await client.printed(new RegExp(`^${line}$`, 'm'), LIMIT_MS);
  };
  await echo(...Array.from({ length: 60 }, (_, number) => `before ${number}`));
  between.write('cut\n');
  await between.printed(/done: cut/);
  await echo('after'); // after a time-out on either side
  between.write('heal\n');
  await between.printed(/done: heal/);
  client.end();
  expect(await client.exit(LIMIT_MS)).toBe(0);
  expect(client.output).toContain('SCTP_SHUTDOWN_COMP');
  between.end();
  const [, lost, partitioned] = await between.printed(/(\d+) lost, (\d+) partitioned, 0 dropped by the bridge/);
  expect(Number(lost)).toBeGreaterThan(0);
  expect(Number(partitioned)).toBeGreaterThan(0);
  expect(await between.exit()).toBe(0);
}, 120_000);
