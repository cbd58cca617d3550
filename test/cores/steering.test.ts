import { describe, expect, test } from 'vitest';
import type { Association, Stack } from '../../src/index.js';
import { type Host, type Network, scenario } from '../../src/simulated.js';
import { type Arrival, SharedHost } from '../support/shared-host.js';
import { newStack, textOf } from '../support/two-stacks.js';

const PORT = 5001;
const PEER_PORT = 6001;
const SERVER_ADDRESSES = ['10.0.1.250', '10.0.2.250'];
const SERVER = SERVER_ADDRESSES.map((address) => ({ address, port: PORT }));
const OF = 4;
const INIT = 1;
const INIT_ACK = 2;
const COOKIE_ECHO = 10;
/** Later than the second INIT, and its INIT ACK. */
const LATE_MS = 1002;
const SHUTDOWN_COMPLETE = 14;
const ABORT = 6;

interface Scene {
  readonly network: Network;
  readonly server: SharedHost;
  /** Adds a peer with two addresses. */
  peer(number: number): Promise<{ host: Host; stack: Stack }>;
}

function withScene(arrival: Arrival, body: (scene: Scene) => Promise<void>, unreachable?: 'report'): Promise<void> {
  const options = { seed: 1, conditions: { latencyMs: 10 }, ...(unreachable && { unreachable }) };
  return scenario(options, async (network) => {
    const host = network.host('server', SERVER_ADDRESSES);
    const server = await SharedHost.create(network, host, OF, arrival, PORT);
    const peer = async (number: number) => {
      const peerHost = network.host(`peer ${number}`, [`10.0.1.${number}`, `10.0.2.${number}`]);
      return { host: peerHost, stack: await newStack(network, peerHost) };
    };
    await body({ network, server, peer });
  });
}

/** Connects from a fixed port, as signalling peers do. */
function connect(stack: Stack): Promise<Association> {
  const socket = stack.socket();
  socket.bindx([{ address: '0.0.0.0', port: PEER_PORT }]);
  return socket.connectx(SERVER);
}

async function echo(from: Association, to: Association, text: string): Promise<void> {
  await from.send(text);
  expect(textOf(await to.receive())).toBe(text);
  await to.send(`${text} back`);
  expect(textOf(await from.receive())).toBe(`${text} back`);
}

/** The only association of the server, and the stack that has it. */
async function only({ network, server }: Scene): Promise<{ index: number; association: Association }> {
  await network.advance(100);
  const found = server.cores.flatMap((core) => {
    return (core?.accepted ?? []).filter(({ state }) => state !== 'closed').map((each) => ({ core, each }));
  });
  expect(found).toHaveLength(1);
  return { index: found[0]!.core!.index, association: found[0]!.each };
}

/** Whether a packet is a chunk of that type with the T bit. */
function hasT(bytes: Uint8Array, type: number): boolean {
  return bytes[12] === type && (bytes[13]! & 1) === 1;
}

describe.each(['kernel', 'workers', 'main'] as const)(
  'several stacks behind two addresses, steering: %s',
  (arrival) => {
    const scene = (body: (scene: Scene) => Promise<void>, unreachable?: 'report') => () =>
      withScene(arrival, body, unreachable);

    test(
      'associations are spread, each is in one stack, and both of its paths lead there',
      scene(async ({ network, server, peer }) => {
        const peers = await Promise.all(Array.from({ length: 40 }, (_, number) => peer(number + 1)));
        const associations = await Promise.all(peers.map(({ stack }) => connect(stack)));
        await network.advance(100);
        expect(server.accepted).toHaveLength(40);
        for (const core of server.cores) expect(core!.accepted.length).toBeGreaterThan(2);
        network.partition('10.0.1.250');
        for (const accepted of server.accepted) {
          const address = accepted.remoteEndpoints[0]!.address;
          const association = associations[Number(address.split('.')[3]) - 1]!;
          await echo(association, accepted, `to ${address}`);
        }
        for (const association of associations) await association.close();
        await network.advance(1000);
        expect(server.accepted).toHaveLength(0);
      }),
    );

    test(
      'the INIT of a peer that has restarted reaches the stack that has its association, from either address',
      scene(async (scene) => {
        const { network, server, peer } = scene;
        for (let number = 1; number <= 10; number++) {
          const { host, stack } = await peer(number);
          const association = await connect(stack);
          const { index, association: accepted } = await only(scene);
          await echo(association, accepted, 'before');
          let restarts = 0;
          accepted.on('restart', () => restarts++);
          host.crash();
          host.restart();
          const end = number % 2 === 0 ? network.partition(`10.0.1.${number}`) : () => {};
          const again = await connect(await newStack(network, host));
          expect(await only(scene)).toEqual({ index, association: accepted });
          expect(restarts).toBe(1);
          await echo(again, accepted, 'after');
          end();
          again.abort();
          await network.advance(100);
        }
        expect(server.accepted).toHaveLength(0);
      }),
    );

    test(
      'the INIT of a restarted peer from a new address finds its association by the addresses that it lists',
      scene(async (scene) => {
        const { network, peer } = scene;
        const { host, stack } = await peer(1);
        await connect(stack);
        const { index } = await only(scene);
        host.crash();
        host.addressUp('10.0.1.99/24');
        host.addressDown('10.0.1.1');
        host.restart();
        const sources: string[] = [];
        network.filter(({ source, bytes }) => {
          if (bytes[12] === INIT) sources.push(source);
          return undefined;
        });
        const socket = (await newStack(network, host)).socket();
        socket.bindx([{ address: '0.0.0.0', port: PEER_PORT }]);
        // A new address in a restart is refused (RFC 9260 §5.2.2): what counts is that the ABORT comes from the right stack.
        const error = await socket.connectx(SERVER).catch((error: unknown) => error);
        expect(sources[0]).toBe('10.0.1.99');
        expect(error).toMatchObject({ abort: [{ name: 'Restart of an Association with New Addresses' }] });
        expect((await only(scene)).index).toBe(index);
      }),
    );

    test.each(['lost', 'late'] as const)(
      'a repeated INIT may reach another stack, when the first INIT ACK is %s: the COOKIE ECHO finds the one that the peer believes',
      (first) =>
        withScene(arrival, async (scene) => {
          const { network, server, peer } = scene;
          let answeredByTwo = 0;
          for (let number = 1; number <= 24; number++) {
            const { stack } = await peer(number);
            const answers: number[] = [];
            const stop = network.filter((packet, from) => {
              if (from.name !== 'server' || packet.bytes[12] !== INIT_ACK) return undefined;
              answers.push(new DataView(packet.bytes.buffer, packet.bytes.byteOffset).getUint32(16) % OF);
              if (answers.length > 1) return undefined;
              // It arrives when the peer has believed the next one, or never.
              const late = { ...packet, bytes: packet.bytes.slice() };
              if (first === 'late') network.clock.schedule(LATE_MS, () => from.transport.send([late]));
              return 'drop';
            });
            const association = await connect(stack);
            stop();
            expect(answers.length).toBeGreaterThan(1);
            if (answers[0] !== answers[1]) answeredByTwo++;
            const { index, association: accepted } = await only(scene);
            expect(index).toBe(answers[1]);
            await network.advance(LATE_MS);
            await echo(association, accepted, 'to the one that was believed');
            expect([(await only(scene)).index, server.table.used]).toEqual([index, 2]);
            await association.close();
            await network.advance(1000);
          }
          expect(answeredByTwo).toBeGreaterThan(4);
          expect(server.table.used).toBe(0);
        }),
    );

    test(
      'INITs of both ends that cross set up one association, in the stack that connects',
      scene(async ({ network, server, peer }) => {
        for (let number = 1; number <= 12; number++) {
          const { stack } = await peer(number);
          const core = server.cores[number % OF]!;
          const peerSocket = stack.socket({ style: 'one-to-many' });
          peerSocket.bindx([{ address: '0.0.0.0', port: PEER_PORT }]);
          peerSocket.listen();
          const own = core.stack.socket({ style: 'one-to-many' });
          own.bindx([{ address: '0.0.0.0', port: 7000 + number }]);
          own.listen();
          const to = SERVER.map(({ address }) => ({ address, port: 7000 + number }));
          const back = [`10.0.1.${number}`, `10.0.2.${number}`].map((address) => ({ address, port: PEER_PORT }));
          const [a, b] = await Promise.all([peerSocket.connectx(to), own.connectx(back)]);
          await echo(a, b, 'crossed');
          await a.close();
          await network.advance(100);
          expect(b.state).toBe('closed');
        }
      }),
    );

    test(
      'an ABORT with the T bit ends the association of a peer that has lost it',
      scene(async (scene) => {
        const { network, peer } = scene;
        for (let number = 1; number <= 8; number++) {
          const { host, stack } = await peer(number);
          await connect(stack);
          const { association } = await only(scene);
          host.crash();
          host.restart();
          await newStack(network, host);
          let reflected = 0;
          const stop = network.filter(({ bytes }) => {
            if (hasT(bytes, ABORT)) reflected++;
            return undefined;
          });
          await association.send('are you there?').catch(() => {});
          await network.advance(100);
          stop();
          expect(reflected).toBeGreaterThan(0);
          expect(association.state).toBe('closed');
        }
      }),
    );

    test(
      'a SHUTDOWN COMPLETE with the T bit ends the association of a peer that has lost it',
      scene(async (scene) => {
        const { network, peer } = scene;
        for (let number = 1; number <= 8; number++) {
          const { host, stack } = await peer(number);
          const association = await connect(stack);
          const { association: accepted } = await only(scene);
          let reflected = 0;
          const stop = network.filter(({ bytes }, from) => {
            if (hasT(bytes, SHUTDOWN_COMPLETE)) reflected++;
            return from.name === 'server' && host.isOn && reflected === 0 && bytes[12] === 8 && !isAgain
              ? 'drop'
              : undefined;
          });
          let isAgain = false;
          void association.close().catch(() => {});
          await network.advance(30);
          expect(accepted.state).toBe('closing');
          host.crash();
          host.restart();
          await newStack(network, host);
          isAgain = true;
          await network.advance(2000);
          stop();
          expect(reflected).toBeGreaterThan(0);
          expect(accepted.state).toBe('closed');
        }
      }),
    );

    test(
      'an error that ICMP reports reaches the stack that connects, wherever it arrives',
      scene(async ({ network, server }) => {
        network.host('no SCTP', ['10.0.1.77']);
        for (const core of server.cores) {
          const connecting = core!.stack.socket().connectx([{ address: '10.0.1.77', port: 1 }], { timeoutMs: 2000 });
          await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
        }
      }, 'report'),
    );

    test(
      'an old COOKIE ECHO does not set up a second association of a peer that another stack has by now',
      scene(async (scene) => {
        const { network, server, peer } = scene;
        for (let number = 1; number <= 8; number++) {
          const { host, stack } = await peer(number);
          const old: { at: number; packet: Parameters<Parameters<Network['filter']>[0]>[0] }[] = [];
          const stop = network.filter((packet, from) => {
            if (from !== host || packet.bytes[12] !== COOKIE_ECHO) return undefined;
            old.push({ at: network.clock.now(), packet: { ...packet, bytes: packet.bytes.slice() } });
            return 'drop';
          });
          void connect(stack).catch(() => {});
          await network.advance(100);
          stop();
          host.crash();
          host.restart();
          const again = await connect(await newStack(network, host));
          const { association } = await only(scene);
          host.transport.send(old.map(({ packet }) => packet));
          await network.advance(100);
          expect((await only(scene)).association).toBe(association);
          await echo(again, association, 'still here');
          again.abort();
          await network.advance(50);
        }
        expect(server.accepted).toHaveLength(0);
      }),
    );

    test(
      'the peers of a stack that dies are told at once, and another stack takes its share',
      scene(async (scene) => {
        const { network, server, peer } = scene;
        const peers = await Promise.all(Array.from({ length: 24 }, (_, number) => peer(number + 1)));
        const associations = await Promise.all(peers.map(({ stack }) => connect(stack)));
        await network.advance(100);
        const dead = server.cores[2]!;
        const theirs = new Set(dead.accepted.map((each) => each.remoteEndpoints[0]!.address.split('.')[3]));
        server.kill(2);
        await network.advance(50);
        for (const [number, association] of associations.entries()) {
          const isTheirs = theirs.has(`${number + 1}`);
          expect([number + 1, association.state]).toEqual([number + 1, isTheirs ? 'closed' : 'open']);
        }
        await server.add(2, PORT);
        for (const number of theirs) {
          const { stack } = peers[Number(number) - 1]!;
          await connect(stack);
        }
        await network.advance(100);
        expect(server.accepted).toHaveLength(24);
      }),
    );

    test(
      'a packet for a share that no stack has is answered by another one',
      scene(async ({ network, server, peer }) => {
        const { stack } = await peer(1);
        const association = await connect(stack);
        await network.advance(100);
        const core = server.cores.find((each) => each!.accepted.length > 0)!;
        // Without records: as if the peer had missed the ABORT.
        network.partition('10.0.1.1');
        network.partition('10.0.2.1');
        server.kill(core.index);
        await network.advance(50);
        network.heal();
        await association.send('hello').catch(() => {});
        await network.advance(100);
        expect(association.state).toBe('closed');
      }),
    );

    test(
      'a stack that is draining keeps its associations, and gets no new ones',
      scene(async ({ network, server, peer }) => {
        const first = await Promise.all(Array.from({ length: 16 }, (_, number) => peer(number + 1)));
        const associations = await Promise.all(first.map(({ stack }) => connect(stack)));
        await network.advance(100);
        const before = server.cores[1]!.accepted.length;
        server.table.setState(1, 'draining');
        const more = await Promise.all(Array.from({ length: 16 }, (_, number) => peer(number + 101)));
        await Promise.all(more.map(({ stack }) => connect(stack)));
        await network.advance(100);
        expect(server.cores[1]!.accepted).toHaveLength(before);
        expect(before).toBeGreaterThan(0);
        expect(server.accepted).toHaveLength(32);
        for (const accepted of server.cores[1]!.accepted) {
          const number = Number(accepted.remoteEndpoints[0]!.address.split('.')[3]);
          await echo(associations[number - 1]!, accepted, 'goes on');
        }
      }),
    );
  },
);
