import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as index from '../../src/index.js';
import { connected, SERVER, type TwoStacks, textOf, withTwoStacks } from '../support/two-stacks.js';
import { anything, type Probes, probe, record, tryAll } from './probe.js';
import { exportsOf, methodsOf, staticsOf } from './surface.js';

const waits = record('signal', 'timeoutMs');
const text = fc.constant('x');
const peers = fc.oneof(anything, fc.array(record('address', 'port', 'encapsulationPort'), { maxLength: 3 }));
const sendOptions = record('stream', 'ppid', 'unordered', 'context', 'sackImmediately', 'reliability');
const sendTo = fc.record({ to: fc.oneof(peers, record('address', 'port')) });
const reliability = record('lifetimeMs', 'retransmits', 'priority').map((each) => ({ reliability: each }));
const optionNames = fc.oneof(anything, fc.constantFrom<unknown>('rto', 'pathParameters', 'key', 'hmacs', 'scheduler'));
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
const stackOptions = record('transport', 'clock', 'random', 'preset', 'timers', 'sysctls', 'wasm');
const notText = anything.filter((each) => typeof each !== 'string' && each !== undefined);
const streams = record('outgoing', 'incoming', 'timeoutMs', 'signal');

/** The methods of objects with events. */
const emitting: Probes = {
  on: probe([anything, anything]),
  once: probe([anything, anything]),
  off: probe([anything, anything]),
  addListener: probe([anything, anything]),
  removeListener: probe([anything, anything]),
};
/** The methods of objects with events and options. */
const listening: Probes = {
  ...emitting,
  getOption: probe([optionNames, record('path', 'stream', 'policy', 'type', 'option')]),
  setOption: probe([optionNames, record('minMs', 'heartbeatMs', 'number', 'key'), record('path')]),
};

test('no argument of any call does harm: the error names the problem, and the stack keeps working', () =>
  withTwoStacks(
    async (stacks) => {
      const { a, b, clientSocket } = await connected(stacks);
      const { client, network } = stacks;
      /** Some arguments are valid and make the call wait forever. */
      const notForLong = (call: Promise<unknown>) => Promise.race([call, network.advance(2)]);
      const scratch = () => client.socket({ style: 'one-to-many' });
      /** Calls `use` with a new socket. */
      const apart = (use: (socket: index.Socket) => unknown) => {
        const socket = scratch();
        try {
          return use(socket);
        } finally {
          socket.abort();
        }
      };
      const connecting = async (connect: (socket: index.Socket) => Promise<unknown>) => {
        const socket = scratch();
        const attempt = connect(socket);
        attempt.catch(() => undefined);
        await network.advance(2);
        socket.abort();
        return attempt;
      };

      await tryAll('Association', a, methodsOf(a), {
        ...listening,
        send: {
          args: fc.oneof(fc.tuple(anything, sendOptions), fc.tuple(text, sendOptions), fc.tuple(text, reliability)),
        },
        receive: probe([waits], (options) => notForLong(b.receive(options))),
        close: probe([notText], (options) => (isPlain(options) ? undefined : a.close(options))),
        abort: probe([notText]),
        paths: probe([anything]),
        pathChanges: probe([anything], () => a.pathChanges().return?.()),
        status: probe([anything]),
        statistics: probe([anything]),
        setPrimary: probe([anything]),
        setPeerPrimary: probe([anything]),
        stream: probe([anything]),
        resetStreams: probe([streams], (options) => notForLong(a.resetStreams(options))),
        resetAssociation: probe([notText], (options) => isPlain(options) || a.resetAssociation(options)),
        addStreams: probe([record('outbound', 'inbound', 'timeoutMs', 'signal')], (o) => notForLong(a.addStreams(o))),
      });
      const stream = b.stream(5);
      await tryAll('Stream', stream, methodsOf(stream), {
        send: { args: fc.oneof(fc.tuple(anything, sendOptions), fc.tuple(text, sendOptions)) },
        receive: probe([waits], (options) => notForLong(stream.receive(options))),
        reset: probe([notText], (options) => isPlain(options) || notForLong(stream.reset(options))),
      });
      const { authentication } = client.socket();
      await tryAll('Authentication', authentication, methodsOf(authentication), {
        setKey: probe([anything, anything]),
        activateKey: probe([anything]),
        deactivateKey: probe([anything]),
        deleteKey: probe([anything]),
        requireChunks: probe([fc.oneof(anything, fc.array(anything))]),
        setHmacs: probe([fc.oneof(anything, fc.array(anything))]),
      });
      await tryAll('Socket', clientSocket, methodsOf(clientSocket), {
        ...listening,
        bindx: probe([peers], (endpoints) => apart((socket) => socket.bindx(endpoints))),
        addLocal: probe([peers]),
        removeLocal: probe([peers]),
        listen: probe([record('backlog')], (options) => apart((socket) => void socket.listen(options))),
        accept: probe([waits], (options) => notForLong(clientSocket.accept(options))),
        connectx: probe([peers, waits], (list, options) => connecting((socket) => socket.connectx(list, options))),
        connect: probe([record('address', 'port'), waits], (peer, options) =>
          connecting((socket) => socket.connect(peer, options)),
        ),
        peeloff: probe([record('id')]),
        receive: probe([waits], (options) => apart((socket) => notForLong(socket.receive(options)))),
        send: {
          args: fc.oneof(fc.tuple(anything, sendTo), fc.tuple(text, sendTo)),
          call: (data: never, options: never) => connecting((socket) => socket.send(data, options)),
        },
        sendAll: {
          args: fc.oneof(fc.tuple(anything, sendOptions), fc.tuple(text, sendOptions)),
          call: (data: never, options: never) => notForLong(clientSocket.sendAll(data, options)),
        },
        close: probe([anything], (options) => scratch().close(options)),
        abort: probe([anything], (reason) => scratch().abort(reason)),
      });
      await tryAll('Stack', client, methodsOf(client), {
        ...emitting,
        ref: probe([anything]),
        unref: probe([anything]),
        socket: probe([socketOptions], (options) => client.socket(options).abort()),
        sysctl: probe([anything]),
        statistics: probe([anything]),
        close: probe([notText], (options) => (isPlain(options) ? undefined : client.close(options))),
      });
      await tryAll('Stack', index.Stack, staticsOf(index.Stack), {
        create: probe([stackOptions]),
      });
      await tryAll('usrsctp-wasm', index, exportsOf(index), {
        Association: probe([anything, anything], () => undefined), // made by sockets only, as its constructor says
        Socket: probe([anything, anything], () => undefined),
        Stream: probe([anything, anything], () => undefined),
        Stack: probe([anything], () => undefined),
        SctpError: probe([anything, anything], () => undefined), // accepts any argument
        conn: probe([record('onConnOutput', 'mtu', 'checksum')]),
        sealPacket: probe([anything]),
        systemRandom: probe([anything]),
      });
      await expectWorking(stacks, a, b);
    },
    { limitMs: 1e7 },
  ));

/** Whether a call that ends something would accept these options. */
function isPlain(options: unknown): boolean {
  if (options === undefined) return true;
  if (typeof options !== 'object' || options === null) return false;
  const { timeoutMs, signal } = options as index.WaitOptions;
  return timeoutMs === undefined && signal === undefined;
}

/** Checks that the association and the stack still work. */
async function expectWorking(stacks: TwoStacks, a: index.Association, b: index.Association): Promise<void> {
  expect([a.state, b.state]).toEqual(['open', 'open']);
  await a.send('still here', { stream: 9 });
  a.abort();
  const server = stacks.server.socket();
  server.bindx(SERVER.map(({ address }) => ({ address, port: 6001 })));
  server.listen();
  const again = await stacks.client.socket().connect({ address: '10.0.1.2', port: 6001 });
  await again.send('after all of that');
  expect(textOf(await (await server.accept()).receive())).toBe('after all of that');
}
