import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { htons } from '../../src/bridge/byteorder.js';
import type { Handle } from '../../src/bridge/instance.js';
import { writeStruct } from '../../src/bridge/struct.js';
import { systemClock } from '../../src/clock.js';
import * as C from '../../src/generated/constants.js';
import * as layouts from '../../src/generated/layouts.js';
import { prepare } from '../../src/options/settings.js';
import { socketConfig } from '../../src/options/socket-options.js';
import { systemRandom } from '../../src/random.js';
import { Pump } from '../../src/stack/pump.js';

const NOTIFICATIONS = {
  sctp_association_event: 1,
  sctp_address_event: 1,
  sctp_peer_error_event: 1,
  sctp_shutdown_event: 1,
  sctp_partial_delivery_event: 1,
  sctp_adaptation_layer_event: 1,
  sctp_authentication_event: 1,
  sctp_stream_reset_event: 1,
};
const MORE_NOTIFICATIONS = [C.SCTP_SEND_FAILED_EVENT, C.SCTP_ASSOC_RESET_EVENT, C.SCTP_STREAM_CHANGE_EVENT];
const PORT = 9899;

test.each([
  ['one-to-one', C.SOCK_STREAM],
  ['one-to-many', C.SOCK_SEQPACKET],
] as const)('prepare() gives a new %s socket the same values as its options set one by one', async (style, type) => {
  const pump = await anyPump();
  const socket = () => pump.calls.socket(C.AF_INET6, type) as Handle;
  const config = socketConfig({ style, streams: { outbound: 17, inbound: 19 }, peerMayReset: 'association' });
  const [prepared, byOptions] = pump.enter(() => [socket(), socket()] as const);
  pump.enter(() => {
    prepare(pump.instance, prepared, config, PORT);
    for (const [name, value] of options(config)) expect(pump.calls.setsockopt(byOptions, SCTP, name, value)).toBe(0);
  });
  expect(read(pump, prepared)).toEqual(read(pump, byOptions));
  pump.enter(() => [prepared, byOptions].map((handle) => pump.calls.close(handle)));
  await pump.stop();
});

const SCTP = C.IPPROTO_SCTP;

async function anyPump(): Promise<Pump> {
  const module = await WebAssembly.compile(readFileSync('build/wasm/usrsctp.wasm'));
  const nothing = { start: async () => {}, send: () => {}, close: async () => {} };
  const transport = { ...nothing, addresses: ['10.0.0.1'], mtu: 1500, encapsulationPort: PORT };
  return Pump.start({ module, transport, clock: systemClock, random: systemRandom });
}

function options({
  noDelay,
  outboundStreams,
  inboundStreams,
}: ReturnType<typeof socketConfig>): [number, Uint8Array][] {
  const int = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
  const streams = { sinit_num_ostreams: outboundStreams, sinit_max_instreams: inboundStreams };
  const resets = { assoc_id: C.SCTP_FUTURE_ASSOC, assoc_value: C.SCTP_ENABLE_VALUE_MASK };
  const port = { sue_assoc_id: C.SCTP_FUTURE_ASSOC, sue_port: htons(PORT) };
  const event = (se_type: number) => ({ se_assoc_id: C.SCTP_FUTURE_ASSOC, se_type, se_on: 1 });
  return [
    [C.SCTP_EVENTS, writeStruct(layouts.sctp_event_subscribe, NOTIFICATIONS)],
    ...MORE_NOTIFICATIONS.map((type): [number, Uint8Array] => [
      C.SCTP_EVENT,
      writeStruct(layouts.sctp_event, event(type)),
    ]),
    [C.SCTP_RECVRCVINFO, int(1)],
    [C.SCTP_EXPLICIT_EOR, int(1)],
    [C.SCTP_FRAGMENT_INTERLEAVE, int(2)],
    [C.SCTP_NODELAY, int(noDelay ? 1 : 0)],
    [C.SCTP_INITMSG, writeStruct(layouts.sctp_initmsg, streams)],
    [C.SCTP_ENABLE_STREAM_RESET, writeStruct(layouts.sctp_assoc_value, resets)],
    [C.SCTP_REMOTE_UDP_ENCAPS_PORT, writeStruct(layouts.sctp_udpencaps, port)],
  ];
}

/** Reads all options: a value, or an errno for those that need an association. */
function read(pump: Pump, handle: Handle): Record<string, unknown> {
  const names = Object.entries(C).filter(([name, value]) => /^SCTP_/.test(name) && typeof value === 'number');
  const events = names.filter(([name]) => /^SCTP_\w+(_EVENT|_CHANGE|_ERROR|_FAILED|_INDICATION)$/.test(name));
  return pump.enter(() => ({
    options: names.map(([name, value]) => [
      name,
      pump.calls.getsockopt(handle, SCTP, Number(value), new Uint8Array(256)),
    ]),
    events: events.map(([name, value]) => {
      const asked = writeStruct(layouts.sctp_event, { se_assoc_id: C.SCTP_FUTURE_ASSOC, se_type: Number(value) });
      return [name, pump.calls.getsockopt(handle, SCTP, C.SCTP_EVENT, asked)];
    }),
  }));
}
