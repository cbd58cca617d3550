import { SctpError, Stack } from '../../src/index.js';
import * as raw from '../../src/raw.js';
import * as simulated from '../../src/simulated.js';
import { check, checkEqual } from '../../src/testing/check.js';
import { transportContract } from '../../src/testing.js';
import { networkTrace, sha256 } from '../golden/golden.js';
import { stacksTrace } from '../golden/stacks.js';
import type { Scenario, Setting } from './contract.js';
import { exchange, pattern, roundTrip, serve } from './messages.js';

const { Network, RealTimeClock, scenario } = simulated;
const CLIENT = ['10.0.1.1', '10.0.2.1'];
const SERVER = ['10.0.1.2', '10.0.2.2'];
const PEERS = SERVER.map((address) => ({ address, port: 5001 }));
const DEAD = { address: '10.0.1.99', port: 5001 };

/** Scenarios on the simulated network, for every runtime. */
export const simulatedScenarios: readonly Scenario[] = [
  {
    name: 'connectx skips a dead address, and reports it',
    run: (setting) =>
      withStacks(setting, {}, async ({ client, server }) => {
        serve(server, PEERS);
        const { setup } = await client.socket().connectx([DEAD, ...PEERS]);
        checkEqual(setup.dropped, [DEAD.address], 'dropped');
        return setup;
      }),
  },
  {
    name: 'a dead address is ETIMEDOUT, an address without a listener ECONNREFUSED',
    run: (setting) =>
      withStacks(setting, {}, async ({ client }) => {
        const socket = client.socket();
        const codes: (string | undefined)[] = [];
        for (const peer of [DEAD, ...PEERS]) {
          const failed = socket.connectx([peer], { timeoutMs: 3000 });
          codes.push(await failed.then(String, (error) => (error instanceof SctpError ? error.code : String(error))));
        }
        checkEqual(codes, ['ETIMEDOUT', 'ECONNREFUSED', 'ECONNREFUSED'], 'codes');
      }),
  },
  {
    name: 'messages of 1 byte to 200 kB come back through loss, duplication and reordering',
    run: (setting) =>
      withStacks(
        setting,
        { latencyMs: 10, jitterMs: 5, loss: 0.05, duplicate: 0.05 },
        async ({ client, server, network }) => {
          serve(server, PEERS);
          const association = await client.socket().connectx(PEERS);
          await exchange(association);
          return network.clock.now();
        },
      ),
  },
  {
    name: 'an association survives the loss of its path',
    run: (setting) =>
      withStacks(setting, { latencyMs: 10 }, async ({ client, server, network }) => {
        serve(server, PEERS);
        const association = await client.socket().connectx(PEERS);
        const events: unknown[] = [];
        association.on('path', ({ address, change }) => events.push([network.clock.now(), address, change]));
        await roundTrip(association, 'before');
        network.partition('10.0.1.2');
        for (let number = 0; number < 20; number++) await roundTrip(association, `message ${number}`);
        check(
          network.trace.entries().some(({ outcome }) => outcome === 'partitioned'),
          'no packet was lost by the partition',
        );
        await network.advance(10_000);
        network.heal();
        await network.advance(10_000);
        check(events.length >= 2, 'no event said that the path went down and came up again');
        await association.close();
        return events;
      }),
  },
  {
    name: 'options, statistics and resets of streams',
    run: (setting) =>
      withStacks(setting, { latencyMs: 10 }, async ({ client, server }) => {
        serve(server, PEERS);
        const socket = client.socket();
        socket.setOption('noDelay', false);
        const association = await socket.connectx(PEERS);
        await association.resetStreams({ outgoing: [1] });
        const refused = await association.resetStreams({ outgoing: [70_000] }).catch((error) => error);
        check(refused instanceof SctpError, 'the error is no SctpError');
        const { initiated } = client.statistics().associations;
        return [socket.getOption('noDelay'), initiated, association.statistics().paths.length, refused.code];
      }),
  },
  {
    name: "usrsctp's own names work",
    run: async ({ wasm }) => {
      const network = new Network({ seed: 1 });
      const { transport, random } = network.host('raw', CLIENT);
      const usrsctp = await raw.usrsctp_init({ transport, random, clock: network.clock, ...(wasm && { wasm }) });
      const socket = usrsctp.usrsctp_socket(raw.AF_INET, raw.SOCK_STREAM, raw.IPPROTO_SCTP);
      if (socket === null) throw new Error(`usrsctp_socket: ${usrsctp.errno}`);
      const crc32c = usrsctp.usrsctp_crc32c(pattern(1000));
      usrsctp.usrsctp_close(socket);
      checkEqual(usrsctp.usrsctp_finish(), 0, 'usrsctp_finish');
      return crc32c;
    },
  },
  {
    name: "a stack uses the machine's clock and randomness by default",
    run: async ({ wasm }) => {
      const network = new Network({ seed: 1, clock: new RealTimeClock(), conditions: { latencyMs: 1 } });
      const hosts = [network.host('client', CLIENT), network.host('server', SERVER)];
      const create = ({ transport }: (typeof hosts)[number]) => Stack.create({ transport, ...(wasm && { wasm }) });
      const [client, server] = await Promise.all(hosts.map(create));
      if (!client || !server) throw new Error('two stacks are needed');
      serve(server, PEERS);
      const association = await client.socket().connectx([DEAD, ...PEERS], { timeoutMs: 40_000 });
      check(association.setup.elapsedMs >= 1000, `INIT was retransmitted too early: ${association.setup.elapsedMs}`);
      await roundTrip(association, 'hello');
      await association.close();
      await Promise.all([client.close(), server.close()]);
    },
  },
  {
    name: 'the simulated network keeps the transport contract',
    run: async () => {
      const cases = transportContract(async () => {
        const network = new Network({ seed: 1 });
        const [left, right] = [network.host('left', CLIENT), network.host('right', SERVER)];
        return { left: left.transport, right: right.transport, port: () => 0, settle: () => network.runUntilIdle() };
      });
      for (const { run } of cases) await run();
      return cases.map(({ name }) => name);
    },
  },
  { name: 'the golden trace of the network', run: async () => sha256(await networkTrace(simulated)) },
  {
    name: 'the golden trace of two stacks',
    run: async ({ wasm }) => {
      const create: typeof Stack.create = (options) => Stack.create({ ...options, ...(wasm && { wasm }) });
      return sha256(await stacksTrace(simulated, { create }));
    },
  },
];

interface Stacks {
  readonly network: simulated.Network;
  readonly client: Stack;
  readonly server: Stack;
}

/** Runs a scenario with two stacks, two paths and virtual time. At the end usrsctp must hold no memory. */
function withStacks<T>(
  { wasm }: Setting,
  conditions: Partial<simulated.Conditions>,
  body: (stacks: Stacks) => Promise<T>,
): Promise<T> {
  return scenario({ seed: 7, conditions }, async (network) => {
    const { clock } = network;
    const create = ({ transport, random }: simulated.Host) =>
      Stack.create({ transport, random, clock, preset: 'fast-failover', ...(wasm && { wasm }) });
    const client = await network.standStill(create(network.host('client', CLIENT)));
    const server = await network.standStill(create(network.host('server', SERVER)));
    const value = await body({ network, client, server });
    for (const { sockets } of [client, server]) for (const socket of sockets) socket.abort();
    await Promise.all([client.close(), server.close()]);
    checkEqual([client.memoryInUse, server.memoryInUse], [0, 0], 'memory in use');
    return value;
  });
}
