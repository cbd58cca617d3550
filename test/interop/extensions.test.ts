import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Association, type Socket, type SocketOptions, Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { Child } from '../support/child.js';
import { freePort } from '../support/native.js';
import { Silenced } from '../support/silenced.js';
import { isEqual, pattern } from '../support/two-stacks.js';
import { WAIT } from '../support/udp-host.js';

// Two paths between our stack and Debian's libusrsctp: one over IPv4, one over IPv6.
const ADDRESSES = ['127.0.0.1', '::1'] as const;
const [IPV4, IPV6] = ADDRESSES;
const ENDS = ['we', 'the peer'] as const;
const SOCKET: SocketOptions = {
  style: 'one-to-many',
  streams: { outbound: 10, inbound: 100 },
  peerMayReset: 'association',
};
const FAILOVER_MS = 4000;

const folder = mkdtempSync(join(tmpdir(), 'interop-'));
const program = join(folder, 'peer');
const gcc = [
  '-std=gnu11',
  '-O1',
  '-Wall',
  '-Wextra',
  '-Werror',
  'test/interop/native/peer.c',
  '-lusrsctp',
  '-lpthread',
];
beforeAll(() => void execFileSync('gcc', [...gcc, '-o', program]));
afterAll(() => rmSync(folder, { recursive: true }));

const stacks: Stack[] = [];
afterEach(async () => {
  await Promise.allSettled(stacks.splice(0).map((stack) => stack.close({ timeoutMs: 1000 })));
  await Child.endAll();
});

/** The program of native/peer.c. */
class Native {
  readonly #child: Child;

  constructor(...args: number[]) {
    this.#child = new Child(program, args.map(String));
  }

  /** Runs a command, and waits until it is done. */
  async command(line: string): Promise<void> {
    const [name] = line.split(' ');
    const count = () => this.#child.output.match(new RegExp(`^(done|failed) ?${name}`, 'gm'))?.length ?? 0;
    const before = count();
    this.#child.write(`${line}\n`);
    await this.#child.until(() => count() > before, `it has run ${line}`);
    expect(this.#child.output).not.toMatch(/^failed/m);
  }

  printed(pattern: RegExp): Promise<unknown> {
    return this.#child.printed(pattern);
  }

  get output(): string {
    return this.#child.output;
  }
}

interface Pair {
  readonly association: Association;
  readonly socket: Socket;
  readonly native: Native;
  readonly transport: Silenced;
}

interface PairOptions {
  readonly commands?: readonly string[];
  readonly prepare?: (socket: Socket) => void;
  /** The path over which the INIT is sent. */
  readonly first?: (typeof ADDRESSES)[number];
}

/** An association over two confirmed paths. */
async function pair(
  connects: (typeof ENDS)[number],
  { commands = [], prepare, first = IPV4 }: PairOptions = {},
): Promise<Pair> {
  const [ours, theirs] = [await freePort(), await freePort()];
  const transport = new Silenced(udp({ addresses: ADDRESSES, port: ours, encapsulationPort: theirs }));
  const stack = await Stack.create({ preset: 'fast-failover', transport });
  stacks.push(stack);
  const port = randomInt(10_000, 60_000);
  const both = [...ADDRESSES].sort((one) => (one === first ? -1 : 1));
  const ends = both.map((address) => ({ address, port }));
  const socket = stack.socket(SOCKET);
  prepare?.(socket);
  socket.bindx(ends);
  socket.listen();
  const native = new Native(theirs, ours, port);
  for (const command of ['rto 100 100 200', ...commands, `add-address ${both.join(' ')}`, 'listen'])
    await native.command(command);
  const [association] = await Promise.all([
    connects === 'we' ? socket.connectx(ends, WAIT) : socket.accept(WAIT),
    connects === 'we' ? native.printed(/^up/m) : native.command(`connect ${port} ${both.join(' ')}`),
  ]);
  await new Promise<void>((resolve) => {
    const look = () => association.paths().filter(({ state }) => state === 'active').length === 2 && resolve();
    association.on('path', look);
    look();
  });
  return { association, socket, native, transport };
}

/** Byte i of each message that the native end sends. */
const sent = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => i);

async function changed(association: Association, address: string, change: string): Promise<void> {
  for await (const event of association.pathChanges()) if (event.address === address && event.change === change) return;
}

describe.each(ENDS)('over an association that %s set up with a native usrsctp', (connects) => {
  test('messages arrive in both directions over IPv6, too', async () => {
    const { association, native } = await pair(connects, { first: IPV6 });
    expect(association.paths().find(({ primary }) => primary)?.address).toBe(IPV6);
    expect(association.paths()).toHaveLength(2);
    await association.send(pattern(200_000), { stream: 3, ppid: 7 });
    await native.printed(/^message stream=3 ssn=0 ppid=7 bytes=200000$/m);
    await native.command('send 2 9 100000 1');
    const message = (await association.receive(WAIT))!;
    expect(message).toMatchObject({ stream: 2, ppid: 9 });
    expect(isEqual(message.data, sent(100_000))).toBe(true);
  });

  test('messages larger than a packet are authenticated with a shared key in both directions (AUTH)', async () => {
    const { association, native } = await pair(connects, {
      commands: ['authenticate 0', 'key 1 a-key-of-both'],
      prepare({ authentication }) {
        authentication.requireChunks(['DATA']);
        authentication.setKey(1, Buffer.from('a-key-of-both'));
        authentication.activateKey(1);
      },
    });
    expect(association.setup.features).toContain('authentication');
    for (const [n, bytes] of [100, 1400, 60_000].entries()) {
      await association.send(pattern(bytes), { ppid: n });
      await native.printed(new RegExp(`^message stream=0 ssn=${n} ppid=${n} bytes=${bytes}$`, 'm'));
      await native.command(`send 0 ${n} ${bytes} 1`);
      expect(isEqual((await association.receive(WAIT))!.data, sent(bytes))).toBe(true);
    }
  });

  test('each end deletes an address and adds it again (ASCONF)', async () => {
    const { association, native, socket } = await pair(connects);
    expect(association.setup.features).toContain('dynamic addresses');
    // The peer answers a HEARTBEAT ACK with ABORT if that arrives after the ASCONF that deletes its source.
    if (connects === 'we') await native.printed(/^path ::1 confirmed$/m);
    socket.removeLocal([{ address: IPV6 }]);
    await native.printed(/^path ::1 removed$/m);
    socket.addLocal([{ address: IPV6 }]);
    await native.printed(/^path ::1 added\n(.*\n)*path ::1 confirmed$/m);
    const removed = changed(association, IPV6, 'removed');
    await native.command('remove-address ::1');
    await removed;
    expect(association.paths().map(({ address }) => address)).toEqual([IPV4]);
    const confirmed = changed(association, IPV6, 'confirmed');
    await native.command('add-address ::1');
    await confirmed;
    await association.send('still here');
    await native.printed(/^message stream=0 ssn=0 ppid=0 bytes=10$/m);
  });

  test('each end resets streams in both directions, and adds streams (RE-CONFIG)', async () => {
    const { association, native } = await pair(connects);
    await association.send('before', { stream: 2 });
    await association.resetStreams({ outgoing: [2], ...WAIT });
    await native.printed(/^streams reset incoming performed 2$/m);
    await association.send('after', { stream: 2 });
    await native.printed(/^message stream=2 ssn=0 ppid=0 bytes=5$/m);
    await native.command('send 3 0 100 2');
    for (const ssn of [0, 1]) expect(await association.receive(WAIT)).toMatchObject({ stream: 3, ssn });
    await association.resetStreams({ incoming: [3], ...WAIT });
    // Until the peer has our answer it sends nothing on that stream.
    await native.printed(/^streams reset outgoing performed 3$/m);
    await native.command('send 3 0 100 1');
    expect(await association.receive(WAIT)).toMatchObject({ stream: 3, ssn: 0 });
    const reset = new Promise((resolve) => association.once('streamReset', resolve));
    await native.command('reset outgoing 3');
    expect(await reset).toMatchObject({ direction: 'incoming', outcome: 'performed', streams: [3] });
    await native.printed(/(^streams reset outgoing performed 3\n(.*\n)*){2}/m);
    await native.command('send 3 0 100 1');
    expect(await association.receive(WAIT)).toMatchObject({ stream: 3, ssn: 0 });
    await native.command('reset incoming 2');
    await native.printed(/(^streams reset incoming performed 2\n(.*\n)*){2}/m);
    await association.addStreams({ outbound: 2, ...WAIT });
    await native.printed(/^streams added/m);
    await association.send('new', { stream: 11 });
    await native.printed(/^message stream=11 ssn=0 ppid=0 bytes=3$/m);
  });

  test('each end abandons messages, and later ones arrive (PR-SCTP)', async () => {
    const { association, native, transport } = await pair(connects);
    for (const [name, reliability] of [
      ['retransmits 0', { retransmits: 0 }],
      ['lifetime 150', { lifetimeMs: 150 }],
    ] as const) {
      transport.silence(...ADDRESSES);
      const failed = new Promise((resolve) => association.once('sendFailed', resolve));
      await association.send('lost', { ppid: 1, reliability });
      await native.command(name);
      await native.command('send 0 1 100 1');
      await failed;
      await new Promise((resolve) => setTimeout(resolve, 300));
      transport.silence();
      await association.send('kept', { ppid: 2 });
      await native.printed(/ppid=2 bytes=4$/m);
      await native.command('never');
      await native.command('send 0 2 100 1');
      expect(await association.receive(WAIT)).toMatchObject({ ppid: 2 });
    }
    expect(native.output).not.toMatch(/^message .* ppid=1 /m);
  });

  test('when the path in use is silent, both ends go on over the other one', async () => {
    const { association, native, transport } = await pair(connects);
    await native.command('send 0 1 1000 10');
    for (let n = 0; n < 10; n++) await association.receive(WAIT);
    transport.silence(IPV4);
    const startMs = performance.now();
    for (let n = 0; n < 20; n++) await association.send(pattern(1000), { ppid: 5 });
    await native.command('send 0 3 1000 20');
    for (let n = 0; n < 20; n++) expect(await association.receive(WAIT)).toMatchObject({ ppid: 3 });
    await native.printed(/^message stream=0 ssn=19 ppid=5 bytes=1000$/m);
    expect(performance.now() - startMs).toBeLessThan(FAILOVER_MS);
  });
});
