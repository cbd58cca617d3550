import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import type { CoresSteering } from '../../src/cores/messages.js';
import { Cores, type CoresOptions, coreWorker } from '../../src/cores.js';
import { type Association, type Packet, Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { freePort } from '../support/native.js';
import { TwoPaths } from '../support/two-paths.js';

const PROGRAM = fileURLToPath(new URL('programs/echo.mjs', import.meta.url));
const BUSY = fileURLToPath(new URL('programs/busy.mjs', import.meta.url));
const IDLE = fileURLToPath(new URL('programs/idle.mjs', import.meta.url));
const PORT = 5001;
const PEER_PORT = 6001;
const INIT = 1;
const INIT_ACK = 2;
const ABORT = 6;
const SHUTDOWN_ACK = 8;
const SHUTDOWN_COMPLETE = 14;
const SERVER_ADDRESSES = ['127.0.0.1', '127.0.0.2'];
const SERVER = SERVER_ADDRESSES.map((address) => ({ address, port: PORT }));
const WORKERS = 4;

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close().catch(() => {});
});

async function start(options: CoresOptions = {}, program = PROGRAM): Promise<Cores> {
  const udpOptions = { addresses: SERVER_ADDRESSES, port: 0, ...options.udp };
  const cores = await Cores.start(program, { workers: WORKERS, ...options, udp: udpOptions });
  opened.push(cores);
  return cores;
}

/** A peer with two addresses of its own, whose paths can be cut. `isSent`: which of its packets leave. */
async function peer(
  cores?: Cores,
  number = 1,
  port = 0,
  isSent: (packet: Packet) => boolean = () => true,
): Promise<{ stack: Stack; network: TwoPaths; port: number }> {
  const options = { addresses: peerAddresses(number), port };
  const inner = udp(cores === undefined ? options : { ...options, encapsulationPort: cores.port });
  const network = new TwoPaths(inner, SERVER_ADDRESSES, isSent);
  const stack = await Stack.create({ transport: network });
  opened.push(stack);
  return { stack, network, port: inner.port };
}

const peerAddresses = (number: number): string[] => [`127.1.${number}.1`, `127.1.${number}.2`];

function connect(stack: Stack, port = 0): Promise<Association> {
  const socket = stack.socket();
  if (port !== 0) socket.bindx([{ address: '0.0.0.0', port }]);
  return socket.connectx(SERVER, { timeoutMs: 20_000 });
}

/** Sends a message, and returns the worker that has answered, and how often it saw the peer restart. */
async function ask(association: Association, text: string): Promise<{ index: number; restarts: number }> {
  await association.send(text);
  const { data = new Uint8Array() } = (await association.receive({ timeoutMs: 20_000 })) ?? {};
  const [, index, restarts, rest] = /^(\d+)\/(\d+) (.*)$/.exec(new TextDecoder().decode(data)) ?? [];
  expect(rest).toBe(text);
  return { index: Number(index), restarts: Number(restarts) };
}

async function connectMany(stack: Stack, count: number): Promise<{ association: Association; index: number }[]> {
  const connected: { association: Association; index: number }[] = [];
  while (connected.length < count) {
    const batch = Array.from({ length: Math.min(50, count - connected.length) }, async () => {
      const association = await connect(stack);
      return { association, index: (await ask(association, 'who are you?')).index };
    });
    connected.push(...(await Promise.all(batch)));
  }
  return connected;
}

const until = (condition: () => boolean): Promise<void> =>
  expect
    .poll(condition, { timeout: 20_000 })
    .toBe(true)
    .then(() => {});

describe.each(['kernel', 'workers', 'main'] as const satisfies CoresSteering[])(
  '4 workers, steering: %s',
  (steering) => {
    const count = 300; // test/cores/namespaces.test.ts has thousands

    test(`${count} associations over two paths are spread; each stays in its worker when a path is cut`, async () => {
      const cores = await start({ steering });
      expect(cores.steering).toBe(steering);
      const { stack, network } = await peer(cores);
      const connected = await connectMany(stack, count);
      const share = count / WORKERS;
      // A worker's number has a standard deviation of 7.5 of 75: this is six times that.
      for (let index = 0; index < WORKERS; index++) {
        const its = connected.filter((each) => each.index === index).length;
        expect(Math.abs(its - share)).toBeLessThan(6 * Math.sqrt((share * (WORKERS - 1)) / WORKERS));
      }
      network.cut('127.1.1.1');
      const some = connected.filter((_, number) => number % (count / 50) === 0);
      await Promise.all(
        some.map(async ({ association, index }) => {
          for (let number = 0; number < 10; number++) {
            expect((await ask(association, `message ${number}`)).index).toBe(index);
          }
        }),
      );
      network.heal();
      const { workers, stack: sum } = await cores.statistics();
      expect(workers).toHaveLength(WORKERS);
      expect(sum?.associations).toMatchObject({ accepted: count, current: count, aborted: 0 });
      const handedOver = workers.reduce((total, each) => total + each.handedOver, 0);
      if (steering === 'workers') expect(handedOver).toBeGreaterThan(count);
      else expect(handedOver).toBe(0);
      expect(workers.map(({ dropped, unassignedPaths }) => dropped + unassignedPaths)).toEqual([0, 0, 0, 0]);
    }, 60_000);

    test('the peers of a worker that dies get an ABORT at once, the others go on, and another worker takes its share', async () => {
      const cores = await start({ steering });
      const { stack } = await peer(cores);
      const connected = await connectMany(stack, 60);
      const exits: number[] = [];
      cores.on('exit', ({ index }) => exits.push(index));
      for (const order of ['die', 'exit']) {
        const { association, index } = connected.find((each) => each.association.state === 'open')!;
        const theirs = connected.filter((each) => each.index === index && each.association.state === 'open');
        await association.send(order);
        await Promise.all(
          theirs.map(async (each) => expect((await each.association.closed)?.message).toContain('has ended')),
        );
        expect(exits.pop()).toBe(index);
        await until(() => cores.workers[index]?.state === 'open');
      }
      for (const { association, index } of connected) {
        if (association.state === 'open') expect((await ask(association, 'still there?')).index).toBe(index);
      }
      expect(connected.filter(({ association }) => association.state === 'open').length).toBeGreaterThan(0);
      const indexes = new Set((await connectMany(stack, 80)).map(({ index }) => index));
      expect(indexes.size).toBe(WORKERS);
    }, 60_000);

    test('a peer that restarts finds the worker that has its association', async () => {
      const cores = await start({ steering });
      for (let number = 1; number <= 8; number++) {
        const before = await peer(cores, number);
        const association = await connect(before.stack, 4000 + number);
        const { index } = await ask(association, 'before');
        for (const address of peerAddresses(number)) before.network.cut(address);
        association.abort(); // the server doesn't learn of it
        await before.stack.close();
        const { stack } = await peer(cores, number, before.port);
        expect(await ask(await connect(stack, 4000 + number), 'after')).toEqual({ index, restarts: 1 });
      }
    }, 60_000);

    test('INITs that cross set up one association, in the worker that connects (RFC 9260 §5.2.1)', async () => {
      const { stack, network, port } = await peer();
      const cores = await start({ steering, udp: { encapsulationPort: port } });
      for (const { index, worker } of cores.workers) {
        const from = 7100 + index;
        const socket = stack.socket({ style: 'one-to-many' });
        socket.bindx(stack.addresses.map((address) => ({ address, port: PEER_PORT })));
        socket.listen();
        const { held, release } = network.hold();
        const answer = answerOf(worker!);
        worker!.postMessage({ connect: stack.addresses.map((address) => ({ address, port: PEER_PORT })), from });
        await until(() => held.some(({ bytes }) => bytes[12] === INIT));
        const connecting = socket.connectx(
          SERVER_ADDRESSES.map((address) => ({ address, port: from, encapsulationPort: cores.port })),
        );
        await until(() => held.some(({ bytes }) => bytes[12] === INIT_ACK));
        const tags = held.filter(({ bytes }) => bytes[12] === INIT || bytes[12] === INIT_ACK).map(initiateTag);
        expect(new Set(tags.map((tag) => tag % WORKERS))).toEqual(new Set([index]));
        release();
        const association = await connecting;
        expect(await answer).toEqual({ connected: index });
        expect((await ask(association, 'crossed')).index).toBe(index);
        expect(socket.associations).toEqual([association]);
        await association.close();
        await socket.close();
      }
      expect((await cores.statistics()).stack?.associations.current).toBe(0);
    }, 60_000);

    test.each([
      ['ABORT', ABORT],
      ['SHUTDOWN COMPLETE', SHUTDOWN_COMPLETE],
    ])(
      'a peer that has lost its associations ends them by %s with the T bit',
      async (_, type) => {
        const cores = await start({ steering });
        const first = await peer(cores);
        const connected = await connectMany(first.stack, 12);
        const { held } = first.network.hold();
        if (type === ABORT) for (const { association } of connected) await association.send('later');
        else {
          for (const { association } of connected) void association.close().catch(() => {});
          await until(() => held.filter(({ bytes }) => bytes[12] === SHUTDOWN_ACK).length >= connected.length);
        }
        for (const address of peerAddresses(1)) first.network.cut(address);
        for (const { association } of connected) association.abort(); // the server doesn't learn of it
        await first.stack.close();
        let reflected = 0;
        await peer(cores, 1, first.port, ({ bytes }) => {
          if (bytes[12] !== type || (bytes[13]! & 1) === 0) return false;
          reflected++;
          return true;
        });
        // Without these answers, the server would wait for time-outs for longer than this test does.
        const paths = async () => (await cores.statistics()).workers.reduce((sum, each) => sum + each.paths, 0);
        await expect.poll(paths, { timeout: 20_000 }).toBe(0);
        expect(reflected).toBeGreaterThanOrEqual(connected.length);
      },
      60_000,
    );

    // Node's own sockets aren't told of ICMP, so the main thread isn't either.
    const testIcmp = steering === 'main' ? () => {} : test;
    testIcmp(
      'ICMP tells each worker that nobody has the UDP port that it connects to',
      async () => {
        const cores = await start({ steering, udp: { encapsulationPort: await freePort() } });
        for (const { index, worker } of cores.workers) {
          const answer = answerOf(worker!);
          worker!.postMessage({ connect: [{ address: '127.0.0.1', port: 1 }] });
          expect(await answer).toEqual({ failed: index, code: 'ECONNREFUSED' });
        }
      },
      60_000,
    );

    test('a worker that is drained keeps its associations and gets no new ones; then it ends, and its share can be taken again', async () => {
      const cores = await start({ steering });
      const { stack } = await peer(cores);
      const connected = await connectMany(stack, 40);
      const theirs = connected.filter(({ index }) => index === 2);
      expect(theirs.length).toBeGreaterThan(0);
      let isDrained = false;
      const draining = cores.drain(2).then(() => {
        isDrained = true;
      });
      const more = await connectMany(stack, 40);
      expect(more.map(({ index }) => index)).not.toContain(2);
      for (const { association } of theirs) expect((await ask(association, 'go on')).index).toBe(2);
      expect(isDrained).toBe(false);
      for (const { association } of theirs) await association.close();
      await draining;
      expect(cores.workers[2]).toMatchObject({ state: 'absent', worker: undefined });
      expect((await connectMany(stack, 20)).map(({ index }) => index)).not.toContain(2);
      await cores.spawn(2);
      expect((await connectMany(stack, 60)).map(({ index }) => index)).toContain(2);
    }, 60_000);

    test('a peer that shuts down and connects again from the same port at once isn’t refused, however busy the worker is', async () => {
      const { stack } = await peer(await start({ steering, workers: 2 }, BUSY));
      const times: number[] = [];
      while (times.length < 8) {
        const startedAtMs = performance.now();
        const association = await connect(stack, PEER_PORT);
        times.push(performance.now() - startedAtMs);
        await association.close();
      }
      expect(Math.max(...times)).toBeLessThan(900); // an INIT that was discarded is sent again after a second
    });

    test('workers without packets sleep: nothing wakes them but the next packet', async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [IDLE, steering]);
      // A worker that looked at two sockets every millisecond was woken 2,000 times.
      expect(JSON.parse(stdout).wakings).toBeLessThan(100);
      const cores = await start({ steering });
      const { stack } = await peer(cores);
      const connected = await connectMany(stack, 12);
      for (let round = 1; round <= 3; round++) {
        await new Promise((resolve) => setTimeout(resolve, 100)); // a worker sleeps after 20 ms
        const startMs = performance.now();
        await Promise.all(connected.map(({ association }) => ask(association, `round ${round}`)));
        expect(performance.now() - startMs).toBeLessThan(1000); // SCTP sends again what nobody has read for so long
      }
    }, 60_000);

    test('each worker connects to the same peer, which answers to the one that has asked', async () => {
      const transport = udp({ addresses: peerAddresses(1), port: 0 });
      const stack = await Stack.create({ transport });
      opened.push(stack);
      const cores = await start({ steering, udp: { encapsulationPort: transport.port } });
      const listener = stack.socket();
      listener.bindx([{ address: '0.0.0.0', port: 7000 }]);
      listener.listen();
      const to = stack.addresses.map((address) => ({ address, port: 7000 }));
      for (const { index, worker } of cores.workers) {
        const answer = answerOf(worker!);
        worker!.postMessage({ connect: to });
        const association = await listener.accept({ timeoutMs: 20_000 });
        expect(await answer).toEqual({ connected: index });
        expect((await ask(association, 'hello')).index).toBe(index);
      }
    }, 60_000);
  },
);

function initiateTag({ bytes }: Packet): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(16);
}

function answerOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => void worker.once('message', resolve));
}

test('a port in use, and invalid options, are errors that say so', async () => {
  const { port } = await start({ workers: 1 });
  await expect(start({ udp: { port } })).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
  for (const options of [
    { workers: 0 },
    { workers: 257 },
    { paths: -1 },
    { steering: 'hash' as 'kernel' },
    { udp: { port: 70_000 } },
  ]) {
    await expect(start(options)).rejects.toMatchObject({ code: 'EINVAL' });
  }
  expect(() => coreWorker()).toThrow(/EINVAL: coreWorker: this thread is no worker/);
});

test('what a worker throws before its stack has started is the error of the start', async () => {
  await expect(start({ workerData: { failing: 1 } })).rejects.toThrow('worker 1 fails');
});

test('a worker that is not to be followed by another one leaves its share to nobody', async () => {
  const cores = await start({ workers: 2, respawn: false });
  const { stack } = await peer(cores);
  const [first] = await connectMany(stack, 1);
  await first!.association.send('exit');
  await first!.association.closed;
  expect(cores.workers[first!.index]?.state).toBe('absent');
  const indexes = (await connectMany(stack, 10)).map(({ index }) => index);
  expect(new Set(indexes)).toEqual(new Set([1 - first!.index]));
});
