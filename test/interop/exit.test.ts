import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { freePort, native } from '../support/native.js';
import { Programs } from '../support/program.js';

const programs = new Programs();
let file = '';

beforeAll(async () => {
  file = await programs.add('exiting.ts');
});
afterEach(() => Child.endAll());
afterAll(() => programs.remove());

test.each([
  ['has exchanged messages with a native server', 'echo', 'received hello'],
  ['has aborted its association', 'abort', 'received hello'],
  ['couldn’t connect', 'timeout', 'ETIMEDOUT'],
  ['was accepting an association', 'listen', 'EBADF'],
  ['has only made a stack', 'nothing', ''],
])('a process that %s ends by itself once its stack is closed', async (_, way, said) => {
  const theirs = await freePort();
  const ours = await freePort();
  await native('echo_server', [theirs, ours], theirs);
  const program = new Child(process.execPath, [file, way, String(ours), String(theirs)]);
  const [, lingeredMs] = await program.printed(/^lingered for (\d+) ms$/m);
  expect(Number(lingeredMs)).toBeLessThan(1000);
  expect(await program.exit()).toBe(0);
  expect(program.output).toContain(said);
});
