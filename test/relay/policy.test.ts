import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Address, formatAddress } from '../../src/address.js';
import {
  contains,
  type IpAddress,
  type Network,
  parseIp,
  parseNetwork,
  specialRange,
} from '../../src/relay/network.js';
import { Policy, parseRule, resolveRules } from '../../src/relay/policy.js';
import { cachingResolver } from '../../src/relay/resolver.js';

const ip = (address: Address) => parseIp(address) as IpAddress;
const EVERYWHERE = [parseRule('0.0.0.0/0:*'), parseRule('[::/0]:*')];

function policy(rules: readonly string[], special: readonly string[] = []): Policy {
  return new Policy(
    [EVERYWHERE, rules.map(parseRule)],
    special.map((text) => parseNetwork(text) as Network),
  );
}

describe('special addresses', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['127.0.0.1', 'loopback'],
    ['169.254.169.254', 'linkLocal'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['192.88.99.1', 'reserved'],
    ['198.19.0.1', 'reserved'],
    ['203.0.113.9', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::7f00:1', 'not global unicast'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:0:7f00:1', 'IPv4-translated'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['64:ff9b:1::1', 'NAT64'],
    ['100::1', 'discard'],
    ['2001::1', 'teredo'],
    ['2001:10::1', 'deprecatedOrchid'],
    ['2001:1ff::1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['2002:7f00:1::1', '6to4'],
    ['fc00::1', 'uniqueLocal'],
    ['fd12:3456::1', 'uniqueLocal'],
    ['fe80::1', 'linkLocal'],
    ['febf::1', 'linkLocal'],
    ['fec0::1', 'deprecatedSiteLocal'],
    ['ff02::1', 'multicast'],
    ['4000::1', 'not global unicast'],
  ])('%s is special (%s), and refused even if everything is allowed', (address, range) => {
    expect(specialRange(ip(address))).toBe(range);
    expect(policy(['0.0.0.0/0:*', '[::/0]:*']).refusal({ address, port: 9899 })).toContain(range);
  });

  test.each(['1.1.1.1', '8.8.8.8', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.32.0.0', '223.255.255.255'])(
    '%s can be a public host’s',
    (address) => expect(specialRange(ip(address))).toBeUndefined(),
  );

  test.each(['2606:4700::1111', '2a00::1', '2001:200::1', '2003::1'])('%s can be a public host’s', (address) =>
    expect(specialRange(ip(address))).toBeUndefined(),
  );

  // The IANA special-purpose address registries, and the ranges that embed an IPv4 address.
  test.each([
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
    ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
    ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '::/128', '::1/128', '::/96', '::ffff:0:0:0/96'],
    ...['64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/32', '2001::/23', '2001:db8::/32', '2002::/16'],
    ...['3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
  ])('%s is special from its first address to its last', (text) => {
    const [first, prefixBits] = parseNetwork(text) as Network;
    const firstBytes = Uint8Array.from(first.toByteArray());
    const hostBits = fc.uint8Array({ minLength: firstBytes.length, maxLength: firstBytes.length });
    const zeros = new Uint8Array(firstBytes.length);
    const examples: [Uint8Array][] = [[zeros], [zeros.map(() => 0xff)]];
    const hasRange = (host: Uint8Array) => {
      const bytes = firstBytes.map((byte, at) => {
        const mask = 0xff >> Math.min(8, Math.max(0, prefixBits - 8 * at));
        return byte | ((host[at] as number) & mask);
      });
      expect(specialRange(ip(formatAddress(bytes)))).toBeDefined();
    };
    fc.assert(fc.property(hostBits, hasRange), { examples });
  });

  test('no IPv6 address outside of global unicast passes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const address = formatAddress(bytes);
        if (address.includes(':') && bytes[0]! >> 5 !== 1) expect(specialRange(ip(address))).toBeDefined();
      }),
    );
  });

  test('exceptions allow their own networks only', () => {
    const lenient = policy(['127.0.0.0/8:*', '10.0.0.0/8:*'], ['127.0.0.0/30']);
    expect(lenient.refusal({ address: '127.0.0.3', port: 1 })).toBeUndefined();
    expect(lenient.refusal({ address: '::ffff:127.0.0.3', port: 1 })).toBeUndefined();
    expect(lenient.refusal({ address: '127.0.0.4', port: 1 })).toContain('loopback');
    expect(lenient.refusal({ address: '10.0.0.1', port: 1 })).toContain('private');
  });
});

describe('allow-lists', () => {
  test.each([
    ['8.8.8.0/24:9899', '8.8.8.8', 9899, true],
    ['8.8.8.0/24:9899', '8.8.9.8', 9899, false],
    ['8.8.8.0/24:9899', '8.8.8.8', 9900, false],
    ['8.8.8.8:9899-9901', '8.8.8.8', 9901, true],
    ['8.8.8.8:9899-9901', '8.8.8.8', 9902, false],
    ['8.8.8.8:*', '8.8.8.8', 65_535, true],
    ['0.0.0.0/0:9899', '8.8.8.8', 9899, true],
    ['0.0.0.0/0:9899', '2a00::1', 9899, false],
    ['[2a00::/12]:9899', '2a0f::1', 9899, true],
    ['[2a00::]/12:9899', '2a10::1', 9899, false],
    ['[::ffff:8.8.8.0/120]:9899', '8.8.8.8', 9899, true],
    ['8.8.8.8/0:9899', '1.1.1.1', 9899, true],
  ] as const)('%s and %s port %i: %s', (rule, address, port, passes) => {
    expect(policy([rule]).refusal({ address, port }) === undefined).toBe(passes);
  });

  test('both the relay and the ticket must allow a destination', () => {
    const [a, b] = ['8.8.8.0/24:*', '8.8.0.0/16:9899'].map((rule) => [parseRule(rule)]);
    const both = new Policy([a!, b!], []);
    expect(both.refusal({ address: '8.8.8.8', port: 9899 })).toBeUndefined();
    expect(both.refusal({ address: '8.8.8.8', port: 53 })).toMatch(/not among the allowed destinations/);
    expect(both.refusal({ address: '8.8.4.4', port: 9899 })).toMatch(/not among the allowed destinations/);
    expect(new Policy([[], EVERYWHERE], []).refusal({ address: '8.8.8.8', port: 1 })).toBeDefined();
  });

  test.each([
    '',
    ':',
    '8.8.8.8',
    '8.8.8.8:',
    '8.8.8.8:0',
    '8.8.8.8:65536',
    '8.8.8.8:9-8',
    '8.8.8.8/33:1',
    '::1:1',
    '[::1:1',
    '08.8.8.8:1',
    '0x7f000001:1',
    '2130706433:1',
    '127.1:1',
    '[fe80::1%eth0]:1',
    '[::ffff:0x7f.0.0.1]:1',
    'a..b:1',
    '*:1',
  ])('‘%s’ is not a rule', (text) => expect(() => parseRule(text)).toThrow(TypeError));

  test('a network contains the addresses that share its prefix', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(32), fc.nat(31), (bytes, prefixBits, flip) => {
        const other = bytes.slice();
        other[flip >> 3]! ^= 0x80 >> (flip & 7);
        const [address, changed] = [ip(formatAddress(bytes)), ip(formatAddress(other))];
        expect(contains([address, prefixBits], address)).toBe(true);
        expect(contains([address, prefixBits], changed)).toBe(flip >= prefixBits);
      }),
    );
  });
});

describe('host names in rules', () => {
  const resolve = async (host: string) =>
    ({ 'peer.example': ['8.8.8.8'], 'evil.example': ['127.0.0.1', '10.0.0.1'] })[host] ?? [];

  test('are replaced by their addresses', async () => {
    const rules = await resolveRules([parseRule('Peer.Example:9899')], resolve);
    expect(new Policy([rules], []).refusal({ address: '8.8.8.8', port: 9899 })).toBeUndefined();
    expect(new Policy([rules], []).refusal({ address: '8.8.8.9', port: 9899 })).toBeDefined();
  });

  test('a name that resolves to special addresses is refused: the address decides', async () => {
    const rules = await resolveRules([parseRule('evil.example:*')], resolve);
    expect(new Policy([rules], []).refusal({ address: '127.0.0.1', port: 22 })).toContain('loopback');
    expect(new Policy([rules], []).refusal({ address: '10.0.0.1', port: 22 })).toContain('private');
  });

  test('an unknown name allows nothing', async () => {
    expect(await resolveRules([parseRule('nobody.example:*')], resolve)).toEqual([]);
  });

  test('a name is looked up at most once a minute', async () => {
    let now = 0;
    const asked: string[] = [];
    const question = (async (host: string) => {
      asked.push(host);
      if (host === 'nobody.example') throw new Error('ENOTFOUND');
      return [
        { address: '8.8.8.8', family: 4 },
        { address: 'fe80::1%eth0', family: 6 },
      ];
    }) as never;
    const ask = cachingResolver({ now: () => now, schedule: () => () => {} }, question);
    expect(await ask('peer.example')).toEqual(['8.8.8.8']);
    now = 59_999;
    expect([await ask('peer.example'), await ask('nobody.example'), await ask('nobody.example')]).toEqual([
      ['8.8.8.8'],
      [],
      [],
    ]);
    now = 60_000;
    await ask('peer.example');
    expect(asked).toEqual(['peer.example', 'nobody.example', 'peer.example']);
  });
});
