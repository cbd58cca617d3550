import type { NetworkInterfaceInfo } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Address, familyOf, formatAddress } from '../../src/address.js';
import { WildcardFilter } from '../../src/transport/udp/filter.js';
import { interfaceName, type LocalNetwork, localNetworks } from '../../src/transport/udp/interfaces.js';
import type { KernelAnswer } from '../../src/transport/udp/kernel.js';
import { Routes } from '../../src/transport/udp/routes.js';
import { knownSource, usableSources } from '../../src/transport/udp/source.js';
import { WantedAddresses } from '../../src/transport/udp/wanted.js';

const NETWORKS: LocalNetwork[] = [
  { address: '127.0.0.1', prefixBits: 8, interfaceName: 'lo' },
  { address: '::1', prefixBits: 128, interfaceName: 'lo' },
  { address: '10.0.0.1', prefixBits: 8, interfaceName: 'eth0' },
  { address: '10.1.0.1', prefixBits: 16, interfaceName: 'eth0' },
  { address: '192.0.2.1', prefixBits: 25, interfaceName: 'eth0' },
  { address: '2001:db8:1::1', prefixBits: 64, interfaceName: 'eth0' },
];
const ADDRESSES = NETWORKS.map(({ address }) => address);
const anyAddress = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(formatAddress);

function interfaceInfo(address: string, netmask: string): NetworkInterfaceInfo {
  return { address, netmask, family: address.includes(':') ? 'IPv6' : 'IPv4' } as NetworkInterfaceInfo;
}

describe('the machine’s addresses', () => {
  const networks = localNetworks({
    lo: [interfaceInfo('127.0.0.1', '255.0.0.0'), interfaceInfo('::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')],
    eth0: [
      interfaceInfo('192.0.2.1', '255.255.255.128'),
      interfaceInfo('169.254.7.7', '255.255.0.0'),
      interfaceInfo('2001:db8:0:0:0:0:0:1', 'ffff:ffff:ffff:8000::'),
      interfaceInfo('fe80::1%eth0', 'ffff:ffff:ffff:ffff::'),
    ],
    eth1: [interfaceInfo('192.0.2.1', '255.255.255.255')],
    gone: undefined as unknown as NetworkInterfaceInfo[],
  });

  const wanted = (asked: Address[]) => {
    const all = asked.map((address) => ({ address }));
    return new WantedAddresses(all, new WildcardFilter(undefined)).of(networks);
  };

  test('are read with their prefix length, canonically, and with their interface', () => {
    expect(networks).toEqual([
      { address: '127.0.0.1', prefixBits: 8, interfaceName: 'lo' },
      { address: '::1', prefixBits: 128, interfaceName: 'lo' },
      { address: '192.0.2.1', prefixBits: 25, interfaceName: 'eth0' },
      { address: '169.254.7.7', prefixBits: 16, interfaceName: 'eth0' },
      { address: '2001:db8::1', prefixBits: 49, interfaceName: 'eth0' },
      { address: 'fe80::1', prefixBits: 64, interfaceName: 'eth0' },
      { address: '192.0.2.1', prefixBits: 32, interfaceName: 'eth1' },
    ]);
  });

  test('have the name of their interface, however they are written', () => {
    const interfaces = { lo: [interfaceInfo('127.0.0.1', '255.0.0.0')], eth0: [interfaceInfo('2001:DB8:0::1', '')] };
    expect(interfaceName({ ...interfaces, gone: undefined }, '2001:db8::1')).toBe('eth0');
    expect(interfaceName(interfaces, '127.0.0.1')).toBe('lo');
    expect(interfaceName(interfaces, '192.0.2.1')).toBeUndefined();
  });

  test('take the place of wildcards, once each and with loopback last', () => {
    const addresses = (asked: Address[]) => wanted(asked).map(({ address }) => address);
    expect(addresses(['0.0.0.0', '::'])).toEqual(['192.0.2.1', '127.0.0.1', '2001:db8::1', '::1']);
    expect(addresses(['::'])).toEqual(['2001:db8::1', '::1']);
    expect(addresses(['127.0.0.1', '0.0.0.0'])).toEqual(['127.0.0.1', '192.0.2.1']);
  });

  test('that are listed explicitly must exist, those of a wildcard need not', () => {
    expect(wanted(['127.0.0.1', '0.0.0.0', '198.51.100.1'])).toEqual([
      { address: '127.0.0.1', explicit: true },
      { address: '192.0.2.1', explicit: false },
      { address: '198.51.100.1', explicit: true },
    ]);
  });
});

describe('the source that is known without the kernel', () => {
  const source = (destination: Address, learned?: Address) => {
    return knownSource(destination, { addresses: ADDRESSES, networks: NETWORKS, learned });
  };

  test('to a link-local address is one, that on whose link the peer was, and never to or from others', () => {
    const addresses = ['fe80::1', 'fe80::2', '2001:db8:1::1'];
    const networks = addresses.map((address) => ({ address, prefixBits: 64, interfaceName: 'eth0' }));
    const from = (destination: Address, learned?: Address) =>
      knownSource(destination, { addresses, networks, learned });
    expect(from('fe80::9')).toBe('fe80::1');
    expect(from('fe80::9', 'fe80::2')).toBe('fe80::2');
    expect(usableSources('2001:db8:2::9', addresses)).toEqual(['2001:db8:1::1']);
    expect(usableSources('fe80::9', ['2001:db8:1::1'])).toEqual([]);
  });

  test('to a local address is that address', () => {
    for (const address of ADDRESSES) expect(source(address)).toBe(address);
  });

  test.each([
    ['10.7.7.7', '10.0.0.1'],
    ['10.1.7.7', '10.1.0.1'],
    ['192.0.2.127', '192.0.2.1'],
    ['127.9.9.9', '127.0.0.1'],
    ['2001:db8:1::ffff', '2001:db8:1::1'],
  ])('to %s is %s, in the smallest common network', (destination, expected) => {
    expect(source(destination)).toBe(expected);
  });

  test.each(['192.0.2.128', '198.51.100.1', '2001:db8:1:1::1'])('to %s is not known', (destination) => {
    expect(source(destination)).toBeUndefined();
  });

  test('to a peer beyond our networks is where its packets arrive', () => {
    expect(source('198.51.100.1', '192.0.2.1')).toBe('192.0.2.1');
    expect(source('198.51.100.1', '127.0.0.1')).toBeUndefined();
    expect(source('10.1.7.7', '192.0.2.1')).toBe('10.1.0.1');
  });

  test('where the peer’s packets arrive decides among addresses in one network', () => {
    const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    const choose = (learned?: Address) => knownSource('127.0.0.9', { addresses, networks: NETWORKS, learned });
    expect(choose()).toBe('127.0.0.1');
    expect(choose('127.0.0.3')).toBe('127.0.0.3');
  });

  test('is ours, of the same family, and loopback only for loopback', () => {
    fc.assert(
      fc.property(
        anyAddress,
        fc.subarray(ADDRESSES),
        fc.option(fc.constantFrom(...ADDRESSES)),
        (to, addresses, learned) => {
          const found = knownSource(to, { addresses, networks: NETWORKS, learned: learned ?? undefined });
          if (found === undefined) return;
          expect(usableSources(to, addresses)).toContain(found);
          expect(familyOf(found)).toBe(familyOf(to));
          if (/^(127\.|::1$)/.test(found)) expect(to).toMatch(/^(127\.|::1$)/);
        },
      ),
    );
  });
});

/** Routes over made-up networks, with a kernel and a clock that the test controls. */
function scene(addresses: readonly Address[], { synchronous }: { synchronous?: Address } = {}) {
  const log: string[] = [];
  const questions: { destination: Address; answer: (answer: KernelAnswer) => void }[] = [];
  const clock = { ms: 0, now: () => clock.ms, schedule: () => () => {} };
  let reads = 0;
  const routes = new Routes({
    addresses,
    networks: () => {
      reads++;
      return NETWORKS;
    },
    askKernel: (destination, answer) => {
      questions.push({ destination, answer });
      return synchronous;
    },
    clock,
    changed: () => log.push('changed'),
    unreachable: (destination, code) => log.push(`${code} ${destination}`),
  });
  return { routes, log, questions, clock, reads: () => reads };
}

const FAR = '198.51.100.1';
const refused = (code: string) => ({ error: Object.assign(new Error(code), { code }) });

describe('routes', () => {
  test('beyond our networks start at the first address that isn’t loopback, until the kernel knows better', () => {
    const { routes, questions, log } = scene(['127.0.0.1', '10.0.0.1', '192.0.2.1']);
    expect(routes.source(FAR)).toBe('10.0.0.1');
    questions[0]!.answer({ source: '192.0.2.1' });
    expect(log).toEqual(['changed']);
    expect(routes.source(FAR)).toBe('192.0.2.1');
    expect(questions).toHaveLength(1);
  });

  test('are right at once where the kernel answers at once', () => {
    const { routes, questions, log } = scene(['10.0.0.1', '192.0.2.1'], { synchronous: '192.0.2.1' });
    expect(routes.source(FAR)).toBe('192.0.2.1');
    questions[0]!.answer({ source: '192.0.2.1' });
    expect(log).toEqual([]);
  });

  test('don’t start at an address that the kernel names but the transport lacks', () => {
    const { routes, questions, log } = scene(['10.0.0.1'], { synchronous: '203.0.113.1' });
    expect(routes.source(FAR)).toBe('10.0.0.1');
    questions[0]!.answer({ source: '203.0.113.1' });
    expect(routes.source(FAR)).toBe('10.0.0.1');
    expect(log).toEqual([]);
  });

  test('don’t exist for a family without local addresses, nor from loopback to elsewhere', () => {
    const { routes, questions } = scene(['127.0.0.1', '::1']);
    expect([routes.source(FAR), routes.source('2001:db8:9::1')]).toEqual([undefined, undefined]);
    expect(scene(['10.0.0.1']).routes.source('::1')).toBeUndefined();
    expect(questions).toEqual([]);
  });

  test('disappear when the kernel has none, and come back when it has one', () => {
    const { routes, questions, log, clock } = scene(['10.0.0.1']);
    routes.source(FAR);
    questions[0]!.answer(refused('EHOSTUNREACH'));
    expect(log).toEqual([`EHOSTUNREACH ${FAR}`, 'changed']);
    expect(routes.source(FAR)).toBeUndefined();
    clock.ms = 1000;
    expect(routes.source(FAR)).toBeUndefined();
    questions[1]!.answer({ source: '10.0.0.1' });
    expect(routes.source(FAR)).toBe('10.0.0.1');
    expect(log.at(-1)).toBe('changed');
  });

  test('remain if the kernel can’t be asked', () => {
    const { routes, questions, log } = scene(['10.0.0.1']);
    routes.source(FAR);
    questions[0]!.answer(refused('ENOTSUP'));
    expect(routes.source(FAR)).toBe('10.0.0.1');
    expect(log).toEqual([]);
  });

  test('follow where a new peer’s packets arrive, but no forged packet moves one that stands', () => {
    const { routes, clock } = scene(['10.0.0.1', '192.0.2.1']);
    routes.learn(FAR, '192.0.2.1');
    expect(routes.source(FAR)).toBe('192.0.2.1');
    routes.learn(FAR, '10.0.0.1');
    expect(routes.source(FAR)).toBe('192.0.2.1');
    clock.ms = 10_000;
    expect(routes.source(FAR)).toBe('10.0.0.1');
  });

  test('are determined again after a send failed', () => {
    const { routes, questions } = scene(['10.0.0.1']);
    routes.source(FAR);
    questions[0]!.answer({ source: '10.0.0.1' });
    routes.forget(FAR);
    routes.source(FAR);
    expect(questions).toHaveLength(2);
  });

  test('read the machine’s networks at most once a second', () => {
    const { routes, reads, clock } = scene(ADDRESSES);
    for (let last = 0; last < 256; last++) routes.source(`10.0.0.${last}`);
    expect(reads()).toBe(1);
    clock.ms = 1000;
    routes.source('10.0.1.1');
    expect(reads()).toBe(2);
  });

  test('ask the kernel a bounded number of questions at a time', () => {
    const { routes, questions } = scene(['10.0.0.1']);
    for (let last = 0; last < 256; last++) expect(routes.source(`198.51.100.${last}`)).toBe('10.0.0.1');
    expect(questions).toHaveLength(64);
  });
});
