import { describe, expect, test } from 'vitest';
import * as C from '../../src/generated/constants.js';
import { sysctls } from '../../src/generated/sysctls.js';
import { Stack } from '../../src/index.js';
import { type OptionName, type OptionRow, options } from '../../src/options/table.js';
import { scenario } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import { header, RAW_ONLY } from '../support/upstream.js';
import { configured, connected, stacks } from './options.fixture.js';

const rows = Object.entries(options) as [OptionName, OptionRow][];
const row = (name: OptionName): OptionRow => options[name];
const [, list = ''] = /user socket options: socket API defined([\s\S]*?)struct sctp_initmsg/.exec(header) ?? [];
const publicOptions = [...list.matchAll(/^#define (SCTP_\w+)/gm)].map(([, name = '']) => name);

/** A value for each option that can be read and written, on a socket, an association or a path. */
const VALUES: Partial<Record<OptionName, unknown>> = {
  sendBufferBytes: 100_000,
  receiveBufferBytes: 90_000,
  linger: { on: true, seconds: 3 },
  rto: { initialMs: 700, maxMs: 9000, minMs: 300 },
  associationParameters: { maxRetransmits: 7, cookieLifeMs: 30_000 },
  init: { outboundStreams: 33, inboundStreams: 44, attempts: 5, maxTimeoutMs: 2000 },
  delayedSack: { delayMs: 150, packets: 3 },
  noDelay: false,
  autoCloseSeconds: 9,
  maxBurst: 6,
  maxCwndBytes: 55_000,
  congestionControl: 'htcp',
  multipath: 'rpv2',
  pathParameters: {
    heartbeatMs: 4321,
    heartbeat: true,
    maxRetransmits: 4,
    mtuDiscovery: true,
    dscp: 0x20,
  },
  pathThresholds: { inactiveAfter: 6, potentiallyFailedAfter: 2, switchPrimaryAfter: 65_535 },
  encapsulationPort: 12_345,
  autoAsconf: true,
  mappedV4: true,
  reusePort: true,
  disableFragments: true,
  maxSegmentBytes: 800,
  fragmentInterleave: 2,
  partialDeliveryBytes: 5000,
  interleaving: true,
  scheduler: 'priority',
  context: 77,
  defaultSend: { stream: 1, flags: C.SCTP_UNORDERED, ppid: 46, context: 5 },
  defaultReliability: { policy: C.SCTP_PR_SCTP_RTX, value: 3 },
  ecn: false,
  partialReliability: false,
  authentication: true,
  dynamicAddresses: true,
  reconfiguration: false,
  nrSack: true,
  packetDrop: true,
  adaptation: 0xabcdef,
  hmacs: [C.SCTP_AUTH_HMAC_ID_SHA1],
  activeKey: 0,
  streamReset: C.SCTP_ENABLE_RESET_STREAM_REQ,
  primaryPath: '10.0.2.2',
};

const places = (row: OptionRow) => [row.read, row.write];
const isBoth = ({ read, write }: OptionRow, place: string) =>
  [read, write].every((where) => where === place || where === 'both' || where === 'path');

describe('each option that can be read and written has the value that it was set to', () => {
  const loose = (target: object) =>
    target as {
      getOption(name: string, query?: object): unknown;
      setOption(name: string, value: unknown, at?: object): void;
    };
  const expected = (value: unknown) =>
    typeof value === 'object' && !Array.isArray(value) ? expect.objectContaining(value!) : value;

  test.each(rows.filter(([, row]) => isBoth(row, 'socket')))('%s of a socket', (name) =>
    scenario({ seed: 1 }, async (network) => {
      const { clientStack } = await stacks(network, { sysctls: { sctp_cmt_on_off: 1 } });
      const style = name === 'autoCloseSeconds' ? 'one-to-many' : 'one-to-one';
      const socket = loose(clientStack.socket({ style }));
      if (name === 'interleaving') socket.setOption('fragmentInterleave', 2);
      if (name === 'dynamicAddresses') configured(socket as never);
      if (name === 'autoAsconf') (socket as unknown as Socket).bindx([{ address: '::', port: 0 }]);
      expect(name in VALUES, `no value for ${name}`).toBe(true);
      socket.setOption(name, VALUES[name]);
      expect(socket.getOption(name)).toEqual(expected(VALUES[name]));
    }),
  );

  test('options of associations and their paths', () =>
    scenario({ seed: 1 }, async (network) => {
      const { association, path } = await connected(network);
      const target = loose(association);
      for (const [name] of rows.filter(([, row]) => isBoth(row, 'association'))) {
        if (name === 'congestionControlOption' || name === 'streamValue') continue; // below: they need a query
        expect(name in VALUES, `no value for ${name}`).toBe(true);
        target.setOption(name, VALUES[name]);
        expect([name, target.getOption(name)]).toEqual([name, expected(VALUES[name])]);
      }
      for (const [name] of rows.filter(([, row]) => row.read === 'path' && row.write === 'path')) {
        target.setOption(name, VALUES[name], { path });
        expect([name, target.getOption(name, { path })]).toEqual([name, expected(VALUES[name])]);
      }
      association.setOption('scheduler', 'priority');
      association.setOption('streamValue', { stream: 3, value: 9 });
      expect(association.getOption('streamValue', { stream: 3 })).toEqual({ stream: 3, value: 9 });
      association.setOption('congestionControl', 'rtcc');
      const option = C.SCTP_CC_OPT_STEADY_STEP;
      association.setOption('congestionControlOption', { option, value: 21 });
      expect(association.getOption('congestionControlOption', { option })).toEqual({ option, value: 21 });
    }));
});

test('fields that are left out keep their values', () =>
  scenario({ seed: 1 }, async (network) => {
    const { association, path } = await connected(network);
    const before = association.getOption('rto');
    association.setOption('rto', { minMs: 321 });
    expect(association.getOption('rto')).toEqual({ ...before, minMs: 321 });
    association.setOption('pathParameters', { heartbeat: false }, { path });
    expect(association.getOption('pathParameters', { path })).toMatchObject({ heartbeat: false, mtuDiscovery: true });
    expect(association.getOption('pathParameters', { path: '10.0.1.2' })).toMatchObject({ heartbeat: true });
    association.setOption('pathParameters', { mtuDiscovery: false, mtu: 900 }, { path });
    expect(association.getOption('pathParameters', { path })).toMatchObject({ mtuDiscovery: false, mtu: 900 });
  }));

test('read-only options return their values, and cannot be written', () =>
  scenario({ seed: 1 }, async (network) => {
    const { association, client, server, path } = await connected(network);
    const values: Partial<Record<OptionName, unknown>> = {
      pathInfo: association.getOption('pathInfo', { path }),
      explicitEor: client.getOption('explicitEor'),
      receiveInfo: client.getOption('receiveInfo'),
      nextInfo: client.getOption('nextInfo'),
      event: association.getOption('event', { type: C.SCTP_ASSOC_CHANGE }),
      localAuthenticatedChunks: association.getOption('localAuthenticatedChunks'),
      peerAuthenticatedChunks: association.getOption('peerAuthenticatedChunks'),
      status: association.getOption('status'),
      timeouts: association.getOption('timeouts'),
      streamAbandoned: association.getOption('streamAbandoned', { stream: 0, policy: C.SCTP_PR_SCTP_ALL }),
      abandoned: association.getOption('abandoned', { policy: C.SCTP_PR_SCTP_ALL }),
      associationCount: client.getOption('associationCount'),
      associationIds: client.getOption('associationIds'),
      bufferUse: association.getOption('bufferUse'),
      memory: client.getOption('memory'),
    };
    expect(values).toMatchObject({
      pathInfo: { state: C.SCTP_ACTIVE, mtu: 1248 },
      explicitEor: true,
      receiveInfo: true,
      nextInfo: false,
      event: { on: true },
      localAuthenticatedChunks: expect.arrayContaining([C.SCTP_ASCONF, C.SCTP_ASCONF_ACK]),
      peerAuthenticatedChunks: expect.arrayContaining([C.SCTP_ASCONF, C.SCTP_ASCONF_ACK]),
      status: { state: C.SCTP_ESTABLISHED, outboundStreams: 10, primaryPath: '10.0.1.2' },
      timeouts: { init: 0, data: 0 },
      streamAbandoned: { unsent: 0, sent: 0 },
      abandoned: { unsent: 0, sent: 0 },
      associationCount: 1,
      associationIds: [association.id],
      bufferUse: { sendBytes: 0 },
      memory: { sockets: 1, associations: 1 },
    });
    const readOnly = rows.filter(([, row]) => row.write === undefined).map(([name]) => name);
    expect(Object.keys(values).sort()).toEqual(readOnly.sort());
    for (const name of readOnly) {
      const target = row(name).read === 'socket' ? client : association;
      expect(() => target.setOption(name, 1 as never), name).toThrow(/EINVAL.*read-only: \w/);
    }
    expect(server.getOption('status').state).toBe(C.SCTP_ESTABLISHED);
  }));

test('write-only options take effect, and cannot be read', () =>
  scenario({ seed: 1 }, async (network) => {
    const { association, client, server, listener, fresh } = await connected(network);
    const done = new Set<OptionName>();
    const set = <N extends OptionName>(target: Pick<Socket, 'setOption'>, name: N, value: never) => {
      target.setOption(name, value);
      done.add(name);
    };
    set(association, 'peerPrimaryPath', '10.0.2.1' as never);
    await network.advance(1000);
    expect(server.getOption('primaryPath')).toBe('10.0.2.1');
    set(fresh, 'authenticatedChunk', C.SCTP_DATA as never);
    expect(fresh.getOption('localAuthenticatedChunks')).toContain(C.SCTP_DATA);
    set(association, 'key', { number: 3, key: new TextEncoder().encode('secret') } as never);
    association.setOption('activeKey', 3);
    expect(association.getOption('activeKey')).toBe(3);
    association.setOption('activeKey', 0);
    set(association, 'deactivateKey', 3 as never);
    association.setOption('key', { number: 4, key: Uint8Array.of(1) });
    set(association, 'deleteKey', 4 as never);
    expect(() => association.setOption('activeKey', 4)).toThrow(/EINVAL/);
    set(association, 'addStreams', { inbound: 0, outbound: 5 } as never);
    await network.advance(1000);
    expect(association.getOption('status').outboundStreams).toBe(15);
    const reset = { outgoing: true, incoming: false, streams: [2, 3] };
    await association.send('before', { stream: 2 });
    await network.advance(1000);
    set(association, 'resetStreams', reset as never);
    await network.advance(1000);
    await association.send('after', { stream: 2 });
    await network.advance(1000);
    expect([await server.receive(), await server.receive()].map((message) => message?.ssn)).toEqual([0, 0]);
    set(association, 'resetAssociation', true as never);
    await network.advance(5000);
    expect(association.state).toBe('open');
    const writeOnly = rows.filter(([, row]) => row.read === undefined).map(([name]) => name);
    expect([...done].sort()).toEqual(writeOnly.sort());
    for (const name of writeOnly) {
      const target = row(name).write === 'socket' ? client : association;
      expect(() => target.getOption(name), name).toThrow(/EINVAL.*write-only: \w/);
    }
    expect(listener.associations).toHaveLength(1);
  }));

test('unknown options and invalid values are refused', () =>
  scenario({ seed: 1 }, async (network) => {
    const { association, client, path } = await connected(network);
    expect(() => client.getOption('no such option' as 'rto')).toThrow(/ENOPROTOOPT/);
    expect(() => client.getOption('toString' as 'rto')).toThrow(/ENOPROTOOPT/);
    expect(() => client.getOption('status')).toThrow(/EINVAL.*option of the association/);
    expect(() => association.getOption('init')).toThrow(/EINVAL.*option of the socket/);
    expect(() => association.getOption('rto', { path })).toThrow(/EINVAL.*no path/);
    expect(() => association.setOption('rto', { minMs: 2.5 })).toThrow(TypeError);
    expect(() => association.setOption('rto', { maxMs: -1 })).toThrow(TypeError);
    expect(() => association.setOption('rto', { noMs: 1 } as never)).toThrow(TypeError);
    expect(() => association.setOption('scheduler', 'best' as never)).toThrow(/TypeError|one of default/);
    expect(() => association.setOption('rto', { minMs: 50_000_000 })).toThrow(/EINVAL/);
    expect(() => association.getOption('pathInfo', { path: '10.9.9.9' })).toThrow(/ENOTCONN/);
    await association.close();
    expect(() => association.getOption('rto')).toThrow(/EINVAL|ENOENT|ENOTCONN|EBADF/);
  }));

test('an option of a socket also applies to its next association', () =>
  scenario({ seed: 1 }, async (network) => {
    const { clientStack, serverStack } = await stacks(network);
    const listener = serverStack.socket({ style: 'one-to-many' });
    listener.bindx([{ address: '0.0.0.0', port: 5001 }]);
    listener.listen();
    const socket = clientStack.socket();
    socket.setOption('rto', { minMs: 222 });
    for (let round = 0; round < 2; round++) {
      const association = await socket.connect({ address: '10.0.1.2', port: 5001 });
      expect(association.getOption('rto').minMs).toBe(222);
      await association.close();
    }
  }));

test('sysctls are options of the stack', () =>
  scenario({ seed: 1 }, async (network) => {
    const given = { sctp_rto_max_default: 4000, sctp_initial_cwnd: 5 };
    const { clientStack } = await stacks(network, { sysctls: given });
    for (const [name, value] of Object.entries(given)) expect(clientStack.sysctl(name as 'sctp_sendspace')).toBe(value);
    for (const name of sysctls) expect(clientStack.sysctl(name)).toBeGreaterThanOrEqual(0);
    expect(() => clientStack.sysctl('none' as 'sctp_sendspace')).toThrow(/ENOPROTOOPT/);
    const { transport } = network.host('other', ['10.0.3.1']);
    await expect(Stack.create({ transport, sysctls: { none: 1 } as never })).rejects.toThrow(/EINVAL/);
    await expect(Stack.create({ transport, sysctls: { sctp_ecn_enable: -1 } })).rejects.toThrow(/EINVAL/);
  }));

test('every option of usrsctp.h is in the table, once', () => {
  const constants = rows.map(([, { constant }]) => constant);
  expect(publicOptions.length).toBeGreaterThanOrEqual(55);
  expect(publicOptions.filter((name) => !constants.includes(name))).toEqual(RAW_ONLY);
  expect(new Set(constants).size).toBe(constants.length);
  for (const [name, row] of rows) {
    expect(row.constant in C, row.constant).toBe(true);
    expect(places(row).every((place) => place !== undefined) || row.why !== undefined, `${name}: why?`).toBe(true);
  }
});
