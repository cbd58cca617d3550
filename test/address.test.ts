import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes, canonicalAddress, familyOf, formatAddress, formatEndpoint } from '../src/address.js';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** Groups are often 0, so that runs of zeros are common. */
const ipv6Groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});
const ipv6 = ipv6Groups.map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
const isMapped = (bytes: Uint8Array) =>
  bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;

describe('canonical text', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0001:0002::', '1:2::'],
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::192.0.2.33', '::c000:221'],
    ['::ffff:192.0.2.33', '192.0.2.33'],
    ['::FFFF:c000:0221', '192.0.2.33'],
    ['0:0:0:0:0:ffff:0:0', '0.0.0.0'],
    ['::ffff:0:c000:221', '::ffff:0:c000:221'],
  ])('of %s is %s (RFC 5952)', (text, canonical) => {
    expect(canonicalAddress(text, 'test')).toBe(canonical);
  });

  test('of IPv4 is unchanged and preserves the bytes', () => {
    fc.assert(
      fc.property(ipv4, (bytes) => {
        expect(addressBytes(formatAddress(bytes))).toEqual(bytes);
        expect(familyOf(formatAddress(bytes))).toBe('IPv4');
      }),
    );
  });

  test('of IPv6 preserves the bytes', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        const expected = isMapped(bytes) ? bytes.subarray(12) : bytes;
        expect(addressBytes(formatAddress(bytes))).toEqual(Uint8Array.from(expected));
      }),
    );
  });

  test('of IPv6 is the serialization of the URL standard', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        fc.pre(!isMapped(bytes));
        expect(`[${formatAddress(bytes)}]`).toBe(new URL(`http://[${formatAddress(bytes)}]`).hostname);
      }),
    );
  });

  test('is the same for all notations of an address', () => {
    fc.assert(
      fc.property(ipv6Groups, fc.boolean(), (groups, upper) => {
        const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
        const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
        expect(canonicalAddress(upper ? long.toUpperCase() : long, 'test')).toBe(formatAddress(bytes));
      }),
    );
  });
});

describe('text that is not an address', () => {
  test.each([
    '',
    ' ',
    ':',
    ':::',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '0x1.2.3.4',
    '1.2.3.-4',
    '+1.2.3.4',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    ':1::2',
    '1::2:',
    '1:2:3:4:5:6:7:8::',
    '::12345',
    '::g',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '::1.2.3.256',
    '1:2:3:4:5:6:7:1.2.3.4',
    '[::1]',
    'localhost',
    '1.2.3.4:80',
  ])('%j is refused', (text) => {
    expect(isIP(text)).toBe(0);
    expect(addressBytes(text)).toBeUndefined();
  });

  test('is refused exactly if Node refuses it, except for zones', () => {
    const character = fc.constantFrom(...'0123456789abcdefF:.g '.split(''));
    const likely = fc.oneof(
      fc.string({ unit: character, maxLength: 40 }),
      fc
        .array(fc.constantFrom('0', '1', 'ffff', '12345', '1.2.3.4', '', '::'), { maxLength: 9 })
        .map((groups) => groups.join(':')),
      fc.string(),
    );
    fc.assert(
      fc.property(likely, (text) => {
        fc.pre(!text.includes('%'));
        expect(addressBytes(text)?.length).toBe({ 0: undefined, 4: 4, 6: 16 }[isIP(text)]);
      }),
      { numRuns: 2000 },
    );
  });

  test('is EINVAL with advice', () => {
    const refusal = (text: unknown) => expect(() => canonicalAddress(text, 'connectx'));
    refusal('example.com').toThrow("EINVAL: 'example.com' is not an IP address: give IPv4 or IPv6 text");
    refusal('fe80::1%eth0').toThrow('leave out the zone');
    refusal(undefined).toThrow('EINVAL: a value of type undefined is not an IP address');
    refusal({ toString: 1 }).toThrow(
      expect.objectContaining({ name: 'SctpError', code: 'EINVAL', syscall: 'connectx' }),
    );
  });

  test('is EINVAL for values of any other type', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        fc.pre(typeof value !== 'string');
        expect(() => canonicalAddress(value, 'test')).toThrow(expect.objectContaining({ code: 'EINVAL' }));
      }),
    );
  });
});

test('an endpoint has brackets only around IPv6', () => {
  expect(formatEndpoint({ address: '192.0.2.1', port: 5001 })).toBe('192.0.2.1:5001');
  expect(formatEndpoint({ address: '2001:db8::1', port: 5001 })).toBe('[2001:db8::1]:5001');
});
