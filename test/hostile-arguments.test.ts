import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SctpError } from '../src/errors.js';
import { Stack } from '../src/index.js';
import { connected, inWorld, SERVER, textOf } from './support/world.js';

/** Values of every kind, with those that are nearly right. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true, withDate: true }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0.5,
    2 ** 32,
    2 ** 53,
    '',
    '::',
    'x'.repeat(10_000),
    '10.0.1.2',
    Symbol('s'),
    () => undefined,
    new Uint8Array(),
    new ArrayBuffer(0),
    [],
    {},
    [{ address: '10.0.1.2' }],
    [{ address: '10.0.1.2', port: -1 }],
    [{ address: Symbol('a'), port: 1 }],
    [null],
  ),
);

const record = (...keys: string[]) =>
  fc.oneof(anything, fc.record(Object.fromEntries(keys.map((key) => [key, anything])), { requiredKeys: [] }));

/** What a call may do: succeed, or fail with an error that says what is wrong. Never a promise that isn't awaited. */
async function isCivil(name: string, args: readonly unknown[], call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    const shown = `${name}(${args.map((arg) => fc.stringify(arg)).join(', ')})`;
    const isTold = error instanceof SctpError || error instanceof TypeError;
    expect(isTold, `${shown} fails with ${String(error)}`).toBe(true);
    expect((error as Error).message.length, shown).toBeGreaterThan(5);
  }
}

type Call = readonly [name: string, args: fc.Arbitrary<unknown[]>, call: (...args: never[]) => unknown];

test('no argument of any call does harm: SctpError or TypeError says what is wrong, and the stack goes on', async () => {
  await inWorld(
    async (world) => {
      const { a, b, serverSocket } = await connected(world);
      const { client, network } = world;
      const waits = record('signal', 'timeoutMs');
      /** Some of these may wait for ever, as they are told. */
      const notForLong = (call: Promise<unknown>) => Promise.race([call, network.advance(2)]);
      const sendOptions = record(
        'stream',
        'ppid',
        'unordered',
        'context',
        'sackImmediately',
        'reliability',
        'lifetimeMs',
        'retransmits',
        'priority',
      );
      const socketOptions = record(
        'style',
        'family',
        'streams',
        'sendBufferBytes',
        'receiveBufferBytes',
        'noDelay',
        'readAheadBytes',
        'sendQueueBytes',
        'maxMessageBytes',
      );
      const reliability = record('lifetimeMs', 'retransmits', 'priority').map((each) => ({ reliability: each }));
      const peers = fc.oneof(anything, fc.array(record('address', 'port', 'encapsulationPort'), { maxLength: 3 }));
      const scratch = () => client.socket({ style: 'one-to-many' });
      const calls: Call[] = [
        ['send', fc.tuple(anything, sendOptions), (...args) => a.send(...(args as [never, never]))],
        ['send', fc.tuple(fc.constant('x'), sendOptions), (...args) => a.send(...(args as [never, never]))],
        ['send', fc.tuple(fc.constant('x'), reliability), (...args) => a.send(...(args as [never, never]))],
        ['receive', fc.tuple(waits), (...args) => notForLong(b.receive(...(args as [never])))],
        ['accept', fc.tuple(waits), (...args) => notForLong(serverSocket.accept(...(args as [never])))],
        [
          'abort',
          fc.tuple(anything.filter((each) => typeof each !== 'string')),
          (reason) => reason ?? a.abort(1 as never),
        ],
        ['on', fc.tuple(anything, anything), (...args) => a.on(...(args as [never, never]))],
        ['off', fc.tuple(anything, anything), (...args) => a.off(...(args as [never, never]))],
        ['once', fc.tuple(anything, anything), (...args) => b.once(...(args as [never, never]))],
        ['socket', fc.tuple(socketOptions), (...args) => client.socket(...(args as [never])).abort()],
        [
          'bindx',
          fc.tuple(peers),
          (...args) => {
            const socket = scratch();
            try {
              return socket.bindx(...(args as [never]));
            } finally {
              socket.abort();
            }
          },
        ],
        [
          'listen',
          fc.tuple(record('backlog')),
          (...args) => {
            const socket = scratch();
            try {
              return void socket.listen(...(args as [never]));
            } finally {
              socket.abort();
            }
          },
        ],
        [
          'connectx',
          fc.tuple(peers, waits),
          async (...args) => {
            const socket = scratch();
            const connecting = socket.connectx(...(args as [never, never]));
            connecting.catch(() => undefined);
            await network.advance(2);
            socket.abort();
            return connecting;
          },
        ],
        [
          'connect',
          fc.tuple(record('address', 'port', 'encapsulationPort'), waits),
          async (...args) => {
            const socket = scratch();
            const connecting = socket.connect(...(args as [never, never]));
            connecting.catch(() => undefined);
            await network.advance(2);
            socket.abort();
            return connecting;
          },
        ],
        ['close', fc.tuple(anything), (options) => scratch().close(options)],
        ['abort a socket', fc.tuple(anything), (reason) => scratch().abort(reason)],
        [
          'create',
          fc.tuple(record('transport', 'clock', 'random', 'preset', 'timers')),
          (...args) => Stack.create(...(args as [never])),
        ],
      ];
      for (const [name, args, call] of calls) {
        for (const sample of fc.sample(args, { seed: 7, numRuns: 300 })) {
          await isCivil(name, sample, () => call(...(sample as never[])));
        }
      }
      // Whatever was said, the association is as it was, and so is the stack.
      expect([a.state, b.state]).toEqual(['open', 'open']);
      await a.close();
      const server = world.server.socket();
      server.bindx(SERVER.map(({ address }) => ({ address, port: 6001 })));
      server.listen();
      const again = await client.socket().connect({ address: '10.0.1.2', port: 6001 });
      await again.send('after all of that');
      expect(textOf(await (await server.accept()).receive())).toBe('after all of that');
    },
    { limitMs: 1e6 },
  );
});

test('what is wrong is said, with the name of the call', async () => {
  await inWorld(async (world) => {
    const { a } = await connected(world);
    const told = async (call: Promise<unknown>) => call.then(String, String);
    expect(await told(a.send(''))).toBe('SctpError: EINVAL: send: SCTP has no empty messages');
    expect(await told(a.send(new Uint8Array()))).toBe('SctpError: EINVAL: send: SCTP has no empty messages');
    expect(await told(a.send(5 as never))).toBe(
      'TypeError: send: data must be a Uint8Array, an ArrayBuffer or a string',
    );
    expect(await told(a.send('x', { stream: 10 }))).toBe('SctpError: EINVAL: send: stream must be 0 to 9, not 10');
    expect(await told(a.send('x', { reliability: { lifetimeMs: 0 } }))).toContain('lifetimeMs must be a whole number');
    expect(await told(a.send('x', { reliability: {} as never }))).toContain('reliability must be one of');
    expect(await told(a.receive({ timeoutMs: -1 }))).toContain('timeoutMs must be a number of ms');
    expect(await told(a.receive({ signal: {} as never }))).toBe('TypeError: signal must be an AbortSignal');
    expect(await told(a.receive(null as never))).toContain('TypeError');
  });
});

test('a message whose buffer was transferred is EFAULT, before it is sent and while it waits', async () => {
  await inWorld(async (world) => {
    const { a, b } = await connected(world, { sendBufferBytes: 4096 });
    const detach = (bytes: Uint8Array) => structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const gone = new Uint8Array(8);
    detach(gone);
    await expect(a.send(gone)).rejects.toMatchObject({ code: 'EFAULT' });
    await expect(a.send(gone.buffer)).rejects.toMatchObject({ code: 'EFAULT' });
    const heal = world.network.partition(world.clientHost, world.serverHost);
    const first = a.send(new Uint8Array(10_000));
    const waiting = new Uint8Array(100);
    const second = a.send(waiting).catch((error: unknown) => error);
    const third = a.send('third');
    detach(waiting);
    heal();
    expect((await b.receive())?.data.length).toBe(10_000);
    expect(await second).toMatchObject({ code: 'EFAULT' });
    expect(textOf(await b.receive())).toBe('third');
    await Promise.all([first, third]);
    // A message that was begun can't be taken back: what follows would be part of it.
    const partition = world.network.partition(world.clientHost, world.serverHost);
    const begun = new Uint8Array(10_000);
    const cut = a.send(begun).catch((error: unknown) => error);
    detach(begun);
    partition();
    expect(await cut).toMatchObject({ code: 'EFAULT' });
    expect(await a.closed).toMatchObject({ code: 'EFAULT' });
    expect(await b.closed).toMatchObject({ code: 'ECONNRESET' });
  });
});
