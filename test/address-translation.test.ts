import { describe, expect, test } from 'vitest';
import { type Association, Stack, type StackOptions } from '../src/index.js';
import { type Host, type Network, scenario } from '../src/simulated.js';

const PORT = 5001;
const WIFI = '192.168.1.2';
const LTE = '10.20.0.3';
const WIFI_OUTSIDE = '203.0.113.1';
const LTE_OUTSIDE = '203.0.114.1';

interface Scene {
  readonly network: Network;
  readonly host: Host;
  readonly client: Association;
  readonly server: Association;
}

interface Options {
  /** The addresses of the client. Default: one behind the first NAT. */
  readonly own?: readonly string[];
  readonly servers?: readonly string[];
  /** The options of the server's stack. */
  readonly server?: Pick<StackOptions, 'sysctls'>;
}

const byNat = (servers: readonly string[]) => (to: string) => ({
  source: servers[to === LTE_OUTSIDE ? 1 : 0]!,
  mtu: 1500,
});

/** A client behind two NATs, which translate to different UDP ports. Each of the server's networks is reached by one. */
function behindNats(options: Options, run: (scene: Scene) => Promise<void>): Promise<void> {
  const { own = [WIFI], servers = ['198.51.100.1'], server: serverOptions = {} } = options;
  return scenario({ seed: 1, conditions: { latencyMs: 5 }, limitMs: 1e7 }, async (network) => {
    const stackOf = ({ transport, random }: Host, more: Options['server'] = {}) =>
      network.standStill(Stack.create({ transport, random, clock: network.clock, ...more }));
    const udp = { encapsulationPort: 9899 };
    const byNetwork = (to: string) => ({ source: to.startsWith('198.51.101.') ? LTE : WIFI, mtu: 1500 });
    const host = network.host('client', own, { ...udp, ...(own.length > 1 && { route: byNetwork }) });
    const serverHost = network.host('server', servers, {
      ...udp,
      ...(servers.length > 1 && { route: byNat(servers) }),
    });
    network.nat({ inside: WIFI, outside: WIFI_OUTSIDE });
    const other = network.host('other', ['10.20.0.4'], udp);
    network.nat({ inside: [LTE, '10.20.0.4'], outside: LTE_OUTSIDE });
    const [a, b, c] = [await stackOf(host), await stackOf(serverHost, serverOptions), await stackOf(other)];
    const listener = b.socket();
    const endpoints = servers.map((address) => ({ address, port: PORT }));
    listener.bindx(endpoints);
    listener.listen();
    const [first] = await Promise.all([c.socket().connect(endpoints.at(-1)!), listener.accept()]);
    first.abort(); // has got the first UDP port of the second NAT
    const [client, server] = await Promise.all([a.socket().connectx(endpoints), listener.accept()]);
    await run({ network, host, client, server });
  });
}

async function exchange({ client, server }: Scene): Promise<void> {
  const [there, back] = [server.receive({ timeoutMs: 10_000 }), client.receive({ timeoutMs: 10_000 })];
  await Promise.all([client.send('there'), server.send('back')]);
  const text = new TextDecoder();
  expect([text.decode((await there)?.data), text.decode((await back)?.data)]).toEqual(['there', 'back']);
}

const activeOf = (association: Association): string[] =>
  association.paths().flatMap(({ address, state }) => (state === 'active' ? [address] : []));

describe('a client whose only address moves from one NAT to another', () => {
  test('keeps its association: the peer gets the public address and UDP port (RFC 5061 §4.2.1)', () =>
    behindNats({}, async (scene) => {
      const { network, host, client, server } = scene;
      await exchange(scene);
      host.addressUp(`${LTE}/24`);
      host.addressDown(WIFI);
      await network.advance(100);
      expect(activeOf(server)).toEqual([LTE_OUTSIDE]);
      expect(server.paths()).toHaveLength(1);
      await exchange(scene);
      await network.advance(120_000);
      await exchange(scene);
      expect([client.state, server.state]).toEqual(['open', 'open']);
    }));

  test('keeps its association if both addresses exist for a while, and if it moves back', () =>
    behindNats({}, async (scene) => {
      const { network, host, server } = scene;
      for (const [comes, goes, outside] of [
        [LTE, WIFI, LTE_OUTSIDE],
        [WIFI, LTE, WIFI_OUTSIDE],
        [LTE, WIFI, LTE_OUTSIDE],
      ] as const) {
        host.addressUp(`${comes}/24`);
        await network.advance(5000);
        await exchange(scene);
        host.addressDown(goes);
        await network.advance(5000);
        await exchange(scene);
        expect(activeOf(server)).toEqual([outside]);
      }
    }));
});

describe('a client with two addresses behind two NATs', () => {
  const TWO = { own: [WIFI, LTE], servers: ['198.51.100.1', '198.51.101.1'] };

  test('brings the second path up by ASCONF, and uses it when the first one fails', () =>
    behindNats(TWO, async (scene) => {
      const { network, client, server } = scene;
      await exchange(scene);
      await network.advance(90_000);
      expect([client.state, server.state]).toEqual(['open', 'open']);
      expect(activeOf(server).sort()).toEqual([WIFI_OUTSIDE, LTE_OUTSIDE]);
      network.partition(WIFI);
      network.link('198.51.100.1', '*', { loss: 1 });
      await network.advance(1);
      await exchange(scene);
      expect(network.trace.entries().at(-1)?.source).not.toBe(WIFI_OUTSIDE);
    }));

  test('keeps its association on one path if the peer takes no ASCONF', () =>
    behindNats({ ...TWO, server: { sysctls: { sctp_asconf_enable: 0 } } }, async (scene) => {
      await scene.network.advance(200_000);
      await exchange(scene);
      expect([scene.client.state, scene.server.state]).toEqual(['open', 'open']);
    }));
});

/*
 * Both of the server's addresses are in one network, so a route would choose the first one. A NAT lets only the address in
 * that a packet went to.
 */
test.each(['198.51.100.1', '198.51.100.2'])('a client behind a NAT connects to a server by its address %s', (address) =>
  scenario({ seed: 1, conditions: { latencyMs: 5 }, limitMs: 1e6 }, async (network) => {
    const udp = { encapsulationPort: 9899 };
    const [clientHost, serverHost] = [
      network.host('client', [WIFI], { ...udp, route: () => ({ source: WIFI, mtu: 1500 }) }),
      network.host('server', ['198.51.100.1', '198.51.100.2'], {
        ...udp,
        route: () => ({ source: '198.51.100.1', mtu: 1500 }),
      }),
    ];
    network.nat({ inside: WIFI, outside: WIFI_OUTSIDE });
    const [a, b] = await Promise.all(
      [clientHost, serverHost].map(({ transport, random }) =>
        network.standStill(Stack.create({ transport, random, clock: network.clock })),
      ),
    );
    const listener = b!.socket();
    listener.bindx([{ address: '0.0.0.0', port: PORT }]);
    listener.listen();
    const [client, server] = await Promise.all([a!.socket().connect({ address, port: PORT }), listener.accept()]);
    await exchange({ network, host: clientHost, client, server });
    await network.advance(300_000);
    await exchange({ network, host: clientHost, client, server });
    expect(client.paths().map(({ state }) => state)).toEqual(['active', 'active']);
  }),
);
