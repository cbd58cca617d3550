import { afterEach, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { ThreeNamespaces } from '../support/three-namespaces.js';

const ECHO = '7';
const PORTS = { left: '20001', right: '20003', others: '20002' } as const;

const namespaces = new ThreeNamespaces();
afterEach(async () => {
  await Child.endAll();
  namespaces.remove();
});

function inside(place: 'left' | 'middle' | 'right', ...command: string[]): Child {
  return new Child('ip', ['netns', 'exec', namespaces.name(place), 'stdbuf', '-oL', ...command]);
}

test('two native programs see a lossy network with two paths between them, of which one dies', async () => {
  namespaces.create();
  const [left, right] = [namespaces.addresses('left'), namespaces.addresses('right')];
  const ends = [PORTS.left, left.join(), PORTS.right, right.join()];
  const between = inside('middle', process.execPath, 'test/runners/between.mjs', PORTS.others, ...ends);
  await between.printed(/joined/);
  inside('right', '/usr/lib/usrsctp/echo_server', PORTS.right, PORTS.others);
  const client = inside('left', '/usr/lib/usrsctp/client', right[0]!, ECHO, '0', PORTS.left, PORTS.others);
  await client.printed(new RegExp(`Peer address ${right[1]} is now SCTP_ADDR_CONFIRMED`), 30_000);
  const echo = async (...lines: string[]) => {
    for (const line of lines) client.write(`${line}\n`);
    for (const line of lines) await client.printed(new RegExp(`^${line}$`, 'm'), 100_000);
  };
  await echo(...Array.from({ length: 60 }, (_, number) => `before ${number}`));
  between.write('cut\n');
  await between.printed(/done: cut/);
  await echo('after'); // by RFC 9260's timers that takes seconds
  between.write('heal\n');
  await between.printed(/done: heal/);
  client.end();
  expect(await client.exit(60_000)).toBe(0);
  expect(client.output).toContain('SCTP_SHUTDOWN_COMP');
  between.end();
  const [, lost, partitioned] = await between.printed(/(\d+) lost, (\d+) partitioned, 0 dropped by the bridge/);
  expect(Number(lost)).toBeGreaterThan(0);
  expect(Number(partitioned)).toBeGreaterThan(0);
  expect(await between.exit()).toBe(0);
}, 240_000);
