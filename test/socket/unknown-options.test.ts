import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { conn, Stack } from '../../src/index.js';
import { relay } from '../../src/relay.js';
import { relayServer } from '../../src/relay-server.js';
import { Network } from '../../src/simulated.js';
import { connected, SERVER, withTwoStacks } from '../support/two-stacks.js';

describe('an option that does not exist is a TypeError, which names the one that is meant', () => {
  test('of connectx, send, receive, close, listen, accept, resetStreams and addStreams', () =>
    withTwoStacks(async (stacks) => {
      const { a, clientSocket, serverSocket } = await connected(stacks);
      const many = stacks.client.socket({ style: 'one-to-many' });
      const wrong = (options: object) => options as never;
      const calls: [Promise<unknown>, string][] = [
        [
          many.connectx(SERVER, wrong({ timeout: 5 })),
          "connectx: there is no option 'timeout': did you mean 'timeoutMs'?",
        ],
        [many.connect(SERVER[0]!, wrong({ Signal: null })), "did you mean 'signal'?"],
        [a.send('x', wrong({ streams: 3 })), "send: there is no option 'streams': did you mean 'stream'?"],
        [a.send('x', wrong({ ordered: false })), "did you mean 'unordered'?"],
        [a.send('x', wrong({ constructor: 1 })), 'there are stream, ppid, unordered, reliability, context'],
        [a.stream(1).send('x', wrong({ ppID: 46, priority: 3 })), "did you mean 'ppid'?"],
        [many.send('x', wrong({ too: SERVER })), "did you mean 'to'?"],
        [many.receive(wrong({ timeoutms: 5 })), "receive: there is no option 'timeoutms': did you mean 'timeoutMs'?"],
        [a.receive(wrong({ timeout: 5 })), "receive: there is no option 'timeout': did you mean 'timeoutMs'?"],
        [a.close(wrong({ timeoutMS: 5 })), "close: there is no option 'timeoutMS': did you mean 'timeoutMs'?"],
        [clientSocket.close(wrong({ timeout: 5 })), "did you mean 'timeoutMs'?"],
        [stacks.client.close(wrong({ timeout: 5 })), "did you mean 'timeoutMs'?"],
        [serverSocket.accept(wrong({ timeout: 5 })), "accept: there is no option 'timeout': did you mean 'timeoutMs'?"],
        [
          (async () => many.listen(wrong({ backLog: 5 })))(),
          "listen: there is no option 'backLog': did you mean 'backlog'?",
        ],
        [a.resetStreams(wrong({ outbound: [1] })), 'resetStreams: there is no option'],
        [a.addStreams(wrong({ outgoing: 1 })), 'addStreams: there is no option'],
      ];
      for (const [call, message] of calls) {
        const error = await call.then(
          () => new Error(`nothing was thrown: ${message}`),
          (reason) => reason,
        );
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain(message);
      }
      expect(a.state).toBe('open');
    }));

  test('of stacks, sockets, timers, sysctls, socket options and conn()', () =>
    withTwoStacks(async (stacks) => {
      const { client } = stacks;
      const socket = client.socket();
      expect(() => client.socket({ style: 'one-to-many', stream: 3 } as never)).toThrow("did you mean 'streams'?");
      expect(() => client.socket({ streams: { outgoing: 3 } } as never)).toThrow(
        "socket: streams: there is no option 'outgoing': there are inbound, outbound",
      );
      expect(() => socket.setOption('rto', { min: 100 } as never)).toThrow(/there is|no field 'min'/);
      expect(() => socket.setOption('rtoo' as 'rto', {} as never)).toThrow("did you mean 'rto'?");
      expect(() => client.sysctl('sctp_rto_minimum_default' as never)).toThrow("did you mean 'sctp_rto_min_default'?");
      expect(() => conn({ onConnOutput: () => undefined, MTU: 1200 } as never)).toThrow("did you mean 'mtu'?");
      const transport = conn({ onConnOutput: () => undefined });
      for (const [options, message] of [
        [{ transprot: transport }, "Stack.create: there is no option 'transprot': did you mean 'transport'?"],
        [{ transport, timers: { rtoMin: 1 } }, "there is no timer 'rtoMin': did you mean 'rtoMinMs'?"],
        [{ transport, preset: 'rfc9620' }, "there is no timer preset 'rfc9620': did you mean 'rfc9260'?"],
        [{ transport, sysctls: { sctp_delayed_sack_time: 1 } }, "did you mean 'sctp_delayed_sack_time_default'?"],
      ] as const) {
        await expect(Stack.create(options as never)).rejects.toThrow(message);
      }
    }));

  test('of relays, their limits, and of the simulated network’s NATs and links', async () => {
    const given = { server: createServer(), addresses: ['127.0.0.11'], audience: 'relay', keys: [], allow: [] };
    for (const [options, message] of [
      [{ origin: [] }, "relayServer: there is no option 'origin': did you mean 'origins'?"],
      [{ limits: { client: 5 } }, "relayServer: limits: there is no option 'client': did you mean 'clients'?"],
      [
        { addresses: [{ bind: '127.0.0.1', publik: '127.0.0.11' }] },
        "relayServer: addresses: there is no option 'publik': did you mean 'public'?",
      ],
    ] as const) {
      await expect(relayServer({ ...given, ...options } as never)).rejects.toThrow(new TypeError(message));
    }
    expect(() => relay({ relays: [{ url: 'ws://a', tickets: 't' }] } as never)).toThrow("did you mean 'ticket'?");
    const network = new Network({ seed: 1 });
    const nat = { inside: '10.0.0.1', outside: '192.0.2.1' };
    for (const [call, message] of [
      [
        () => network.nat({ ...nat, lifetime: 5 } as never),
        "nat: there is no option 'lifetime': did you mean 'lifetimeMs'?",
      ],
      [
        () => network.nat({ ...nat, mapping: 'endpoint-dependent' } as never),
        "nat: mapping is 'endpoint-dependent': did you mean 'endpoint-independent'?",
      ],
      [
        () => network.link('*', '*', { latency: 5 } as never),
        "link: there is no option 'latency': did you mean 'latencyMs'?",
      ],
      [
        () => network.oneWay('*', '*', { loss: { goodToBad: 0.1, badToGod: 1 } } as never),
        "link: loss: there is no option 'badToGod': did you mean 'badToGood'?",
      ],
      [
        () => new Network({ seed: 1, conditions: { los: 1 } as never }),
        "link: there is no option 'los': did you mean 'loss'?",
      ],
      [
        () => network.host('a', ['10.0.0.1'], { MTU: 1 } as never),
        "host: there is no option 'MTU': did you mean 'mtu'?",
      ],
    ] as const) {
      expect(call).toThrow(new TypeError(message));
    }
  });
});

test('a misspelt field of a peer or a local endpoint is a TypeError, and an endpoint without an address is EINVAL', () =>
  withTwoStacks(async (stacks) => {
    const [peer] = SERVER;
    const many = () => stacks.client.socket({ style: 'one-to-many' });
    const messageOf = async (call: () => unknown) => {
      try {
        await call();
      } catch (error) {
        return String(error);
      }
      return 'nothing was thrown';
    };
    const calls: [() => unknown, string][] = [
      [
        () => many().connectx([{ ...peer, encapsulationport: 9900 }] as never),
        "TypeError: connectx: a peer has no field 'encapsulationport': did you mean 'encapsulationPort'?",
      ],
      [
        () => many().connect({ ...peer, udpPort: 9900 } as never),
        "TypeError: connect: a peer has no field 'udpPort': there are address, port, encapsulationPort",
      ],
      [() => many().send('x', { to: { adress: '10.0.1.2', port: 5001 } as never }), "did you mean 'address'?"],
      [
        () => many().connectx([{ host: '10.0.1.2', port: 5001 }] as never),
        'SctpError: EINVAL: connectx: a peer must be { address, port }: `address` is missing',
      ],
      [
        () => stacks.server.socket().bindx([{ address: '10.0.1.2', Port: 5001 }] as never),
        "TypeError: bindx: an endpoint has no field 'Port': did you mean 'port'?",
      ],
      [
        () => many().connectx(SERVER, { local: [{ addres: '10.0.1.1', port: 0 }] as never }),
        "an endpoint has no field 'addres': did you mean 'address'?",
      ],
    ];
    for (const [call, message] of calls) expect(await messageOf(call)).toContain(message);
    const { a } = await connected(stacks);
    const found = { ...peer!, family: 'IPv4' }; // as of Node's dns and net
    expect(await messageOf(() => many().connectx([found]))).toBe('nothing was thrown');
    expect(await messageOf(() => many().connectx(a.remoteEndpoints))).toBe('nothing was thrown');
  }));

test('an error about a value says of which type it is', () =>
  withTwoStacks(async (stacks) => {
    const { a } = await connected(stacks);
    const to = (port: unknown) => stacks.client.socket().connectx([{ address: '10.0.1.2', port: port as number }]);
    await expect(to('5001')).rejects.toThrow("a port must be a number from 1 to 65535, not the string '5001'");
    await expect(to(70_000)).rejects.toThrow('a port must be a number from 1 to 65535, not 70000');
    await expect(a.send('x', { ppid: '46' as never })).rejects.toThrow(
      "ppid must be a 32-bit number, not the string '46'",
    );
    await expect(a.send('x', { ppid: 46n as never })).rejects.toThrow(
      'ppid must be a 32-bit number, not the bigint 46',
    );
    await expect(a.send('x', { stream: '0' as never })).rejects.toThrow("stream must be 0 to 9, not the string '0'");
  }));
