import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conn, type Transport } from '../../src/index.js';
import * as relayModule from '../../src/relay.js';
import { relay } from '../../src/relay.js';
import * as relayServerModule from '../../src/relay-server.js';
import * as bridge from '../../src/testing/udp.js';
import { TestNetwork } from '../../src/testing.js';
import * as udpModule from '../../src/udp.js';
import { udp } from '../../src/udp.js';
import { anything, type Probes, probe, record, tryAll } from './probe.js';
import { exportsOf, staticsOf } from './surface.js';

const udpOptions = record(
  'addresses',
  'port',
  'encapsulationPort',
  'mtu',
  'receiveBufferBytes',
  'sendBufferBytes',
  'busyPollUs',
);
const relayOptions = record('relays', 'WebSocket', 'encapsulationPort', 'queueBytes', 'timeoutMs', 'lingerMs');
const endpoints = fc.array(record('url', 'ticket'), { minLength: 1, maxLength: 2 }).map((relays) => ({ relays }));
const serverOptions = record(
  'server',
  'worker',
  'path',
  'addresses',
  'ports',
  'mtu',
  'keys',
  'audience',
  'origins',
  'allow',
  'limits',
);

/** With a file, and options that happen to be valid, processes would start. */
const noFile = anything.filter((value) => typeof value !== 'string');
const workersOptions = record('workers', 'args', 'execArgv', 'respawn', 'graceMs');

test('no option of a transport does harm: nothing is opened before all options are valid', async () => {
  await tryAll('usrsctp-wasm/udp', udpModule, exportsOf(udpModule), { udp: probe([udpOptions]) });
  await tryAll('usrsctp-wasm/relay', relayModule, exportsOf(relayModule), {
    relay: { args: fc.tuple(fc.oneof(relayOptions, endpoints)) },
  });
  await tryAll('usrsctp-wasm/relay/server', relayServerModule, exportsOf(relayServerModule), {
    relayServer: probe([serverOptions]),
    RelayWorkers: probe([anything], () => undefined),
    relayWorker: probe([anything]),
    signTicket: probe([record('sub', 'aud', 'exp', 'nbf', 'allow'), record('kty', 'kid', 'k', 'alg')]),
  });
  const { RelayWorkers } = relayServerModule;
  await tryAll('RelayWorkers', RelayWorkers, staticsOf(RelayWorkers), { start: probe([noFile, workersOptions]) });
  await tryAll('usrsctp-wasm/testing/udp', bridge, exportsOf(bridge), {
    UdpBridge: probe([anything], () => undefined),
  });
  await tryAll('UdpBridge', bridge.UdpBridge, staticsOf(bridge.UdpBridge), { open: probe([anything, anything]) });
});

test('no host, route, interface or packet does harm to a transport, open or not', async () => {
  const network = new TestNetwork();
  const host = network.host('host', ['10.0.0.1']);
  const ticket = 'ticket';
  const WebSocket = class {
    addEventListener(): void {}
  };
  const transports: Record<string, Transport> = {
    udp: udp({ addresses: ['127.0.0.1'] }),
    relay: relay({ relays: [{ url: 'ws://127.0.0.1:1/', ticket }], WebSocket: WebSocket as never }),
    conn: conn({ onConnOutput: () => undefined }),
    network: host.transport,
  };
  const packets = fc.array(record('source', 'destination', 'port', 'trafficClass', 'bytes'), { maxLength: 2 });
  const probes: Probes = {
    start: probe([record('receive', 'unreachable', 'changed')]),
    route: probe([anything]),
    interfaceOf: probe([anything]),
    send: probe([fc.oneof(anything, packets)]),
  };
  const ask = async (name: string, transport: Transport) => {
    const has = Object.entries(probes).filter(([method]) => method in transport);
    await tryAll(
      name,
      transport,
      has.map(([method]) => method),
      Object.fromEntries(has),
    );
  };
  for (const [name, transport] of Object.entries(transports)) {
    await expect(transport.start({} as never), name).rejects.toThrow("start: the host's receive must be a function");
    await ask(name, transport);
  }
  const stack = await network.stack(host);
  await ask('network', host.transport);
  await stack.close();
});
