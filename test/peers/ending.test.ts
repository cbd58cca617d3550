import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { Programs } from '../support/program.js';
import { pattern } from '../support/two-stacks.js';
import { WAIT } from '../support/udp-host.js';
import { connectTo, KernelPeer, listenOn } from './kernel.js';
import { cut, heal } from './network.js';
import { ENDS, endAll, freshPort, nextEvent, pair, sent } from './ours.js';

const programs = new Programs();
let client: string;

beforeAll(async () => {
  client = await programs.add('../peers/client.ts');
});
afterAll(() => programs.remove());
afterEach(async () => {
  await Child.endAll();
  await endAll();
});

describe.each(ENDS)('ending an association that %s set up with a Linux kernel', (connects) => {
  test('our close delivers all sent messages and is graceful at both ends', async () => {
    const { peer, association } = await pair(connects);
    for (let n = 0; n < 20; n++) await association.send(pattern(5000, n));
    await association.close(WAIT);
    await peer.printed(/^shut down/m);
    expect(peer.output.match(/^message/gm)).toHaveLength(20);
  });

  test('the peer’s shutdown delivers all sent messages and is graceful at both ends', async () => {
    const { peer, association } = await pair(connects);
    await peer.command('send 0 0 5000 20');
    await peer.command('shutdown');
    for (let n = 0; n < 20; n++) expect((await association.receive(WAIT))?.data).toEqual(sent(5000, n));
    expect(await association.receive(WAIT)).toBeUndefined();
    expect(await association.closed).toBeUndefined();
    await peer.printed(/^shut down/m);
  });

  test('our abort reaches the peer', async () => {
    const { peer, association } = await pair(connects);
    association.abort('enough');
    await peer.printed(/^lost/m);
  });

  test('the peer’s abort is reported', async () => {
    const { peer, association } = await pair(connects);
    await peer.command('abort');
    expect(await association.closed).toMatchObject({ code: 'ECONNRESET' });
  });

  test('kill -9 of the peer is a graceful end, because its kernel shuts the association down', async () => {
    const { peer, association } = await pair(connects);
    await peer.kill();
    expect(await association.receive(WAIT)).toBeUndefined();
    expect(await association.closed).toBeUndefined();
  });

  test('a peer that has lost the association restarts it from the same port, which is reported', async () => {
    const { port, peer, association } = await pair(connects);
    const restarted = nextEvent(association, 'restart');
    for (const path of [1, 2] as const) cut(path);
    await peer.command('abort'); // its ABORT is lost
    heal();
    await peer.command(connectTo(port));
    await restarted;
    await peer.command('send 0 0 2000 1');
    expect((await association.receive(WAIT))?.data).toEqual(sent(2000));
    await association.send('still here');
    await peer.printed(/^message stream=0 ppid=0 bytes=10$/m);
  });
});

test('after kill -9 of our program, a new one on the same ports is a restart for a Linux kernel', async () => {
  const port = freshPort();
  const peer = await KernelPeer.start(listenOn(port));
  const first = new Child('node', [client, String(port)]);
  await peer.printed(/^message stream=0 ppid=0 bytes=5$/m);
  await first.kill();
  const from = peer.output.length;
  new Child('node', [client, String(port)]);
  await peer.printed(/^restart/m, from);
  await peer.printed(/^message stream=0 ppid=0 bytes=5$/m, from);
});

test('a Linux kernel refuses a restart of our program on another UDP port (cause 14)', async () => {
  const port = freshPort();
  const peer = await KernelPeer.start(listenOn(port));
  const first = new Child('node', [client, String(port)]);
  await peer.printed(/^message/m);
  await first.kill();
  const second = new Child('node', [client, String(port), '9900']);
  await second.printed(/^refused .*"code":14/m);
});
