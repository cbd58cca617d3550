import fc from 'fast-check';
import { test } from 'vitest';
import * as relayModule from '../../src/relay.js';
import * as relayServerModule from '../../src/relay-server.js';
import * as bridge from '../../src/testing/udp.js';
import * as udpModule from '../../src/udp.js';
import { anything, probe, record, tryAll } from './probe.js';
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

test('no option of a transport does harm: nothing is opened before they are right', async () => {
  await tryAll('usrsctp-wasm/udp', udpModule, exportsOf(udpModule), { udp: probe([udpOptions]) });
  await tryAll('usrsctp-wasm/relay', relayModule, exportsOf(relayModule), {
    relay: { args: fc.tuple(fc.oneof(relayOptions, endpoints)) },
  });
  await tryAll('usrsctp-wasm/relay/server', relayServerModule, exportsOf(relayServerModule), {
    relayServer: probe([serverOptions]),
    signTicket: probe([record('sub', 'aud', 'exp', 'nbf', 'allow'), record('kty', 'kid', 'k', 'alg')]),
  });
  await tryAll('usrsctp-wasm/testing/udp', bridge, exportsOf(bridge), {
    UdpBridge: probe([anything], () => undefined),
  });
  await tryAll('UdpBridge', bridge.UdpBridge, staticsOf(bridge.UdpBridge), { open: probe([anything, anything]) });
});
